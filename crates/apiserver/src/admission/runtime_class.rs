//! `RuntimeClass`: a pod's class says what running it costs besides, and on which nodes it can run.

use api::{json, resources::PODS, views::Amounts};
use meta::resource::{Resource, Scope};
use serde::Deserialize;
use serde_json::Value;

use super::{Attributes, Link, Seen};
use crate::Status;

pub(super) const LINK: Link = Link {
    name: "RuntimeClass",
    reads: &[RUNTIME_CLASSES],
    concerns: |attributes| attributes.is_create() && attributes.is_about(&PODS),
    mutate: |attributes, seen, pod| {
        let class = class(seen, pod).map_err(|reason| attributes.forbidden(pod, &reason))?;
        let Some(class) = class else { return Ok(()) };
        fill_in(&class, pod).map_err(|reason| attributes.forbidden(pod, &reason))
    },
    validate: |attributes, seen, pod, _| validate(attributes, seen, pod),
    ..Link::IDLE
};

const RUNTIME_CLASSES: Resource =
    Resource::new("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", Scope::Cluster);
const MISMATCH: &str = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

fn class(seen: &Seen, pod: &Value) -> Result<Option<Value>, String> {
    let Some(name) = json::field(&pod["spec"], "runtimeClassName").and_then(Value::as_str) else {
        return Ok(None);
    };
    match seen.get(&RUNTIME_CLASSES, "", name) {
        Some(class) => Ok(Some(class.value())),
        None => Err(format!("pod rejected: RuntimeClass {name:?} not found")),
    }
}

fn fill_in(class: &Value, pod: &mut Value) -> Result<(), String> {
    let spec = json::object_mut(pod, "spec");
    if json::field(class, "overhead").is_some() {
        let overhead = &class["overhead"]["podFixed"];
        if json::field(spec, "overhead").is_some()
            && amounts(&spec["overhead"]) != amounts(overhead)
        {
            return Err(MISMATCH.to_owned());
        }
        spec["overhead"] = overhead.clone();
    }
    let scheduling = &class["scheduling"];
    for (key, wanted) in json::entries(scheduling, "nodeSelector") {
        let chosen = &mut json::object_mut(spec, "nodeSelector")[key];
        if !chosen.is_null() && chosen != wanted {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            return Err(format!(
                "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {}; pod.spec.nodeSelector[{key}] = {}",
                text(wanted),
                text(chosen)
            ));
        }
        *chosen = wanted.clone();
    }
    let more = json::list(scheduling, "tolerations");
    if json::field(class, "scheduling").is_some() && !more.is_empty() {
        spec["tolerations"] = merged(json::list(spec, "tolerations"), more).into();
    }
    Ok(())
}

/// Both lists without what another toleration covers; of equal ones the first stays.
fn merged(own: &[Value], more: &[Value]) -> Vec<Value> {
    let all: Vec<&Value> = own.iter().chain(more).collect();
    let mut kept: Vec<Value> = Vec::new();
    for (position, toleration) in all.iter().enumerate() {
        let later = &all[position + 1..];
        let is_covered = kept.iter().any(|known| covers(known, toleration))
            || later.iter().any(|other| other != toleration && covers(other, toleration));
        if !is_covered {
            kept.push((*toleration).clone());
        }
    }
    kept
}

/// Whether a toleration tolerates all that another one does.
fn covers(wide: &Value, narrow: &Value) -> bool {
    if wide == narrow {
        return true;
    }
    let [key, effect, operator] =
        ["key", "effect", "operator"].map(|field| json::text(wide, field));
    let every_key = key.is_empty() && operator == "Exists";
    if json::text(narrow, "key") != key && !every_key {
        return false;
    }
    if !effect.is_empty() && json::text(narrow, "effect") != effect {
        return false;
    }
    let seconds = |toleration: &Value| json::number(toleration, "tolerationSeconds");
    if effect == "NoExecute"
        && let Some(longest) = seconds(wide)
        && seconds(narrow).is_none_or(|wanted| wanted > longest)
    {
        return false;
    }
    match operator {
        "" | "Equal" => {
            json::text(narrow, "operator") == "Equal"
                && json::text(narrow, "value") == json::text(wide, "value")
        }
        "Exists" => true,
        _ => false,
    }
}

fn validate(attributes: &Attributes<'_>, seen: &Seen, pod: &Value) -> Result<(), Status> {
    let refuse = |reason: &str| Err(attributes.forbidden(pod, reason));
    let class = match class(seen, pod) {
        Ok(class) => class.unwrap_or_default(),
        Err(reason) => return refuse(&reason),
    };
    let stated = json::field(&pod["spec"], "overhead");
    if json::field(&class, "overhead").is_none() {
        return match stated {
            Some(_) => refuse(
                "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
            ),
            None => Ok(()),
        };
    }
    if amounts(&pod["spec"]["overhead"]) == amounts(&class["overhead"]["podFixed"]) {
        return Ok(());
    }
    refuse(MISMATCH)
}

fn amounts(value: &Value) -> Amounts {
    Option::deserialize(value).unwrap_or_default().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(class: Value, spec: Value) -> Result<Value, String> {
        let mut pod = json!({ "spec": spec });
        fill_in(&class, &mut pod).map(|()| pod["spec"].take())
    }

    #[test]
    fn the_class_says_what_a_pod_costs_besides() {
        let class = json!({"overhead": {"podFixed": {"cpu": "500m"}}});
        let wanted = json!({"overhead": {"cpu": "500m"}});
        assert_eq!(filled(class.clone(), json!({})), Ok(wanted.clone()));
        assert_eq!(filled(class.clone(), json!({"overhead": {"cpu": "0.5"}})), Ok(wanted));
        let refused = filled(class, json!({"overhead": {"cpu": "1"}}));
        assert_eq!(refused, Err(MISMATCH.to_owned()));
    }

    #[test]
    fn the_class_says_where_a_pod_can_run() {
        let class = json!({"scheduling": {"nodeSelector": {"vm": "yes"},
            "tolerations": [{"key": "vm", "operator": "Exists"}]}});
        let own = json!({"nodeSelector": {"disk": "ssd"}, "tolerations": [
            {"key": "vm", "operator": "Equal", "value": "x"}, {"key": "other", "operator": "Exists"}]});
        let wanted = json!({"nodeSelector": {"disk": "ssd", "vm": "yes"}, "tolerations": [
            {"key": "other", "operator": "Exists"}, {"key": "vm", "operator": "Exists"}]});
        assert_eq!(filled(class.clone(), own), Ok(wanted));
        let refused = filled(class, json!({"nodeSelector": {"vm": "no"}}));
        let told = "conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no";
        assert_eq!(refused, Err(told.to_owned()));
    }

    #[test]
    fn a_toleration_covers_what_it_includes() {
        let toleration = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
        for (wide, narrow, wanted) in [
            (r#"{"operator":"Exists"}"#, r#"{"key":"a","operator":"Equal","value":"b"}"#, true),
            (r#"{"key":"a","operator":"Exists"}"#, r#"{"key":"b","operator":"Exists"}"#, false),
            (
                r#"{"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":5}"#,
                r#"{"key":"a","operator":"Exists","effect":"NoExecute"}"#,
                false,
            ),
            (
                r#"{"key":"a","operator":"Exists","effect":"NoExecute"}"#,
                r#"{"key":"a","operator":"Exists","effect":"NoSchedule"}"#,
                false,
            ),
            (
                r#"{"key":"a","operator":"Equal","value":"b"}"#,
                r#"{"key":"a","operator":"Equal","value":"b","effect":"NoExecute"}"#,
                true,
            ),
        ] {
            assert_eq!(covers(&toleration(wide), &toleration(narrow)), wanted, "{wide} {narrow}");
        }
    }
}
