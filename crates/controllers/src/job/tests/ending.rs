//! How jobs end.

use expect_test::expect;

use super::{Memory, check, parse, plan_of};

#[test]
fn too_many_failures_stop_what_runs() {
    check(
        "9/2 limit=0 active=2 | a Failed | b Running",
        expect![[r#"
        all: delete pods b # the job ends: BackoffLimitExceeded
          Normal SuccessfulDelete: Deleted pod: b
          if refused: Warning FailedDelete: Error deleting: {error}
        patch jobs j/status {"status":{"active":null,"conditions":["FailureTarget=True BackoffLimitExceeded: Job has reached the specified backoff limit"],"terminating":1,"uncountedTerminatedPods":{"failed":["uid-a","uid-b"]}}} # what is reported has changed
        all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        all: patch pods b {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        wake after 0ns
    "#]],
    );
}
#[test]
fn the_job_has_failed_when_nothing_is_left() {
    check(
        "9/2 limit=0 terminating=1 failed=2 is=FailureTarget:BackoffLimitExceeded | a Failed counted",
        expect![[r#"
            patch jobs j/status {"status":{"conditions":["FailureTarget=True BackoffLimitExceeded: as before","Failed=True BackoffLimitExceeded: as before"],"terminating":0}} # what is reported has changed
            announce # what is reported has changed
              Warning BackoffLimitExceeded: as before
        "#]],
    );
}
#[test]
fn it_has_not_while_pods_are_on_their_way_out() {
    check(
        "9/2 limit=0 terminating=1 failed=2 is=FailureTarget:BackoffLimitExceeded | a Running deleting counted",
        expect![[""]],
    );
}
#[test]
fn restarts_count_where_containers_restart() {
    check("1/1 onfailure limit=3 active=1 | a Running restarts=2", expect![[""]]);
    check(
        "1/1 onfailure limit=3 active=1 | a Running restarts=3",
        expect![[r#"
        all: delete pods a # the job ends: BackoffLimitExceeded
          Normal SuccessfulDelete: Deleted pod: a
          if refused: Warning FailedDelete: Error deleting: {error}
        patch jobs j/status {"status":{"active":null,"conditions":["FailureTarget=True BackoffLimitExceeded: Job has reached the specified backoff limit"],"terminating":1,"uncountedTerminatedPods":{"failed":["uid-a"]}}} # what is reported has changed
        all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        wake after 0ns
    "#]],
    );
}
#[test]
fn the_deadline_ends_it_and_is_waited_for() {
    check(
        "1/1 deadline=10 started=4 active=1 | a Running",
        expect![[r#"
        wake after 6s
    "#]],
    );
    check(
        "1/1 deadline=10 started=10 active=1 | a Running",
        expect![[r#"
        all: delete pods a # the job ends: DeadlineExceeded
          Normal SuccessfulDelete: Deleted pod: a
          if refused: Warning FailedDelete: Error deleting: {error}
        patch jobs j/status {"status":{"active":null,"conditions":["FailureTarget=True DeadlineExceeded: Job was active longer than specified deadline"],"terminating":1,"uncountedTerminatedPods":{"failed":["uid-a"]}}} # what is reported has changed
        all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        wake after 0ns
    "#]],
    );
}
#[test]
fn failure_comes_before_success() {
    check(
        "1/1 limit=0 active=1 | a Succeeded | b Failed",
        expect![[r#"
        patch jobs j/status {"status":{"active":null,"conditions":["FailureTarget=True BackoffLimitExceeded: Job has reached the specified backoff limit"],"uncountedTerminatedPods":{"failed":["uid-b"],"succeeded":["uid-a"]}}} # what is reported has changed
        all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        all: patch pods b {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        wake after 0ns
    "#]],
    );
}
#[test]
fn the_failure_policy_ends_it() {
    check(
        "9/2 failjob=42 active=2 | a Failed exit=42 | b Running",
        expect![[r#"
        all: delete pods b # the job ends: PodFailurePolicy
          Normal SuccessfulDelete: Deleted pod: b
          if refused: Warning FailedDelete: Error deleting: {error}
        patch jobs j/status {"status":{"active":null,"conditions":["FailureTarget=True PodFailurePolicy: Container main for pod shop/a failed with exit code 42 matching FailJob rule at index 0"],"terminating":1,"uncountedTerminatedPods":{"failed":["uid-a","uid-b"]}}} # what is reported has changed
        all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        all: patch pods b {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        wake after 0ns
    "#]],
    );
    check(
        "9/1 fail-condition=ConfigIssue active=1 | a Failed condition=ConfigIssue",
        expect![[r#"
            patch jobs j/status {"status":{"active":null,"conditions":["FailureTarget=True PodFailurePolicy: Pod shop/a has condition ConfigIssue matching FailJob rule at index 0"],"uncountedTerminatedPods":{"failed":["uid-a"]}}} # what is reported has changed
            all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            wake after 0ns
        "#]],
    );
}
#[test]
fn an_ignored_failure_counts_only_for_the_delay() {
    check(
        "1/1 limit=0 ignore=42 active=1 | a Failed exit=42 end=4",
        expect![[r#"
        patch jobs j/status {"status":{"active":null}} # what is reported has changed
        all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        wake after 0ns
    "#]],
    );
    check(
        "1/1 limit=0 ignore-condition=DisruptionTarget active=1 | a Failed condition=DisruptionTarget end=4",
        expect![[r#"
            patch jobs j/status {"status":{"active":null}} # what is reported has changed
            all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            wake after 0ns
        "#]],
    );
}
#[test]
fn a_rule_of_a_later_release_is_skipped() {
    check(
        "9/1 failed=1 later=42 count=42 | a Failed exit=42 end=4",
        expect![[r#"
        patch jobs j/status {"status":{"uncountedTerminatedPods":{"failed":["uid-a"]}}} # what is reported has changed
        all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        wake after 0ns
    "#]],
    );
}
#[test]
fn a_finished_job_and_one_of_another_manager_are_left_alone() {
    for text in ["1/1 is=Complete:Done", "1/1 is=Failed:Broken", "1/1 fresh manager=example.com/x"]
    {
        let (job, pods) = parse(text);
        assert!(plan_of(&job, &pods, &mut Memory::default()).is_none());
    }
    let (job, pods) = parse("1/1 fresh manager=kubernetes.io/job-controller");
    assert!(plan_of(&job, &pods, &mut Memory::default()).is_some());
}
#[test]
fn a_mode_of_a_later_release_is_only_told_of() {
    check(
        "1/1 fresh mode=Later",
        expect![[r#"
        announce # its completion mode is unknown
          Warning UnknownCompletionMode: Skipped Job sync because completion mode is unknown
    "#]],
    );
}
