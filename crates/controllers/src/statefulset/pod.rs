//! The pod of a place: how it is made, and how it is put right.

use api::{
    resources::{PODS, STATEFUL_SETS},
    views::{ControllerRevision, Pod, StatefulSet},
};
use meta::text::Text;
use runtime::{
    Action, Event, EventType, Guard, PatchKind, Step, Target, owners::controller_reference,
};
use serde_json::{Value, json};

use super::{
    Why, claims,
    members::{Members, Slot},
    revisions::REVISION,
};
use crate::shared::{history, tell};

const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// What is done to a pod, as events say it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verb {
    Create,
    Delete,
    Update,
}

/// Makes the pod of a place.
pub(super) fn create(members: &Members, slot: &Slot, revision: &ControllerRevision) -> Step<Why> {
    let set = &members.set;
    let action = Action::Create {
        resource: PODS,
        namespace: set.metadata.namespace.clone(),
        object: object(set, slot, revision),
    };
    let why = Why::Missing { revision: revision.metadata.name.clone() };
    told(members, Verb::Create, &slot.name, Step::new(action, why))
}

/// Deletes a pod.
pub(super) fn delete(members: &Members, pod: &Pod, why: Why) -> Step<Why> {
    let action = Action::Delete {
        target: Target::of(pod),
        propagation: None,
        grace_period_seconds: None,
        guard: Guard::Uid,
    };
    told(members, Verb::Delete, &pod.metadata.name, Step::new(action, why))
}

/// Gives a pod back the label that names it and the volumes of its claims, if any of these is wrong.
pub(super) fn repair(members: &Members, slot: &Slot, pod: &Pod) -> Option<Step<Why>> {
    let mut patch = json!({});
    if pod.metadata.labels.get(POD_NAME) != Some(&slot.name) {
        patch["metadata"]["labels"] =
            json!({POD_NAME: slot.name, POD_INDEX: slot.ordinal.to_string()});
    }
    let volumes = volumes(&members.set, slot.ordinal);
    if !volumes.iter().all(|volume| has(pod, volume)) {
        patch["spec"]["volumes"] = Value::Array(volumes);
    }
    if patch.as_object().is_none_or(serde_json::Map::is_empty) {
        return None;
    }
    let action = Action::Patch {
        target: Target::of(pod),
        kind: PatchKind::Strategic,
        patch,
        subresource: "",
        guard: Guard::Version,
    };
    Some(told(members, Verb::Update, &slot.name, Step::new(action, Why::Identity)))
}

/// The warning that something could not be done to a pod.
pub(super) fn failure(set: &StatefulSet, verb: Verb, pod: &str, error: &str) -> Event {
    let (verb, reason) = match verb {
        Verb::Create => ("Create", "FailedCreate"),
        Verb::Delete => ("Delete", "FailedDelete"),
        Verb::Update => ("Update", "FailedUpdate"),
    };
    let owner = &set.metadata.name;
    let message = format!("{verb} Pod {pod} in StatefulSet {owner} failed error: {error}");
    tell::event(set, EventType::Warning, reason, message)
}

fn success(set: &StatefulSet, verb: Verb, pod: &str) -> Event {
    let (verb, reason) = match verb {
        Verb::Create => ("Create", "SuccessfulCreate"),
        Verb::Delete => ("Delete", "SuccessfulDelete"),
        Verb::Update => ("Update", "SuccessfulUpdate"),
    };
    let owner = &set.metadata.name;
    let message = format!("{verb} Pod {pod} in StatefulSet {owner} successful");
    tell::event(set, EventType::Normal, reason, message)
}

fn told(members: &Members, verb: Verb, pod: &str, mut step: Step<Why>) -> Step<Why> {
    step.on_success = Some(success(&members.set, verb, pod));
    step.on_failure = Some(failure(&members.set, verb, pod, "{error}"));
    step
}

fn object(set: &StatefulSet, slot: &Slot, revision: &ControllerRevision) -> Value {
    let template = history::template(revision);
    let template = template.json();
    let owner = &set.metadata;
    let mut metadata = json!({
        "name": slot.name,
        "generateName": format!("{}-", owner.name),
        "namespace": owner.namespace,
        "ownerReferences": [controller_reference(&STATEFUL_SETS, owner)],
    });
    for field in ["labels", "annotations", "finalizers"] {
        if let Some(value) = template.pointer(&format!("/metadata/{field}")) {
            metadata[field] = value.clone();
        }
    }
    let labels = &mut metadata["labels"];
    labels[POD_NAME] = json!(slot.name);
    labels[POD_INDEX] = slot.ordinal.to_string().into();
    labels[REVISION] = json!(revision.metadata.name);
    let mut spec = template.get("spec").cloned().unwrap_or_default();
    spec["hostname"] = json!(slot.name);
    spec["subdomain"] = json!(set.spec.service_name);
    let own = volumes(set, slot.ordinal);
    if !own.is_empty() {
        spec["volumes"] = with_volumes(spec["volumes"].take(), own);
    }
    json!({"metadata": metadata, "spec": spec})
}

/// A volume for each claim, in the order of the templates.
fn volumes(set: &StatefulSet, ordinal: i32) -> Vec<Value> {
    let templates = set.spec.volume_claim_templates.iter();
    let volume = |template: &Value| {
        let claim = claims::name(set, template, ordinal);
        json!({
            "name": claims::template_name(template),
            "persistentVolumeClaim": {"claimName": claim},
        })
    };
    templates.map(volume).collect()
}

/// The claims' volumes, then those of the template that have other names.
fn with_volumes(template: Value, mut own: Vec<Value>) -> Value {
    let others: Vec<Value> = template
        .as_array()
        .into_iter()
        .flatten()
        .filter(|volume| own.iter().all(|mine| mine["name"] != volume["name"]))
        .cloned()
        .collect();
    own.extend(others);
    Value::Array(own)
}

fn has(pod: &Pod, wanted: &Value) -> bool {
    let claim = |text: &Text| wanted["persistentVolumeClaim"]["claimName"] == *text.as_str();
    pod.spec.volumes.iter().any(|volume| {
        wanted["name"] == *volume.name.as_str()
            && volume.persistent_volume_claim.as_ref().is_some_and(|it| claim(&it.claim_name))
    })
}
