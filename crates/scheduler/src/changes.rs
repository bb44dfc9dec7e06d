//! What a change of a pod or node means to pods that wait: one event for each kind of difference.

use api::views::{Node, Pod};
use runtime::Change;

use crate::{
    framework::{Actions, ClusterEvent, EventResource, Subject},
    requests::{self, Requests},
};

/// The events of an update of a pod; `resource` says whether it is one with a node or the waiting one.
pub(crate) fn of_pod(change: &Change<Pod>, resource: EventResource) -> Vec<ClusterEvent> {
    let (Some(old), Some(new)) = (&change.old, &change.new) else { return Vec::new() };
    let (before, after) = (requests::of(old), requests::of(new));
    let gates = |pod: &Pod| !pod.spec.scheduling_gates.is_empty();
    let differences = [
        (Actions::POD_LABEL, old.metadata.labels != new.metadata.labels),
        (Actions::POD_SCALE_DOWN, some_less(&before, &after)),
        (Actions::POD_SCALE_UP, some_less(&after, &before)),
        (Actions::POD_GATES_ELIMINATED, gates(old) && !gates(new)),
        (Actions::POD_TOLERATION, old.spec.tolerations.len() != new.spec.tolerations.len()),
    ];
    events(&differences, resource, &Subject::Pod(change.clone()), Actions::OTHER_UPDATE)
}

/// The events of an update of a node; none if nothing changed that a plugin could ask about.
pub(crate) fn of_node(change: &Change<Node>) -> Vec<ClusterEvent> {
    let (Some(old), Some(new)) = (&change.old, &change.new) else { return Vec::new() };
    let conditions = |node: &Node| -> Vec<_> {
        let conditions = node.status.conditions.iter();
        conditions.map(|condition| (condition.kind.clone(), condition.status)).collect()
    };
    let reopened = old.spec.unschedulable && !new.spec.unschedulable;
    let differences = [
        (Actions::NODE_ALLOCATABLE, old.status.allocatable != new.status.allocatable),
        (Actions::NODE_LABEL, old.metadata.labels != new.metadata.labels),
        (Actions::NODE_TAINT, reopened || old.spec.taints != new.spec.taints),
        (Actions::NODE_CONDITION, conditions(old) != conditions(new)),
        (Actions::NODE_ANNOTATION, old.metadata.annotations != new.metadata.annotations),
    ];
    let subject = Subject::Node(change.clone());
    let found = differences.iter().filter(|(_, differs)| *differs);
    let event =
        |action| ClusterEvent { resource: EventResource::Node, action, subject: subject.clone() };
    found.map(|(action, _)| event(*action)).collect()
}

fn some_less(before: &Requests, after: &Requests) -> bool {
    before.iter().any(|(name, amount)| requests::amount(after, name) < *amount)
}

fn events(
    differences: &[(Actions, bool)],
    resource: EventResource,
    subject: &Subject,
    otherwise: Actions,
) -> Vec<ClusterEvent> {
    let found = differences.iter().filter(|(_, differs)| *differs).map(|(action, _)| *action);
    let mut actions: Vec<Actions> = found.collect();
    if actions.is_empty() {
        actions.push(otherwise);
    }
    let event = |action| ClusterEvent { resource, action, subject: subject.clone() };
    actions.into_iter().map(event).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;

    fn change<K: DeserializeOwned>(old: Value, new: Value) -> Change<K> {
        let object = |value| Some(Arc::new(serde_json::from_value(value).expect("an object")));
        Change { old: object(old), new: object(new) }
    }
    fn labels(events: Vec<ClusterEvent>) -> Vec<String> {
        events.iter().map(ClusterEvent::label).collect()
    }

    #[test]
    fn a_pod_may_change_in_several_ways_at_once() {
        let asks = |cpu: &str| json!({"containers": [{"resources": {"requests": {"cpu": cpu}}}]});
        let old = json!({"spec": asks("2"), "metadata": {"labels": {"a": "b"}}});
        let new = json!({"spec": asks("1")});
        assert_eq!(
            labels(of_pod(&change(old, new), EventResource::AssignedPod)),
            ["AssignedPodUpdatePodLabel", "AssignedPodUpdatePodScaleDown"]
        );
        let gated = json!({"spec": {"schedulingGates": [{"name": "a"}]}});
        assert_eq!(
            labels(of_pod(&change(gated, json!({})), EventResource::TargetPod)),
            ["TargetPodUpdatePodSchedulingGatesEliminated"]
        );
        assert_eq!(
            labels(of_pod(&change(json!({}), json!({})), EventResource::TargetPod)),
            ["TargetPodUpdate"]
        );
    }

    #[test]
    fn heartbeats_and_cordons_of_nodes_help_nobody() {
        let ready = |at: &str| json!({"type": "Ready", "status": "True", "lastHeartbeatTime": at});
        let node = |at| json!({"status": {"conditions": [ready(at)]}});
        let beats = change(node("2026-01-01T00:00:00Z"), node("2026-01-01T00:00:10Z"));
        assert!(of_node(&beats).is_empty());
        let cordoned = json!({"spec": {"unschedulable": true}});
        assert!(of_node(&change(json!({}), cordoned.clone())).is_empty());
        assert_eq!(labels(of_node(&change(cordoned, json!({})))), ["NodeUpdateNodeTaint"]);
    }
}
