//! CronJobs and their Jobs as lines of text, and what is planned for them.

use std::time::Duration;

use api::views::{CronJob, Job, Kind};
use expect_test::Expect;
use meta::object::{ObjectKey, ResourceVersion};
use runtime::{Answers, Controller, Informers, Observation, Plan};
use serde_json::{Value, json};
use testkit::{not_found, now, show};

use super::super::{CronJobController, Memory, View, Why};

/// `minute hour day month weekday words | job | job …`, at 08:00:30. Other schedules end in `;`.
///
/// - CronJob: `last=` (minutes ago, else created 90 minutes ago), `deadline=`, `zone=`, `Forbid`, `Replace`,
///   `suspend`, `deleting`, `ok=` and `bad=` (history limits), `active=` (names of Jobs).
/// - Job: its name, or the minutes ago of which it is; `Complete` or `Failed`; `manual`, `foreign`,
///   `deleting`, `age=` (minutes).
pub(super) fn parse(text: &str) -> (Value, Vec<Value>) {
    let mut parts = text.split('|').map(str::trim);
    let head = parts.next().unwrap_or_default();
    let end = head.match_indices(' ').nth(4).map_or(head.len(), |(at, _)| at);
    let (schedule, words) = head.split_once(';').unwrap_or_else(|| head.split_at(end));
    let words: Vec<&str> = words.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    let text =
        |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let number = |name: &str| text(name).map(|text| text.parse::<i64>().expect("a number"));
    let policy = ["Forbid", "Replace"].into_iter().find(|policy| has(policy)).unwrap_or("Allow");
    let active: Vec<Value> =
        text("active").map(|names| names.split(',').map(active).collect()).unwrap_or_default();
    let cron_job = json!({
        "metadata": {
            "name": "c", "namespace": "shop", "uid": "c-uid", "resourceVersion": "8",
            "creationTimestamp": ago(90), "deletionTimestamp": has("deleting").then(|| ago(1)),
        },
        "spec": {
            "schedule": schedule.trim(), "timeZone": text("zone"), "suspend": has("suspend"),
            "concurrencyPolicy": policy, "startingDeadlineSeconds": number("deadline"),
            "successfulJobsHistoryLimit": number("ok"), "failedJobsHistoryLimit": number("bad"),
            "jobTemplate": {
                "metadata": {"labels": {"app": "c"}, "annotations": {"note": "x"}},
                "spec": {"template": {"spec": {}}},
            },
        },
        "status": {
            "active": active, "lastScheduleTime": number("last").map(ago),
        },
    });
    (cron_job, parts.filter(|part| !part.is_empty()).map(job).collect())
}

/// Whole minutes before 08:00.
fn ago(minutes: i64) -> String {
    (now() - Duration::from_secs(u64::try_from(minutes).expect("past") * 60)).to_string()
}

fn name(word: &str) -> String {
    let minutes = word.parse::<i64>();
    minutes.map_or_else(|_| word.to_owned(), |ago| format!("c-{}", now().seconds() / 60 - ago))
}

fn active(word: &str) -> Value {
    let name = name(word);
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "namespace": "shop", "name": name,
        "uid": format!("uid-{name}"), "resourceVersion": "9",
    })
}

fn job(text: &str) -> Value {
    let words: Vec<&str> = text.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    let name = name(words[0]);
    let scheduled = words[0].parse().ok().filter(|_| !has("manual")).map(ago);
    let owner = json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "name": "c", "uid": "c-uid", "controller": true,
    });
    let age = words.iter().find_map(|word| word.strip_prefix("age=")?.parse().ok()).unwrap_or(5);
    let ended = ["Complete", "Failed"].into_iter().find(|kind| has(kind));
    json!({
        "metadata": {
            "name": name, "namespace": "shop", "uid": format!("uid-{name}"), "resourceVersion": "9",
            "ownerReferences": if has("foreign") { json!([]) } else { json!([owner]) },
            "annotations": {"batch.kubernetes.io/cronjob-scheduled-timestamp": scheduled},
            "deletionTimestamp": has("deleting").then(|| ago(1)),
        },
        "status": {
            "startTime": ago(age),
            "completionTime": (ended == Some("Complete")).then(|| ago(1)),
            "conditions": Vec::from_iter(ended.map(|kind| json!({"type": kind, "status": "True"}))),
        },
    })
}

pub(super) fn view(cron_job: &Value, jobs: &[Value]) -> View {
    let mut informers = Informers::default();
    let view = CronJobController::view(&mut informers);
    fill::<CronJob>(&mut informers, std::slice::from_ref(cron_job));
    fill::<Job>(&mut informers, jobs);
    view
}

fn fill<K: Kind>(informers: &mut Informers, objects: &[Value]) {
    let decode = |object: &Value| {
        let mut object = object.clone();
        if let Some(annotations) = object.pointer_mut("/metadata/annotations") {
            annotations.as_object_mut().expect("a map").retain(|_, value| !value.is_null());
        }
        K::deserialize(object).expect("sound")
    };
    let objects = objects.iter().map(decode).collect();
    informers.cache::<K>().replace(objects, ResourceVersion(9));
}

pub(super) fn plan_with(memory: &mut Memory, text: &str) -> Plan<Why> {
    let (cron_job, jobs) = parse(text);
    let view = view(&cron_job, &jobs);
    let mut answers = Answers::default();
    loop {
        match CronJobController::observe(&view, &ObjectKey::new("shop", "c"), &answers) {
            Observation::Ready(crew) => {
                let now = now() + Duration::from_secs(30);
                return CronJobController::plan(memory, &crew, now);
            }
            Observation::Ask(reads) => {
                for read in reads {
                    answers.insert(read, Err(not_found()));
                }
            }
            Observation::Gone => panic!("it is there"),
        }
    }
}

pub(super) fn check(text: &str, expected: Expect) {
    expected.assert_eq(&show(&plan_with(&mut Memory::default(), text)));
}
