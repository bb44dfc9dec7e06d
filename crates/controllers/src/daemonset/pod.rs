//! The pod of a node: how it is made, and how it goes.

use api::{
    resources::{DAEMON_SETS, PODS},
    views::{DaemonSet, Pod},
};
use meta::text::Text;
use runtime::{Action, EventType, Guard, Step, Target, owners::controller_reference};
use serde_json::{Value, json};

use super::{
    Why,
    eligibility::tolerations,
    revisions::{GENERATION, REVISION, Revisions, generation},
};
use crate::shared::tell::event;

/// Makes the pod of a node.
pub(super) fn create(set: &DaemonSet, revisions: &Revisions, node: &Text, why: Why) -> Step<Why> {
    let action = Action::Create {
        resource: PODS,
        namespace: set.metadata.namespace.clone(),
        object: object(set, revisions, node),
    };
    let mut step = Step::new(action, why);
    let (done, failed) = ("Created pod: {name}", "Error creating: {error}");
    step.on_success = Some(event(set, EventType::Normal, "SuccessfulCreate", done));
    step.on_failure = Some(event(set, EventType::Warning, "FailedCreate", failed));
    step
}

/// Deletes a pod.
pub(super) fn delete(set: &DaemonSet, pod: &Pod, why: Why) -> Step<Why> {
    let action = Action::Delete {
        target: Target::of(pod),
        propagation: None,
        grace_period_seconds: None,
        guard: Guard::Uid,
    };
    let mut step = Step::new(action, why);
    // Not `{name}`: the answer to a delete need not show the pod.
    let (done, failed) = (format!("Deleted pod: {}", pod.metadata.name), "Error deleting: {error}");
    step.on_success = Some(event(set, EventType::Normal, "SuccessfulDelete", done));
    step.on_failure = Some(event(set, EventType::Warning, "FailedDelete", failed));
    step
}

fn object(set: &DaemonSet, revisions: &Revisions, node: &Text) -> Value {
    let owner = &set.metadata;
    let template = set.spec.template.json();
    let mut metadata = json!({
        "generateName": format!("{}-", owner.name),
        "namespace": owner.namespace,
        "ownerReferences": [controller_reference(&DAEMON_SETS, owner)],
    });
    for field in ["labels", "annotations", "finalizers"] {
        if let Some(value) = template.pointer(&format!("/metadata/{field}")) {
            metadata[field] = value.clone();
        }
    }
    metadata["labels"][REVISION] = json!(revisions.hash);
    metadata["labels"][GENERATION] = json!(generation(set));
    let mut spec = template.get("spec").cloned().unwrap_or_default();
    spec["tolerations"] = tolerations(&set.spec.template);
    let name = json!({"key": "metadata.name", "operator": "In", "values": [node]});
    spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] =
        json!({"nodeSelectorTerms": [{"matchFields": [name]}]});
    json!({"metadata": metadata, "spec": spec})
}
