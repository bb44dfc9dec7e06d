//! The objects that a user sends.

use api::catalog::{self, ResourceFacts};
use serde_json::{Value, json};

use super::POD_MILLICORES;
use crate::plan::{Draft, Strategy};

pub(super) fn deployment(draft: &Draft) -> Value {
    let labels = json!({"app": draft.name});
    let strategy = match &draft.strategy {
        Strategy::Recreate => json!({"type": "Recreate"}),
        Strategy::Rolling { surge, unavailable } => json!({
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
        }),
    };
    let container = json!({
        "name": "app", "image": draft.image,
        "resources": {"requests": {"cpu": format!("{POD_MILLICORES}m")}},
    });
    json!({
        "metadata": {"name": draft.name},
        "spec": {
            "replicas": draft.replicas,
            "selector": {"matchLabels": labels},
            "strategy": strategy,
            "progressDeadlineSeconds": draft.deadline_seconds,
            "minReadySeconds": draft.min_ready_seconds,
            "revisionHistoryLimit": draft.history_limit,
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    })
}

/// The resource of an object that names its kind.
pub(super) fn resource_of(object: &Value) -> Option<&'static ResourceFacts> {
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    let api_version = text("apiVersion");
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    catalog::builtin().resource_of_kind(group, version, text("kind")).map(|facts| &**facts)
}

/// The resource and subresource of `plural.group/subresource`.
pub(super) fn resource_named(text: &str) -> Option<(&'static ResourceFacts, &str)> {
    let (resource, subresource) = text.split_once('/').unwrap_or((text, ""));
    let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
    let mut all = catalog::builtin().resources().iter();
    let facts = all.find(|facts| {
        facts.resource.plural == plural && facts.resource.group == group && facts.has_verb("get")
    });
    facts.map(|facts| (&**facts, subresource))
}
