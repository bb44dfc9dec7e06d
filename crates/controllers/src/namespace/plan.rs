//! Content → what goes next.

use std::time::Duration;

use api::resources::NAMESPACES;
use meta::{mutants::mutant, time::Time};
use runtime::{Action, DeleteOptions, Guard, PatchKind, Plan, Propagation, Stage, Step, Target};
use serde_json::{Value, json};

use super::{
    conditions,
    observe::{Content, Left},
    why::Why,
};

/// What was just asked to go is looked for after this.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Pods with grace, and what others hold, are looked at this often.
const POLL_MIN: Duration = Duration::from_secs(1);
const POLL_MAX: Duration = Duration::from_secs(8);

pub(super) fn plan(content: &Content, now: Time) -> Plan<Why> {
    let mut plan = Plan::rest();
    let steps: Vec<Step<Why>> =
        content.left.iter().flat_map(|left| delete(content, left)).collect();
    let gives_up = mutant("hb_25") && !content.read_errors.is_empty();
    if !steps.is_empty() && !gives_up {
        plan.stages.push(Stage::Together(steps));
        plan.wake(LOOK_AGAIN);
    }
    if let Some(wanted) = conditions::wanted(content, now) {
        plan.step(write_conditions(content, json!(wanted)));
    }
    let clean = content.discovery_errors.is_empty() && content.read_errors.is_empty();
    if content.left.is_empty() && clean {
        plan.step(finalize(content));
        return plan;
    }
    plan.wake(poll(content));
    plan
}

/// Deletes what nobody has asked to go yet.
fn delete(content: &Content, left: &Left) -> Vec<Step<Why>> {
    let waiting = left.objects.iter().filter(|object| !object.metadata.is_deleting());
    let count = waiting.clone().count();
    let why = || Why::HasContent { resource: left.resource.plural.to_string(), count };
    if count == 0 {
        return Vec::new();
    }
    if left.can_delete_collection {
        let action = Action::DeleteCollection {
            resource: left.resource.clone(),
            namespace: content.namespace.metadata.name.clone(),
            options: DeleteOptions {
                propagation: Some(Propagation::Background),
                ..DeleteOptions::default()
            },
        };
        return vec![Step::new(action, why())];
    }
    let one = |object: &api::views::PartialObject| Action::Delete {
        target: Target::new(left.resource.clone(), &object.metadata),
        propagation: Some(Propagation::Background),
        grace_period_seconds: None,
        guard: Guard::Uid,
    };
    waiting.map(|object| Step::new(one(object), why())).collect()
}

fn write_conditions(content: &Content, conditions: Value) -> Step<Why> {
    let action = Action::Patch {
        target: Target::of(&content.namespace),
        kind: PatchKind::Merge,
        patch: json!({"status": {"conditions": conditions}}),
        subresource: "status",
        guard: Guard::Uid,
    };
    Step::new(action, Why::ConditionsDiffer)
}

/// Takes `kubernetes` from the finalizers; with none left the namespace is gone.
fn finalize(content: &Content) -> Step<Why> {
    let finalizers = &content.namespace.spec.finalizers;
    let others: Vec<_> = finalizers.iter().filter(|name| **name != *"kubernetes").collect();
    let mut object = content.live.clone();
    object["spec"]["finalizers"] = json!(others);
    let target = Target::new(NAMESPACES, &content.namespace.metadata);
    Step::new(Action::Replace { target, subresource: "finalize", object }, Why::Empty)
}

fn poll(content: &Content) -> Duration {
    let half = u64::try_from(content.pods_grace_seconds / 2).unwrap_or(0);
    let pods = content.left.iter().any(|left| left.resource == api::resources::PODS);
    let wait = if pods { Duration::from_secs(half) } else { POLL_MAX };
    wait.clamp(POLL_MIN, POLL_MAX)
}
