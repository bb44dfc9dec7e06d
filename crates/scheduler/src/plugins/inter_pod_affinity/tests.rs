//! Pods with company on three nodes in two zones.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::plugins::shared::testing::{cluster, labelled, pod_gone, scores, verdicts};

const ZONE: &str = "topology.kubernetes.io/zone";

fn plugin() -> InterPodAffinity {
    let arguments = InterPodAffinityArguments::default();
    InterPodAffinity { arguments, namespaces: Arc::default() }
}
fn term(app: &str, key: &str) -> Value {
    json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": key})
}
fn required(side: &str, app: &str, key: &str) -> Value {
    let terms = json!([term(app, key)]);
    json!({"affinity": {side: {"requiredDuringSchedulingIgnoredDuringExecution": terms}}})
}
fn preferred(side: &str, app: &str) -> Value {
    let terms = json!([{"weight": 10, "podAffinityTerm": term(app, ZONE)}]);
    json!({"affinity": {side: {"preferredDuringSchedulingIgnoredDuringExecution": terms}}})
}
/// Two nodes in zone x, one in zone y; `here` is on the first of them.
fn zones(here: &[Pod]) -> Snapshot {
    let labels = |zone: &str| json!({ZONE: zone});
    let spec = || json!({});
    cluster(&[
        ("a", spec(), labels("x"), here),
        ("b", spec(), labels("x"), &[]),
        ("c", spec(), labels("y"), &[]),
    ])
}
fn app(name: &str, spec: Value) -> Pod {
    labelled(json!({ "app": name }), spec)
}
fn check(pod: &Pod, here: &[Pod], expected: Expect) {
    expected.assert_eq(&verdicts(&plugin(), pod, &zones(here)));
}

#[test]
fn a_pod_goes_where_those_are_that_it_wants_to_be_near() {
    check(
        &app("web", required("podAffinity", "store", ZONE)),
        &[app("store", json!({}))],
        expect![[r#"
            a: fits
            c: node(s) didn't match pod affinity rules
            b: fits"#]],
    );
}

#[test]
fn the_first_of_a_group_may_be_anywhere_and_the_others_follow() {
    let web = app("web", required("podAffinity", "web", ZONE));
    check(
        &web,
        &[],
        expect![[r#"
            a: fits
            c: fits
            b: fits"#]],
    );
    check(
        &web,
        std::slice::from_ref(&web),
        expect![[r#"
            a: fits
            c: node(s) didn't match pod affinity rules
            b: fits"#]],
    );
}

#[test]
fn pods_keep_away_from_those_they_do_not_want_and_those_that_do_not_want_them() {
    let lonely = app("web", required("podAntiAffinity", "web", ZONE));
    check(
        &lonely,
        &[app("web", json!({}))],
        expect![[r#"
            a: node(s) didn't match pod anti-affinity rules
            c: fits
            b: node(s) didn't match pod anti-affinity rules"#]],
    );
    check(
        &app("web", json!({})),
        &[lonely],
        expect![[r#"
            a: node(s) didn't satisfy existing pods anti-affinity rules
            c: fits
            b: node(s) didn't satisfy existing pods anti-affinity rules"#]],
    );
}

#[test]
fn liking_goes_by_weight() {
    let near = app("web", preferred("podAffinity", "store"));
    let far = app("web", preferred("podAntiAffinity", "store"));
    let store = [app("store", json!({}))];
    assert_eq!(scores(&plugin(), &near, &zones(&store)), "a: 100, c: 0, b: 100");
    assert_eq!(scores(&plugin(), &far, &zones(&store)), "a: 0, c: 100, b: 0");
    assert_eq!(scores(&plugin(), &near, &zones(&[])), "skip");
    // What those want who are there counts as well.
    assert_eq!(scores(&plugin(), &store[0], &zones(&[near])), "a: 100, c: 0, b: 100");
}

#[test]
fn what_is_supposed_to_go_is_not_counted() {
    let plugin = plugin();
    let (lonely, other) =
        (app("web", required("podAntiAffinity", "web", ZONE)), app("web", json!({})));
    let zones = zones(std::slice::from_ref(&other));
    let (mut state, pod) = (CycleState::default(), Arc::new(lonely));
    plugin.pre_filter(&mut state, &pod, &zones).expect("a look");
    let node = zones.node("a").expect("a node");
    assert!(plugin.filter(&state, &pod, node).is_err());
    plugin.remove_pod(&mut state, &pod, &other, node);
    assert!(plugin.filter(&state, &pod, node).is_ok());
    plugin.add_pod(&mut state, &pod, &other, node);
    assert!(plugin.filter(&state, &pod, node).is_err());
}

#[test]
fn only_the_going_of_an_unwanted_pod_helps() {
    let lonely = app("web", required("podAntiAffinity", "web", ZONE));
    assert_eq!(plugin().hint(&lonely, &pod_gone(&app("web", json!({})))), Hint::Queue);
    assert_eq!(plugin().hint(&lonely, &pod_gone(&app("store", json!({})))), Hint::Skip);
}
