//! Revisions and annotations.

use expect_test::expect;

use super::check;

#[test]
fn the_new_one_gets_one_more_than_the_highest_old_revision() {
    check(
        "3 +1 -0 | new 3/3/3 | old 0/0/0 revision=4 | old 0/0/0 revision=x | old 0/0/0 revision=2",
        expect![[r#"
            patch replicasets web-new {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"5"}}} # the new ReplicaSet follows the Deployment
            patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"5"}},"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3,"updatedReplicas":3}} # what is reported has changed
        "#]],
    );
}
#[test]
fn a_revision_that_was_current_before_joins_the_history() {
    cov_mark::check!(deployment_revision_joins_the_history);
    check(
        "3 +1 -0 | new 3/3/3 revision=1 | old 0/0/0 revision=2",
        expect![[r#"
        patch replicasets web-new {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"3","deployment.kubernetes.io/revision-history":"1"}}} # the new ReplicaSet follows the Deployment
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"3"}},"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3,"updatedReplicas":3}} # what is reported has changed
    "#]],
    );
    check(
        "3 +1 -0 | new 3/3/3 revision=3 history=1 | old 0/0/0 revision=4",
        expect![[r#"
        patch replicasets web-new {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"5","deployment.kubernetes.io/revision-history":"1,3"}}} # the new ReplicaSet follows the Deployment
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"5"}},"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3,"updatedReplicas":3}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_higher_revision_stays() {
    check(
        "3 +1 -0 revision=9 | new 3/3/3 revision=9 | old 0/0/0 revision=4",
        expect![[r#"
        patch deployments web/status {"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3,"updatedReplicas":3}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_history_that_grew_too_long_loses_its_oldest() {
    let long = ["100"; 500].join(",");
    let plan = super::plan(&format!(
        "3 +1 -0 | new 3/3/3 revision=3 history={long} | old 0/0/0 revision=4"
    ));
    let step = plan.steps().next().expect("a patch");
    let runtime::Action::Patch { patch, .. } = &step.action else { panic!("{step:?}") };
    let history =
        patch["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"].as_str();
    let history = history.expect("a history");
    assert!(history.len() <= 2000 && history.ends_with("100,3"), "{history}");
}
#[test]
fn a_revision_that_is_no_number_stops_the_copying() {
    check(
        "3 +1 -0 note=hello | new 3/3/3 revision=x | old 0/0/0 revision=4",
        expect![[r#"
        patch deployments web/status {"metadata":{"annotations":{"deployment.kubernetes.io/revision":"x"}},"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3,"updatedReplicas":3}} # what is reported has changed
    "#]],
    );
}
#[test]
fn keys_that_the_deployment_lost_stay_on_the_replica_set() {
    check(
        "3 +1 -0 revision=1 | new 3/3/3 revision=1 note=bye",
        expect![[r#"
        patch deployments web/status {"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3,"updatedReplicas":3}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_plain_sync_does_not_refresh_the_sizes() {
    check(
        "3 +1 -0 note=hello revision=1 | new 3/3/3 revision=1 desired=3 max=9",
        expect![[r#"
        patch replicasets web-new {"metadata":{"annotations":{"note":"hello"}}} # the new ReplicaSet follows the Deployment
        patch deployments web/status {"status":{"availableReplicas":3,"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"readyReplicas":3,"replicas":3,"updatedReplicas":3}} # what is reported has changed
    "#]],
    );
}
