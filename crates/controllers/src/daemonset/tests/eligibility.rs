//! Where pods may be, and how they are told.

use expect_test::expect;
use runtime::Action;

use super::{check_pods, plan};

#[test]
fn a_node_without_a_pod_gets_one() {
    check_pods(
        "| node a | node b | web-a ready on=a",
        expect![[r#"
        + # node b has no pod
    "#]],
    );
}
#[test]
fn a_node_must_be_as_the_template_wants_it() {
    check_pods(
        "selects=ssd | node a disk=ssd | node b disk=hdd | node c",
        expect![[r#"
        + # node a has no pod
    "#]],
    );
    check_pods(
        "named=b | node a | node b",
        expect![[r#"
        + # node b has no pod
    "#]],
    );
    check_pods(
        "selects=ssd | node a disk=hdd | web-a ready on=a",
        expect![[r#"
        -web-a # node a may have no pod
    "#]],
    );
}
#[test]
fn a_taint_keeps_new_pods_away() {
    check_pods(
        "| node a taint=NoSchedule | node b taint=NoExecute | node c taint=PreferNoSchedule",
        expect![[r#"
            + # node c has no pod
        "#]],
    );
    check_pods(
        "tolerates=keep-out | node a taint=NoSchedule | node b taint=NoExecute",
        expect![[r#"
            + # node a has no pod
            + # node b has no pod
        "#]],
    );
}
#[test]
fn only_a_taint_that_evicts_makes_a_pod_go() {
    check_pods("| node a taint=NoSchedule | web-a ready on=a", expect![[""]]);
    check_pods(
        "| node a taint=NoExecute | web-a ready on=a",
        expect![[r#"
        -web-a # node a may have no pod
    "#]],
    );
}
#[test]
fn a_pod_is_tied_to_its_node_and_lives_with_its_troubles() {
    let plan =
        plan("host-network tolerates=node.kubernetes.io/not-ready template-generation=3 | node a");
    let step = plan.steps().next().expect("a create");
    let Action::Create { object, .. } = &step.action else { panic!("{step:?}") };
    expect![[r#"{"generateName":"web-","labels":{"app":"web","controller-revision-hash":"new","pod-template-generation":"3"},"namespace":"shop","ownerReferences":[{"apiVersion":"apps/v1","blockOwnerDeletion":true,"controller":true,"kind":"DaemonSet","name":"web","uid":"web-uid"}]}"#]].assert_eq(&object["metadata"].to_string());
    expect![[r#"{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.name","operator":"In","values":["a"]}]}]}}}"#]].assert_eq(&object["spec"]["affinity"].to_string());
    let tolerations = object["spec"]["tolerations"].as_array().into_iter().flatten();
    let lines: Vec<String> = tolerations.map(ToString::to_string).collect();
    expect![[r#"
        {"key":"node.kubernetes.io/not-ready","operator":"Exists"}
        {"effect":"NoExecute","key":"node.kubernetes.io/not-ready","operator":"Exists"}
        {"effect":"NoExecute","key":"node.kubernetes.io/unreachable","operator":"Exists"}
        {"effect":"NoSchedule","key":"node.kubernetes.io/disk-pressure","operator":"Exists"}
        {"effect":"NoSchedule","key":"node.kubernetes.io/memory-pressure","operator":"Exists"}
        {"effect":"NoSchedule","key":"node.kubernetes.io/pid-pressure","operator":"Exists"}
        {"effect":"NoSchedule","key":"node.kubernetes.io/unschedulable","operator":"Exists"}
        {"effect":"NoSchedule","key":"node.kubernetes.io/network-unavailable","operator":"Exists"}"#]].assert_eq(&lines.join("\n"));
}
