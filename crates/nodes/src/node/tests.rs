//! When nodes show signs of life, and which.

use std::sync::Arc;

use meta::time::Time;
use serde_json::{Value, json};

use super::{status::status, *};

fn plan_at(node: Value, lease: Option<Value>, seconds: i64) -> Vec<Why> {
    let observed = NodeWithLease {
        node: Arc::new(serde_json::from_value(node).expect("a node")),
        lease: lease.map(|lease| Arc::new(serde_json::from_value(lease).expect("a lease"))),
    };
    let plan = NodeAgent::plan(&mut (), &observed, Time::from_seconds(seconds));
    plan.steps().map(|step| step.why).collect()
}

fn healthy() -> Value {
    json!({"metadata": {"name": "node-0"}, "status": status("node-0", &[], None, Time::from_seconds(0))})
}
fn lease() -> Value {
    json!({"metadata": {"name": "node-0"}, "spec": {"renewTime": "1970-01-01T00:00:00.000000Z"}})
}

#[test]
fn a_new_node_gets_a_lease_and_a_status() {
    let node = json!({"metadata": {"name": "node-0"}});
    assert_eq!(plan_at(node, None, 0), [Why::LeaseMissing, Why::StatusDue]);
}

#[test]
fn a_healthy_node_is_left_alone_until_its_lease_is_due() {
    assert_eq!(plan_at(healthy(), Some(lease()), 9), []);
    assert_eq!(plan_at(healthy(), Some(lease()), 10), [Why::LeaseDue]);
    assert_eq!(plan_at(healthy(), Some(lease()), 300), [Why::LeaseDue, Why::StatusDue]);
}

/// What is done at `seconds` on a node that fails so.
fn failing(how: &str, ends: Option<i64>, seconds: i64) -> (Vec<Why>, Option<u64>) {
    let mut node = healthy();
    node["metadata"]["annotations"] = json!({
        FAILURE_ANNOTATION: how,
        FAILURE_ENDS_ANNOTATION: ends.map(Time::from_seconds).map(|time| time.to_string()),
    });
    if ends.is_none() {
        node["metadata"]["annotations"] = json!({FAILURE_ANNOTATION: how});
    }
    let observed = NodeWithLease {
        node: Arc::new(serde_json::from_value(node).expect("a node")),
        lease: Some(Arc::new(serde_json::from_value(lease()).expect("a lease"))),
    };
    let plan = NodeAgent::plan(&mut (), &observed, Time::from_seconds(seconds));
    (plan.steps().map(|step| step.why).collect(), plan.wake_after.map(|wake| wake.as_secs()))
}

#[test]
fn a_clock_that_was_set_back_makes_nobody_silent() {
    let renewed_ahead = json!({"metadata": {"name": "node-0"}, "spec": {"renewTime": "1970-01-01T01:00:00.000000Z"}});
    assert_eq!(plan_at(healthy(), Some(renewed_ahead), 9), [Why::LeaseDue]);
}

#[test]
fn nothing_is_heard_of_a_node_that_is_unreachable() {
    assert_eq!(failing("unreachable", None, 400), (vec![], None));
    assert_eq!(failing("unreachable", Some(900), 400), (vec![], Some(500)));
}

#[test]
fn a_node_that_is_not_ready_says_so() {
    assert_eq!(failing("not-ready", None, 10), (vec![Why::LeaseDue, Why::StatusDue], Some(10)));
}

#[test]
fn a_failure_ends_in_time_and_one_that_is_not_known_is_none() {
    assert_eq!(failing("unreachable", Some(400), 400), (vec![Why::FailureOver], None));
    assert_eq!(failing("odd", None, 9), (vec![], Some(1)));
}
