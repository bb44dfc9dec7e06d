//! Pods that should be there.

use expect_test::expect;
use runtime::Action;

use super::{check, check_pods, plan, plan_after_refusal};

#[test]
fn an_ordered_set_makes_one_pod_at_a_time() {
    check(
        "3",
        expect![[r#"
        few: create pods web-0 # no pod has this place; it gets web-new
          Normal SuccessfulCreate: Create Pod web-0 in StatefulSet web successful
          if refused: Warning FailedCreate: Create Pod web-0 in StatefulSet web failed error: {error}
    "#]],
    );
    check_pods("3 | web-0 Pending", expect![[""]]);
    check_pods(
        "3 | web-0 ready",
        expect![[r#"
        +web-1 web-new
    "#]],
    );
    check_pods(
        "3 | web-0 ready | web-2 ready",
        expect![[r#"
        +web-1 web-new
    "#]],
    );
    check_pods(
        "3 start=5 | web-5 ready",
        expect![[r#"
        +web-6 web-new
    "#]],
    );
}
#[test]
fn the_next_waits_until_the_one_before_is_available() {
    check_pods("2 minready=10 | web-0 ready since=4", expect![[""]]);
    check_pods(
        "2 minready=10 | web-0 ready since=10",
        expect![[r#"
        +web-1 web-new
    "#]],
    );
}
#[test]
fn a_terminating_pod_holds_up_an_ordered_set() {
    check_pods("3 | web-0 ready deleting | web-1 ready", expect![[""]]);
}
#[test]
fn a_parallel_set_makes_all_by_slow_start() {
    check(
        "3 parallel | web-1 Pending",
        expect![[r#"
        few: create pods web-0 # no pod has this place; it gets web-new
          Normal SuccessfulCreate: Create Pod web-0 in StatefulSet web successful
          if refused: Warning FailedCreate: Create Pod web-0 in StatefulSet web failed error: {error}
        few: create pods web-2 # no pod has this place; it gets web-new
          Normal SuccessfulCreate: Create Pod web-2 in StatefulSet web successful
          if refused: Warning FailedCreate: Create Pod web-2 in StatefulSet web failed error: {error}
        patch statefulsets web/status {"status":{"currentReplicas":1,"replicas":1,"updatedReplicas":1}} # what is reported has changed
    "#]],
    );
}
#[test]
fn a_pod_that_has_ended_makes_room_for_its_successor() {
    check_pods(
        "2 | web-0 Failed | web-1 ready",
        expect![[r#"
        -web-0 # the pod is Failed and makes room
    "#]],
    );
    check_pods(
        "2 | web-0 ready | web-1 Succeeded",
        expect![[r#"
        -web-1 # the pod is Succeeded and makes room
    "#]],
    );
    check_pods("2 | web-0 Failed deleting | web-1 ready", expect![[""]]);
    check_pods(
        "3 parallel | web-0 Failed | web-1 Failed",
        expect![[r#"
        -web-0 # the pod is Failed and makes room
        -web-1 # the pod is Failed and makes room
        +web-2 web-new
    "#]],
    );
}
#[test]
fn a_pod_below_the_partition_comes_back_as_it_was() {
    check_pods(
        "2 rolling partition=1",
        expect![[r#"
        +web-0 web-old
    "#]],
    );
    check_pods(
        "2 rolling partition=0",
        expect![[r#"
        +web-0 web-new
    "#]],
    );
    check_pods(
        "3 rolling start=5 partition=2 parallel",
        expect![[r#"
        +web-5 web-old
        +web-6 web-old
        +web-7 web-new
    "#]],
    );
}
#[test]
fn without_a_partition_as_many_as_are_current_come_back_as_they_were() {
    check_pods(
        "3 rolling no-block parallel status=3/3/3/2/1",
        expect![[r#"
        +web-0 web-old
        +web-1 web-old
        +web-2 web-new
    "#]],
    );
}
#[test]
fn on_delete_new_pods_are_new() {
    check_pods(
        "1 rolling ondelete status=1/1/1/1/0",
        expect![[r#"
        +web-0 web-new
    "#]],
    );
}
#[test]
fn a_pod_has_a_name_a_host_and_volumes_of_its_own() {
    let plan = plan("1 claims | claim data-web-0");
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    expect![[r#"
        {
          "metadata": {
            "generateName": "web-",
            "labels": {
              "app": "web",
              "apps.kubernetes.io/pod-index": "0",
              "controller-revision-hash": "web-new",
              "statefulset.kubernetes.io/pod-name": "web-0"
            },
            "name": "web-0",
            "namespace": "shop",
            "ownerReferences": [
              {
                "apiVersion": "apps/v1",
                "blockOwnerDeletion": true,
                "controller": true,
                "kind": "StatefulSet",
                "name": "web",
                "uid": "web-uid"
              }
            ]
          },
          "spec": {
            "containers": [
              {
                "image": "new",
                "name": "main"
              }
            ],
            "hostname": "web-0",
            "subdomain": "web",
            "volumes": [
              {
                "name": "data",
                "persistentVolumeClaim": {
                  "claimName": "data-web-0"
                }
              }
            ]
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(object).expect("prints"));
}
#[test]
fn a_pod_that_lost_its_name_gets_it_back() {
    check(
        "1 status=1/1/1/1/1 | web-0 ready nameless",
        expect![[r#"
        all: patch pods web-0 {"metadata":{"labels":{"apps.kubernetes.io/pod-index":"0","statefulset.kubernetes.io/pod-name":"web-0"}}} # the pod is not as its name says
          Normal SuccessfulUpdate: Update Pod web-0 in StatefulSet web successful
          if refused: Warning FailedUpdate: Update Pod web-0 in StatefulSet web failed error: {error}
    "#]],
    );
}
#[test]
fn a_pod_without_its_volume_is_told_to_have_it() {
    check(
        "1 claims status=1/1/1/1/1 | web-0 ready volumeless | claim data-web-0",
        expect![[r#"
        all: patch pods web-0 {"spec":{"volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"data-web-0"}}]}} # the pod is not as its name says
          Normal SuccessfulUpdate: Update Pod web-0 in StatefulSet web successful
          if refused: Warning FailedUpdate: Update Pod web-0 in StatefulSet web failed error: {error}
    "#]],
    );
}
#[test]
fn a_name_that_a_stranger_has_is_told_once() {
    check(
        "1 | web-0 ready stranger",
        expect![[r#"
        announce # something stands in the way
          Warning FailedCreate: Create Pod web-0 in StatefulSet web failed error: pods "web-0" already exists
    "#]],
    );
}
#[test]
fn leading_zeros_make_no_member() {
    check("1 status=1/1/1/1/1 | web-0 ready | web-00 ready orphan", expect![[""]]);
}
#[test]
fn a_refused_pod_is_reported_before_the_next_attempt() {
    expect![[r#"
        patch statefulsets web/status {"status":{"observedGeneration":2}} # what is reported has changed
        few: create pods web-0 # no pod has this place; it gets web-new
          Normal SuccessfulCreate: Create Pod web-0 in StatefulSet web successful
          if refused: Warning FailedCreate: Create Pod web-0 in StatefulSet web failed error: {error}
    "#]].assert_eq(&testkit::show(&plan_after_refusal("1 generation=2")));
}
