//! Tables of services with pods, and what becomes of their slices.

mod filling;
mod hints;
mod metrics;
mod plan;
mod topology;
mod wakes;

use std::sync::Arc;

use api::views::EndpointSlice;
use runtime::{Action, Controller as _, Plan};
use serde_json::{Value, json};

use super::{EndpointSliceController, Memory, SliceSettings, Why, observe::Backed};
use crate::shared::service_notation::{pod, service};

/// The nodes there are, each in a zone of its own but the last, which is in none.
const NODES: [(&str, &str); 3] = [("node-0", "zone-0"), ("node-1", "zone-1"), ("node-2", "")];

/// A service and its pods, each as in `service_notation`, parted by `|`; pods are on `node-0` unless
/// they say otherwise.
fn backed(scene: &str, slices: &[Value]) -> Backed {
    let mut parts = scene.split('|').map(str::trim);
    let service = Arc::new(service(parts.next().unwrap_or_default()));
    let on_a_node = |text: &str| {
        let mut pod = pod(text);
        if pod.spec.node_name.is_empty() {
            pod.spec.node_name = "node-0".into();
        }
        Arc::new(pod)
    };
    let slice = |slice: &Value| -> Arc<EndpointSlice> {
        Arc::new(serde_json::from_value(slice.clone()).expect("a slice"))
    };
    Backed {
        service,
        pods: parts.map(on_a_node).collect(),
        zones: NODES.iter().map(|(node, zone)| ((*node).into(), (*zone).into())).collect(),
        slices: slices.iter().map(slice).collect(),
        settings: SliceSettings::default(),
        capacity: None,
    }
}

fn plan(backed: &Backed) -> Plan<Why> {
    EndpointSliceController::plan(&mut Memory::default(), backed, testkit::now())
}

/// The slices of a scene as they would be stored: `web-0`, `web-1`, …
fn stored(scene: &str) -> Vec<Value> {
    let plan = plan(&backed(scene, &[]));
    let creations = plan.steps().filter_map(|step| match &step.action {
        Action::Create { object, .. } => Some(object.clone()),
        Action::Patch { .. }
        | Action::CreateSubresource { .. }
        | Action::Replace { .. }
        | Action::Delete { .. }
        | Action::DeleteCollection { .. }
        | Action::Announce => None,
    });
    let stored = creations.enumerate().map(|(number, mut object)| {
        object["metadata"]["name"] = json!(format!("web-{number}"));
        object["metadata"]["uid"] = json!(format!("web-{number}"));
        object
    });
    stored.collect()
}

/// One line for each slice of a plan: `new` or its name, then endpoints (`!` not ready, `-` not
/// serving, `~` terminating, `@zone`, `(host)`) and ports.
fn show_lists(plan: &Plan<Why>) -> String {
    let line = |action: &Action| match action {
        Action::Create { object, .. } => Some(format!("new {}", show_list(object))),
        Action::Patch { target, patch, .. } => {
            Some(format!("{} {}", target.key.name, show_list(patch)))
        }
        Action::Delete { target, .. } => Some(format!("{} goes", target.key.name)),
        Action::CreateSubresource { .. }
        | Action::Replace { .. }
        | Action::DeleteCollection { .. }
        | Action::Announce => None,
    };
    let lines = plan.steps().filter_map(|step| line(&step.action));
    lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn show_list(slice: &Value) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(slice["addressType"].as_str().map(str::to_owned));
    for endpoint in slice["endpoints"].as_array().into_iter().flatten() {
        words.push(show_endpoint(endpoint));
    }
    for port in slice["ports"].as_array().into_iter().flatten() {
        words.push(format!("{}:{}", port["name"].as_str().unwrap_or_default(), port["port"]));
    }
    words.join(" ")
}

fn show_endpoint(endpoint: &Value) -> String {
    let condition = |name: &str| endpoint["conditions"][name].as_bool();
    let mark = |wanted: bool, mark: &str| if wanted { mark.to_owned() } else { String::new() };
    let extra = |name: &str, before: &str, after: &str| {
        let value = endpoint[name].as_str();
        value.map(|value| format!("{before}{value}{after}")).unwrap_or_default()
    };
    [
        mark(condition("ready") == Some(false), "!"),
        mark(condition("serving") == Some(false), "-"),
        mark(condition("terminating") == Some(true), "~"),
        endpoint["addresses"][0].as_str().unwrap_or_default().to_owned(),
        extra("zone", "@", ""),
        extra("hostname", "(", ")"),
    ]
    .concat()
}
