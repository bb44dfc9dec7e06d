//! Rows of services with pods, and what becomes of their Endpoints.

use std::sync::Arc;

use api::views::{Endpoints, Service};
use expect_test::{Expect, expect};
use runtime::{Action, Controller as _};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::{
    EndpointsController, Memory,
    observe::{Backed, Observed},
};
use crate::shared::service_notation::{pod, service};

/// What is published of a service and its pods, each as in `service_notation`, parted by `|`.
fn published(scene: &str) -> Value {
    let mut parts = scene.split('|').map(str::trim);
    let service = service(parts.next().unwrap_or_default());
    let pods: Vec<&str> = parts.collect();
    let plan = plan(&service, &pods, None);
    object(&plan).expect("a creation").clone()
}

fn object(plan: &runtime::Plan<super::Why>) -> Option<&Value> {
    plan.steps().find_map(|step| match &step.action {
        Action::Create { object, .. } => Some(object),
        Action::Patch { patch, .. } => Some(patch),
        Action::CreateSubresource { .. }
        | Action::Replace { .. }
        | Action::Delete { .. }
        | Action::DeleteCollection { .. }
        | Action::Announce => None,
    })
}

fn plan(service: &Service, pods: &[&str], stored: Option<&Value>) -> runtime::Plan<super::Why> {
    plan_with(&mut Memory::default(), service, pods, stored)
}

fn plan_with(
    memory: &mut Memory,
    service: &Service,
    pods: &[&str],
    stored: Option<&Value>,
) -> runtime::Plan<super::Why> {
    let endpoints = stored.map(|stored| Arc::new(Endpoints::deserialize(stored).expect("sound")));
    let backed = Backed {
        service: Arc::new(service.clone()),
        pods: pods.iter().map(|text| Arc::new(pod(text))).collect(),
        endpoints,
    };
    EndpointsController::plan(memory, &Observed::Selecting(backed), testkit::now())
}

/// One line a subset: ready addresses, `!` before those that are not, ports.
fn check(scene: &str, expected: Expect) {
    let object = published(scene);
    let list = |subset: &Value, field: &str, prefix: &str| -> Vec<String> {
        let items = subset[field].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| format!("{prefix}{}", word(item))).collect()
    };
    let subset = |subset: &Value| {
        let ready = list(subset, "addresses", "");
        let others = list(subset, "notReadyAddresses", "!");
        [ready, others, list(subset, "ports", "")].concat().join(" ")
    };
    let subsets = object["subsets"].as_array().cloned().unwrap_or_default();
    expected.assert_eq(&subsets.iter().map(subset).collect::<Vec<_>>().join("\n"));
}

fn word(item: &Value) -> String {
    let Some(ip) = item["ip"].as_str() else {
        return format!("{}:{}", item["name"].as_str().unwrap_or_default(), item["port"]);
    };
    let hostname = item["hostname"].as_str().map(|host| format!("({host})"));
    format!("{ip}{}", hostname.unwrap_or_default())
}

#[test]
fn ready_pods_are_told_from_others() {
    check(
        "http:80>8080 | a 10.0.0.2 ready | b 10.0.0.1 | c 10.0.0.3 ready",
        expect!["10.0.0.2 10.0.0.3 !10.0.0.1 http:8080"],
    );
}
#[test]
fn a_service_without_pods_has_no_subsets() {
    check("80", expect![""]);
}
#[test]
fn pods_that_go_are_left_out_unless_what_is_not_ready_is_published() {
    check("80 | a 10.0.0.1 ready deleting", expect![""]);
    check("80 unready | a 10.0.0.1 deleting | b 10.0.0.2", expect!["10.0.0.1 10.0.0.2 :80"]);
}
#[test]
fn a_pod_that_offers_fewer_ports_has_a_subset_of_its_own() {
    check(
        "http:80 named:81>named | a 10.0.0.1 ready | b 10.0.0.2 ready port=99",
        expect!["10.0.0.1 10.0.0.2 http:80\n10.0.0.2 named:99"],
    );
}
#[test]
fn a_pod_whose_ports_are_not_found_is_left_out() {
    check("80>named | a 10.0.0.1 ready", expect![""]);
}
#[test]
fn without_ports_only_a_headless_service_has_addresses() {
    check("headless | a 10.0.0.1 ready", expect!["10.0.0.1"]);
    check("label | a 10.0.0.1 ready", expect![""]);
}
#[test]
fn a_pod_with_a_name_in_the_domain_is_listed_with_it() {
    check("headless 80 | a 10.0.0.1 ready host=first", expect!["10.0.0.1(first) :80"]);
}
#[test]
fn the_first_address_of_the_family_is_taken() {
    check("80 v6 | a 10.0.0.1,FD00::1 ready | b 10.0.0.2 ready", expect!["fd00::1 :80"]);
    check("80 dual | a fd00::1,10.0.0.1 ready", expect!["10.0.0.1 :80"]);
}

#[test]
fn labels_follow_the_service_and_tell_who_manages_it() {
    let metadata = |scene: &str| published(scene)["metadata"].to_string();
    expect![[r#"{"annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"2026-11-24T08:00:00Z"},"labels":{"endpoints.kubernetes.io/managed-by":"endpoint-controller","l":"1"},"name":"web","namespace":"shop"}"#]].assert_eq(&metadata("80 label"));
    expect![[r#"{"annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"2026-11-24T08:00:00Z"},"labels":{"endpoints.kubernetes.io/managed-by":"endpoint-controller","service.kubernetes.io/headless":""},"name":"web","namespace":"shop"}"#]].assert_eq(&metadata("80 headless"));
}
#[test]
fn an_address_names_node_and_pod() {
    let object = published("80 | a 10.0.0.1 ready node=node-0");
    expect![[r#"{"ip":"10.0.0.1","nodeName":"node-0","targetRef":{"kind":"Pod","name":"a","namespace":"shop","uid":"a-uid"}}"#]]
        .assert_eq(&object["subsets"][0]["addresses"][0].to_string());
}

/// Stores what is published of `before`, changes it, and shows the patch that `after` brings.
fn check_update(before: &str, change: fn(&mut Value), after: &str, expected: Expect) {
    let mut stored = published(before);
    stored["metadata"]["uid"] = "e-uid".into();
    change(&mut stored);
    let mut parts = after.split('|').map(str::trim);
    let service = service(parts.next().unwrap_or_default());
    let plan = plan(&service, &parts.collect::<Vec<_>>(), Some(&stored));
    let mut patch = object(&plan).cloned().unwrap_or_default();
    if !patch["subsets"].is_null() {
        let addresses = patch.pointer("/subsets/0/addresses").and_then(Value::as_array);
        patch["subsets"] = json!(addresses.map(Vec::len));
    }
    expected.assert_eq(&patch.to_string());
}
const fn unchanged(_: &mut Value) {}

#[test]
fn what_is_right_is_not_written_again() {
    check_update(
        "80 label | a 10.0.0.1 ready",
        unchanged,
        "80 label | a 10.0.0.1 ready",
        expect!["null"],
    );
}
#[test]
fn the_same_in_another_order_is_not_written_again() {
    let turn = |stored: &mut Value| {
        stored["subsets"][0]["addresses"].as_array_mut().expect("two").reverse();
    };
    let scene = "80 | a 10.0.0.1 ready | b 10.0.0.2 ready";
    check_update(scene, turn, scene, expect!["null"]);
}
#[test]
fn a_change_is_written_with_what_else_differs() {
    check_update(
        "80 | a 10.0.0.1 ready",
        unchanged,
        "80 | a 10.0.0.1 ready | b 10.0.0.2 ready",
        expect![[r#"{"subsets":2}"#]],
    );
    check_update(
        "80 label | a 10.0.0.1 ready",
        unchanged,
        "80 | a 10.0.0.1 ready",
        expect![[r#"{"metadata":{"labels":{"l":null}}}"#]],
    );
}
#[test]
fn the_time_of_the_last_change_goes_with_a_change_that_has_none() {
    let service = service("80");
    let mut memory = Memory::default();
    let stored = object(&plan_with(&mut memory, &service, &["a 10.0.0.1 ready"], None)).cloned();
    let plan = plan_with(&mut memory, &service, &[], stored.as_ref());
    expect![[r#"{"metadata":{"annotations":{"endpoints.kubernetes.io/last-change-trigger-time":null}},"subsets":null}"#]]
        .assert_eq(&object(&plan).cloned().unwrap_or_default().to_string());
}

#[test]
fn of_too_many_addresses_a_thousand_stay_and_it_is_told() {
    let names: Vec<String> =
        (0..1200).map(|n| format!("p{n} 10.0.{}.{} ready", n / 200, n % 200)).collect();
    let pods: Vec<&str> = names.iter().map(String::as_str).collect();
    let plan = plan(&service("80"), &pods, None);
    let mut stored = object(&plan).cloned().expect("a creation");
    assert_eq!(stored["subsets"][0]["addresses"].as_array().map(Vec::len), Some(1000));
    assert_eq!(
        stored["metadata"]["annotations"]["endpoints.kubernetes.io/over-capacity"],
        "truncated"
    );
    stored["metadata"]["uid"] = "e-uid".into();
    let again = self::plan(&service("80"), &pods, Some(&stored));
    assert_eq!(again.steps().count(), 0);
    let fewer = self::plan(&service("80"), &pods[..1000], Some(&stored));
    expect![[r#"{"annotations":{"endpoints.kubernetes.io/over-capacity":null}}"#]]
        .assert_eq(&object(&fewer).expect("a change")["metadata"].to_string());
}

/// Whether Endpoints that have no service go.
fn check_leftover(memory: &mut Memory, labels: Value, expected: usize) {
    let stored = json!({"metadata": {"name": "web", "namespace": "shop", "labels": labels}});
    let endpoints = Arc::new(Endpoints::deserialize(&stored).expect("sound"));
    let plan = EndpointsController::plan(memory, &Observed::Leftover(endpoints), testkit::now());
    assert_eq!(plan.steps().count(), expected);
}
#[test]
fn what_a_service_leaves_goes_and_what_never_had_one_stays() {
    let ours = json!({"endpoints.kubernetes.io/managed-by": "endpoint-controller"});
    check_leftover(&mut Memory::default(), ours, 1);
    check_leftover(&mut Memory::default(), json!({}), 0);
    let mut memory = Memory::default();
    let plan = EndpointsController::plan(&mut memory, &Observed::Foreign, testkit::now());
    assert_eq!(plan.steps().count(), 0);
    check_leftover(&mut memory, json!({}), 1);
}

#[test]
fn a_person_is_told_of_pods_and_of_what_is_published() {
    let backed = super::observe::Backed {
        service: Arc::new(service("80")),
        pods: vec![Arc::new(pod("a 10.0.0.1 ready")), Arc::new(pod("b 10.0.0.2"))],
        endpoints: None,
    };
    let observed = super::Observed::Selecting(backed);
    expect![[r#"
        pods: 2 have an address, 1 ready
        endpoints: none"#]]
    .assert_eq(&super::describe::lines(&observed).join("\n"));
}

#[test]
fn what_is_refused_is_told_of() {
    let service = service("80");
    let told = |stored: Option<&Value>| {
        let shown = testkit::show(&plan(&service, &["a 10.0.0.1 ready"], stored));
        let line = shown.lines().find(|line| line.contains("if refused"));
        line.unwrap_or_default().trim().to_owned()
    };
    let stored = json!({"metadata": {"name": "web", "namespace": "shop", "uid": "e", "resourceVersion": "3"}});
    expect![["if refused: Warning FailedToCreateEndpoint: Failed to create endpoint for service shop/web: {error}"]].assert_eq(&told(None));
    expect![[
        "if refused: Warning FailedToUpdateEndpoint: Failed to update endpoint shop/web: {error}"
    ]]
    .assert_eq(&told(Some(&stored)));
}
