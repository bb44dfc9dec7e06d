//! The fields that objects can be selected by.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{catalog::ResourceFacts, json};

/// Fields that every resource has and that are part of its key.
const KEY_FIELDS: [&str; 2] = ["metadata.name", "metadata.namespace"];
/// Fields that read `false` when absent.
const FLAGS: [&str; 2] = ["spec.hostNetwork", "spec.unschedulable"];
/// Fields that read `0` when absent.
const COUNTERS: [&str; 2] = ["status.replicas", "status.successful"];
/// Where a field lies when that is not where its label says, in the order of looking.
const PLACES: [(&str, &[&str]); 10] = [
    ("involvedObject.apiVersion", &["involvedObject.apiVersion", "regarding.apiVersion"]),
    ("involvedObject.fieldPath", &["involvedObject.fieldPath", "regarding.fieldPath"]),
    ("involvedObject.kind", &["involvedObject.kind", "regarding.kind"]),
    ("involvedObject.name", &["involvedObject.name", "regarding.name"]),
    ("involvedObject.namespace", &["involvedObject.namespace", "regarding.namespace"]),
    (
        "involvedObject.resourceVersion",
        &["involvedObject.resourceVersion", "regarding.resourceVersion"],
    ),
    ("involvedObject.uid", &["involvedObject.uid", "regarding.uid"]),
    ("reportingComponent", &["reportingComponent", "reportingController"]),
    (
        "source",
        &[
            "source.component",
            "deprecatedSource.component",
            "reportingComponent",
            "reportingController",
        ],
    ),
    ("status.successful", &["status.succeeded"]),
];

/// The values of the fields that objects of this resource are selected by, by label; name and
/// namespace are not among them.
pub fn values(resource: &ResourceFacts, object: &Value) -> BTreeMap<String, String> {
    if let Some(custom) = &resource.custom {
        return custom.selected_values(object);
    }
    let labels = resource.field_selectors.iter().map(|entry| canonical(entry));
    let labels = labels.filter(|label| !KEY_FIELDS.contains(label));
    labels.map(|label| (label.to_owned(), value(object, label))).collect()
}

fn value(object: &Value, label: &str) -> String {
    let places = PLACES.iter().find(|(known, _)| *known == label).map(|(_, places)| *places);
    let own = [label];
    let found = places.unwrap_or(&own).iter().map(|place| json::at(object, place));
    let mut found = found.filter(|value| !value.is_null() && value.as_str() != Some(""));
    match found.next() {
        Some(value) => json::scalar_text(value).into_owned(),
        None if FLAGS.contains(&label) => "false".to_owned(),
        None if COUNTERS.contains(&label) => "0".to_owned(),
        None => String::new(),
    }
}

/// The label that an entry `label` or `alias->label` stands for.
fn canonical(entry: &str) -> &str {
    entry.split_once("->").map_or(entry, |(_, label)| label)
}

/// The canonical form of a field label.
///
/// # Errors
/// The message for clients, if objects of this resource cannot be selected by that field.
pub fn check(resource: &ResourceFacts, label: &str) -> Result<String, String> {
    let mut entries = resource.field_selectors.iter();
    let alias = |entry: &str| entry.split_once("->").map_or(entry, |(alias, _)| alias) == label;
    if let Some(entry) = entries.find(|entry| alias(entry) || canonical(entry) == label) {
        return Ok(canonical(entry).to_owned());
    }
    let never_matches = resource.field_selectors_never_matching.iter().any(|known| known == label);
    if never_matches || KEY_FIELDS.contains(&label) {
        return Ok(label.to_owned());
    }
    let named = &resource.resource;
    if named.plural == "jobs" && named.group == "batch" {
        return Err(format!("field label {label:?} not supported for Job"));
    }
    let has_own_rule = resource.custom.is_some()
        || resource.field_selectors.iter().any(|entry| !KEY_FIELDS.contains(&entry.as_str()));
    if has_own_rule {
        return Err(format!("field label not supported: {label}"));
    }
    Err(format!(
        "{label:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;

    fn facts(group: &str, version: &str, plural: &str) -> &'static ResourceFacts {
        catalog::builtin().resource(group, version, plural).expect("served")
    }

    #[test]
    fn an_absent_flag_is_false_and_an_absent_counter_zero() {
        let values = values(facts("", "v1", "pods"), &json!({"spec": {"nodeName": "node-0"}}));
        assert_eq!(values["spec.nodeName"], "node-0");
        assert_eq!(values["spec.hostNetwork"], "false");
        assert_eq!(values["status.phase"], "");
        assert!(!values.contains_key("metadata.name") && !values.contains_key("status.podIPs"));
        let values =
            super::values(facts("batch", "v1", "jobs"), &json!({"status": {"succeeded": 2}}));
        assert_eq!(values["status.successful"], "2");
        let values = super::values(facts("", "v1", "replicationcontrollers"), &json!({}));
        assert_eq!(values["status.replicas"], "0");
    }

    #[test]
    fn both_kinds_of_event_have_the_same_values() {
        let core = json!({"involvedObject": {"kind": "Pod"}, "source": {"component": "kubelet"}});
        let new = json!({"regarding": {"kind": "Pod"}, "reportingController": "kubelet"});
        let core = values(facts("", "v1", "events"), &core);
        let new = values(facts("events.k8s.io", "v1", "events"), &new);
        assert_eq!(core["involvedObject.kind"], "Pod");
        assert_eq!(core["source"], "kubelet");
        assert_eq!(new["involvedObject.kind"], "Pod");
        assert_eq!(new["reportingComponent"], "kubelet");
    }

    #[test]
    fn a_label_is_known_an_alias_or_refused() {
        let rows = [
            ("", "v1", "pods", "spec.host", Ok("spec.nodeName")),
            ("", "v1", "pods", "status.podIPs", Ok("status.podIPs")),
            ("", "v1", "pods", "spec.nosuch", Err("field label not supported: spec.nosuch")),
            ("apps", "v1", "deployments", "metadata.name", Ok("metadata.name")),
            (
                "apps",
                "v1",
                "deployments",
                "spec.replicas",
                Err("\"spec.replicas\" is not a known field selector: only \"metadata.name\", \
                     \"metadata.namespace\""),
            ),
            ("batch", "v1", "jobs", "x", Err("field label \"x\" not supported for Job")),
            ("events.k8s.io", "v1", "events", "regarding.kind", Ok("involvedObject.kind")),
        ];
        for (group, version, plural, label, expected) in rows {
            let answer = check(facts(group, version, plural), label);
            assert_eq!(answer.as_deref().map_err(String::as_str), expected, "{plural} {label}");
        }
    }
}
