//! What runs pods for ever: deployments, replica sets, stateful sets, daemon sets.

use meta::selector::Selector;
use serde_json::Value;

use super::{
    column::{
        Column, ColumnType::String, age, computed, container_images, container_names, labels, name,
        number, selector,
    },
    object::{Object, plain, text},
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "ControllerRevision" => CONTROLLER_REVISION,
        "DaemonSet" => DAEMON_SET,
        "Deployment" => DEPLOYMENT,
        "ReplicaSet" => REPLICA_SET,
        "ReplicationController" => REPLICATION_CONTROLLER,
        "StatefulSet" => STATEFUL_SET,
        _ => return None,
    })
}

const CONTAINERS: &str = "spec.template.spec.containers";

const DEPLOYMENT: &[Column] = &[
    name(),
    computed("Ready", |deployment| ready(deployment).into()),
    number("Up-to-date", "status.updatedReplicas").said_to_be(String),
    number("Available", "status.availableReplicas").said_to_be(String),
    age(),
    container_names(CONTAINERS).wide(),
    container_images(CONTAINERS).wide(),
    computed("Selector", deployment_selector).wide(),
];
const REPLICA_SET: &[Column] = &[
    name(),
    number("Desired", "spec.replicas"),
    number("Current", "status.replicas"),
    number("Ready", "status.readyReplicas"),
    age(),
    container_names(CONTAINERS).wide(),
    container_images(CONTAINERS).wide(),
    selector("Selector", "spec.selector").wide(),
];
const REPLICATION_CONTROLLER: &[Column] = &[
    name(),
    number("Desired", "spec.replicas"),
    number("Current", "status.replicas"),
    number("Ready", "status.readyReplicas"),
    age(),
    container_names(CONTAINERS).wide(),
    container_images(CONTAINERS).wide(),
    labels("Selector", "spec.selector").wide(),
];
const STATEFUL_SET: &[Column] = &[
    name(),
    computed("Ready", |set| ready(set).into()),
    age(),
    container_names(CONTAINERS).wide(),
    container_images(CONTAINERS).wide(),
];
const DAEMON_SET: &[Column] = &[
    name(),
    number("Desired", "status.desiredNumberScheduled"),
    number("Current", "status.currentNumberScheduled"),
    number("Ready", "status.numberReady"),
    number("Up-to-date", "status.updatedNumberScheduled"),
    number("Available", "status.numberAvailable"),
    labels("Node Selector", "spec.template.spec.nodeSelector"),
    age(),
    container_names(CONTAINERS).wide(),
    container_images(CONTAINERS).wide(),
    selector("Selector", "spec.selector").wide(),
];
const CONTROLLER_REVISION: &[Column] = &[
    name(),
    computed("Controller", |revision| controller(revision).into()),
    number("Revision", "revision").said_to_be(String),
    age(),
];

fn ready(object: Object<'_>) -> std::string::String {
    format!("{}/{}", object.number("status.readyReplicas"), object.number("spec.replicas"))
}

/// Unlike other kinds, an empty selector stays empty.
fn deployment_selector(deployment: Object<'_>) -> Value {
    let selector = Selector::from_json(deployment.at("spec.selector"));
    selector.map_or_else(|_| "<invalid>".into(), |selector| selector.to_string().into())
}

fn controller(revision: Object<'_>) -> std::string::String {
    let mut owners = revision.list("metadata.ownerReferences").iter();
    let Some(owner) = owners.find(|owner| owner["controller"] == true) else {
        return "<none>".to_owned();
    };
    let kind = match text(owner, "apiVersion").split_once('/') {
        Some((group, _)) => format!("{}.{group}", text(owner, "kind")),
        None => text(owner, "kind").to_owned(),
    };
    format!("{}/{}", kind.to_lowercase(), plain(&owner["name"]))
}
