//! Rules that are pure functions of one thing.

use std::sync::Arc;

use meta::time::Time;
use runtime::{Change, Controller, Enqueue, Informers};

use super::{
    super::{
        JobController,
        backoff::finish_time,
        failure_policy::{Verdict, judge},
        on_job, on_pod, success_policy,
    },
    job, parse, pods,
};

#[test]
fn the_first_rule_that_matches_decides() {
    let verdict = |rules: &str, pod: &str| {
        judge(&job(&format!("1/1 {rules}")), &pods(&format!("1/1 | a Failed {pod}"))[0])
    };
    assert_eq!(verdict("", "exit=1"), Verdict::Count);
    assert_eq!(verdict("ignore=1 count=1", "exit=1"), Verdict::Ignore);
    assert_eq!(verdict("failindex=1 ignore=1", "exit=1"), Verdict::FailIndex);
    assert_eq!(verdict("ignore=2", "exit=1"), Verdict::Count);
    let message =
        "Container main for pod shop/a failed with exit code 1 matching FailJob rule at index 0";
    assert_eq!(verdict("failjob=1", "exit=1"), Verdict::FailJob(message.to_owned()));
    let message = "Pod shop/a has condition Bad matching FailJob rule at index 1";
    assert_eq!(
        verdict("ignore=9 fail-condition=Bad", "condition=Bad"),
        Verdict::FailJob(message.to_owned())
    );
}
#[test]
fn a_success_rule_wants_indexes_a_count_or_both() {
    let met = |rule: &str, succeeded: &[i32]| {
        let policy =
            job(&format!("9/1 indexed success={rule}")).spec.success_policy.expect("a policy");
        success_policy::met(&policy, &succeeded.iter().copied().collect(), 9).is_some()
    };
    assert!(met("0-1:", &[0, 1]) && !met("0-1:", &[0, 5]));
    assert!(met("0-3:2", &[0, 3]) && !met("0-3:2", &[0, 5]));
    assert!(met(":2", &[7, 8]) && !met(":2", &[7]));
    assert!(!met(":0", &[]));
}
#[test]
fn a_pod_ends_when_its_last_container_does_or_as_one_can_tell() {
    let end = |pod: &str| {
        finish_time(&pods(&format!("1/1 | {pod}"))[0])
            .map(|end| testkit::now().since(end).as_secs())
    };
    assert_eq!(end("a Failed end=5"), Some(5));
    assert_eq!(end("a Running since=7"), Some(7));
    assert_eq!(end("a ready deleting"), Some(1));
    assert_eq!(end("a ready age=30"), Some(30));
    assert_eq!(Time::default(), Time::from_seconds(0));
}
#[test]
fn changes_of_the_spec_and_the_end_are_looked_at_at_once_others_in_batches_and_none_after_the_end()
{
    let view = JobController::view(&mut Informers::default());
    let delay = |old: Option<&str>, new: Option<&str>, generation: i64| {
        let decode = |text: &str| job(text);
        let mut new = new.map(decode);
        if let Some(new) = &mut new {
            new.metadata.generation = generation;
        }
        let change = Change { old: old.map(decode).map(Arc::new), new: new.map(Arc::new) };
        let mut enqueue = Enqueue::default();
        on_job(&view, &change, &mut enqueue);
        enqueue.keys().first().map(|(_, delay)| delay.as_secs())
    };
    assert_eq!(delay(None, Some("1/1"), 1), Some(0));
    assert_eq!(delay(Some("1/1"), Some("1/1"), 1), Some(1));
    assert_eq!(delay(Some("1/1"), Some("1/1"), 2), Some(0));
    assert_eq!(delay(Some("1/1"), None, 1), Some(0));
    let ended = Some("1/1 is=Complete:Done");
    assert_eq!(delay(Some("1/1"), ended, 1), Some(0));
    assert_eq!(delay(ended, ended, 2), None);
}
#[test]
fn changes_of_pods_are_looked_at_in_batches() {
    let mut informers = Informers::default();
    let view = JobController::view(&mut informers);
    testkit::fill::<api::views::Job>(&mut informers, &[parse("1/1").0]);
    let mut enqueue = Enqueue::default();
    for pod in pods("1/1 | a Running | b Running orphan") {
        on_pod(&view, &Change { old: None, new: Some(pod) }, &mut enqueue);
    }
    let delays: Vec<u64> = enqueue.keys().iter().map(|(_, delay)| delay.as_secs()).collect();
    assert_eq!(delays, [1, 1]);
}
#[test]
fn the_end_of_the_last_pod_that_runs_is_looked_at_at_once() {
    let delay = |after: &str| {
        let mut informers = Informers::default();
        let view = JobController::view(&mut informers);
        let (job, stored) = parse(after);
        testkit::fill::<api::views::Job>(&mut informers, &[job]);
        testkit::fill::<api::views::Pod>(&mut informers, &stored);
        let new = pods(after).into_iter().next();
        let change = Change { old: pods("1/1 | a Running").pop(), new };
        let mut enqueue = Enqueue::default();
        on_pod(&view, &change, &mut enqueue);
        enqueue.keys().first().map(|(_, delay)| delay.as_secs())
    };
    assert_eq!(delay("2/2 | a Succeeded | b Failed"), Some(0));
    assert_eq!(delay("2/2 | a Succeeded | b Running"), Some(1));
    assert_eq!(delay("2/2 | a Running | b Failed"), Some(1));
}
