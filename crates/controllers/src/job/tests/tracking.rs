//! Each end is counted once: recorded, let go, counted.

use expect_test::expect;

use super::check;

#[test]
fn ends_are_recorded_before_the_finalizers_go() {
    check(
        "9/3 active=3 | a Succeeded | b Failed end=700 | c Running",
        expect![[r#"
            2x few: create pods j- # 3 pods are wanted and 1 are there
              Normal SuccessfulCreate: Created pod: {name}
              if refused: Warning FailedCreate: Error creating: {error}
            patch jobs j/status {"status":{"uncountedTerminatedPods":{"failed":["uid-b"],"succeeded":["uid-a"]}}} # what is reported has changed
            all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            all: patch pods b {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            wake after 500ms
        "#]],
    );
}
#[test]
fn what_is_recorded_is_counted_when_the_finalizer_is_gone() {
    check(
        "9/1 active=1 recorded=a,b recorded-failed=c | a Succeeded counted | b Succeeded | d Running",
        expect![[r#"
            patch jobs j/status {"status":{"failed":1,"succeeded":1,"uncountedTerminatedPods":{"failed":null,"succeeded":["uid-b"]}}} # what is reported has changed
            all: patch pods b {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            wake after 500ms
        "#]],
    );
}
#[test]
fn a_recorded_pod_that_vanished_counts_as_well() {
    check(
        "9/1 active=1 recorded=gone recorded-failed=lost | d Running",
        expect![[r#"
        patch jobs j/status {"status":{"failed":1,"succeeded":1,"uncountedTerminatedPods":{"failed":null,"succeeded":null}}} # what is reported has changed
    "#]],
    );
}
#[test]
fn the_last_pod_is_recorded_with_the_success_and_completes_the_job_when_counted() {
    check(
        "1/1 active=1 | a Succeeded",
        expect![[r#"
        patch jobs j/status {"status":{"active":null,"conditions":["SuccessCriteriaMet=True CompletionsReached: Reached expected number of succeeded pods"],"uncountedTerminatedPods":{"succeeded":["uid-a"]}}} # what is reported has changed
        all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
        wake after 0ns
    "#]],
    );
    check(
        "1/1 recorded=a is=SuccessCriteriaMet:CompletionsReached | a Succeeded counted",
        expect![[r#"
            patch jobs j/status {"status":{"completionTime":"2026-11-24T08:00:00Z","conditions":["SuccessCriteriaMet=True CompletionsReached: as before","Complete=True CompletionsReached: as before"],"succeeded":1,"uncountedTerminatedPods":{"succeeded":null}}} # what is reported has changed
            announce # what is reported has changed
              Normal Completed: Job completed
        "#]],
    );
}
#[test]
fn more_successes_than_wanted_are_told_of() {
    check(
        "1/1 succeeded=1 recorded=a is=SuccessCriteriaMet:CompletionsReached | a Succeeded counted",
        expect![[r#"
            patch jobs j/status {"status":{"completionTime":"2026-11-24T08:00:00Z","conditions":["SuccessCriteriaMet=True CompletionsReached: as before","Complete=True CompletionsReached: as before"],"succeeded":2,"uncountedTerminatedPods":{"succeeded":null}}} # what is reported has changed
            announce # what is reported has changed
              Warning TooManySucceededPods: Too many succeeded pods running after completion count reached
            announce # what is reported has changed
              Normal Completed: Job completed
        "#]],
    );
}
#[test]
fn a_job_being_deleted_lets_all_go_and_makes_nothing() {
    check(
        "4/2 deleting active=1 | a Running | b Failed",
        expect![[r#"
            patch jobs j/status {"status":{"uncountedTerminatedPods":{"failed":["uid-b"]}}} # what is reported has changed
            all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            all: patch pods b {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # its end is recorded
            wake after 500ms
        "#]],
    );
}
#[test]
fn nothing_is_written_at_rest() {
    check("2/1 active=1 succeeded=1 | a Running | b Succeeded counted", expect![[""]]);
}
