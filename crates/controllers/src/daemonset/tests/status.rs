//! What is reported.

use expect_test::expect;

use super::check;

#[test]
fn the_first_pod_of_a_node_speaks_for_it() {
    check(
        "rolling ondelete generation=2 | node a | node b | node c | node d taint=NoSchedule \
         | a1 ready on=a | b1 ready on=b old age=9 | b2 Pending on=b age=8 | c1 Pending for=c | d1 ready on=d",
        expect![[r#"
            all: delete pods b2 # one pod on a node is enough
              Normal SuccessfulDelete: Deleted pod: b2
              if refused: Warning FailedDelete: Error deleting: {error}
            patch daemonsets web/status {"status":{"currentNumberScheduled":3,"desiredNumberScheduled":3,"numberAvailable":2,"numberMisscheduled":1,"numberReady":2,"numberUnavailable":1,"observedGeneration":2,"updatedNumberScheduled":2}} # what is reported has changed
        "#]],
    );
}
#[test]
fn a_pod_on_its_way_out_still_counts() {
    check(
        "status=0/0/0/0/0/0/0 | node a | a1 ready on=a deleting",
        expect![[r#"
        patch daemonsets web/status {"status":{"currentNumberScheduled":1,"desiredNumberScheduled":1,"numberAvailable":1,"numberReady":1,"updatedNumberScheduled":1}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_pod_is_available_once_it_was_ready_long_enough() {
    check(
        "minready=10 status=1/1/0/0/0/1/1 | node a | a1 ready on=a since=4",
        expect![[r#"
        patch daemonsets web/status {"status":{"numberReady":1}} # what is reported has changed
        wake after 6s
    "#]],
    );
}
#[test]
fn zero_is_written_as_absent_where_the_reference_does() {
    check(
        "status=1/1/1/1/1/1/1",
        expect![[r#"
        patch daemonsets web/status {"status":{"currentNumberScheduled":0,"desiredNumberScheduled":0,"numberAvailable":null,"numberMisscheduled":0,"numberReady":0,"numberUnavailable":null,"updatedNumberScheduled":null}} # what is reported has changed
    "#]],
    );
}
