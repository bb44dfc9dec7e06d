//! What a decision about a `StatefulSet` may depend on.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use api::views::{ControllerRevision, PersistentVolumeClaim, Phase, Pod, StatefulSet};
use meta::{text::Text, time::Time};

use crate::shared::{availability, claims::Claims};

/// A `StatefulSet` with its pods, claims and revisions, as seen at one moment.
pub struct Members {
    pub(super) set: Arc<StatefulSet>,
    /// What is wrong with the selector, if anything.
    pub(super) invalid_selector: Option<String>,
    pub(super) pods: Claims<Pod>,
    /// The owned are sorted: oldest first.
    pub(super) revisions: Claims<ControllerRevision>,
    /// All revisions whose names begin as those of the set do, by name.
    pub(super) namesakes: BTreeMap<Text, Arc<ControllerRevision>>,
    /// Claims of the pods that are there or should be, by name.
    pub(super) claims: BTreeMap<Text, Arc<PersistentVolumeClaim>>,
    /// Names of missing pods that others have.
    pub(super) taken: BTreeSet<Text>,
}

/// A place for a pod.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) ordinal: i32,
    /// Name of its pod.
    pub(super) name: Text,
    pub(super) pod: Option<Arc<Pod>>,
}

impl Members {
    /// The ordinals that should have a pod.
    pub(super) fn ordinals(&self) -> std::ops::Range<i32> {
        ordinals(&self.set)
    }
    /// The places that should have a pod, in order.
    pub(super) fn slots(&self) -> Vec<Slot> {
        let by_name: BTreeMap<&Text, &Arc<Pod>> =
            self.pods.owned.iter().map(|pod| (&pod.metadata.name, pod)).collect();
        let slot = |ordinal| {
            let name = pod_name(&self.set, ordinal);
            let pod = by_name.get(&name).map(|pod| Arc::clone(pod));
            Slot { ordinal, name, pod }
        };
        self.ordinals().map(slot).collect()
    }
    /// Pods that no place is for, highest first.
    pub(super) fn condemned(&self) -> Vec<Arc<Pod>> {
        let wanted = self.ordinals();
        let ordinal = |pod: &Arc<Pod>| parse(&pod.metadata.name).map_or(-1, |(_, ordinal)| ordinal);
        let mut condemned: Vec<_> =
            self.pods.owned.iter().filter(|pod| !wanted.contains(&ordinal(pod))).cloned().collect();
        condemned.sort_by_key(|pod| std::cmp::Reverse(ordinal(pod)));
        condemned
    }
    /// Whether a pod serves, for long enough, and is to stay.
    pub(super) fn is_available(&self, pod: &Pod, now: Time) -> bool {
        !pod.metadata.is_deleting()
            && availability::is_available(pod, self.set.spec.min_ready_seconds, now)
    }
    /// Whether pods, or the history, are not yet as the set wants them.
    pub(super) fn are_open(&self) -> bool {
        self.pods.are_open() || self.revisions.are_open()
    }
}

/// Whether a pod runs and serves.
pub(super) fn is_healthy(pod: &Pod) -> bool {
    pod.status.phase == Phase::Running && pod.is_ready()
}

/// The ordinals that should have a pod.
pub(super) fn ordinals(set: &StatefulSet) -> std::ops::Range<i32> {
    let start = set.spec.ordinals.start;
    start..start.saturating_add(set.spec.replicas.unwrap_or(1))
}

/// The name of a set's pod.
pub(super) fn pod_name(set: &StatefulSet, ordinal: i32) -> Text {
    format!("{}-{ordinal}", set.metadata.name).into()
}

/// Name of the set and ordinal that a pod's name says; `web-01` is nobody's, or two would be `web-1`.
pub(super) fn parse(pod: &str) -> Option<(&str, i32)> {
    let (set, digits) = pod.rsplit_once('-')?;
    let ordinal: i32 = digits.parse().ok()?;
    (ordinal >= 0 && ordinal.to_string() == digits).then_some((set, ordinal))
}

/// One line: wanted ordinals, then each pod with its phase.
impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ordinals = self.ordinals();
        write!(f, "{} wanted from {}", ordinals.len(), ordinals.start)?;
        for pod in &self.pods.owned {
            let state = match (pod.metadata.is_deleting(), pod.is_ready()) {
                (true, _) => "terminating".to_owned(),
                (false, true) => "ready".to_owned(),
                (false, false) => format!("{:?}", pod.status.phase),
            };
            write!(f, " | {} {state}", pod.metadata.name)?;
        }
        let (adopt, release) = (self.pods.adopt.len(), self.pods.release.len());
        write!(f, " | {adopt} to adopt, {release} to release")?;
        write!(f, " | {} revisions", self.revisions.owned.len())
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_name_says_its_ordinal_in_plain_decimals() {
        assert_eq!(parse("web-0"), Some(("web", 0)));
        assert_eq!(parse("my-web-12"), Some(("my-web", 12)));
        assert_eq!(parse("web-01"), None);
        assert_eq!(parse("web-99999999999"), None);
        assert_eq!(parse("web-+1"), None);
        assert_eq!(parse("web"), None);
    }
}
