//! How many pods run, and which go.

use expect_test::expect;
use runtime::{Action, ApiError, ClientError, Controller};
use serde_json::json;
use testkit::show;

use super::{JobController, Memory, check, parse, plan, plan_of};

#[test]
fn a_new_job_gets_as_many_pods_as_may_run_at_once() {
    check(
        "4/2 fresh",
        expect![[r#"
        2x few: create pods j- # 2 pods are wanted and 0 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        patch jobs j/status {"status":{"active":2,"ready":0,"startTime":"2026-11-24T08:00:00Z","terminating":0,"uncountedTerminatedPods":{}}} # what is reported has changed
    "#]],
    );
}
#[test]
fn only_as_many_as_are_still_to_succeed() {
    check(
        "4/3 active=1 succeeded=2 | a ready",
        expect![[r#"
        few: create pods j- # 2 pods are wanted and 1 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        patch jobs j/status {"status":{"active":2,"ready":1}} # what is reported has changed
    "#]],
    );
}
#[test]
fn without_completions_nothing_is_made_once_one_has_succeeded() {
    check(
        "-/3 active=2 | a Running | b Running | c Succeeded",
        expect![[r#"
            patch jobs j/status {"status":{"uncountedTerminatedPods":{"succeeded":["uid-c"]}}} # what is reported has changed
            all: patch pods c {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            wake after 500ms
        "#]],
    );
}
#[test]
fn without_completions_the_job_is_complete_when_the_others_have_ended() {
    check(
        "-/3 succeeded=1 | c Succeeded counted",
        expect![[r#"
        patch jobs j/status {"status":{"completionTime":"2026-11-24T08:00:00Z","conditions":["SuccessCriteriaMet=True CompletionsReached: Reached expected number of succeeded pods","Complete=True CompletionsReached: Reached expected number of succeeded pods"]}} # what is reported has changed
        announce # what is reported has changed
          Normal Completed: Job completed
    "#]],
    );
}
#[test]
fn nothing_runs_at_parallelism_zero() {
    check("4/0", expect![[""]]);
}
#[test]
fn no_completions_wanted_is_complete_at_once() {
    check(
        "0/2 fresh",
        expect![[r#"
        patch jobs j/status {"status":{"completionTime":"2026-11-24T08:00:00Z","conditions":["SuccessCriteriaMet=True CompletionsReached: Reached expected number of succeeded pods","Complete=True CompletionsReached: Reached expected number of succeeded pods"],"ready":0,"startTime":"2026-11-24T08:00:00Z","terminating":0,"uncountedTerminatedPods":{}}} # what is reported has changed
        announce # what is reported has changed
          Normal Completed: Job completed
    "#]],
    );
}
#[test]
fn the_least_advanced_goes_and_loses_its_finalizer_first() {
    check(
        "9/1 active=3 ready=2 | a ready since=9 | b Pending | c ready since=5",
        expect![[r#"
        all: patch pods b {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # 1 pods are wanted and 3 are there
        all: patch pods c {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # 1 pods are wanted and 3 are there
        all: delete pods b # 1 pods are wanted and 3 are there
          Normal SuccessfulDelete: Deleted pod: b
          if refused: Warning FailedDelete: Error deleting: {error}
        all: delete pods c # 1 pods are wanted and 3 are there
          Normal SuccessfulDelete: Deleted pod: c
          if refused: Warning FailedDelete: Error deleting: {error}
        patch jobs j/status {"status":{"active":1,"ready":1,"terminating":2}} # what is reported has changed
    "#]],
    );
}
#[test]
fn failures_delay_the_next_pod_ever_longer() {
    cov_mark::check!(job_replaces_failing_pods_ever_more_slowly);
    for (pods, wake) in [
        ("a Failed counted end=4", "6s"),
        ("a Failed counted end=4 | b Failed counted end=6", "16s"),
        ("a Failed counted end=9 | b Failed counted end=9 | c Failed counted end=9", "31s"),
    ] {
        let text = format!("9/3 limit=99 failed={} | {pods}", pods.matches("Failed").count());
        assert_eq!(show(&plan(&text)), format!("wake after {wake}\n"));
    }
}
#[test]
fn a_success_ends_the_delay() {
    check(
        "9/1 failed=1 succeeded=1 | a Failed counted end=4 | b Succeeded counted end=3",
        expect![[r#"
            few: create pods j- # 1 pods are wanted and 0 are there
              Normal SuccessfulCreate: Created pod: {name}
              if refused: Warning FailedCreate: Error creating: {error}
            patch jobs j/status {"status":{"active":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn a_deleted_pod_delays_its_successor_though_it_is_gone() {
    let mut memory = Memory::default();
    let (job, pods) = parse("9/1 active=1 | a Running deleting");
    plan_of(&job, &pods, &mut memory);
    let (job, pods) = parse("9/1 failed=1");
    let plan = plan_of(&job, &pods, &mut memory).expect("it is there");
    assert_eq!(show(&plan), "wake after 9s\n");
}
#[test]
fn pods_that_go_are_replaced_at_once_or_when_they_have_failed() {
    check(
        "2/1 terminating=1 failed=1 | a Running deleting counted age=900",
        expect![[r#"
        few: create pods j- # 1 pods are wanted and 0 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        patch jobs j/status {"status":{"active":1}} # what is reported has changed
    "#]],
    );
    check("2/1 terminating=1 replace=Failed | a Running deleting", expect![[""]]);
}
#[test]
fn a_refusal_is_reported_before_the_next_attempt() {
    let mut memory = Memory::default();
    let (job, pods) = parse("4/2 fresh");
    let plan = plan_of(&job, &pods, &mut memory).expect("it is there");
    let step = plan.steps().next().expect("a create");
    let error = ClientError::Api(ApiError {
        code: 403,
        reason: "Forbidden".to_owned(),
        message: "no quota".to_owned(),
        causes: Vec::new(),
        retry_after: None,
    });
    JobController::failed(&mut memory, step, &error);
    let plan = plan_of(&job, &pods, &mut memory).expect("it is there");
    expect![[r#"
        patch jobs j/status {"status":{"ready":0,"startTime":"2026-11-24T08:00:00Z","terminating":0,"uncountedTerminatedPods":{}}} # what is reported has changed
        2x few: create pods j- # 2 pods are wanted and 0 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
    "#]].assert_eq(&show(&plan));
}
#[test]
fn the_pod_is_the_template_with_owner_and_finalizer() {
    let plan = plan("1/1 fresh");
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    expect![[r#"
        {
          "metadata": {
            "finalizers": [
              "batch.kubernetes.io/job-tracking"
            ],
            "generateName": "j-",
            "labels": {
              "job": "j"
            },
            "namespace": "shop",
            "ownerReferences": [
              {
                "apiVersion": "batch/v1",
                "blockOwnerDeletion": true,
                "controller": true,
                "kind": "Job",
                "name": "j",
                "uid": "j-uid"
              }
            ]
          },
          "spec": {
            "containers": [
              {
                "name": "main"
              }
            ],
            "restartPolicy": "Never"
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(object).expect("prints"));
}
#[test]
fn a_template_without_labels_makes_nothing() {
    let (mut job, pods) = parse("1/1");
    job["spec"]["template"]["metadata"]["labels"] = json!({});
    let plan = plan_of(&job, &pods, &mut Memory::default()).expect("it is there");
    assert_eq!(show(&plan), "");
}
#[test]
fn a_matching_orphan_is_adopted_and_a_relabelled_pod_let_go() {
    check(
        "2/2 active=2 | a Running orphan counted | b Running stray",
        expect![[r#"
        patch pods a {"metadata":{"finalizers":["batch.kubernetes.io/job-tracking"],"ownerReferences":[{"apiVersion":"batch/v1","blockOwnerDeletion":true,"controller":true,"kind":"Job","name":"j","uid":"j-uid"}]}} # the selector matches it and nobody owns it
        patch pods b {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"],"ownerReferences":[{"$patch":"delete","uid":"j-uid"}]}} # the selector no longer matches it
    "#]],
    );
}
#[test]
fn no_more_than_a_burst_at_once() {
    let creates = |text| {
        let plan = plan(text);
        plan.steps().filter(|step| matches!(step.action, Action::Create { .. })).count()
    };
    assert_eq!(creates("2000/2000"), 500);
}
