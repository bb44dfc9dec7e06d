//! Pods spread over three nodes in two zones.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::plugins::shared::testing::{cluster, labelled, pod_gone, scores, verdicts};

const ZONE: &str = "topology.kubernetes.io/zone";

fn plugin() -> PodTopologySpread {
    PodTopologySpread { defaults: defaults::system(), is_system: true, owners: Owners::default() }
}
fn spread(extra: Value) -> Pod {
    let mut constraint = json!({
        "maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    });
    for (key, value) in extra.as_object().into_iter().flatten() {
        constraint[key] = value.clone();
    }
    labelled(json!({"app": "web"}), json!({"topologySpreadConstraints": [constraint]}))
}
/// Two nodes in zone x with so many pods, one in zone y, one without a zone.
fn zones(on_a: usize, on_c: usize) -> Snapshot {
    let web = labelled(json!({"app": "web"}), json!({}));
    let (a, c) = (vec![web.clone(); on_a], vec![web; on_c]);
    let in_zone = |zone: &str| json!({ZONE: zone});
    cluster(&[
        ("a", json!({}), in_zone("x"), &a),
        ("b", json!({}), in_zone("x"), &[]),
        ("c", json!({}), in_zone("y"), &c),
        ("d", json!({}), json!({}), &[]),
    ])
}
fn check(pod: &Pod, cluster: &Snapshot, expected: Expect) {
    expected.assert_eq(&verdicts(&plugin(), pod, cluster));
}

#[test]
fn no_domain_gets_too_far_ahead() {
    check(
        &spread(json!({})),
        &zones(1, 0),
        expect![[r#"
            d: node(s) didn't match pod topology spread constraints (missing required label)
            a: node(s) didn't match pod topology spread constraints
            c: fits
            b: node(s) didn't match pod topology spread constraints"#]],
    );
    check(
        &spread(json!({"maxSkew": 2})),
        &zones(1, 0),
        expect![[r#"
            d: node(s) didn't match pod topology spread constraints (missing required label)
            a: fits
            c: fits
            b: fits"#]],
    );
}

#[test]
fn while_there_are_too_few_domains_the_smallest_counts_as_empty() {
    check(
        &spread(json!({"minDomains": 3})),
        &zones(1, 1),
        expect![[r#"
            d: node(s) didn't match pod topology spread constraints (missing required label)
            a: node(s) didn't match pod topology spread constraints
            c: node(s) didn't match pod topology spread constraints
            b: node(s) didn't match pod topology spread constraints"#]],
    );
}

#[test]
fn a_soft_constraint_prefers_the_emptier_domain() {
    let soft = spread(json!({"whenUnsatisfiable": "ScheduleAnyway"}));
    assert_eq!(scores(&plugin(), &soft, &zones(2, 1)), "d: 0, a: 33, c: 100, b: 33");
    assert_eq!(scores(&plugin(), &soft, &zones(0, 0)), "d: 0, a: 100, c: 100, b: 100");
    assert_eq!(scores(&plugin(), &spread(json!({})), &zones(0, 0)), "skip");
}

#[test]
fn pods_without_owner_or_service_are_not_spread_by_default() {
    let web = labelled(json!({"app": "web"}), json!({}));
    assert_eq!(scores(&plugin(), &web, &zones(2, 0)), "skip");
}

#[test]
fn a_pod_that_counts_helps_when_it_goes() {
    let web = labelled(json!({"app": "web"}), json!({}));
    assert_eq!(plugin().hint(&spread(json!({})), &pod_gone(&web)), Hint::Queue);
    let other = labelled(json!({"app": "store"}), json!({}));
    assert_eq!(plugin().hint(&spread(json!({})), &pod_gone(&other)), Hint::Skip);
}

#[test]
fn wrong_arguments_are_told() {
    let told = |given: Value| {
        let arguments = Arguments::new(given).read::<PodTopologySpreadArguments>();
        arguments.map_err(|error| error.to_string()).and_then(|read| validate(&read)).err()
    };
    let one = json!({"maxSkew": 0, "topologyKey": "a", "whenUnsatisfiable": "ScheduleAnyway"});
    assert_eq!(
        told(json!({"defaultConstraints": [one]})).as_deref(),
        Some("defaultingType: Invalid value: \"System\": when .defaultConstraints are not empty")
    );
    assert_eq!(
        told(json!({"defaultConstraints": [one], "defaultingType": "List"})).as_deref(),
        Some("defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range (0, inf)")
    );
}
