//! What the pods of a job amount to.

use std::{collections::BTreeMap, sync::Arc};

use api::views::{CompletionMode, Job, Phase, Pod, PodReplacementPolicy};
use meta::object::Uid;

use super::{
    backoff::finish_time,
    failure_policy::{self, Verdict},
    has_finalizer,
    indexes::{self, Indexes, valid_index_of},
    observe::Tracked,
    pods::{failure_count, ignored_count},
};

/// Counts and sets that decisions are made on.
pub(super) struct Census<'a> {
    pub(super) job: &'a Job,
    pub(super) pods: &'a [Arc<Pod>],
    /// Neither ended nor on their way out.
    pub(super) active: Vec<Arc<Pod>>,
    /// On their way out, and not ended.
    pub(super) terminating: usize,
    /// All that have succeeded, those not yet in the status included.
    pub(super) succeeded: i32,
    /// All that have failed, those not yet in the status included.
    pub(super) failed: i32,
    /// Of an indexed job.
    pub(super) indexed: Option<Indexed>,
}

/// What is known of the indexes of an indexed job.
pub(super) struct Indexed {
    pub(super) completions: i32,
    pub(super) succeeded: Indexes,
    /// Of a job with a limit per index.
    pub(super) per_index: Option<PerIndex>,
}

/// What is known of the indexes of a job that limits failures of each.
pub(super) struct PerIndex {
    pub(super) failed: Indexes,
    /// The newest failed pod of each index that is to be tried again. It keeps its finalizer, and is not
    /// counted, until its successor runs.
    pub(super) kept: BTreeMap<i32, Arc<Pod>>,
}

impl<'a> Census<'a> {
    pub(super) fn of(tracked: &'a Tracked) -> Self {
        let (job, pods) = (&*tracked.job, tracked.claims.owned.as_slice());
        let active: Vec<Arc<Pod>> = pods.iter().filter(|pod| pod.is_active()).cloned().collect();
        let terminating =
            pods.iter().filter(|pod| pod.metadata.is_deleting() && !pod.is_finished()).count();
        let indexed = (job.spec.completion_mode == CompletionMode::Indexed)
            .then(|| Indexed::of(job, pods, &active));
        let mut census = Self { job, pods, active, terminating, succeeded: 0, failed: 0, indexed };
        census.count();
        census
    }

    /// Whether a pod is one of this job's that count: an index that is out of bounds counts nowhere.
    pub(super) fn has_place(&self, pod: &Pod) -> bool {
        self.indexed
            .as_ref()
            .is_none_or(|indexed| valid_index_of(pod, indexed.completions).is_some())
    }
    pub(super) fn failed_pods(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.pods.iter().filter(|pod| has_failed(self.job, pod))
    }
    pub(super) fn ready(&self) -> usize {
        self.active.iter().filter(|pod| pod.is_ready()).count()
    }
    pub(super) const fn per_index(&self) -> Option<&PerIndex> {
        match &self.indexed {
            Some(indexed) => indexed.per_index.as_ref(),
            None => None,
        }
    }
    /// Whether a failed pod waits for its successor.
    pub(super) fn is_kept(&self, pod: &Pod) -> bool {
        self.per_index().is_some_and(|per_index| {
            per_index.kept.values().any(|kept| kept.metadata.uid == pod.metadata.uid)
        })
    }

    fn count(&mut self) {
        let status = &self.job.status;
        let empty = Vec::new();
        let uncounted = status.uncounted_terminated_pods.as_ref();
        let succeeded: &Vec<Uid> = uncounted.map_or(&empty, |uncounted| &uncounted.succeeded);
        let failed: &Vec<Uid> = uncounted.map_or(&empty, |uncounted| &uncounted.failed);
        let is_new = |pod: &&Arc<Pod>| {
            let uid = &pod.metadata.uid;
            has_finalizer(pod)
                && !succeeded.contains(uid)
                && !failed.contains(uid)
                && self.has_place(pod)
        };
        let new = || self.pods.iter().filter(is_new);
        let new_succeeded = new().filter(|pod| pod.status.phase == Phase::Succeeded).count();
        let counts = |pod: &&Arc<Pod>| {
            has_failed(self.job, pod) && failure_policy::judge(self.job, pod) != Verdict::Ignore
        };
        let new_failed = new().filter(counts).count();
        let total = |stored: i32, more: usize| stored.saturating_add(to_i32(more));
        self.failed = total(status.failed, new_failed + failed.len());
        self.succeeded = match &self.indexed {
            Some(indexed) => to_i32(indexed.succeeded.len()),
            None => total(status.succeeded, new_succeeded + succeeded.len()),
        };
    }
}

impl Indexed {
    fn of(job: &Job, pods: &[Arc<Pod>], active: &[Arc<Pod>]) -> Self {
        let completions = job.spec.completions.unwrap_or(0);
        let mut succeeded = indexes::parse(&job.status.completed_indexes, completions);
        let ended = pods.iter().filter(|pod| pod.status.phase == Phase::Succeeded);
        succeeded.extend(
            ended
                .filter(|pod| has_finalizer(pod))
                .filter_map(|pod| valid_index_of(pod, completions)),
        );
        let mut indexed = Self { completions, succeeded, per_index: None };
        if let Some(limit) = job.spec.backoff_limit_per_index {
            indexed.per_index = Some(indexed.failures(job, pods, active, limit));
        }
        indexed
    }

    /// An index that has succeeded has not failed.
    fn failures(&self, job: &Job, pods: &[Arc<Pod>], active: &[Arc<Pod>], limit: i32) -> PerIndex {
        let stored = job.status.failed_indexes.as_deref().unwrap_or_default();
        let mut failed = indexes::parse(stored, self.completions);
        let uncounted: Vec<(i32, &Arc<Pod>)> = pods
            .iter()
            .filter(|pod| has_finalizer(pod) && has_failed(job, pod))
            .filter_map(|pod| Some((valid_index_of(pod, self.completions)?, pod)))
            .collect();
        let ended = uncounted.iter().filter(|(_, pod)| fails_index(job, pod, limit));
        failed.extend(ended.map(|(index, _)| *index));
        failed.retain(|index| !self.succeeded.contains(index));
        let running: Indexes =
            active.iter().filter_map(|pod| valid_index_of(pod, self.completions)).collect();
        let mut kept = BTreeMap::<i32, Arc<Pod>>::new();
        for (index, pod) in uncounted {
            let sets = [&self.succeeded, &failed, &running];
            let is_settled = sets.iter().any(|set| set.contains(&index));
            if !is_settled && kept.get(&index).is_none_or(|known| try_of(known) < try_of(pod)) {
                kept.insert(index, Arc::clone(pod));
            }
        }
        PerIndex { failed, kept }
    }
}

/// A pod has failed once it may be replaced.
pub(super) fn has_failed(job: &Job, pod: &Pod) -> bool {
    match job.spec.pod_replacement_policy {
        PodReplacementPolicy::Failed => pod.status.phase == Phase::Failed,
        PodReplacementPolicy::TerminatingOrFailed => {
            let goes = pod.metadata.is_deleting() && pod.status.phase != Phase::Succeeded;
            goes || pod.status.phase == Phase::Failed
        }
    }
}

fn fails_index(job: &Job, pod: &Pod, limit: i32) -> bool {
    match failure_policy::judge(job, pod) {
        Verdict::FailIndex => true,
        Verdict::Count => failure_count(pod) >= limit,
        Verdict::Ignore | Verdict::FailJob(_) => false,
    }
}

/// Which try of its index a pod is: the later is more.
fn try_of(pod: &Pod) -> impl Ord {
    (failure_count(pod) + ignored_count(pod), finish_time(pod))
}

pub(super) fn to_i32(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
