//! Cutting history.

use expect_test::expect;
use meta::object::ObjectMeta;
use serde_json::json;

use super::{super::rollout::age, check};

const DONE: &str = "1 +1 -0 revision=9 status=1/1/1/1";

#[test]
fn the_lowest_revisions_go_first() {
    cov_mark::check!(deployment_cleans_up_once_complete);
    check(
        &format!(
            "{DONE} limit=1 | new 1/1/1 revision=9 | old 0/0/0 revision=3 | old 0/0/0 revision=1 | old 0/0/0 revision=2"
        ),
        expect![[r#"
            delete replicasets web-old2 # 1 old ReplicaSets are kept as history
            delete replicasets web-old3 # 1 old ReplicaSets are kept as history
            patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."]}} # what is reported has changed
        "#]],
    );
}
#[test]
fn what_still_has_pods_or_was_not_observed_is_skipped_and_not_replaced() {
    check(
        &format!(
            "{DONE} limit=1 | new 1/1/1 revision=9 | old 0/0/0 revision=1 pods=1 | old 0/0/0 revision=2 generation=2 observed=1 | old 0/0/0 revision=3"
        ),
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"replicas":2}} # what is reported has changed
        "#]],
    );
}
#[test]
fn what_is_on_its_way_out_is_not_counted() {
    check(
        &format!(
            "{DONE} limit=1 | new 1/1/1 revision=9 | old 0/0/0 revision=1 deleting | old 0/0/0 revision=2"
        ),
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."]}} # what is reported has changed
        "#]],
    );
}
#[test]
fn a_limit_of_zero_keeps_none() {
    check(
        &format!("{DONE} limit=0 | new 1/1/1 revision=9 | old 0/0/0 revision=1"),
        expect![[r#"
        delete replicasets web-old # 0 old ReplicaSets are kept as history
        patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."]}} # what is reported has changed
    "#]],
    );
}
#[test]
fn without_a_limit_all_is_kept() {
    check(
        &format!("{DONE} | new 1/1/1 revision=9 | old 0/0/0 revision=1"),
        expect![[r#"
        patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."]}} # what is reported has changed
    "#]],
    );
    check(
        &format!("{DONE} limit=2147483647 | new 1/1/1 revision=9 | old 0/0/0 revision=1"),
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."]}} # what is reported has changed
        "#]],
    );
}
#[test]
fn completion_must_be_in_the_stored_status() {
    check(
        "1 +1 -0 revision=9 limit=0 status=1/0/1/1 | new 1/1/1 revision=9 | old 0/0/0 revision=1",
        expect![[r#"
            patch deployments web/status {"status":{"conditions":["Available=True MinimumReplicasAvailable: Deployment has minimum availability."],"updatedReplicas":1}} # what is reported has changed
        "#]],
    );
}
#[test]
fn of_those_made_in_the_same_second_the_name_decides_which_is_older() {
    let made = |name: &str| -> ObjectMeta {
        serde_json::from_value(json!({"name": name, "creationTimestamp": testkit::NOW}))
            .expect("metadata")
    };
    assert!(age(&made("a")) < age(&made("b")));
}
