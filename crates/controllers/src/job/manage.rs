//! How many pods run: which are made and which are stopped while the job goes on.

use std::{cmp::Ordering, sync::Arc, time::Duration};

use api::views::{Pod, PodReplacementPolicy};
use meta::{mutants::mutant, time::Time};
use runtime::Stage;
use tracing::warn;

use super::{
    Why,
    backoff::{self, Failures, finish_time},
    census::{Census, Indexed},
    ending::Ending,
    indexes::{Indexes, valid_index_of},
    metrics,
    pods::{self, Missing, Tries},
    ranking,
};

/// One plan may not starve the others.
const BURST: usize = 500;
/// Waiting for less is not worth a look.
const WAIT_MIN: Duration = Duration::from_secs(1);

/// What is done about the pods of a job.
#[derive(Default)]
pub(super) struct Managed {
    pub(super) stages: Vec<Stage<Why>>,
    pub(super) created: usize,
    /// Deleted with the finalizer taken off first: these never count.
    pub(super) removed: Vec<Arc<Pod>>,
    /// Deleted with the finalizer on.
    pub(super) stopped: Vec<Arc<Pod>>,
    pub(super) wake: Option<Duration>,
}

/// Stops everything: the job ends.
pub(super) fn stop(census: &Census<'_>, ending: &Ending) -> Managed {
    let stopped = census.active.clone();
    let why = Why::Ended(ending.reason.to_string());
    let stages = if stopped.is_empty() {
        Vec::new()
    } else {
        vec![pods::delete(census.job, &stopped, &why)]
    };
    Managed { stages, stopped, ..Managed::default() }
}

/// Makes what is missing or stops what is too much, never both.
pub(super) fn manage(census: &Census<'_>, failures: &Failures, now: Time) -> Managed {
    if census.job.spec.suspend == Some(true) {
        return remove(census, census.active.clone(), &Why::Suspended);
    }
    let (wanted, active) = (wanted(census), census.active.len());
    let excess = excess(census, wanted);
    if !excess.is_empty() {
        return remove(census, excess, &Why::TooMany { wanted, active });
    }
    let on_their_way = match census.job.spec.pod_replacement_policy {
        PodReplacementPolicy::Failed => census.terminating,
        PodReplacementPolicy::TerminatingOrFailed => 0,
    };
    let missing = wanted.saturating_sub(active + on_their_way).min(BURST);
    if missing == 0 {
        return Managed::default();
    }
    if census.per_index().is_none() {
        let wait = failures.wait(now);
        if !wait.is_zero() {
            cov_mark::hit!(job_replaces_failing_pods_ever_more_slowly);
            return Managed { wake: Some(wait.max(WAIT_MIN)), ..Managed::default() };
        }
    }
    create(census, missing, wanted, now)
}

/// Pods that should be active.
pub(super) fn wanted(census: &Census<'_>) -> usize {
    let spec = &census.job.spec;
    let parallelism = spec.parallelism.unwrap_or(1);
    let wanted = match spec.completions {
        // Once one has succeeded, the others may end as they are.
        None if census.succeeded > 0 => return census.active.len(),
        None => parallelism,
        Some(_) if mutant("hb_19") => parallelism,
        Some(completions) => parallelism.min(completions - census.succeeded),
    };
    usize::try_from(wanted).unwrap_or(0)
}

fn excess(census: &Census<'_>, wanted: usize) -> Vec<Arc<Pod>> {
    let mut excess = match &census.indexed {
        Some(indexed) => ranking::superfluous(&census.active, indexed.completions),
        None => Vec::new(),
    };
    let more = census.active.len().saturating_sub(wanted).saturating_sub(excess.len());
    if more > 0 {
        let is_new = |pod: &&Arc<Pod>| !excess.iter().any(|known| Arc::ptr_eq(known, pod));
        let mut others: Vec<Arc<Pod>> = census.active.iter().filter(is_new).cloned().collect();
        others.sort_by(|left, right| ranking::compare(left, right));
        excess.extend(others.into_iter().take(more));
    }
    excess.truncate(BURST);
    excess
}

fn remove(census: &Census<'_>, removed: Vec<Arc<Pod>>, why: &Why) -> Managed {
    let stages = if removed.is_empty() {
        Vec::new()
    } else {
        vec![pods::let_go(&removed, why), pods::delete(census.job, &removed, why)]
    };
    Managed { stages, removed, ..Managed::default() }
}

fn create(census: &Census<'_>, count: usize, wanted: usize, now: Time) -> Managed {
    let job = census.job;
    if job.spec.template.labels().is_empty() {
        warn!(key = %job.metadata.key(), "unable to create pods, no labels");
        return Managed::default();
    }
    let (missing, wake) = match &census.indexed {
        None => (vec![Missing::default(); count], None),
        Some(indexed) => missing_indexes(census, indexed, count, now),
    };
    let why = Why::TooFew { wanted, active: census.active.len() };
    let create = |missing: &Missing| {
        let mut step = pods::create(job, missing, why.clone());
        metrics::creation(&mut step, census);
        step
    };
    let steps: Vec<_> = missing.iter().map(create).collect();
    let created = steps.len();
    let stages = if steps.is_empty() { Vec::new() } else { vec![Stage::SlowStart(steps)] };
    Managed { stages, created, wake, ..Managed::default() }
}

/// The lowest indexes that nobody works on and that need not wait, and how long the next one waits.
fn missing_indexes(
    census: &Census<'_>,
    indexed: &Indexed,
    count: usize,
    now: Time,
) -> (Vec<Missing>, Option<Duration>) {
    let taken = taken(census, indexed);
    let is_failed =
        |index: &i32| indexed.per_index.as_ref().is_some_and(|known| known.failed.contains(index));
    let mut missing = Vec::new();
    let mut wake: Option<Duration> = None;
    for index in
        (0..indexed.completions).filter(|index| !taken.contains(index) && !is_failed(index))
    {
        if missing.len() == count {
            break;
        }
        let (tries, wait) = tries(census, index, now);
        match wait.cmp(&Duration::ZERO) {
            // An index that waits does not hold up the others.
            Ordering::Greater => wake = Some(wake.map_or(wait, |known| known.min(wait))),
            Ordering::Equal | Ordering::Less => missing.push(Missing { index: Some(index), tries }),
        }
    }
    (missing, wake.map(|wait| wait.max(WAIT_MIN)))
}

/// Indexes that need no pod now.
fn taken(census: &Census<'_>, indexed: &Indexed) -> Indexes {
    let index = |pod: &Arc<Pod>| valid_index_of(pod, indexed.completions);
    let mut taken = indexed.succeeded.clone();
    taken.extend(census.active.iter().filter_map(index));
    if census.job.spec.pod_replacement_policy == PodReplacementPolicy::Failed {
        let going = census.pods.iter().filter(|p| p.metadata.is_deleting() && !p.is_finished());
        taken.extend(going.filter_map(index));
    }
    taken
}

/// How often an index was tried, and how long it waits for the next try.
fn tries(census: &Census<'_>, index: i32, now: Time) -> (Option<Tries>, Duration) {
    let Some(per_index) = census.per_index() else { return (None, Duration::ZERO) };
    let Some(kept) = per_index.kept.get(&index) else {
        return (Some(Tries::default()), Duration::ZERO);
    };
    let tries = Tries::after(census.job, kept);
    let failures = usize::try_from(tries.failed + tries.ignored).unwrap_or(0);
    let wait = finish_time(kept).map_or(Duration::ZERO, |end| backoff::wait(failures, end, now));
    (Some(tries), wait)
}
