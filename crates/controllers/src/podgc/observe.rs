//! Caches → [`Pods`]: reads, decides nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use api::{
    resources::NODES,
    views::{Node, Pod, Status},
};
use meta::{object::ObjectKey, text::Text};
use runtime::{Answers, Observation, Read};

use super::View;

/// Whose pods may be deleted though it cannot confirm.
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// The pods that may have to go, by what is wrong with them.
pub struct Pods {
    /// All that have finished.
    pub(super) finished: Vec<Arc<Pod>>,
    /// On their way out, on a node that is out of service.
    pub(super) out_of_service: Vec<Arc<Pod>>,
    /// By the name of a node that is not there.
    pub(super) orphaned: BTreeMap<Text, Vec<Arc<Pod>>>,
    /// Of these nodes a live read says that they are not there.
    pub(super) gone: BTreeSet<Text>,
    /// On their way out, without a node.
    pub(super) unscheduled: Vec<Arc<Pod>>,
    /// Finished pods that may stay; `None` means all.
    pub(super) finished_max: Option<usize>,
}

pub(super) fn observe(view: &View, answers: &Answers) -> Observation<Pods> {
    let threshold = view.threshold.0;
    let mut pods = Pods {
        finished: Vec::new(),
        out_of_service: Vec::new(),
        orphaned: BTreeMap::new(),
        gone: BTreeSet::new(),
        unscheduled: Vec::new(),
        finished_max: usize::try_from(threshold).ok().filter(|max| *max > 0),
    };
    for pod in view.pods.list() {
        pods.sort(view, &pod);
    }
    let read =
        |name: &Text| Read::Metadata { resource: NODES, key: ObjectKey::new("", name.clone()) };
    let open: Vec<Read> =
        pods.orphaned.keys().map(read).filter(|read| answers.get(read).is_none()).collect();
    if !open.is_empty() {
        return Observation::Ask(open);
    }
    let is_gone = |name: &&Text| {
        let answer = answers.get(&read(name));
        answer.is_some_and(|live| live.as_ref().is_err_and(runtime::ClientError::is_not_found))
    };
    pods.gone = pods.orphaned.keys().filter(is_gone).cloned().collect();
    Observation::Ready(pods)
}

impl Pods {
    fn sort(&mut self, view: &View, pod: &Arc<Pod>) {
        if pod.is_finished() {
            self.finished.push(Arc::clone(pod));
        }
        let name = &pod.spec.node_name;
        if name.is_empty() {
            if pod.metadata.is_deleting() {
                self.unscheduled.push(Arc::clone(pod));
            }
            return;
        }
        match view.nodes.get(&ObjectKey::new("", name.clone())) {
            None => self.orphaned.entry(name.clone()).or_default().push(Arc::clone(pod)),
            Some(node) if pod.metadata.is_deleting() && is_out_of_service(&node) => {
                self.out_of_service.push(Arc::clone(pod));
            }
            Some(_) => {}
        }
    }
}

fn is_out_of_service(node: &Node) -> bool {
    let conditions = &node.status.conditions;
    let is_ready = conditions.iter().any(|c| c.kind == *"Ready" && c.status == Status::True);
    !is_ready && node.spec.taints.iter().any(|taint| taint.key == *OUT_OF_SERVICE)
}

/// One line: how many pods are in which state.
impl fmt::Debug for Pods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let orphaned: usize = self.orphaned.values().map(Vec::len).sum();
        write!(
            f,
            "{} finished, {} out of service",
            self.finished.len(),
            self.out_of_service.len()
        )?;
        write!(f, ", {orphaned} without their node, {} unscheduled", self.unscheduled.len())
    }
}
