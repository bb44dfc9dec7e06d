//! Pods to be made and to be deleted.

use std::sync::Arc;

use api::{resources::PODS, views::Pod};
use meta::time::Time;
use runtime::{Action, Event, EventType, Guard, Step, Target, owners::controller_reference};
use serde_json::{Value, json};

use super::{Why, metrics, ranking::Ranking, replicas::Replicas};

/// One reconcile may not starve the others.
const BURST: usize = 500;
/// Longest name a pod may have.
const NAME_LENGTH_MAX: usize = 253;

/// Steps that make the missing pods.
pub(super) fn creates(replicas: &Replicas, missing: usize) -> Vec<Step<Why>> {
    let pod = pod(replicas);
    let why = Why::TooFew { wanted: replicas.wanted(), active: replicas.active.len() };
    let create = || {
        let action = Action::Create {
            resource: PODS,
            namespace: replicas.replica_set.metadata.namespace.clone(),
            object: pod.clone(),
        };
        let mut step = Step::new(action, why.clone());
        step.on_success =
            Some(event(replicas, EventType::Normal, "SuccessfulCreate", "Created pod: {name}"));
        step.on_failure =
            Some(event(replicas, EventType::Warning, "FailedCreate", "Error creating: {error}"));
        step
    };
    std::iter::repeat_with(create).take(missing.min(BURST)).collect()
}

/// Steps that delete the pods that are too many.
pub(super) fn deletes(replicas: &Replicas, excess: usize, now: Time) -> Vec<Step<Why>> {
    let why = Why::TooMany { wanted: replicas.wanted(), active: replicas.active.len() };
    let youngest = metrics::youngest(&replicas.active);
    let delete = |pod: Arc<Pod>| {
        // Not `{name}`: the answer to a delete need not show the pod.
        let deleted = format!("Deleted pod: {}", pod.metadata.name);
        let action = Action::Delete {
            target: Target::of(&*pod),
            propagation: None,
            grace_period_seconds: None,
            guard: Guard::Uid,
        };
        let mut step = Step::new(action, why.clone());
        step.on_success = Some(event(replicas, EventType::Normal, "SuccessfulDelete", deleted));
        step.on_failure =
            Some(event(replicas, EventType::Warning, "FailedDelete", "Error deleting: {error}"));
        if excess < replicas.active.len() {
            metrics::goes(&mut step, &pod, youngest, now);
        }
        step
    };
    first_to_go(replicas, excess.min(BURST), now).into_iter().map(delete).collect()
}

fn first_to_go(replicas: &Replicas, count: usize, now: Time) -> Vec<Arc<Pod>> {
    let mut pods = replicas.active.clone();
    if count < pods.len() {
        let ranking = Ranking::new(&replicas.active, &replicas.related_by_node, now);
        pods.sort_by(|left, right| ranking.compare(left, right));
        pods.truncate(count);
    }
    pods
}

/// The pod that the template describes.
fn pod(replicas: &Replicas) -> Value {
    let owner = &replicas.replica_set.metadata;
    let template = replicas.replica_set.spec.template.json();
    let mut metadata = json!({
        "generateName": prefix(&owner.name),
        "namespace": owner.namespace,
        "ownerReferences": [controller_reference(&replicas.resource, owner)],
    });
    for field in ["labels", "annotations", "finalizers"] {
        if let Some(value) = template.pointer(&format!("/metadata/{field}")) {
            metadata[field] = value.clone();
        }
    }
    json!({"metadata": metadata, "spec": template.get("spec").cloned().unwrap_or_default()})
}

fn prefix(name: &str) -> String {
    if name.len() < NAME_LENGTH_MAX { format!("{name}-") } else { name.to_owned() }
}

fn event(
    replicas: &Replicas,
    kind: EventType,
    reason: &'static str,
    message: impl Into<String>,
) -> Event {
    let regarding = Target::new(replicas.resource.clone(), &replicas.replica_set.metadata);
    Event { regarding, kind, reason, message: message.into() }
}
