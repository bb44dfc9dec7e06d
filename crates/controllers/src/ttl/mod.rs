//! Tells kubelets in an annotation of their node for how long they may use Secrets and ConfigMaps without
//! asking again: the more nodes there are, the longer. The steps up come later than those down, so that
//! a cluster that breathes does not write all its nodes all the time; what a node has says where it
//! stands. Follows `pkg/controller/ttl`.

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use api::views::Node;
use meta::{
    object::{Labels, ObjectKey},
    text::Text,
    time::Time,
};
use runtime::{
    Action, Answers, Cache, Change, Controller, Enqueue, Guard, Informers, Observation, PatchKind,
    Plan, Step, Target, Watches,
};
use serde_json::json;

const ANNOTATION: &str = "node.alpha.kubernetes.io/ttl";

/// Sizes of clusters, both ends included, and the seconds that go with them.
struct Size {
    least: usize,
    most: usize,
    seconds: i64,
}

const SIZES: [Size; 5] = [
    Size { least: 0, most: 100, seconds: 0 },
    Size { least: 90, most: 500, seconds: 15 },
    Size { least: 450, most: 1000, seconds: 30 },
    Size { least: 900, most: 2000, seconds: 60 },
    Size { least: 1800, most: usize::MAX, seconds: 300 },
];

/// See the module's documentation.
#[derive(Debug)]
pub struct TtlController;

/// The nodes.
pub struct View {
    nodes: Arc<Cache<Node>>,
}

/// A node among how many.
pub struct NodeAmong {
    node: Arc<Node>,
    count: usize,
}

impl fmt::Debug for NodeAmong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} nodes", self.node.metadata.name, self.count)
    }
}

/// The one reason there is: how many nodes the cluster has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterSize(usize);

impl fmt::Display for ClusterSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the cluster has {} nodes", self.0)
    }
}

impl Controller for TtlController {
    const NAME: &'static str = "ttl-controller";
    const QUEUE: &'static str = "ttlcontroller";
    const EVENT_SOURCE: &'static str = "ttl-controller";
    type Key = Text;
    type Observed = NodeAmong;
    type Memory = ();
    type Why = ClusterSize;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { nodes: informers.cache() }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(node_changed);
    }
    fn observe(view: &View, key: &Text, _answers: &Answers) -> Observation<NodeAmong> {
        let Some(node) = view.nodes.get(&ObjectKey::new("", key.clone())) else {
            return Observation::Gone;
        };
        Observation::Ready(NodeAmong { node, count: view.nodes.len() })
    }
    fn plan(_memory: &mut (), observed: &NodeAmong, _now: Time) -> Plan<ClusterSize> {
        let mut plan = Plan::rest();
        let known = known(&observed.node.metadata.annotations);
        let wanted = seconds(known, observed.count);
        if known == Some(wanted) {
            return plan;
        }
        let action = Action::Patch {
            target: Target::of(&*observed.node),
            kind: PatchKind::Strategic,
            patch: json!({"metadata": {"annotations": {ANNOTATION: wanted.to_string()}}}),
            subresource: "",
            guard: Guard::Uid,
        };
        plan.step(Step::new(action, ClusterSize(observed.count)));
        plan
    }
}

/// A node that comes or goes may concern all.
fn node_changed(view: &View, change: &Change<Node>, enqueue: &mut Enqueue<Text>) {
    if let (Some(old), Some(new)) = (&change.old, &change.new) {
        if known(&old.metadata.annotations) != known(&new.metadata.annotations) {
            enqueue.add(new.metadata.name.clone());
        }
        return;
    }
    let nodes = view.nodes.list();
    for node in &nodes {
        let known = known(&node.metadata.annotations);
        if known != Some(seconds(known, nodes.len())) {
            enqueue.add(node.metadata.name.clone());
        }
    }
}

fn known(annotations: &Labels) -> Option<i64> {
    annotations.get(ANNOTATION)?.parse().ok()
}

/// What a node that has `known` seconds has in a cluster of so many nodes.
fn seconds(known: Option<i64>, count: usize) -> i64 {
    let fits = |size: &&Size| (size.least..=size.most).contains(&count);
    let same = SIZES.iter().filter(fits).find(|size| Some(size.seconds) == known);
    let wanted = same.or_else(|| SIZES.iter().find(fits));
    wanted.map_or(0, |size| size.seconds)
}
