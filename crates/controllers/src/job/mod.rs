//! Runs pods until enough of them have succeeded, or too many have failed. A pod that ends is counted
//! exactly once: it keeps the finalizer `batch.kubernetes.io/job-tracking` until its UID stands among
//! `status.uncountedTerminatedPods`, and is counted only when the finalizer is gone; what is written
//! before a crash is picked up after it ([`tracking`]). How a job ends is decided in [`ending`], how
//! many pods run meanwhile in [`manage`]. Pods that no job looks after any more lose the finalizer
//! ([`orphans`]). Follows `pkg/controller/job`.

mod backoff;
mod census;
mod conditions;
mod ending;
mod failure_policy;
mod indexes;
mod manage;
mod metrics;
mod observe;
mod orphans;
mod plan;
mod pods;
mod ranking;
mod status;
mod success_policy;
#[cfg(test)]
mod tests;
mod tracking;
mod why;

use std::{sync::Arc, time::Duration};

use api::{
    resources::JOBS,
    views::{Job, Pod},
};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Answers, Cache, Change, ClientError, Controller, Enqueue, Index, Informers, Metric,
    Observation, Plan, Step, Watches,
};

use crate::shared::claims::{self, PODS_BY_OWNER};

pub use observe::Tracked;
pub use orphans::OrphanedPods;
pub use plan::Memory;
pub use why::Why;

/// A pod with this finalizer is not counted yet.
const FINALIZER: &str = "batch.kubernetes.io/job-tracking";
/// Changes of pods are looked at together, as long as more are to come.
const BATCH: Duration = Duration::from_secs(1);

/// Pods of jobs that have not ended, by their job.
static RUNNING_BY_JOB: Index<Pod> = Index {
    name: "running by job",
    values: |pod| {
        let job = pod.metadata.controller().filter(|owner| owner.kind == *JOBS.kind);
        let running = job.filter(|_| !pod.is_finished());
        running.map(|job| job.uid.0.clone()).into_iter().collect()
    },
};

/// See the module's documentation.
#[derive(Debug)]
pub struct JobController;

/// What it reads.
pub struct View {
    jobs: Arc<Cache<Job>>,
    pods: Arc<Cache<Pod>>,
}

impl Controller for JobController {
    const NAME: &'static str = "job-controller";
    const QUEUE: &'static str = "job";
    const EVENT_SOURCE: &'static str = "job-controller";
    const METRICS: &'static [Metric] = metrics::METRICS;
    type Key = ObjectKey;
    type Observed = Tracked;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        informers.index(&RUNNING_BY_JOB);
        View { jobs: informers.cache(), pods: informers.index(&PODS_BY_OWNER) }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_job);
        watches.on(on_pod);
    }
    fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Tracked> {
        observe::observe(view, key, answers)
    }
    fn plan(memory: &mut Memory, tracked: &Tracked, now: Time) -> Plan<Why> {
        plan::plan(memory, tracked, now)
    }
    fn failed(memory: &mut Memory, step: &Step<Why>, _error: &ClientError) {
        memory.note_refusal(step);
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == JOBS).then(|| key.clone())
    }
}

fn on_job(_: &View, change: &Change<Job>, enqueue: &mut Enqueue<ObjectKey>) {
    let Some(job) = change.latest() else { return };
    let key = job.metadata.key();
    match (&change.old, &change.new) {
        (Some(old), Some(new)) if old.finished().is_some() && new.finished().is_some() => {}
        // There is nothing more to do, so what is kept of it goes.
        (Some(_), Some(new)) if new.finished().is_some() => enqueue.add(key),
        (Some(old), Some(new)) if old.metadata.generation == new.metadata.generation => {
            enqueue.add_after(key, BATCH);
        }
        _ => enqueue.add(key),
    }
}

fn on_pod(view: &View, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    let is_awaited = ends_the_wait(view, change);
    for key in claims::concerned(&view.jobs, |job| &job.spec.selector, change) {
        if is_awaited {
            enqueue.add(key);
        } else {
            enqueue.add_after(key, BATCH);
        }
    }
}

/// Whether a pod has ended that was the last to run: nothing more is to be looked at together with it.
fn ends_the_wait(view: &View, change: &Change<Pod>) -> bool {
    let runs = |pod: &Option<Arc<Pod>>| pod.as_ref().is_some_and(|pod| !pod.is_finished());
    if !runs(&change.old) || runs(&change.new) {
        return false;
    }
    let owner = change.latest().and_then(|pod| pod.metadata.controller().cloned());
    owner.is_some_and(|owner| !view.pods.has(&RUNNING_BY_JOB, &owner.uid.0))
}

fn has_finalizer(pod: &Pod) -> bool {
    pod.metadata.finalizers.iter().any(|finalizer| *finalizer == *FINALIZER)
}
