//! What is wrong with pods, row by row.

use serde_json::{Value, json};

use crate::kinds::testing::Kind;

mod changes;
mod containers;
mod scheduling;

const PODS: Kind = Kind("", "v1", "pods");

fn pod(spec: Value) -> Value {
    json!({"metadata": {"name": "p", "namespace": "d"}, "spec": spec})
}

/// A pod with one sound container, to which something is added.
fn with_container(more: Value) -> Value {
    let mut container = json!({"name": "c", "image": "i"});
    for (field, value) in more.as_object().into_iter().flatten() {
        container[field] = value.clone();
    }
    pod(json!({"containers": [container]}))
}

/// A sound pod to whose spec something is added.
fn with_spec(more: Value) -> Value {
    let mut pod = with_container(json!({}));
    for (field, value) in more.as_object().into_iter().flatten() {
        pod["spec"][field] = value.clone();
    }
    pod
}

#[track_caller]
fn container(more: Value, expected: &[&str]) {
    let expected: Vec<String> =
        expected.iter().map(|text| format!("spec.containers[0].{text}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    PODS.create(with_container(more), &expected);
}

#[track_caller]
fn spec(more: Value, expected: &[&str]) {
    let expected: Vec<String> = expected.iter().map(|text| format!("spec.{text}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    PODS.create(with_spec(more), &expected);
}
