//! When finished Jobs go.

use std::sync::Arc;

use api::views::Job;
use expect_test::expect;
use meta::object::{ObjectKey, ResourceVersion};
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::{measures, now, show};

use super::{TtlAfterFinishedController as Ttl, View};

/// Finished a minute before now.
fn job(ttl: Option<i64>, condition: &str, deleting: bool) -> Value {
    json!({
        "metadata": {
            "name": "j", "namespace": "shop", "uid": "u", "resourceVersion": "7",
            "deletionTimestamp": deleting.then_some("2026-11-24T07:59:00Z"),
        },
        "spec": {"ttlSecondsAfterFinished": ttl},
        "status": {"conditions": [
            {"type": condition, "status": "True", "lastTransitionTime": "2026-11-24T07:59:00Z"},
        ]},
    })
}

fn view(job: &Value) -> View {
    let mut informers = Informers::default();
    let view = Ttl::view(&mut informers);
    let job = Job::deserialize(job).expect("sound");
    informers.cache::<Job>().replace(vec![job], ResourceVersion(7));
    view
}

fn decide(job: &Value) -> String {
    match Ttl::observe(&view(job), &ObjectKey::new("shop", "j"), &Answers::default()) {
        Observation::Ready(expiring) => show(&Ttl::plan(&mut (), &expiring, now())),
        Observation::Gone => "gone".to_owned(),
        Observation::Ask(reads) => format!("{reads:?}"),
    }
}

#[test]
fn it_goes_when_its_time_is_over_and_is_waited_for_before() {
    let delete = "delete jobs j # it has finished and its time to live is over\n";
    assert_eq!(decide(&job(Some(60), "Complete", false)), delete);
    assert_eq!(decide(&job(Some(0), "Failed", false)), delete);
    assert_eq!(decide(&job(Some(90), "Complete", false)), "wake after 30s\n");
}
#[test]
fn it_stays_without_a_time_unfinished_or_while_it_goes_already() {
    assert_eq!(decide(&job(None, "Complete", false)), "gone");
    assert_eq!(decide(&job(Some(0), "SuccessCriteriaMet", false)), "gone");
    assert_eq!(decide(&job(Some(0), "Complete", true)), "gone");
    let mut timeless = job(Some(0), "Complete", false);
    timeless["status"]["conditions"][0]["lastTransitionTime"] = Value::Null;
    assert_eq!(decide(&timeless), "gone");
}
#[test]
fn only_jobs_that_are_to_go_are_looked_at() {
    let woken = |job: &Value| {
        let (view, mut enqueue) = (view(job), Enqueue::default());
        let new = Some(Arc::new(Job::deserialize(job).expect("sound")));
        let change = Change { old: None, new };
        super::on_job(&view, &change, &mut enqueue);
        enqueue.keys().len()
    };
    assert_eq!(woken(&job(Some(60), "Complete", false)), 1);
    assert_eq!(woken(&job(None, "Complete", false)), 0);
}

#[test]
fn how_late_a_job_goes_is_measured() {
    let key = ObjectKey::new("shop", "j");
    let view = view(&job(Some(60), "Complete", false));
    let Observation::Ready(expiring) = Ttl::observe(&view, &key, &Answers::default()) else {
        panic!("it is to go");
    };
    expect![[r#"
        success ttl_after_finished_controller_job_deletion_duration_seconds{} seconds since 2026-11-24T08:00:00Z
    "#]].assert_eq(&measures(&Ttl::plan(&mut (), &expiring, now())));
}
