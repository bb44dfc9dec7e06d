//! Services with pods and slices → writes.

use expect_test::{Expect, expect};
use runtime::Controller as _;
use serde_json::{Value, json};
use testkit::show;

use super::{EndpointSliceController, Memory, backed, plan, show_lists, stored};

/// What is written for a service that has no slices yet.
fn check(scene: &str, expected: Expect) {
    expected.assert_eq(&show_lists(&plan(&backed(scene, &[]))));
}

#[test]
fn pods_are_listed_with_their_conditions_and_zones() {
    check(
        "http:80>8080 | a 10.0.0.1 ready | b 10.0.0.2 node=node-1 | c 10.0.0.3 ready deleting node=node-2",
        expect!["new IPv4 10.0.0.1@zone-0 !-10.0.0.2@zone-1 !~10.0.0.3 http:8080"],
    );
}
#[test]
fn what_is_not_ready_is_ready_where_it_is_to_be_published() {
    check(
        "80 unready | a 10.0.0.1 | b 10.0.0.2 ready deleting",
        expect!["new IPv4 -10.0.0.1@zone-0 ~10.0.0.2@zone-0 :80"],
    );
}
#[test]
fn a_service_without_pods_has_an_empty_slice() {
    check("80", expect!["new IPv4"]);
    check("80 dual", expect!["new IPv4\nnew IPv6"]);
}
#[test]
fn each_family_has_its_slices() {
    check(
        "80 dual | a 10.0.0.1,fd00::1 ready",
        expect!["new IPv4 10.0.0.1@zone-0 :80\nnew IPv6 fd00::1@zone-0 :80"],
    );
}
#[test]
fn pods_with_different_ports_are_in_different_slices() {
    check(
        "80>named | a 10.0.0.1 ready port=1 | b 10.0.0.2 ready port=2",
        expect!["new IPv4 10.0.0.1@zone-0 :1\nnew IPv4 10.0.0.2@zone-0 :2"],
    );
}
#[test]
fn pods_without_the_port_are_listed_all_the_same() {
    check("80>named | a 10.0.0.1 ready", expect!["new IPv4 10.0.0.1@zone-0"]);
    check("headless | a 10.0.0.1 ready host=first", expect!["new IPv4 10.0.0.1@zone-0(first)"]);
}
#[test]
fn a_pod_on_an_unknown_node_is_told_of_once_and_left_out() {
    let scene = backed("80 | a 10.0.0.1 ready node=gone | b 10.0.0.2 ready", &[]);
    let mut memory = Memory::default();
    let first = EndpointSliceController::plan(&mut memory, &scene, testkit::now());
    expect![[r#"
        announce # a pod is on a node that is not there
          Warning FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service shop/web: skipping Pod a for Service shop/web: Node gone Not Found
        all: create endpointslices web- # the slices there are have no room for it
          if refused: Warning FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service shop/web: failed to create EndpointSlice for Service shop/web: {error}
    "#]].assert_eq(&show(&first));
    let second = EndpointSliceController::plan(&mut memory, &scene, testkit::now());
    assert_eq!(second.steps().count(), 1);
    check("80 unready | a 10.0.0.1 node=gone", expect!["new IPv4 -10.0.0.1 :80"]);
}

#[test]
fn a_new_slice_has_labels_owner_and_the_time_of_the_change() {
    expect![[r#"{"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":true,"serving":true,"terminating":false},"nodeName":"node-0","targetRef":{"kind":"Pod","name":"a","namespace":"shop","uid":"a-uid"},"zone":"zone-0"}],"metadata":{"annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"2026-11-24T08:00:00Z"},"generateName":"web-","labels":{"endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io","kubernetes.io/service-name":"web","l":"1","service.kubernetes.io/headless":""},"name":"web-0","namespace":"shop","ownerReferences":[{"apiVersion":"v1","blockOwnerDeletion":true,"controller":true,"kind":"Service","name":"web","uid":"web-uid"}],"uid":"web-0"},"ports":[{"name":"","port":80,"protocol":"TCP"}]}"#]]
        .assert_eq(&stored("80 label headless | a 10.0.0.1 ready")[0].to_string());
    let empty = &stored("80")[0];
    assert_eq!((&empty["endpoints"], &empty["ports"]), (&Value::Null, &Value::Null));
}

/// Stores the slices of `before`, changes them, and shows what `after` brings.
fn check_change(before: &str, change: fn(&mut Value), after: &str, expected: Expect) {
    let mut slices = stored(before);
    slices.iter_mut().for_each(change);
    expected.assert_eq(&show_lists(&plan(&backed(after, &slices))));
}
const fn unchanged(_: &mut Value) {}

#[test]
fn nothing_is_written_at_rest() {
    check_change(
        "80 label | a 10.0.0.1 ready",
        unchanged,
        "80 label | a 10.0.0.1 ready",
        expect![""],
    );
    check_change("80", unchanged, "80", expect![""]);
}
#[test]
fn a_change_is_written_into_the_slice_it_concerns() {
    check_change(
        "80 | a 10.0.0.1 ready",
        unchanged,
        "80 | a 10.0.0.1 ready | b 10.0.0.2",
        expect!["web-0 10.0.0.1@zone-0 !-10.0.0.2@zone-0"],
    );
    check_change(
        "80 | a 10.0.0.1 ready",
        unchanged,
        "80 label | a 10.0.0.1 ready",
        expect!["web-0"],
    );
}
#[test]
fn new_ports_use_the_slice_of_the_old_ones() {
    check_change("80 | a 10.0.0.1 ready", unchanged, "81 | a 10.0.0.1 ready", expect!["web-0 :81"]);
}
#[test]
fn the_last_slice_becomes_the_empty_one() {
    check_change("80 | a 10.0.0.1 ready", unchanged, "80", expect!["web-0"]);
}
#[test]
fn slices_of_another_service_of_that_name_go() {
    let stray = |slice: &mut Value| slice["metadata"]["ownerReferences"][0]["uid"] = "old".into();
    check_change(
        "80 | a 10.0.0.1 ready",
        stray,
        "80 | a 10.0.0.1 ready",
        expect!["new IPv4 10.0.0.1@zone-0 :80\nweb-0 goes"],
    );
}
#[test]
fn slices_of_a_family_that_is_no_longer_asked_for_go_last() {
    check_change(
        "80 dual | a 10.0.0.1,fd00::1 ready",
        unchanged,
        "80 | a 10.0.0.1 ready | b 10.0.0.2 ready",
        expect!["web-0 10.0.0.1@zone-0 10.0.0.2@zone-0\nweb-1 goes"],
    );
}
#[test]
fn a_service_on_its_way_out_gets_no_new_slices() {
    check("80 deleting | a 10.0.0.1 ready", expect![""]);
    check_change(
        "80 | a 10.0.0.1 ready",
        unchanged,
        "80 deleting | a 10.0.0.1",
        expect!["web-0 !-10.0.0.1@zone-0"],
    );
}
#[test]
fn what_others_add_to_a_slice_stays() {
    let note = |slice: &mut Value| {
        slice["metadata"]["annotations"]["foreign"] = json!("x");
        slice["metadata"]["labels"]["foreign"] = json!("x");
    };
    let mut slices = stored("80 | a 10.0.0.1 ready");
    slices.iter_mut().for_each(note);
    expect![[r#"
        all: patch endpointslices web-0 {"metadata":{"labels":{"foreign":null}}} # the slice does not list what the pods are
          if refused: Warning FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service shop/web: failed to update web-0 EndpointSlice for Service shop/web: {error}
    "#]].assert_eq(&show(&plan(&backed("80 | a 10.0.0.1 ready", &slices))));
}
#[test]
fn one_pod_of_a_thousand_rewrites_one_slice() {
    let pods = |changed: &str| {
        let pod = |n: usize| {
            format!(
                "| p{n:04} 10.0.{}.{} {} ",
                n / 200,
                n % 200,
                if n == 777 { changed } else { "ready" }
            )
        };
        format!("80 {}", (0..1000).map(pod).collect::<String>())
    };
    let slices = stored(&pods("ready"));
    assert_eq!(slices.len(), 10);
    let plan = plan(&backed(&pods(""), &slices));
    assert_eq!(plan.steps().count(), 1);
}

#[test]
fn a_person_is_told_of_pods_and_slices() {
    let scene = "80 | a 10.0.0.1 ready | b 10.0.0.2 | c 10.0.0.3 ready node=lost";
    let backed = backed(scene, &stored("80 | a 10.0.0.1 ready"));
    let told = EndpointSliceController::describe(&backed, testkit::now());
    expect![[r#"
        pods: 3 have an address, 2 ready
        pod c: its node lost is not known
        slice web-0: Ipv4 with 1 endpoints, 1 ready; ports 80"#]]
    .assert_eq(&told.join("\n"));
}
