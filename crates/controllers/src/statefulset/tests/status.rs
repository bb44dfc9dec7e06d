//! What is reported.

use expect_test::expect;

use super::check;

#[test]
fn counts_are_of_all_pods_by_what_they_are() {
    check(
        "4 rolling parallel max=1 generation=2 | web-0 ready | web-1 ready old | web-2 ready old deleting | web-3 Pending old deleting",
        expect![[r#"
            patch statefulsets web/status {"status":{"availableReplicas":3,"currentReplicas":1,"observedGeneration":2,"readyReplicas":3,"replicas":4,"updatedReplicas":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn a_pod_that_makes_room_counts_no_longer_as_current() {
    check(
        "2 rolling status=2/2/2/2/0 | web-0 ready old | web-1 ready old",
        expect![[r#"
        all: delete pods web-1 # it is not of revision web-new
          Normal SuccessfulDelete: Delete Pod web-1 in StatefulSet web successful
          if refused: Warning FailedDelete: Delete Pod web-1 in StatefulSet web failed error: {error}
        patch statefulsets web/status {"status":{"currentReplicas":1}} # what is reported has changed
    "#]],
    );
}
#[test]
fn all_updated_and_ready_the_update_is_current() {
    check(
        "1 rolling status=1/1/1/0/1 | web-0 ready",
        expect![[r#"
        patch statefulsets web/status {"status":{"currentReplicas":1,"currentRevision":"web-new"}} # what is reported has changed
    "#]],
    );
    check(
        "0 rolling",
        expect![[r#"
        patch statefulsets web/status {"status":{"currentRevision":"web-new"}} # what is reported has changed
    "#]],
    );
    check("2 rolling partition=1 status=2/2/2/1/1 | web-0 ready old | web-1 ready", expect![[""]]);
}
#[test]
fn a_pod_is_available_once_it_was_ready_long_enough() {
    check(
        "1 minready=10 | web-0 ready since=4",
        expect![[r#"
        patch statefulsets web/status {"status":{"currentReplicas":1,"readyReplicas":1,"replicas":1,"updatedReplicas":1}} # what is reported has changed
        wake after 6s
    "#]],
    );
}
#[test]
fn zero_is_written_as_absent_but_for_two() {
    check(
        "0 status=1/1/1/1/1",
        expect![[r#"
        patch statefulsets web/status {"status":{"availableReplicas":0,"currentReplicas":null,"readyReplicas":null,"replicas":0,"updatedReplicas":null}} # what is reported has changed
    "#]],
    );
}
#[test]
fn on_its_way_out_only_counts_are_kept() {
    check(
        "3 deleting | web-0 ready",
        expect![[r#"
        patch statefulsets web/status {"status":{"availableReplicas":1,"currentReplicas":1,"readyReplicas":1,"replicas":1,"updatedReplicas":1}} # what is reported has changed
    "#]],
    );
}
