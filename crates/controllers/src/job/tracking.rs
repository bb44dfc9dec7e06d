//! Which pods' ends are recorded now, and which recorded ones are counted. First the UIDs are written
//! down, then the finalizers go, then the counts rise: whatever breaks between, nothing is counted twice
//! or not at all.

use std::{collections::BTreeSet, sync::Arc};

use api::views::{Phase, Pod, UncountedPods};
use meta::{mutants::mutant, object::Uid};

use super::{
    census::{Census, has_failed, to_i32},
    ending::{Ending, Outcome},
    failure_policy::{self, Verdict},
    has_finalizer,
    indexes::{self, Indexes, index_of, valid_index_of},
};

/// Ends that one plan records: the status may not grow without bounds.
const RECORDED_MAX: usize = 500;

/// The counting part of a status, and the pods that may go once it is written.
pub(super) struct Tracking {
    pub(super) succeeded: i32,
    pub(super) failed: i32,
    pub(super) uncounted: UncountedPods,
    /// Of an indexed job.
    pub(super) completed_indexes: Option<Indexes>,
    /// Pods that lose the finalizer.
    pub(super) freed: Vec<Arc<Pod>>,
    /// More is to be recorded than one plan may.
    pub(super) is_cut: bool,
    recorded: usize,
}

/// `removed` are pods that this plan deletes and that are not to be counted.
pub(super) fn track(
    census: &Census<'_>,
    ending: Option<&Ending>,
    removed: &BTreeSet<&Uid>,
) -> Tracking {
    let mut pods: Vec<&Arc<Pod>> = census
        .pods
        .iter()
        .filter(|pod| has_finalizer(pod) && !removed.contains(&pod.metadata.uid))
        .collect();
    if census.indexed.is_some() {
        pods.sort_by_key(|pod| index_of(pod));
    }
    let mut tracking = Tracking::start(census, &pods);
    for pod in pods {
        if !may_go(census, ending, pod) {
            continue;
        }
        if tracking.recorded >= RECORDED_MAX {
            tracking.is_cut = true;
            break;
        }
        tracking.record(census, ending, pod);
        tracking.freed.push(Arc::clone(pod));
    }
    if let Some(completed) = &tracking.completed_indexes {
        tracking.succeeded = to_i32(completed.len());
    }
    tracking
}

fn may_go(census: &Census<'_>, ending: Option<&Ending>, pod: &Pod) -> bool {
    census.job.metadata.is_deleting()
        || ending.is_some()
        || pod.status.phase == Phase::Succeeded
        || (has_failed(census.job, pod) && !census.is_kept(pod))
}

impl Tracking {
    /// Counts what was recorded and has lost the finalizer since.
    fn start(census: &Census<'_>, held: &[&Arc<Pod>]) -> Self {
        let status = &census.job.status;
        let held: BTreeSet<&Uid> = held.iter().map(|pod| &pod.metadata.uid).collect();
        let known = status.uncounted_terminated_pods.clone().unwrap_or_default();
        let counted = |uids: Vec<Uid>| -> (Vec<Uid>, i32) {
            let (rest, gone): (Vec<_>, Vec<_>) =
                uids.into_iter().partition(|uid| held.contains(uid));
            (rest, to_i32(gone.len()))
        };
        let (succeeded, more_succeeded) = counted(known.succeeded);
        let (failed, more_failed) = counted(known.failed);
        let recorded = succeeded.len() + failed.len();
        let counted = if mutant("hb_18") { 0 } else { status.succeeded };
        let completed_indexes = census
            .indexed
            .as_ref()
            .map(|indexed| indexes::parse(&status.completed_indexes, indexed.completions));
        Self {
            succeeded: counted.saturating_add(more_succeeded),
            failed: status.failed.saturating_add(more_failed),
            uncounted: UncountedPods { succeeded, failed },
            completed_indexes,
            freed: Vec::new(),
            is_cut: false,
            recorded,
        }
    }

    fn record(&mut self, census: &Census<'_>, ending: Option<&Ending>, pod: &Pod) {
        let uid = &pod.metadata.uid;
        if self.uncounted.failed.contains(uid) {
            return;
        }
        if pod.status.phase == Phase::Succeeded {
            self.record_success(census, pod);
            return;
        }
        let fails_with_job = ending.is_some_and(|ending| ending.outcome == Outcome::Failure);
        let counts = has_failed(census.job, pod) || fails_with_job;
        let is_ignored = || failure_policy::judge(census.job, pod) == Verdict::Ignore;
        if counts && census.has_place(pod) && !is_ignored() {
            self.uncounted.failed.push(uid.clone());
            self.recorded += 1;
        }
    }

    fn record_success(&mut self, census: &Census<'_>, pod: &Pod) {
        let uid = &pod.metadata.uid;
        if let (Some(indexed), Some(completed)) = (&census.indexed, &mut self.completed_indexes) {
            let index = valid_index_of(pod, indexed.completions);
            if index.is_some_and(|index| completed.insert(index)) {
                self.recorded += 1;
            }
            return;
        }
        if !self.uncounted.succeeded.contains(uid) {
            self.uncounted.succeeded.push(uid.clone());
            self.recorded += 1;
        }
    }
}
