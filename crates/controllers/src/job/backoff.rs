//! How long replacements wait for pods that fail.

use std::{collections::BTreeMap, time::Duration};

use api::views::{ContainerStatus, Phase, Pod, Status};
use meta::{object::Uid, time::Time};

use super::{census::Census, has_finalizer};
use crate::shared::pods::runs_beside;

/// The first wait; each further failure doubles it.
const DELAY_MIN: Duration = Duration::from_secs(10);
const DELAY_MAX: Duration = Duration::from_mins(10);
/// Failures after which the longest wait is reached; earlier ones need not be remembered.
const FAILURES_MAX: usize = 7;

/// The newest failures since the last success, with their ends.
#[derive(Debug, Default)]
pub(super) struct Failures {
    ends: BTreeMap<Uid, Time>,
    success: Option<Time>,
}

impl Failures {
    /// Takes in what there is to see; seeing it twice changes nothing.
    pub(super) fn note(&mut self, census: &Census<'_>) {
        let succeeded = census.pods.iter().filter(|pod| pod.status.phase == Phase::Succeeded);
        self.success = self.success.max(succeeded.filter_map(|pod| finish_time(pod)).max());
        for pod in census.failed_pods() {
            // One that lost the finalizer on its way out was stopped, and has not failed.
            let counts = has_finalizer(pod) || !pod.metadata.is_deleting();
            if let (true, Some(end)) = (counts, finish_time(pod)) {
                self.ends.insert(pod.metadata.uid.clone(), end);
            }
        }
        self.ends.retain(|_, end| Some(*end) > self.success);
        while self.ends.len() > FAILURES_MAX {
            let oldest = self.ends.iter().min_by_key(|(_, end)| **end).map(|(uid, _)| uid.clone());
            oldest.and_then(|uid| self.ends.remove(&uid));
        }
    }
    /// How long no pod may be made; zero if some may be made now.
    pub(super) fn wait(&self, now: Time) -> Duration {
        let newest = self.ends.values().max();
        newest.map_or(Duration::ZERO, |newest| wait(self.ends.len(), *newest, now))
    }
}

/// How long after so many failures, the newest at `end`, no pod may be made.
pub(super) fn wait(failures: usize, end: Time, now: Time) -> Duration {
    let doublings = u32::try_from(failures.clamp(1, FAILURES_MAX) - 1).unwrap_or(0);
    let delay = (DELAY_MIN * 2u32.pow(doublings)).min(DELAY_MAX);
    delay.saturating_sub(now.since(end))
}

/// When a pod ended, as well as one can tell.
pub(super) fn finish_time(pod: &Pod) -> Option<Time> {
    let stays = |status: &&ContainerStatus| runs_beside(pod, status);
    let containers = pod.status.container_statuses.iter();
    let containers: Vec<_> =
        containers.chain(pod.status.init_container_statuses.iter().filter(stays)).collect();
    let ends: Option<Vec<Time>> =
        containers.iter().map(|c| c.state.terminated.as_ref()?.finished_at).collect();
    let unready = pod.condition("Ready").filter(|ready| ready.status == Status::False);
    let metadata = &pod.metadata;
    let grace = metadata.deletion_grace_period_seconds.unwrap_or(0);
    let grace = Duration::from_secs(u64::try_from(grace).unwrap_or(0));
    ends.and_then(|ends| ends.into_iter().max())
        .or_else(|| unready?.last_transition_time)
        .or_else(|| metadata.deletion_timestamp.map(|end| end - grace))
        .or(metadata.creation_timestamp)
}
