//! Caches → [`Nodes`]: reads, decides nothing.

use std::{collections::BTreeMap, fmt, sync::Arc};

use api::views::{Lease, Node};
use meta::{
    object::{Labels, ObjectKey},
    text::Text,
    time::Time,
};

use super::{NodeMonitor, View};
use crate::nodelifecycle::health::LEASE_NAMESPACE;

/// Nodes with this label are not counted when a zone's state is judged.
const EXCLUDED: &str = "node.kubernetes.io/exclude-disruption";
/// Labels that say where a node is, the old ones first.
const PLACES: [(&str, &str); 2] = [
    ("failure-domain.beta.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone"),
    ("topology.kubernetes.io/region", "topology.kubernetes.io/zone"),
];

/// All nodes by zone, in the order of their names.
pub struct Nodes {
    pub(super) zones: BTreeMap<Text, Vec<Member>>,
    pub(super) monitor: NodeMonitor,
}

/// A node of a zone.
#[derive(Clone)]
pub(super) struct Member {
    pub(super) node: Arc<Node>,
    /// Its last sign of life by its own clock, if there was one.
    pub(super) heard: Option<Time>,
    pub(super) is_counted: bool,
}

pub(super) fn observe(view: &View) -> Nodes {
    let mut zones = BTreeMap::<Text, Vec<Member>>::new();
    for node in view.nodes.list() {
        let key = ObjectKey::new(LEASE_NAMESPACE, node.metadata.name.clone());
        let member = Member {
            heard: heard(&node, view.leases.get(&key)),
            is_counted: !node.metadata.labels.contains_key(EXCLUDED),
            node,
        };
        zones.entry(zone(&member.node.metadata.labels)).or_default().push(member);
    }
    Nodes { zones, monitor: view.monitor }
}

fn heard(node: &Node, lease: Option<Arc<Lease>>) -> Option<Time> {
    let posted = node.condition("Ready").and_then(|ready| ready.last_heartbeat_time);
    posted.max(lease.and_then(|lease| lease.spec.renew_time))
}

/// The name of a zone, as dashboards know it; empty for nodes that do not say where they are.
fn zone(labels: &Labels) -> Text {
    let label = |name: &str| labels.get(name).map_or("", |value| &**value);
    let places = PLACES.iter().map(|(region, zone)| (label(region), label(zone)));
    let mut known = places.filter(|(region, zone)| !region.is_empty() || !zone.is_empty());
    known.next().map_or_else(Text::default, |(region, zone)| {
        Text::from(format!("{region}:\0:{zone}").as_str())
    })
}

/// One line: how many nodes are ready in which zone.
impl fmt::Debug for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zones = self.zones.iter().map(|(zone, members)| {
            let ready = members.iter().filter(|member| member.is_ready()).count();
            format!("zone {:?}: {ready} of {} ready", zone.replace('\0', ""), members.len())
        });
        f.write_str(&zones.collect::<Vec<_>>().join(", "))
    }
}
