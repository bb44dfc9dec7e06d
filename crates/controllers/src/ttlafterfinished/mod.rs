//! Deletes finished Jobs when their time to live is over, in the foreground: first their pods, then they.
//! A Job is deleted only at the version that was looked at, so that nobody's longer time is missed.
//! Follows `pkg/controller/ttlafterfinished`.

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use api::{resources::JOBS, views::Job};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Action, Answers, Cache, Change, Controller, Enqueue, Guard, Histogram, Informers, Metric,
    Observation, Plan, Propagation, Step, Target, Watches, When, exponential,
};

const DELETION_SECONDS: Histogram<0> = Histogram::new(
    "ttl_after_finished_controller_job_deletion_duration_seconds",
    "[ALPHA] Seconds from the end of a job's time to live until it was deleted.",
    &[],
    &exponential::<14>(0.1, 2.0),
);

/// See the module's documentation.
#[derive(Debug)]
pub struct TtlAfterFinishedController;

/// The Jobs.
pub struct View {
    jobs: Arc<Cache<Job>>,
}

/// A Job that is to go.
pub struct Expiring {
    job: Arc<Job>,
    at: Time,
}

impl fmt::Debug for Expiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "finished, to go at {}", self.at)
    }
}

/// The one reason there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired;

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it has finished and its time to live is over")
    }
}

impl Controller for TtlAfterFinishedController {
    const NAME: &'static str = "ttl-after-finished-controller";
    const QUEUE: &'static str = "ttl_jobs_to_delete";
    const EVENT_SOURCE: &'static str = "ttl-after-finished-controller";
    const METRICS: &'static [Metric] = &[DELETION_SECONDS.metric()];
    type Key = ObjectKey;
    type Observed = Expiring;
    type Memory = ();
    type Why = Expired;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { jobs: informers.cache() }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_job);
    }
    fn observe(view: &View, key: &ObjectKey, _answers: &Answers) -> Observation<Expiring> {
        let Some(job) = view.jobs.get(key) else { return Observation::Gone };
        match expires_at(&job) {
            Some(at) => Observation::Ready(Expiring { job, at }),
            None => Observation::Gone,
        }
    }
    fn plan(_memory: &mut (), expiring: &Expiring, now: Time) -> Plan<Expired> {
        let mut plan = Plan::rest();
        if now < expiring.at {
            plan.wake(expiring.at.since(now));
            return plan;
        }
        let action = Action::Delete {
            target: Target::of(&*expiring.job),
            propagation: Some(Propagation::Foreground),
            grace_period_seconds: None,
            guard: Guard::Version,
        };
        let mut step = Step::new(action, Expired);
        step.measure(When::Success, DELETION_SECONDS.since(expiring.at, []));
        plan.step(step);
        plan
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == JOBS).then(|| key.clone())
    }
}

fn on_job(_: &View, change: &Change<Job>, enqueue: &mut Enqueue<ObjectKey>) {
    if let Some(job) = change.new.as_ref().filter(|job| expires_at(job).is_some()) {
        enqueue.add(job.metadata.key());
    }
}

/// When a finished Job is to go; `None` if it is not to.
fn expires_at(job: &Job) -> Option<Time> {
    if job.metadata.is_deleting() {
        return None;
    }
    let seconds = u64::try_from(job.spec.ttl_seconds?).ok()?;
    Some(job.finished()?.last_transition_time? + Duration::from_secs(seconds))
}
