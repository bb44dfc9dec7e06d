//! Counts, and the wait for availability.

use expect_test::expect;

use super::check;

#[test]
fn counts_are_of_active_pods() {
    check(
        "replicas 3 generation=2 | a ready | b Pending | c ready | d ready deleting | e Failed deleting",
        expect![[r#"
            patch replicasets web/status {"status":{"availableReplicas":2,"fullyLabeledReplicas":3,"observedGeneration":2,"readyReplicas":2,"replicas":3,"terminatingReplicas":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn fully_labelled_pods_carry_all_labels_of_the_template() {
    check(
        "replicas 1 extra-label | a ready",
        expect![[r#"
        patch replicasets web/status {"status":{"availableReplicas":1,"readyReplicas":1,"replicas":1,"terminatingReplicas":0}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_pod_is_available_once_it_was_ready_long_enough() {
    check(
        "replicas 3 minready=10 | a ready since=4 | b ready since=10 | c ready since=7",
        expect![[r#"
            patch replicasets web/status {"status":{"availableReplicas":1,"fullyLabeledReplicas":3,"readyReplicas":3,"replicas":3,"terminatingReplicas":0}} # what is reported has changed
            wake after 3s
        "#]],
    );
}
#[test]
fn a_ready_pod_that_does_not_say_since_when_must_wait_the_whole_time() {
    check(
        "replicas 1 minready=10 | a ready",
        expect![[r#"
        patch replicasets web/status {"status":{"fullyLabeledReplicas":1,"readyReplicas":1,"replicas":1,"terminatingReplicas":0}} # what is reported has changed
        wake after 10s
    "#]],
    );
}
#[test]
fn zero_is_written_as_absent_but_for_replicas() {
    check(
        "replicas 0 status=1/1/1/1",
        expect![[r#"
        patch replicasets web/status {"status":{"availableReplicas":null,"fullyLabeledReplicas":null,"readyReplicas":null,"replicas":0,"terminatingReplicas":0}} # what is reported has changed
    "#]],
    );
}
