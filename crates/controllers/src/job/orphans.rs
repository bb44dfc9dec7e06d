//! Takes the tracking finalizer off pods that no running job looks after: their job is gone or finished,
//! or never was. Else nobody could delete them.

use std::sync::Arc;

use api::{
    resources::JOBS,
    views::{Job, Pod},
};
use meta::{mutants::mutant, object::ObjectKey, time::Time};
use runtime::{
    Answers, Cache, Change, Controller, Enqueue, Informers, Metric, Observation, Plan, Step,
    Watches,
};

use super::{Why, has_finalizer, metrics, pods::without_finalizer};
use crate::shared::claims::{self, PODS_BY_OWNER};

/// See the module's documentation.
#[derive(Debug)]
pub struct OrphanedPods;

/// What it reads.
pub struct View {
    jobs: Arc<Cache<Job>>,
    pods: Arc<Cache<Pod>>,
}

impl Controller for OrphanedPods {
    const NAME: &'static str = "job-controller";
    const QUEUE: &'static str = "job_orphan_pod";
    const EVENT_SOURCE: &'static str = "job-controller";
    const METRICS: &'static [Metric] = metrics::METRICS;
    type Key = ObjectKey;
    type Observed = Arc<Pod>;
    type Memory = ();
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { jobs: informers.cache(), pods: informers.index(&PODS_BY_OWNER) }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_job);
        watches.on(on_pod);
    }
    fn observe(view: &View, key: &ObjectKey, _answers: &Answers) -> Observation<Arc<Pod>> {
        let pod = view.pods.get(key).filter(|pod| is_orphaned(&view.jobs, pod));
        pod.map_or(Observation::Gone, Observation::Ready)
    }
    fn plan(_memory: &mut (), pod: &Arc<Pod>, _now: Time) -> Plan<Why> {
        let mut plan = Plan::rest();
        let mut step = Step::new(without_finalizer(pod), Why::Orphaned);
        if pod.is_finished() {
            metrics::let_go(&mut step);
        }
        plan.step(step);
        plan
    }
}

/// Whether a pod has the finalizer and no job that will take it off.
fn is_orphaned(jobs: &Cache<Job>, pod: &Pod) -> bool {
    let metadata = &pod.metadata;
    let is_jobs = |owner: &meta::object::OwnerReference| {
        owner.kind == *JOBS.kind && owner.api_version == *"batch/v1"
    };
    has_finalizer(pod)
        && metadata.controller().is_none_or(is_jobs)
        && claims::resolve(jobs, metadata)
            .is_none_or(|job: Arc<Job>| job.finished().is_some() && !job.is_managed_elsewhere())
}

pub(super) fn on_pod(view: &View, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    let is_missed = |pod: &Pod| mutant("hb_20") && pod.metadata.is_deleting();
    let orphan = change.new.as_ref().filter(|pod| is_orphaned(&view.jobs, pod) && !is_missed(pod));
    if let Some(pod) = orphan {
        enqueue.add(pod.metadata.key());
    }
}

/// Once a job is gone or finished, its pods are.
pub(super) fn on_job(view: &View, change: &Change<Job>, enqueue: &mut Enqueue<ObjectKey>) {
    let (old, new) = (change.old.as_ref(), change.new.as_ref());
    let replaced = old.filter(|old| new.is_none_or(|new| new.metadata.uid != old.metadata.uid));
    for job in [replaced, new.filter(|new| new.finished().is_some())].into_iter().flatten() {
        for pod in view.pods.by_index(&PODS_BY_OWNER, &job.metadata.uid.0) {
            if is_orphaned(&view.jobs, &pod) {
                enqueue.add(pod.metadata.key());
            }
        }
    }
}
