//! The Job for a time, and how it is known again.

use api::{
    resources::{CRON_JOBS, JOBS},
    views::{CronJob, Job, JobReference},
};
use jiff::{Timestamp, tz::TimeZone};
use meta::{object::ObjectKey, text::Text, time::Time};
use runtime::{
    Action, EventType, Guard, Histogram, Propagation, Step, Target, When, exponential,
    owners::controller_reference,
};
use serde_json::{Value, json};

use super::Why;
use crate::shared::tell::event;

/// The time a Job is for.
const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// How late Jobs are.
pub(super) const SKEW: Histogram<0> = Histogram::new(
    "cronjob_controller_job_creation_skew_duration_seconds",
    "[STABLE] Seconds from the time that a job is for until it was created.",
    &[],
    &exponential::<10>(1.0, 2.0),
);

/// The name of the Job for a time.
pub(super) fn name(cron_job: &CronJob, time: Time) -> String {
    format!("{}-{}", cron_job.metadata.name, time.seconds().div_euclid(60))
}

/// The time a Job was started for; `None` if it was started by somebody else.
pub(super) fn time_of(cron_job: &CronJob, job: &Job) -> Option<Time> {
    let time: Time = job.metadata.annotations.get(SCHEDULED)?.parse().ok()?;
    (*job.metadata.name == *name(cron_job, time)).then_some(time)
}

/// How the status names a Job.
pub(super) fn reference(job: &Job) -> JobReference {
    let metadata = &job.metadata;
    JobReference {
        api_version: JOBS.api_version().into(),
        kind: Text::from(&*JOBS.kind),
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone(),
        uid: metadata.uid.clone(),
        resource_version: metadata.resource_version.to_string().into(),
    }
}

/// Makes the Job for a time.
pub(super) fn create(cron_job: &CronJob, time: Time, zone: &TimeZone) -> Step<Why> {
    let metadata = &cron_job.metadata;
    let template = &cron_job.spec.job_template;
    let name = name(cron_job, time);
    let of_template = |field: &str| template.pointer(&format!("/metadata/{field}")).cloned();
    let mut annotations = of_template("annotations").unwrap_or_else(|| json!({}));
    annotations[SCHEDULED] = json!(in_zone(time, zone));
    let object = json!({
        "metadata": {
            "name": name,
            "namespace": metadata.namespace,
            "labels": of_template("labels").unwrap_or_else(|| json!({})),
            "annotations": annotations,
            "ownerReferences": [controller_reference(&CRON_JOBS, metadata)],
        },
        "spec": template.get("spec").cloned().unwrap_or(Value::Null),
    });
    let action = Action::Create { resource: JOBS, namespace: metadata.namespace.clone(), object };
    let mut step = Step::new(action, Why::Due(time));
    let created = format!("Created job {name}");
    step.on_success = Some(event(cron_job, EventType::Normal, "SuccessfulCreate", created));
    step.measure(When::Success, SKEW.since(time, []));
    let failed = "Error creating job: {error}";
    step.on_failure = Some(event(cron_job, EventType::Warning, "FailedCreate", failed));
    step
}

/// Deletes one of the Jobs, and its pods after it.
pub(super) fn delete(cron_job: &CronJob, target: Target, why: Why) -> Step<Why> {
    let deleted = format!("Deleted job {}", target.key.name);
    let action = Action::Delete {
        target,
        propagation: Some(Propagation::Background),
        grace_period_seconds: None,
        guard: Guard::Uid,
    };
    let mut step = Step::new(action, why);
    step.on_success = Some(event(cron_job, EventType::Normal, "SuccessfulDelete", deleted));
    let failed = "Deleted job: {error}";
    step.on_failure = Some(event(cron_job, EventType::Warning, "FailedDelete", failed));
    step
}

/// A Job of which only the reference is known.
pub(super) fn target(active: &JobReference) -> Target {
    Target {
        resource: JOBS,
        key: ObjectKey::new(active.namespace.clone(), active.name.clone()),
        uid: active.uid.clone(),
        version: meta::object::ResourceVersion::default(),
    }
}

/// RFC 3339 with the zone's offset; `Z` where there is none.
fn in_zone(time: Time, zone: &TimeZone) -> String {
    let Ok(timestamp) = Timestamp::from_second(time.seconds()) else { return time.to_string() };
    let offset = zone.to_offset(timestamp);
    if offset.seconds() == 0 {
        return time.to_string();
    }
    timestamp.display_with_offset(offset).to_string()
}
