//! Binding: a scheduler gives a pod its node.

use std::sync::Arc;

use api::{
    json, resources,
    validation::{FieldError, Path},
};
use meta::time::Time;
use serde_json::{Value, json};

use super::{
    Inner, body, failure,
    storage::{Along, Present, Write, Written},
    update::RACES_MAX,
    virtual_kinds::{done, on_pod, text},
};
use crate::{Content, Operation, Outcome, Reason, Status};

impl Inner {
    pub(super) async fn bind(
        &self,
        operation: &Operation,
        content: Content,
    ) -> Result<Outcome, Status> {
        let mut binding = content.value;
        let name = match operation.name.as_str() {
            "" => body::text(&binding, "name").to_owned(),
            name => name.to_owned(),
        };
        check_target(&binding["target"])?;
        self.admission.label_binding(&mut binding).await?;
        let on_pod = on_pod(operation, &name)?;
        let facts = &on_pod.resource;
        for _ in 0..RACES_MAX {
            let present = self.load(facts, &on_pod.namespace, &name).await?;
            let present = present.ok_or_else(|| failure::not_found(facts, &name))?;
            let refuse = |reason: &str| Err(refused(&name, reason));
            if let Some(reason) = hindrance(&present.value, &binding) {
                return refuse(&reason);
            }
            if operation.dry_run {
                return Ok(done());
            }
            let Present { value: mut pod, modified } = present;
            assign(&mut pod, &binding, self.world.clock.wall());
            let write = Write {
                facts: Arc::clone(facts),
                namespace: on_pod.namespace.clone(),
                name: name.clone(),
                value: pod,
                over: modified,
                along: Along::nothing(),
                epoch: on_pod.epoch.clone(),
            };
            match self.write(write).await? {
                Written::Done(_) => return Ok(done()),
                Written::Raced(_) | Written::Elsewhere => {}
            }
        }
        Err(failure::modified(facts, &name))
    }
}

fn check_target(target: &Value) -> Result<(), Status> {
    let mut errors = Vec::new();
    let kind = text(target, "kind");
    if !matches!(kind, "" | "Node") {
        let path = Path::new("target.kind");
        errors.push(FieldError::not_supported(&path, kind, &["Node", "<empty>"]));
    }
    if text(target, "name").is_empty() {
        errors.push(FieldError::required(&Path::new("target.name"), ""));
    }
    let texts: Vec<String> = errors.iter().map(FieldError::to_string).collect();
    match texts.as_slice() {
        [] => Ok(()),
        [one] => Err(failure::unexplained(one)),
        several => Err(failure::unexplained(format!("[{}]", several.join(", ")))),
    }
}

/// Why a pod cannot be bound now.
fn hindrance(pod: &Value, binding: &Value) -> Option<String> {
    let name = body::text(pod, "name");
    let [wanted_uid, wanted_version] = ["uid", "resourceVersion"].map(|f| body::text(binding, f));
    let [uid, version] = ["uid", "resourceVersion"].map(|field| body::text(pod, field));
    let node = text(&pod["spec"], "nodeName");
    if !wanted_uid.is_empty() && wanted_uid != uid {
        return Some(format!(
            "Precondition failed: UID in precondition: {wanted_uid}, UID in object meta: {uid}"
        ));
    }
    if !wanted_version.is_empty() && wanted_version != version {
        return Some(format!(
            "Precondition failed: ResourceVersion in precondition: {wanted_version}, ResourceVersion in object meta: {version}"
        ));
    }
    if !body::text(pod, "deletionTimestamp").is_empty() {
        return Some(format!("pod {name} is being deleted, cannot be assigned to a host"));
    }
    if !node.is_empty() {
        return Some(format!("pod {name} is already assigned to node {node:?}"));
    }
    let is_gated = !json::list(&pod["spec"], "schedulingGates").is_empty();
    is_gated.then(|| format!("pod {name} has non-empty .spec.schedulingGates"))
}

fn assign(pod: &mut Value, binding: &Value, now: Time) {
    pod["spec"]["nodeName"] = binding["target"]["name"].clone();
    for field in ["annotations", "labels"] {
        for (key, value) in json::entries(&binding["metadata"], field) {
            pod["metadata"][field][key] = value.clone();
        }
    }
    // It has the node now, this one or another.
    if let Some(status) = pod["status"].as_object_mut() {
        status.remove("nominatedNodeName");
    }
    let generation = pod["metadata"]["generation"].clone();
    set_condition(
        pod,
        json!({
            "type": "PodScheduled", "status": "True", "lastProbeTime": null,
            "lastTransitionTime": now.to_string(), "observedGeneration": generation,
        }),
    );
}

/// Puts a condition in the place of that of its type; its transition time stays if its status does.
pub(super) fn set_condition(pod: &mut Value, mut condition: Value) {
    let conditions = &mut pod["status"]["conditions"];
    if !conditions.is_array() {
        *conditions = json!([]);
    }
    let Some(conditions) = conditions.as_array_mut() else { return };
    match conditions.iter_mut().find(|known| known["type"] == condition["type"]) {
        None => conditions.push(condition),
        Some(known) => {
            if known["status"] == condition["status"] {
                json::copy(&mut condition, known, "lastTransitionTime");
            }
            *known = condition;
        }
    }
}

/// Failures name the subresource.
fn refused(name: &str, reason: &str) -> Status {
    let whole = format!("{}/binding", resources::PODS.plural);
    let message = format!("Operation cannot be fulfilled on {whole} {name:?}: {reason}");
    Status::new(409, Reason::Conflict, message).about("", &whole, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pod: Value, wanted: Option<&str>) {
        let binding = json!({"metadata": {"name": "p"}, "target": {"name": "node-0"}});
        assert_eq!(hindrance(&pod, &binding).as_deref(), wanted);
    }

    #[test]
    fn a_pod_is_bound_once_and_only_when_it_is_free() {
        check(json!({"metadata": {"name": "p"}, "spec": {}}), None);
        let bound = json!({"metadata": {"name": "p"}, "spec": {"nodeName": "n"}});
        check(bound, Some(r#"pod p is already assigned to node "n""#));
        let gated =
            json!({"metadata": {"name": "p"}, "spec": {"schedulingGates": [{"name": "g"}]}});
        check(gated, Some("pod p has non-empty .spec.schedulingGates"));
        let going = json!({"metadata": {"name": "p", "deletionTimestamp": "2026-01-01T00:00:00Z"}});
        check(going, Some("pod p is being deleted, cannot be assigned to a host"));
    }

    #[test]
    fn a_target_is_a_named_node() {
        let message = |target: Value| check_target(&target).expect_err("refused").message;
        assert_eq!(
            message(json!({"kind": "Foo"})),
            r#"[target.kind: Unsupported value: "Foo": supported values: "Node", "<empty>", target.name: Required value]"#
        );
        assert_eq!(message(json!({"kind": "Node"})), "target.name: Required value");
        assert!(check_target(&json!({"name": "n"})).is_ok());
    }
}
