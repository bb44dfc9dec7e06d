//! [`Observed`] → [`Plan`]: all control flow.

use api::{
    resources::ENDPOINTS,
    views::{Endpoints, Subset},
};
use meta::{
    mutants::mutant,
    object::{Labels, ObjectKey, ObjectMeta},
    text::Text,
    time::Time,
};
use runtime::{Action, EventType, Guard, PatchKind, Plan, Step, Target};
use serde_json::json;

use super::{
    capacity::{self, Fit},
    observe::{Backed, Observed},
    subsets::subsets,
    why::Why,
};
use crate::shared::{
    patch::Difference,
    service_pods::HEADLESS,
    subsets::canonical,
    tell::event,
    trigger_times::{LAST_CHANGE, TriggerTimes},
};

const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
const MANAGER: &str = "endpoint-controller";
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";

/// What is remembered of a service.
#[derive(Debug, Default)]
pub struct Memory {
    trigger_times: TriggerTimes,
    /// There was a service under this name: what it leaves behind goes, whoever made it.
    had_service: bool,
}

pub(super) fn plan(memory: &mut Memory, observed: &Observed) -> Plan<Why> {
    let mut plan = Plan::rest();
    let step = match observed {
        Observed::Leftover(endpoints) if memory.had_service || is_ours(endpoints) => {
            Some(delete(endpoints))
        }
        Observed::Leftover(_) => None,
        Observed::Foreign => {
            memory.had_service = true;
            None
        }
        Observed::Selecting(backed) => {
            memory.had_service = true;
            let pods = backed.pods.iter().map(|pod| &**pod);
            let trigger = memory.trigger_times.next(&backed.service, pods);
            publish(backed, trigger)
        }
    };
    if let Some(step) = step {
        plan.step(step);
    }
    plan
}

fn is_ours(endpoints: &Endpoints) -> bool {
    endpoints.metadata.labels.get(MANAGED_BY).is_some_and(|manager| *manager == *MANAGER)
}

fn delete(endpoints: &Endpoints) -> Step<Why> {
    let action = Action::Delete {
        target: Target::of(endpoints),
        propagation: None,
        grace_period_seconds: None,
        guard: Guard::Version,
    };
    Step::new(action, Why::ServiceGone)
}

/// The write that makes the published equal to what the pods are; `None` if it is.
fn publish(backed: &Backed, trigger: Option<Time>) -> Option<Step<Why>> {
    let mut subsets = subsets(backed);
    let fit = capacity::truncate(&mut subsets);
    let labels = labels(backed);
    match &backed.endpoints {
        None => Some(create(backed, &subsets, &labels, annotations(&Labels::new(), fit, trigger))),
        Some(endpoints) => update(endpoints, &subsets, &labels, (fit, trigger)),
    }
}

fn create(backed: &Backed, subsets: &[Subset], labels: &Labels, annotations: Labels) -> Step<Why> {
    let key = backed.service.metadata.key();
    let message = format!("Failed to create endpoint for service {key}: {{error}}");
    let ObjectKey { namespace, name } = key;
    let mut object = json!({"metadata": {
        "name": name, "namespace": namespace, "labels": labels, "annotations": annotations,
    }});
    if !subsets.is_empty() {
        object["subsets"] = json!(subsets);
    }
    let metadata = ObjectMeta { name, namespace: namespace.clone(), ..ObjectMeta::default() };
    let regarding = Endpoints { metadata, subsets: Vec::new() };
    let failed = event(&regarding, EventType::Warning, "FailedToCreateEndpoint", message);
    let action = Action::Create { resource: ENDPOINTS, namespace, object };
    Step { on_failure: Some(failed), ..Step::new(action, Why::Missing) }
}

fn update(
    endpoints: &Endpoints,
    subsets: &[Subset],
    labels: &Labels,
    (fit, trigger): (Fit, Option<Time>),
) -> Option<Step<Why>> {
    let metadata = &endpoints.metadata;
    // Others may have written the same in another order.
    let same_subsets = canonical(&endpoints.subsets) == subsets;
    let is_marked = metadata.annotations.contains_key(OVER_CAPACITY);
    if same_subsets && *metadata.labels == *labels && is_marked == (fit == Fit::Truncated) {
        return None;
    }
    let mut changes = Difference::default();
    changes.map("labels", &metadata.labels, labels);
    let annotations = annotations(&metadata.annotations, fit, trigger);
    changes.map("annotations", &metadata.annotations, &annotations);
    let mut patch = Difference::default();
    patch.within("metadata", changes);
    if !same_subsets {
        patch.list("subsets", &endpoints.subsets, subsets);
    }
    let action = Action::Patch {
        target: Target::of(endpoints),
        kind: PatchKind::Merge,
        patch: patch.into_patch()?,
        subresource: "",
        guard: Guard::Version,
    };
    let mut step =
        Step::new(action, if same_subsets { Why::LabelsDiffer } else { Why::PodsDiffer });
    let message = format!("Failed to update endpoint {}: {{error}}", metadata.key());
    step.on_failure = Some(event(endpoints, EventType::Warning, "FailedToUpdateEndpoint", message));
    Some(step)
}

fn labels(backed: &Backed) -> Labels {
    let service = &backed.service;
    let mut labels = Labels::clone(&service.metadata.labels);
    labels.insert(MANAGED_BY.into(), MANAGER.into());
    labels.remove(HEADLESS);
    if service.is_headless() || service.spec.cluster_ip.is_empty() {
        labels.insert(HEADLESS.into(), Text::default());
    }
    labels
}

/// Those of others stay.
fn annotations(known: &Labels, fit: Fit, trigger: Option<Time>) -> Labels {
    let mut annotations = if mutant("hb_09") { Labels::new() } else { known.clone() };
    annotations.remove(LAST_CHANGE);
    annotations.remove(OVER_CAPACITY);
    if let Some(trigger) = trigger {
        annotations.insert(LAST_CHANGE.into(), trigger.to_string().into());
    }
    if fit == Fit::Truncated {
        annotations.insert(OVER_CAPACITY.into(), "truncated".into());
    }
    annotations
}
