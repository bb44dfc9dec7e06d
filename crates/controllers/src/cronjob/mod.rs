//! Starts a Job whenever a schedule says so. Of the times that were missed only the newest is made up for.
//! What to do while an earlier Job runs is the concurrency policy's; Jobs that have ended stay as
//! history, up to a limit. A Job's name is made from the minute it is for, so that no minute is served
//! twice; a Job that was started is taken into the status when it is seen, whoever crashed between.
//! Follows `pkg/controller/cronjob`.

mod children;
mod field;
mod history;
mod observe;
mod plan;
mod schedule;
mod start;
#[cfg(test)]
mod tests;
mod times;
mod why;

use std::sync::Arc;

use api::{
    resources::CRON_JOBS,
    views::{CronJob, Job},
};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Answers, Cache, Change, Controller, Enqueue, Index, Informers, Metric, Observation, Plan,
    Watches,
};

use crate::shared::claims;

pub use observe::Crew;
pub use plan::Memory;
pub use why::Why;

/// Jobs by controlling owner.
static JOBS_BY_OWNER: Index<Job> =
    Index { name: "owner", values: |job| claims::index_values(&job.metadata) };

/// See the module's documentation.
#[derive(Debug)]
pub struct CronJobController;

/// What it reads.
pub struct View {
    cron_jobs: Arc<Cache<CronJob>>,
    jobs: Arc<Cache<Job>>,
}

impl Controller for CronJobController {
    const NAME: &'static str = "cronjob-controller";
    const QUEUE: &'static str = "cronjob";
    const EVENT_SOURCE: &'static str = "cronjob-controller";
    const METRICS: &'static [Metric] = &[start::SKEW.metric()];
    type Key = ObjectKey;
    type Observed = Crew;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { cron_jobs: informers.cache(), jobs: informers.index(&JOBS_BY_OWNER) }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_cron_job);
        watches.on(on_job);
    }
    fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Crew> {
        observe::observe(view, key, answers)
    }
    fn plan(memory: &mut Memory, crew: &Crew, now: Time) -> Plan<Why> {
        plan::plan(memory, crew, now)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == CRON_JOBS).then(|| key.clone())
    }
}

fn on_cron_job(_: &View, change: &Change<CronJob>, enqueue: &mut Enqueue<ObjectKey>) {
    if let Some(cron_job) = change.latest() {
        enqueue.add(cron_job.metadata.key());
    }
}

fn on_job(view: &View, change: &Change<Job>, enqueue: &mut Enqueue<ObjectKey>) {
    for job in [&change.old, &change.new].into_iter().flatten() {
        if let Some(cron_job) = claims::resolve(&view.cron_jobs, &job.metadata) {
            enqueue.add(cron_job.metadata.key());
        }
    }
}
