//! Jobs and cron jobs.

use serde_json::Value;

use super::{
    column::{
        Column, ColumnType, age, computed, container_images, container_names, count, name,
        selector, since, text, text_or,
    },
    object::{Object, span},
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "CronJob" => CRON_JOB,
        "Job" => JOB,
        _ => return None,
    })
}

const JOB: &[Column] = &[
    name(),
    computed("Status", |job| status(job).into()),
    computed("Completions", |job| completions(job).into()),
    computed("Duration", |job| duration(job).into()),
    age(),
    container_names("spec.template.spec.containers").wide(),
    container_images("spec.template.spec.containers").wide(),
    selector("Selector", "spec.selector").wide(),
];
const CRON_JOB: &[Column] = &[
    name(),
    text("Schedule", "spec.schedule"),
    text_or("Timezone", "spec.timeZone", "<none>"),
    computed("Suspend", suspend).said_to_be(ColumnType::Boolean),
    count("Active", "status.active"),
    since("Last Schedule", "status.lastScheduleTime", "<none>"),
    age(),
    container_names("spec.jobTemplate.spec.template.spec.containers").wide(),
    container_images("spec.jobTemplate.spec.template.spec.containers").wide(),
    selector("Selector", "spec.jobTemplate.spec.selector").wide(),
];

fn status(job: Object<'_>) -> &'static str {
    let first_of =
        |kinds: [&'static str; 2]| kinds.into_iter().find(|kind| job.has_condition(kind));
    if let Some(end) = first_of(["Complete", "Failed"]) {
        return end;
    }
    if job.has("metadata.deletionTimestamp") {
        return "Terminating";
    }
    if job.has_condition("Suspended") {
        return "Suspended";
    }
    first_of(["FailureTarget", "SuccessCriteriaMet"]).unwrap_or("Running")
}

fn completions(job: Object<'_>) -> String {
    let succeeded = job.number("status.succeeded");
    if job.has("spec.completions") {
        return format!("{succeeded}/{}", job.number("spec.completions"));
    }
    match job.number("spec.parallelism") {
        parallelism if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        _ => format!("{succeeded}/1"),
    }
}

fn duration(job: Object<'_>) -> String {
    let Ok(start) = job.text("status.startTime").parse() else { return String::new() };
    span(start, job.text("status.completionTime").parse().unwrap_or(job.now))
}

fn suspend(cron_job: Object<'_>) -> Value {
    match cron_job.at("spec.suspend").as_bool() {
        Some(true) => "True".into(),
        Some(false) => "False".into(),
        None => "<unset>".into(),
    }
}
