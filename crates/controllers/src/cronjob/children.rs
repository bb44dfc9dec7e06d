//! The status as the Jobs make it: which run, when the last one was started, when one last succeeded.

use api::views::{CronJobStatus, Job, JobReference};
use runtime::{Event, EventType};

use super::{observe::Crew, start};
use crate::shared::tell::event;

/// The status as it should be, and what is to be told of.
pub(super) fn review(crew: &Crew) -> (CronJobStatus, Vec<Event>) {
    let cron_job = &*crew.cron_job;
    let mut status = cron_job.status.clone();
    let mut told = Vec::new();
    let mut tell = |kind, reason, message: String| {
        told.push(event(cron_job, kind, reason, message));
    };
    for job in &crew.jobs {
        let name = &job.metadata.name;
        let is_active = status.active.iter().any(|active| active.uid == job.metadata.uid);
        // One that was started and has not been taken in yet.
        let new = start::time_of(cron_job, job)
            .filter(|time| Some(*time) > cron_job.status.last_schedule_time && !is_active);
        if new.is_some() {
            status.last_schedule_time = status.last_schedule_time.max(new);
        }
        match job.finished() {
            None if is_active => {}
            None if new.is_some() => status.active.push(start::reference(job)),
            None => {
                let message =
                    format!("Saw a job that the controller did not create or forgot: {name}");
                tell(EventType::Warning, "UnexpectedJob", message);
            }
            Some(ended) => {
                if is_active || new.is_some() {
                    let message = format!("Saw completed job: {name}, condition: {}", ended.kind);
                    tell(EventType::Normal, "SawCompletedJob", message);
                }
                forget(&mut status, job);
                let succeeded = job.status.completion_time.filter(|_| ended.kind == *"Complete");
                status.last_successful_time = status.last_successful_time.max(succeeded);
            }
        }
    }
    for uid in &crew.missing {
        let Some(position) = status.active.iter().position(|active| active.uid == *uid) else {
            continue;
        };
        let JobReference { name, .. } = status.active.remove(position);
        tell(EventType::Normal, "MissingJob", format!("Active job went missing: {name}"));
    }
    (status, told)
}

fn forget(status: &mut CronJobStatus, job: &Job) {
    status.active.retain(|active| active.uid != job.metadata.uid);
}
