//! Rows about Jobs and CronJobs: 18 to 21.

use std::{collections::BTreeMap, time::Duration};

use api::resources::{CRON_JOBS, JOBS, PODS};
use client::Propagation;
use serde_json::{Value, json};
use sim::stage::{Role, Stage, expect};

use crate::{
    Verdict,
    objects::{NAMESPACE, ended, job, key, name, names, pods_made},
    row,
};

const CONTROLLERS: &[&str] = &["job-controller"];

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn has_finalizer(pod: &Value) -> bool {
    pod["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty())
}

fn is_complete(stage: &Stage, job: &str) -> bool {
    let job = stage.get(&JOBS, &key(job)).unwrap_or_default();
    let conditions = job["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.iter().any(|it| it["type"] == json!("Complete") && it["status"] == json!("True"))
}

/// Pods succeed as soon as they are there, and somebody takes them away once they are counted.
fn eager_cleaner(stage: &Stage, rounds: u32) -> Verdict {
    for _ in 0..rounds {
        stage.pass(seconds(1));
        for pod in stage.list(&PODS, NAMESPACE) {
            if pod["status"]["phase"] != json!("Succeeded") {
                ended(stage, name(&pod), "Succeeded")?;
            } else if !has_finalizer(&pod) {
                stage.kill(&PODS, &key(name(&pod)))?;
            }
        }
    }
    Ok(())
}

/// What was counted stays counted when the pods are gone.
fn successes_are_remembered(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(CONTROLLERS));
    stage.create(&JOBS, NAMESPACE, &job("sum", 3, 1))?;
    eager_cleaner(stage, 30)?;
    stage.settle()?;
    let made = pods_made(stage).len();
    expect(made == 3, || format!("{made} pods were made for 3 completions"))?;
    let mut counted = 0;
    for job in stage.past("/registry/jobs/").into_iter().filter_map(|state| state.now) {
        let succeeded = job["status"]["succeeded"].as_i64().unwrap_or(0);
        expect(succeeded >= counted, || format!("{succeeded} successes after {counted}"))?;
        counted = succeeded;
    }
    expect(is_complete(stage, "sum"), || "the job is not complete".to_owned())
}

#[test]
fn hb_18_counted_pods_go() {
    row("hb_18", successes_are_remembered);
}

/// A controller that crashes at any write never runs more pods than completions are missing.
fn no_pod_runs_too_much(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(CONTROLLERS));
    stage.crash_after("controllers", 1 + stage.roll(12));
    stage.create(&JOBS, NAMESPACE, &job("sum", 4, 3))?;
    eager_cleaner(stage, 40)?;
    stage.settle()?;
    expect(is_complete(stage, "sum"), || "the job is not complete".to_owned())?;
    let made = pods_made(stage).len();
    expect(made <= 5, || format!("{made} pods were made for 4 completions and one crash"))?;
    let left = stage
        .list(&PODS, NAMESPACE)
        .into_iter()
        .find(|pod| pod["status"]["phase"] != json!("Succeeded"));
    expect(left.is_none(), || format!("{left:?} runs after the end"))
}

#[test]
fn hb_19_completions_still_needed() {
    row("hb_19", no_pod_runs_too_much);
}

/// A pod that ended and was deleted before its job went keeps no finalizer.
fn orphans_are_let_go(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(CONTROLLERS));
    stage.create(&JOBS, NAMESPACE, &job("sum", 2, 2))?;
    stage.pass(seconds(3));
    let pods = names(stage, &PODS);
    if stage.roll(3) == 0 {
        stage.crash("controllers");
    } else {
        stage.crash_after("controllers", 1 + stage.roll(4));
    }
    for pod in &pods {
        ended(stage, pod, "Succeeded")?;
        stage.kill(&PODS, &key(pod))?;
    }
    stage.delete(&JOBS, &key("sum"), Propagation::Background)?;
    stage.pass(seconds(3));
    stage.crash("controllers");
    stage.start("controllers");
    stage.settle()?;
    let held: Vec<Value> = stage.list(&PODS, NAMESPACE).into_iter().filter(has_finalizer).collect();
    expect(held.is_empty(), || format!("{held:?} are held by nobody"))
}

#[test]
fn hb_20_orphaned_finalizer() {
    row("hb_20", orphans_are_let_go);
}

/// However many starts were missed, the newest is made up for, and each minute is served once.
fn a_long_outage_ends(stage: &Stage) -> Verdict {
    let mut template = job("x", 1, 1);
    template["metadata"].take();
    let cron_job = json!({
        "metadata": {"name": "tick"},
        "spec": {
            "schedule": "* * * * *", "concurrencyPolicy": "Allow",
            "jobTemplate": {"spec": template["spec"]},
        },
    });
    stage.create(&CRON_JOBS, NAMESPACE, &cron_job)?;
    let minutes = [101, 150, 500][usize::try_from(stage.roll(3)).unwrap_or(0)];
    stage.pass(Duration::from_mins(minutes));
    stage.cast("controllers", Role::Controllers(&["cronjob-controller"]));
    stage.pass(Duration::from_secs(61 + stage.roll(60)));
    let mut minutes = BTreeMap::new();
    for job in stage.list(&JOBS, NAMESPACE) {
        let at = job["metadata"]["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"]
            .to_string();
        *minutes.entry(at).or_insert(0) += 1;
    }
    let (runs, twice) = (minutes.len(), minutes.values().any(|count| *count > 1));
    expect((1..=3).contains(&runs) && !twice, || format!("{minutes:?} after the outage"))
}

#[test]
fn hb_21_hundred_missed_starts() {
    row("hb_21", a_long_outage_ends);
}
