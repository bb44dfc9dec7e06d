//! Cycles without a cluster, for the tests and measurements of plugins.

use std::sync::Arc;

use api::views::{Node, Pod};
use meta::{
    object::{ObjectKey, Uid},
    text::Text,
};
use runtime::Informers;

use crate::{
    InvalidConfiguration, Settings, Snapshot,
    cycle::{Chance, Cycle, Decision, Refusal},
    metrics::Meter,
    nominator::Nominator,
    profiles::Profiles,
};

/// A scheduler that is asked for one pod at a time: nothing is watched, written or waited for. Caches
/// that plugins ask for are empty.
///
/// ```
/// use std::sync::Arc;
/// use scheduler::{Rehearsal, Settings};
/// use serde_json::json;
///
/// let mut rehearsal = Rehearsal::new(&Settings::default(), 1).unwrap();
/// let status = json!({"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "1"}});
/// let node = json!({"metadata": {"name": "a"}, "status": status});
/// rehearsal.set_node(&Arc::new(serde_json::from_value(node).unwrap()));
/// let pod = |uid| {
///     let spec = json!({"schedulerName": "default-scheduler"});
///     Arc::new(serde_json::from_value(json!({"metadata": {"uid": uid}, "spec": spec})).unwrap())
/// };
/// assert_eq!(&*rehearsal.schedule(&pod("one")).unwrap(), "a");
/// let refusal = rehearsal.schedule(&pod("two")).unwrap_err();
/// assert!(refusal.starts_with("0/1 nodes are available: 1 Too many pods."));
/// ```
pub struct Rehearsal {
    profiles: Arc<Profiles>,
    snapshot: Snapshot,
    nominator: Nominator,
    chance: Chance,
    meter: Meter,
}

impl Rehearsal {
    /// A scheduler without nodes; the seed decides among equals.
    ///
    /// # Errors
    /// A profile cannot be made.
    pub fn new(settings: &Settings, seed: u64) -> Result<Self, InvalidConfiguration> {
        let built = settings.build(&mut Informers::default())?;
        Ok(Self {
            profiles: built.profiles,
            snapshot: Snapshot::default(),
            nominator: Nominator::default(),
            chance: Chance::new(seed),
            meter: Meter::default(),
        })
    }
    /// Takes in a node, new or changed.
    pub fn set_node(&mut self, node: &Arc<Node>) {
        self.snapshot.set_node(node);
    }
    /// A node is gone.
    pub fn remove_node(&mut self, name: &str) {
        self.snapshot.remove_node(&ObjectKey::new("", name));
    }
    /// A pod is gone.
    pub fn remove_pod(&mut self, pod: &Uid) {
        self.snapshot.remove(pod);
    }
    /// Everything as the plugins see it.
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
    /// Finds a node for a pod and puts it there, as if its binding had come through. A permission that a
    /// plugin wants to give later counts as given.
    ///
    /// # Errors
    /// The message that the pod's condition would have.
    pub fn schedule(&mut self, pod: &Arc<Pod>) -> Result<Text, String> {
        let Some(profile) = self.profiles.of(pod) else {
            return Err(format!("no profile is named {:?}", &*pod.spec.scheduler_name));
        };
        self.meter.begin(&profile.name);
        let cycle = Cycle { profile, snapshot: &self.snapshot, nominator: &self.nominator, pod };
        let decision = cycle.run(&mut self.chance, &mut self.meter);
        self.meter.measured.clear();
        match decision {
            Decision::Take { node, .. } => {
                self.snapshot.assume(pod, &node);
                Ok(node)
            }
            Decision::Unschedulable(Refusal { message, .. }) | Decision::Failed { message, .. } => {
                Err(message)
            }
        }
    }
}
