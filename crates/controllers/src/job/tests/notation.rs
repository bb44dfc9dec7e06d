//! Jobs with their pods in one line.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::now;

/// Reads `completions/parallelism words | pod | pod …`.
///
/// - Job: completions `-` for none; `indexed`, `suspend`, `deleting`, `onfailure`, `not-started`, `fresh` (no status
///   yet); `limit=`, `perindex=`, `maxfailed=`, `deadline=`, `replace=Failed`, `mode=`, `manager=`;
///   `failjob=`, `failindex=`, `ignore=`, `count=`, `later=` (exit codes that such a rule is for),
///   `ignore-condition=`, `fail-condition=`;
///   `success=indexes:count`; as stored: `started=` (seconds ago), `active=`, `ready=`, `terminating=`,
///   `succeeded=`, `failed=`, `completed=`, `failed-indexes=`, `recorded=` and `recorded-failed=` (pods),
///   `is=Type:Reason` and `isnot=Type:Reason`.
/// - Pod: its name, its phase (`ready` for a running one that is); `counted` (has no finalizer), `deleting`,
///   `orphan`, `stray`, `exit=`, `end=` (seconds ago), `age=`, `index=`, `tries=`, `ignored=`, `restarts=`,
///   `condition=`, `since=` (seconds since readiness changed), `node=`.
pub(super) fn parse(text: &str) -> (Value, Vec<Value>) {
    let mut parts = text.split('|').map(str::trim);
    let job = job(parts.next().unwrap_or_default());
    (job, parts.filter(|part| !part.is_empty()).map(pod).collect())
}

struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }
    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }
    fn number(&self, name: &str) -> Option<i64> {
        self.text(name).map(|text| text.parse().expect("a number"))
    }
    fn time(&self, name: &str) -> Option<String> {
        self.number(name).map(|ago| self::ago(u64::try_from(ago).expect("in the past")))
    }
    fn list(&self, name: &str) -> Vec<&'a str> {
        self.text(name).map(|list| list.split(',').collect()).unwrap_or_default()
    }
}

fn ago(seconds: u64) -> String {
    (now() - Duration::from_secs(seconds)).to_string()
}

fn job(text: &str) -> Value {
    let mut words = text.split_whitespace();
    let (completions, parallelism) =
        words.next().and_then(|size| size.split_once('/')).expect("completions/parallelism");
    let words = Words(words.collect());
    let number = |text: &str| text.parse::<i64>().ok();
    let default_mode = if words.has("indexed") { "Indexed" } else { "NonIndexed" };
    let rules = failure_rules(&words);
    let success = words.text("success").map(|rule| {
        let (indexes, count) = rule.split_once(':').expect("indexes:count");
        let indexes = (!indexes.is_empty()).then_some(indexes);
        json!({"rules": [{"succeededIndexes": indexes, "succeededCount": number(count)}]})
    });
    json!({
        "metadata": {
            "name": "j", "namespace": "shop", "uid": "j-uid", "resourceVersion": "8", "generation": 1,
            "creationTimestamp": ago(1000), "deletionTimestamp": words.has("deleting").then(|| ago(1)),
        },
        "spec": {
            "completions": number(completions), "parallelism": number(parallelism),
            "completionMode": words.text("mode").unwrap_or(default_mode),
            "suspend": words.has("suspend"), "managedBy": words.text("manager"),
            "backoffLimit": words.number("limit").unwrap_or(6),
            "backoffLimitPerIndex": words.number("perindex"),
            "maxFailedIndexes": words.number("maxfailed"),
            "activeDeadlineSeconds": words.number("deadline"),
            "podReplacementPolicy": words.text("replace").unwrap_or("TerminatingOrFailed"),
            "podFailurePolicy": (!rules.is_empty()).then(|| json!({"rules": rules})),
            "successPolicy": success,
            "selector": {"matchLabels": {"job": "j"}},
            "template": {
                "metadata": {"labels": {"job": "j"}},
                "spec": {
                    "containers": [{"name": "main"}],
                    "restartPolicy": if words.has("onfailure") { "OnFailure" } else { "Never" },
                },
            },
        },
        "status": if words.has("fresh") { json!({}) } else { status(&words) },
    })
}

fn failure_rules(words: &Words<'_>) -> Vec<Value> {
    let actions = [
        ("failjob", "FailJob"),
        ("failindex", "FailIndex"),
        ("ignore", "Ignore"),
        ("count", "Count"),
        ("later", "Later"),
    ];
    let rule = |(word, action): &(&str, &str)| {
        let code = words.number(word)?;
        let codes = json!({"operator": "In", "values": [code]});
        Some(json!({"action": action, "onExitCodes": codes}))
    };
    let condition = words.text("ignore-condition").map(
        |kind| json!({"action": "Ignore", "onPodConditions": [{"type": kind, "status": "True"}]}),
    );
    let fatal = words.text("fail-condition").map(
        |kind| json!({"action": "FailJob", "onPodConditions": [{"type": kind, "status": "True"}]}),
    );
    actions.iter().filter_map(rule).chain(condition).chain(fatal).collect()
}

fn status(words: &Words<'_>) -> Value {
    let condition = |(word, status): &(&str, &str)| {
        let (kind, reason) = words.text(word)?.split_once(':')?;
        Some(json!({
            "type": kind, "status": status, "reason": reason, "message": message(kind),
            "lastProbeTime": ago(60), "lastTransitionTime": ago(60),
        }))
    };
    let conditions: Vec<Value> =
        [("is", "True"), ("isnot", "False")].iter().filter_map(condition).collect();
    let uids = |word| -> Vec<String> {
        words.list(word).into_iter().map(|pod| format!("uid-{pod}")).collect()
    };
    json!({
        "startTime": if words.has("not-started") { None } else {
            words.time("started").or_else(|| Some(ago(900)))
        },
        "active": words.number("active").unwrap_or(0),
        "ready": words.number("ready").unwrap_or(0),
        "terminating": words.number("terminating").unwrap_or(0),
        "succeeded": words.number("succeeded").unwrap_or(0),
        "failed": words.number("failed").unwrap_or(0),
        "completedIndexes": words.text("completed").unwrap_or_default(),
        "failedIndexes": words.text("failed-indexes").or(words.text("perindex").map(|_| "")),
        "uncountedTerminatedPods":
            {"succeeded": uids("recorded"), "failed": uids("recorded-failed")},
        "conditions": conditions,
    })
}

fn message(kind: &str) -> &'static str {
    if kind == "Suspended" { "Job suspended" } else { "as before" }
}

fn pod(text: &str) -> Value {
    let mut words = text.split_whitespace();
    let mut word = || words.next().unwrap_or_default();
    let (name, phase) = (word(), word());
    let words = Words(words.collect());
    let (phase, ready) = if phase == "ready" { ("Running", "True") } else { (phase, "False") };
    let mut annotations = json!({});
    for (word, key) in [
        ("index", "job-completion-index"),
        ("tries", "job-index-failure-count"),
        ("ignored", "job-index-ignored-failure-count"),
    ] {
        if let Some(value) = words.text(word) {
            annotations[format!("batch.kubernetes.io/{key}")] = json!(value);
        }
    }
    let owner = json!({
        "apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "j-uid", "controller": true,
    });
    let code = words.number("exit").unwrap_or(i64::from(phase == "Failed"));
    let ended = (phase == "Failed" || phase == "Succeeded").then(
        || json!({"exitCode": code, "finishedAt": words.time("end").unwrap_or_else(|| ago(700))}),
    );
    let further = words.text("condition").map(|kind| json!({"type": kind, "status": "True"}));
    let mut conditions =
        vec![json!({"type": "Ready", "status": ready, "lastTransitionTime": words.time("since")})];
    conditions.extend(further);
    json!({
        "metadata": {
            "name": name, "namespace": "shop", "uid": format!("uid-{name}"), "resourceVersion": "9",
            "labels": {"job": if words.has("stray") { "other" } else { "j" }},
            "annotations": annotations,
            "creationTimestamp": words.time("age").unwrap_or_else(|| ago(800)),
            "deletionTimestamp": words.has("deleting").then(|| ago(1)),
            "deletionGracePeriodSeconds": words.has("deleting").then_some(0),
            "ownerReferences": if words.has("orphan") { json!([]) } else { json!([owner]) },
            "finalizers": if words.has("counted") { json!([]) } else {
                json!(["batch.kubernetes.io/job-tracking"])
            },
        },
        "spec": {"nodeName": words.text("node").unwrap_or("node-0")},
        "status": {
            "phase": phase, "conditions": conditions,
            "containerStatuses": [{
                "name": "main", "restartCount": words.number("restarts").unwrap_or(0),
                "state": {"terminated": ended},
            }],
        },
    })
}
