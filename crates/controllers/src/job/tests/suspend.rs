//! Rest and resumption.

use expect_test::expect;

use super::check;

#[test]
fn a_job_made_to_rest_starts_nothing() {
    check(
        "2/2 fresh suspend",
        expect![[r#"
        patch jobs j/status {"status":{"conditions":["Suspended=True JobSuspended: Job suspended"],"ready":0,"terminating":0,"uncountedTerminatedPods":{}}} # what is reported has changed
        announce # what is reported has changed
          Normal Suspended: Job suspended
    "#]],
    );
}
#[test]
fn what_runs_is_stopped_uncounted() {
    check(
        "2/2 suspend active=1 | a Running",
        expect![[r#"
        all: patch pods a {"metadata":{"$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}} # the job is suspended
        all: delete pods a # the job is suspended
          Normal SuccessfulDelete: Deleted pod: a
          if refused: Warning FailedDelete: Error deleting: {error}
        patch jobs j/status {"status":{"active":null,"conditions":["Suspended=True JobSuspended: Job suspended"],"startTime":null,"terminating":1}} # what is reported has changed
        announce # what is reported has changed
          Normal Suspended: Job suspended
    "#]],
    );
}
#[test]
fn at_rest_nothing_is_written() {
    check("2/2 suspend not-started is=Suspended:JobSuspended", expect![[""]]);
}
#[test]
fn it_starts_anew_with_a_whole_deadline() {
    check(
        "1/1 not-started deadline=10 is=Suspended:JobSuspended",
        expect![[r#"
        few: create pods j- # 1 pods are wanted and 0 are there
          Normal SuccessfulCreate: Created pod: {name}
          if refused: Warning FailedCreate: Error creating: {error}
        patch jobs j/status {"status":{"active":1,"conditions":["Suspended=False JobResumed: Job resumed"],"startTime":"2026-11-24T08:00:00Z"}} # what is reported has changed
        announce # what is reported has changed
          Normal Resumed: Job resumed
        wake after 10s
    "#]],
    );
}
#[test]
fn one_that_has_all_it_wants_is_complete_instead() {
    check(
        "1/1 suspend succeeded=1",
        expect![[r#"
        patch jobs j/status {"status":{"completionTime":"2026-11-24T08:00:00Z","conditions":["SuccessCriteriaMet=True CompletionsReached: Reached expected number of succeeded pods","Complete=True CompletionsReached: Reached expected number of succeeded pods"]}} # what is reported has changed
        announce # what is reported has changed
          Normal Completed: Job completed
    "#]],
    );
}
