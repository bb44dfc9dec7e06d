//! Indexed jobs: which index runs, ends, fails.

use expect_test::expect;
use proptest::prelude::*;
use runtime::Action;

use super::{
    super::indexes::{Indexes, format, parse as read},
    check, plan,
};

#[test]
fn the_lowest_free_indexes_get_pods() {
    check(
        "5/3 indexed completed=0,2 succeeded=2 active=1 | a Running index=1",
        expect![[r#"
        few: create pods j-3- # 3 pods are wanted and 1 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        few: create pods j-4- # 3 pods are wanted and 1 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        patch jobs j/status {"status":{"active":3}} # what is reported has changed
    "#]],
    );
}
#[test]
fn the_pod_knows_its_index() {
    let plan = plan("1/1 indexed perindex=2");
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    expect![[r#"
        {
          "metadata": {
            "annotations": {
              "batch.kubernetes.io/job-completion-index": "0",
              "batch.kubernetes.io/job-index-failure-count": "0"
            },
            "finalizers": [
              "batch.kubernetes.io/job-tracking"
            ],
            "generateName": "j-0-",
            "labels": {
              "batch.kubernetes.io/job-completion-index": "0",
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
                "env": [
                  {
                    "name": "JOB_COMPLETION_INDEX",
                    "valueFrom": {
                      "fieldRef": {
                        "fieldPath": "metadata.labels['batch.kubernetes.io/job-completion-index']"
                      }
                    }
                  }
                ],
                "name": "main"
              }
            ],
            "hostname": "j-0",
            "restartPolicy": "Never"
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(object).expect("prints"));
}
#[test]
fn an_index_that_succeeds_is_noted_at_once() {
    check(
        "3/2 indexed active=2 | a Succeeded index=0 | b Running index=1 | c Running index=2",
        expect![[r#"
            patch jobs j/status {"status":{"completedIndexes":"0","succeeded":1}} # what is reported has changed
            all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            wake after 500ms
        "#]],
    );
}
#[test]
fn pods_of_no_index_or_of_one_that_another_has_go() {
    check(
        "3/3 indexed active=3 ready=1 | a Running index=0 | b ready index=0 | c Running index=7",
        expect![[r#"
            all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # 3 pods are wanted and 3 are there
            all: patch pods c {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # 3 pods are wanted and 3 are there
            all: delete pods a # 3 pods are wanted and 3 are there
              Normal SuccessfulDelete: Deleted pod: a
              if refused: Warning FailedDelete: Error deleting: {error}
            all: delete pods c # 3 pods are wanted and 3 are there
              Normal SuccessfulDelete: Deleted pod: c
              if refused: Warning FailedDelete: Error deleting: {error}
            patch jobs j/status {"status":{"active":1,"terminating":2}} # what is reported has changed
        "#]],
    );
}
#[test]
fn an_ended_pod_of_no_index_counts_nowhere() {
    check(
        "3/0 indexed | c Succeeded index=7 | d Failed",
        expect![[r#"
        all: patch pods d {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        all: patch pods c {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        wake after 0ns
    "#]],
    );
}
#[test]
fn fewer_completions_cut_what_is_completed() {
    check(
        "3/3 indexed completed=1,3 succeeded=2 active=2 | a Running index=0 | b Running index=2",
        expect![[r#"
            patch jobs j/status {"status":{"completedIndexes":"1","succeeded":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn a_failed_pod_waits_for_its_successor_and_is_counted_then() {
    check(
        "2/2 indexed perindex=1 active=2 | a Failed index=0 tries=0 end=4 | b Running index=1",
        expect![[r#"
            patch jobs j/status {"status":{"active":1}} # what is reported has changed
            wake after 6s
        "#]],
    );
    check(
        "2/2 indexed perindex=1 active=1 | a Failed index=0 tries=0 end=10 | b Running index=1",
        expect![[r#"
            few: create pods j-0- # 2 pods are wanted and 1 are there
              Normal SuccessfulCreate: Created pod: {name}
              if refused: Warning FailedCreate: Error creating: {error}
            patch jobs j/status {"status":{"active":2}} # what is reported has changed
        "#]],
    );
    check(
        "2/2 indexed perindex=1 active=2 | a Failed index=0 tries=0 | c Running index=0 tries=1 | b Running index=1",
        expect![[r#"
            patch jobs j/status {"status":{"uncountedTerminatedPods":{"failed":["uid-a"]}}} # what is reported has changed
            all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            wake after 500ms
        "#]],
    );
}
#[test]
fn a_waiting_index_does_not_hold_up_the_others() {
    check(
        "2/1 indexed perindex=1 active=1 | a Failed index=0 tries=0 end=4",
        expect![[r#"
        few: create pods j-1- # 1 pods are wanted and 0 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        wake after 6s
    "#]],
    );
}
#[test]
fn an_index_fails_after_its_last_try_and_the_job_when_all_have_ended() {
    check(
        "2/2 indexed perindex=1 active=1 | a Failed index=0 tries=1 | b Running index=1",
        expect![[r#"
            patch jobs j/status {"status":{"failedIndexes":"0","uncountedTerminatedPods":{"failed":["uid-a"]}}} # what is reported has changed
            all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            wake after 500ms
        "#]],
    );
    check(
        "2/2 indexed perindex=1 active=1 completed=1 succeeded=1 | a Failed index=0 tries=1",
        expect![[r#"
            patch jobs j/status {"status":{"active":null,"conditions":["FailureTarget=True FailedIndexes: Job has failed indexes"],"failedIndexes":"0","uncountedTerminatedPods":{"failed":["uid-a"]}}} # what is reported has changed
            all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            wake after 0ns
        "#]],
    );
}
#[test]
fn an_index_may_fail_by_rule() {
    check(
        "2/1 indexed perindex=5 failindex=42 active=1 | a Failed index=0 tries=0 exit=42",
        expect![[r#"
            few: create pods j-1- # 1 pods are wanted and 0 are there
              Normal SuccessfulCreate: Created pod: {name}
              if refused: Warning FailedCreate: Error creating: {error}
            patch jobs j/status {"status":{"failedIndexes":"0","uncountedTerminatedPods":{"failed":["uid-a"]}}} # what is reported has changed
            all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            wake after 500ms
        "#]],
    );
}
#[test]
fn an_ignored_failure_does_not_use_up_a_try() {
    check(
        "1/1 indexed perindex=0 ignore=42 active=1 | a Failed index=0 tries=0 exit=42",
        expect![[r#"
            few: create pods j-0- # 1 pods are wanted and 0 are there
              Normal SuccessfulCreate: Created pod: {name}
              if refused: Warning FailedCreate: Error creating: {error}
        "#]],
    );
}
#[test]
fn too_many_failed_indexes_end_the_job() {
    check(
        "4/1 indexed perindex=0 maxfailed=0 active=1 | a Failed index=0 tries=0",
        expect![[r#"
        patch jobs j/status {"status":{"active":null,"conditions":["FailureTarget=True MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes"],"failedIndexes":"0","uncountedTerminatedPods":{"failed":["uid-a"]}}} # what is reported has changed
        all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        wake after 0ns
    "#]],
    );
}
#[test]
fn a_success_that_is_enough_stops_the_others_uncounted() {
    check(
        "3/3 indexed success=0-1:1 active=3 | a Succeeded index=0 | b Running index=1 | c Running index=2",
        expect![[r#"
            all: delete pods b # the job ends: SuccessPolicy
              Normal SuccessfulDelete: Deleted pod: b
              if refused: Warning FailedDelete: Error deleting: {error}
            all: delete pods c # the job ends: SuccessPolicy
              Normal SuccessfulDelete: Deleted pod: c
              if refused: Warning FailedDelete: Error deleting: {error}
            patch jobs j/status {"status":{"active":null,"completedIndexes":"0","conditions":["SuccessCriteriaMet=True SuccessPolicy: Matched rules at index 0"],"succeeded":1,"terminating":2}} # what is reported has changed
            all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            all: patch pods b {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            all: patch pods c {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            wake after 0ns
        "#]],
    );
}
#[test]
fn ranges_are_for_three_and_more() {
    let indexes: Indexes = [0, 1, 2, 5, 7, 8].into();
    assert_eq!(format(&indexes), "0-2,5,7,8");
    assert_eq!(format(&Indexes::new()), "");
    assert_eq!(read("0-2,x,5,7,8", 9), indexes);
    assert_eq!(read("0-2,5,7,8", 2), [0, 1].into());
    assert_eq!(read("", 9), Indexes::new());
}
proptest! {
    #[test]
    fn what_is_written_reads_the_same(indexes: std::collections::BTreeSet<u8>) {
        let indexes: Indexes = indexes.into_iter().map(i32::from).collect();
        prop_assert_eq!(read(&format(&indexes), 256), indexes);
    }
}
