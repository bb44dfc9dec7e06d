//! The core group, but for what runs pods.

use serde_json::Value;

use super::{
    column::{
        Column, ColumnType, age, computed, container_images, container_names, count, date, labels,
        name, text,
    },
    events::EVENT,
    network::{ENDPOINTS, SERVICE},
    nodes::NODE,
    object::{Object, join, plain, plain_or, text as text_in},
    pods::POD,
    storage::{PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM},
};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    Some(match kind {
        "ComponentStatus" => COMPONENT_STATUS,
        "ConfigMap" => CONFIG_MAP,
        "Endpoints" => ENDPOINTS,
        "Event" => EVENT,
        "LimitRange" => LIMIT_RANGE,
        "Namespace" => NAMESPACE,
        "Node" => NODE,
        "PersistentVolume" => PERSISTENT_VOLUME,
        "PersistentVolumeClaim" => PERSISTENT_VOLUME_CLAIM,
        "Pod" => POD,
        "PodTemplate" => POD_TEMPLATE,
        "ResourceQuota" => RESOURCE_QUOTA,
        "Secret" => SECRET,
        "Service" => SERVICE,
        "ServiceAccount" => SERVICE_ACCOUNT,
        _ => return None,
    })
}

const NAMESPACE: &[Column] = &[name(), text("Status", "status.phase"), age()];
const SERVICE_ACCOUNT: &[Column] = &[name(), age()];
const LIMIT_RANGE: &[Column] = &[name(), date("Created At", "metadata.creationTimestamp")];
const CONFIG_MAP: &[Column] =
    &[name(), computed("Data", |map| (map.count("data") + map.count("binaryData")).into()), age()];
const SECRET: &[Column] =
    &[name(), text("Type", "type"), count("Data", "data").said_to_be(ColumnType::String), age()];
const POD_TEMPLATE: &[Column] = &[
    name(),
    container_names("template.spec.containers"),
    container_images("template.spec.containers"),
    labels("Pod Labels", "template.metadata.labels"),
];
const RESOURCE_QUOTA: &[Column] = &[
    name(),
    computed("Request", |quota| usage(quota, |key| !is_limit(key))),
    computed("Limit", |quota| usage(quota, is_limit)),
    age(),
];
const COMPONENT_STATUS: &[Column] = &[
    name(),
    computed("Status", |component| match health(component) {
        None => "Unknown".into(),
        Some(condition) if text_in(condition, "status") == "True" => "Healthy".into(),
        Some(_) => "Unhealthy".into(),
    }),
    computed("Message", |component| of_health(component, "message")),
    computed("Error", |component| of_health(component, "error")),
];

fn is_limit(key: &str) -> bool {
    key.starts_with("limits.")
}

/// `key: used/hard` of each resource.
fn usage(quota: Object<'_>, is_shown: fn(&str) -> bool) -> Value {
    let used = quota.at("status.used");
    let hard = quota.at("status.hard").as_object().into_iter().flatten();
    let shown = hard.filter(|(key, _)| is_shown(key)).map(|(key, hard)| {
        let used = plain_or(&used[key], "0");
        format!("{key}: {used}/{}", plain(hard))
    });
    join(shown, ", ").into()
}

fn health(component: Object<'_>) -> Option<&Value> {
    let mut conditions = component.list("conditions").iter();
    conditions.find(|condition| text_in(condition, "type") == "Healthy")
}

fn of_health(component: Object<'_>, member: &str) -> Value {
    health(component).map_or("", |condition| text_in(condition, member)).into()
}
