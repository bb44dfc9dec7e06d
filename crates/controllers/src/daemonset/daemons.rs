//! What a decision about a `DaemonSet` may depend on.

use std::{collections::BTreeMap, fmt, sync::Arc};

use api::views::{ControllerRevision, DaemonSet, DaemonSetStrategyType, Node, Pod, RollingUpdate};
use meta::{
    int_or_string::{IntOrString, Rounding},
    text::Text,
    time::Time,
};

use super::eligibility::{Fate, Wishes};
use crate::shared::claims::Claims;

/// A `DaemonSet` with its pods and revisions, and all nodes, as seen at one moment.
pub struct Daemons {
    pub(super) set: Arc<DaemonSet>,
    pub(super) selection: Selection,
    pub(super) pods: Claims<Pod>,
    /// The owned are sorted: oldest first.
    pub(super) revisions: Claims<ControllerRevision>,
    /// All revisions whose names begin as those of the set do, by name.
    pub(super) namesakes: BTreeMap<Text, Arc<ControllerRevision>>,
    pub(super) nodes: Vec<Arc<Node>>,
}

/// What the selector asks for.
#[derive(Debug)]
pub(super) enum Selection {
    /// Some pods, as it should.
    Some,
    /// Everything in the namespace.
    All,
    /// Nothing that can be understood.
    Invalid(String),
}

/// A node, and the pods that are on it or meant for it.
#[derive(Debug, Clone)]
pub(super) struct Station {
    /// `None` if there is no such node.
    pub(super) fate: Option<Fate>,
    /// Bound ones first, then the oldest; without those that have ended and are on their way out.
    pub(super) pods: Vec<Arc<Pod>>,
}

/// All stations, by the node's name.
pub(super) type Stations = BTreeMap<Text, Station>;

/// How far an update may go at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) max_unavailable: usize,
    /// With any, old pods stay until their successors serve.
    pub(super) max_surge: usize,
}

impl Daemons {
    /// Every node, and every place that a pod is meant for.
    pub(super) fn stations(&self) -> Stations {
        let wishes = Wishes::of(&self.set);
        let fated = |node: &Arc<Node>| {
            let station = Station { fate: Some(wishes.fate(node)), pods: Vec::new() };
            (node.metadata.name.clone(), station)
        };
        let mut stations: Stations = self.nodes.iter().map(fated).collect();
        for pod in &self.pods.owned {
            if pod.is_finished() && pod.metadata.is_deleting() {
                continue;
            }
            let Some(node) = node_of(pod) else { continue };
            let unknown = || Station { fate: None, pods: Vec::new() };
            stations.entry(node.clone()).or_insert_with(unknown).pods.push(Arc::clone(pod));
        }
        for station in stations.values_mut() {
            station.pods.sort_by_cached_key(|pod| (pod.spec.node_name.is_empty(), age(pod)));
        }
        stations
    }

    /// How far an update of so many pods may go at a time; `None` if pods are left alone.
    pub(super) fn bounds(&self, desired: usize) -> Option<Bounds> {
        let strategy = &self.set.spec.update_strategy;
        if strategy.kind != DaemonSetStrategyType::RollingUpdate {
            return None;
        }
        let RollingUpdate { max_surge, max_unavailable } =
            strategy.rolling_update.clone().unwrap_or_default();
        let total = i32::try_from(desired).unwrap_or(i32::MAX);
        let scaled = |share: Option<IntOrString>| {
            let scaled = share.and_then(|share| share.scaled(total, Rounding::Up)).unwrap_or(0);
            usize::try_from(scaled).unwrap_or(0)
        };
        let (max_surge, mut max_unavailable) = (scaled(max_surge), scaled(max_unavailable));
        if max_surge == 0 && max_unavailable == 0 && desired > 0 {
            // Neither would be a standstill.
            max_unavailable = 1;
        }
        Some(Bounds { max_unavailable, max_surge })
    }
}

/// How many nodes should have a pod.
pub(super) fn desired(stations: &Stations) -> usize {
    stations.values().filter(|station| station.fate == Some(Fate::Run)).count()
}

/// Sorts oldest first.
pub(super) fn age(pod: &Pod) -> (Option<Time>, Text) {
    (pod.metadata.creation_timestamp, pod.metadata.name.clone())
}

/// The node that a pod is on, or is meant for.
fn node_of(pod: &Pod) -> Option<&Text> {
    if !pod.spec.node_name.is_empty() {
        return Some(&pod.spec.node_name);
    }
    let required = pod.spec.affinity.node_affinity.as_ref()?.required.as_ref()?;
    let fields = required.node_selector_terms.iter().flat_map(|term| &term.match_fields);
    let mut names = fields.filter(|field| field.key == "metadata.name" && field.operator == "In");
    match names.next()?.values.as_slice() {
        [name] => Some(name),
        _ => None,
    }
}

/// One line: nodes that should have a pod, then each station with pods.
impl fmt::Debug for Daemons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stations = self.stations();
        write!(f, "{} of {} nodes", desired(&stations), self.nodes.len())?;
        for (node, station) in stations.iter().filter(|(_, station)| !station.pods.is_empty()) {
            write!(f, " | {node} {:?}", station.fate)?;
            for pod in &station.pods {
                let state = match (pod.metadata.is_deleting(), pod.is_ready()) {
                    (true, _) => "terminating".to_owned(),
                    (false, true) => "ready".to_owned(),
                    (false, false) => format!("{:?}", pod.status.phase),
                };
                write!(f, " {} {state}", pod.metadata.name)?;
            }
        }
        let (adopt, release) = (self.pods.adopt.len(), self.pods.release.len());
        write!(f, " | {adopt} to adopt, {release} to release")?;
        write!(f, " | {} revisions", self.revisions.owned.len())
    }
}
