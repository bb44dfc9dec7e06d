//! Counts and conditions.

use expect_test::expect;
use serde_json::json;

use super::{check, plan};

#[test]
fn counts_are_sums_of_the_replica_sets_own() {
    check(
        "4 +1 -0 generation=3 observed=2 revision=2 | new 2/1/1 revision=2 terminating=1 | old 3/3/2 revision=1 terminating=0",
        expect![[r#"
            patch deployments web/status {"status":{"availableReplicas":3,"conditions":["Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."],"observedGeneration":3,"readyReplicas":4,"replicas":5,"terminatingReplicas":1,"unavailableReplicas":2,"updatedReplicas":2}} # what is reported has changed
        "#]],
    );
}
#[test]
fn unavailable_counts_what_should_be() {
    check(
        "3 +1 -0 revision=1 status=3/3/3/3 | new 3/1/1 pods=2 revision=1",
        expect![[r#"
        patch deployments web/status {"status":{"availableReplicas":1,"conditions":["Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."],"readyReplicas":1,"replicas":2,"unavailableReplicas":2,"updatedReplicas":2}} # what is reported has changed
    "#]],
    );
}
#[test]
fn terminating_is_unknown_where_an_observed_replica_set_does_not_say() {
    check(
        "1 +1 -0 revision=2 status=1/1/1/1 | new 1/1/1 terminating=2 revision=2 | old 0/0/0 revision=1",
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."]}} # what is reported has changed
        "#]],
    );
    check(
        "1 +1 -0 revision=2 status=1/1/1/1 | new 1/1/1 terminating=2 revision=2 | old 0/0/0 revision=1 observed=0",
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"terminatingReplicas":2}} # what is reported has changed
        "#]],
    );
}
#[test]
fn available_means_enough_are() {
    check(
        "3 +1 -1 revision=1 status=3/3/2/2 | new 3/2/2 revision=1",
        expect![[r#"
        patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"unavailableReplicas":1}} # what is reported has changed
    "#]],
    );
    check(
        "3 +0 -0 recreate revision=1 status=3/3/2/2 | new 3/2/2 revision=1",
        expect![[r#"
        patch deployments web/status {"status":{"conditions":["Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."],"unavailableReplicas":1}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_failure_is_the_new_ones_else_the_oldest_ones_that_has_one() {
    check(
        "1 +1 -0 revision=2 | new 1/1/1 revision=2 failure=FailedCreate | old 0/0/0 revision=1 failure=FailedDelete",
        expect![[r#"
            patch deployments web/status {"status":{"availableReplicas":1,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","ReplicaFailure=True FailedCreate: no quota"],"readyReplicas":1,"replicas":1,"updatedReplicas":1}} # what is reported has changed
        "#]],
    );
    check(
        "1 +1 -0 revision=2 | new 1/1/1 revision=2 | old 0/0/0 revision=1 failure=FailedDelete",
        expect![[r#"
            patch deployments web/status {"status":{"availableReplicas":1,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability.","ReplicaFailure=True FailedDelete: no quota"],"readyReplicas":1,"replicas":1,"updatedReplicas":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn a_deployment_on_its_way_out_is_only_counted() {
    check(
        "3 +1 -0 deadline=10 deleting progress=ReplicaSetUpdated@600 | new 1/1/1 revision=1 note=a | old 3/3/3",
        expect![[r#"
            patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"1"}},"status":{"availableReplicas":4,"conditions":["Progressing=True ReplicaSetUpdated: as before","Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":4,"replicas":4,"updatedReplicas":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn a_condition_with_the_same_status_and_reason_keeps_text_and_times() {
    cov_mark::check!(deployment_condition_keeps_its_text);
    check(
        "1 +1 -0 deadline=10 progress=NewReplicaSetAvailable@9 available revision=1 | new 1/1/1 revision=1 pods=1",
        expect![[r#"
            patch deployments web/status {"status":{"availableReplicas":1,"readyReplicas":1,"replicas":1,"updatedReplicas":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn progress_moves_the_update_time_and_only_another_status_the_transition_time() {
    let plan = plan(
        "3 +1 -0 deadline=10 revision=2 progress=ReplicaSetUpdated@5 status=3/0/3/3 | new 1/0/0 revision=2 | old 3/3/3 revision=1",
    );
    let step = plan.steps().last().expect("a status");
    let runtime::Action::Patch { patch, .. } = &step.action else { panic!("{step:?}") };
    let conditions = patch["status"]["conditions"].as_array().expect("conditions");
    let progressing = conditions.iter().find(|c| c["type"] == "Progressing").expect("one");
    assert_eq!(progressing["lastUpdateTime"], json!(testkit::NOW));
    assert_eq!(progressing["lastTransitionTime"], json!("2026-11-24T07:59:55Z"));
}
#[test]
fn a_failure_that_is_over_is_taken_back() {
    check(
        "1 +1 -0 revision=1 available failing status=1/1/1/1 | new 1/1/1 revision=1",
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."]}} # what is reported has changed
        "#]],
    );
}
#[test]
fn an_equal_status_is_not_written() {
    check("1 +1 -0 revision=1 available status=1/1/1/1 | new 1/1/1 revision=1", expect![[""]]);
}
