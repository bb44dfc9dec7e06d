//! Pods whose job is gone or finished.

use std::sync::Arc;

use api::views::Job;
use meta::object::ObjectKey;
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation};
use serde_json::Value;
use testkit::{fill, now, show};

use super::{job, parse, pods};
use crate::job::orphans::{OrphanedPods, on_job, on_pod};

fn look(job: Option<&str>, pod: &str) -> String {
    let (_, pods) = parse(&format!("1/1 | {pod}"));
    let mut informers = Informers::default();
    let view = OrphanedPods::view(&mut informers);
    let jobs: Vec<Value> = job.map(|job| parse(job).0).into_iter().collect();
    fill::<Job>(&mut informers, &jobs);
    fill::<api::views::Pod>(&mut informers, &pods);
    match OrphanedPods::observe(&view, &ObjectKey::new("shop", "a"), &Answers::default()) {
        Observation::Ready(pod) => show(&OrphanedPods::plan(&mut (), &pod, now())),
        Observation::Gone | Observation::Ask(_) => String::new(),
    }
}

#[test]
fn the_finalizer_goes_where_no_job_will_take_it_off() {
    let expected = "patch pods a {\"metadata\":{\"$deleteFromPrimitiveList/finalizers\":[\"batch.kubernetes.io/job-tracking\"]}} # no job looks after it\n";
    assert_eq!(look(None, "a Running"), expected);
    assert_eq!(look(None, "a Running orphan"), expected);
    assert_eq!(look(Some("1/1 is=Complete:Done"), "a Running"), expected);
}
#[test]
fn it_stays_where_a_job_does_and_where_it_is_not_there() {
    assert_eq!(look(Some("1/1"), "a Running"), "");
    assert_eq!(look(Some("1/1 is=Complete:Done manager=example.com/x"), "a Running"), "");
    assert_eq!(look(None, "a Running counted"), "");
}
#[test]
fn a_job_that_ends_or_goes_wakes_its_pods() {
    let (_, all) = parse("1/1 | a Running | b Running counted");
    let woken = |old: Option<&str>, new: Option<&str>| {
        let mut informers = Informers::default();
        let view = OrphanedPods::view(&mut informers);
        let jobs: Vec<Value> = new.map(|job| parse(job).0).into_iter().collect();
        fill::<Job>(&mut informers, &jobs);
        fill::<api::views::Pod>(&mut informers, &all);
        let decode = |text: &str| Arc::new(job(text));
        let change = Change { old: old.map(decode), new: new.map(decode) };
        let mut enqueue = Enqueue::default();
        on_job(&view, &change, &mut enqueue);
        let by_job = enqueue.keys().len();
        let mut enqueue = Enqueue::default();
        for pod in pods("1/1 | a Running | b Running counted") {
            on_pod(&view, &Change { old: None, new: Some(pod) }, &mut enqueue);
        }
        (by_job, enqueue.keys().len())
    };
    assert_eq!(woken(Some("1/1"), None), (1, 1));
    assert_eq!(woken(Some("1/1"), Some("1/1 is=Complete:Done")), (1, 1));
    assert_eq!(woken(Some("1/1"), Some("1/1")), (0, 0));
}
