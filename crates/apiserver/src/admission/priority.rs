//! Priority: a pod's class becomes its number.

use api::{json, resources::PODS};
use meta::resource::{Resource, Scope};
use serde_json::Value;

use super::{Action, Attributes, Link, Seen};
use crate::{Status, engine::failure};

const PRIORITY_CLASSES: Resource =
    Resource::new("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", Scope::Cluster);

pub(super) const LINK: Link = Link {
    name: "Priority",
    reads: &[PRIORITY_CLASSES],
    concerns: |attributes| attributes.is_about(&PODS),
    mutate,
    ..Link::IDLE
};

const DEFAULT_PREEMPTION: &str = "PreemptLowerPriority";

/// What a class says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Class {
    name: String,
    value: i64,
    preemption: String,
}

fn mutate(attributes: &Attributes<'_>, seen: &Seen, pod: &mut Value) -> Result<(), Status> {
    match attributes.action {
        Action::Create => {}
        Action::Update { old } => {
            keep(pod, old);
            return Ok(());
        }
    }
    let wanted = json::text(&pod["spec"], "priorityClassName").to_owned();
    let class = if wanted.is_empty() { global_default(seen) } else { named(seen, &wanted) };
    let name = json::text(&pod["metadata"], "name");
    let refuse =
        |reason: &str| Err(failure::forbidden(&attributes.operation.resource, name, reason));
    if class.is_none() && !wanted.is_empty() {
        return refuse(&format!("no PriorityClass with name {wanted} was found"));
    }
    let class = class.unwrap_or_else(none);
    if let Some(reason) = contradiction(&pod["spec"], &class) {
        return refuse(&reason);
    }
    let spec = json::object_mut(pod, "spec");
    if !class.name.is_empty() {
        spec["priorityClassName"] = class.name.into();
    }
    spec["priority"] = class.value.into();
    spec["preemptionPolicy"] = class.preemption.into();
    Ok(())
}

/// Clients that do not know the computed fields leave them out.
fn keep(pod: &mut Value, old: &Value) {
    for field in ["priority", "preemptionPolicy"] {
        if json::field(&pod["spec"], field).is_none() {
            json::copy(&mut pod["spec"], &old["spec"], field);
        }
    }
}

/// What the pod says itself and the class says otherwise.
fn contradiction(spec: &Value, class: &Class) -> Option<String> {
    let priority = json::number(spec, "priority");
    if let Some(priority) = priority.filter(|priority| *priority != class.value) {
        return Some(format!(
            "the integer value of priority ({priority}) must not be provided in pod spec; priority admission controller computed {} from the given PriorityClass name",
            class.value
        ));
    }
    let preemption = json::text(spec, "preemptionPolicy");
    let differs = !preemption.is_empty() && preemption != class.preemption;
    differs.then(|| format!(
        "the string value of PreemptionPolicy ({preemption}) must not be provided in pod spec; priority admission controller computed {} from the given PriorityClass name",
        class.preemption
    ))
}

fn none() -> Class {
    Class { name: String::new(), value: 0, preemption: DEFAULT_PREEMPTION.to_owned() }
}

fn named(seen: &Seen, name: &str) -> Option<Class> {
    seen.get(&PRIORITY_CLASSES, "", name).map(|object| class(&object.value()))
}

/// The least important of those that claim to be the default.
fn global_default(seen: &Seen) -> Option<Class> {
    let mark = br#""globalDefault":true"#;
    let classes = seen.all(&PRIORITY_CLASSES).into_iter();
    // Reading the few bytes for the mark is cheaper than parsing every class for every pod.
    let marked = classes.filter(|object| object.json.windows(mark.len()).any(|part| part == mark));
    marked
        .map(|object| object.value())
        .filter(|value| json::is_true(value, "globalDefault"))
        .map(|value| class(&value))
        .min_by_key(|class| class.value)
}

fn class(value: &Value) -> Class {
    let preemption = match json::text(value, "preemptionPolicy") {
        "" => DEFAULT_PREEMPTION,
        other => other,
    };
    Class {
        name: json::text(&value["metadata"], "name").to_owned(),
        value: json::number(value, "value").unwrap_or(0),
        preemption: preemption.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_of_ones_own_must_agree_with_the_class() {
        let class = none();
        assert_eq!(contradiction(&json!({}), &class), None);
        assert_eq!(contradiction(&json!({"priority": 0}), &class), None);
        let text = contradiction(&json!({"priority": 5}), &class);
        let wanted = "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name";
        assert_eq!(text.as_deref(), Some(wanted));
        let text = contradiction(&json!({"preemptionPolicy": "Foo"}), &class);
        let wanted = "the string value of PreemptionPolicy (Foo) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name";
        assert_eq!(text.as_deref(), Some(wanted));
    }
}
