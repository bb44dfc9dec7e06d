//! A service with its pods and slices → [`Plan`].

use std::{collections::BTreeMap, sync::Arc};

use api::views::{AddressType, EndpointSlice};
use meta::{object::Labels, time::Time};
use runtime::{Event, EventType, Plan, Stage, Step};

use super::{
    desired::{Skipped, desired},
    metrics,
    observe::Backed,
    reconcile::{Changes, labels, owner, reconcile},
    why::Why,
};
use crate::shared::{
    slices::{self, Content},
    tell::{announce, event},
    trigger_times::{LAST_CHANGE, TriggerTimes},
};

/// What is remembered of a service.
#[derive(Debug, Default)]
pub struct Memory {
    trigger_times: TriggerTimes,
    /// The pods without a node that were told of.
    told: Vec<Skipped>,
    /// What was told of hints by capacity.
    by_capacity: BTreeMap<AddressType, Result<(), String>>,
}

pub(super) fn plan(memory: &mut Memory, backed: &Backed) -> Plan<Why> {
    let pods = backed.pods.iter().map(|pod| &**pod);
    let trigger = memory.trigger_times.next(&backed.service, pods);
    let desired = desired(backed);
    let mut plan = Plan::rest();
    if memory.told != desired.skipped {
        memory.told.clone_from(&desired.skipped);
        plan.stages.extend(tell(backed, &desired.skipped).map(Stage::One));
    }
    metrics::endpoints(&mut plan, backed, &desired.groups);
    let changes = reconcile(backed, desired.groups);
    metrics::changes(&mut plan, backed, &changes);
    let before = std::mem::replace(&mut memory.by_capacity, changes.by_capacity.clone());
    for event in hinted(backed, &before, &changes.by_capacity) {
        plan.step(announce(event, Why::Hinted));
    }
    let stages = steps(backed, &changes, trigger);
    plan.stages.extend(stages.into_iter().filter(|steps| !steps.is_empty()).map(Stage::Together));
    plan
}

/// Tells where hints by capacity begin or end, and why there are none.
fn hinted(
    backed: &Backed,
    before: &BTreeMap<AddressType, Result<(), String>>,
    now: &BTreeMap<AddressType, Result<(), String>>,
) -> Vec<Event> {
    let tell = |kind, reason, text: &str, address_type: &AddressType| {
        let message = format!("{text}, addressType: {}", address_type.name());
        event(&*backed.service, kind, reason, message)
    };
    let disabled = "TopologyAwareHintsDisabled";
    let fresh =
        now.iter().filter(|(address_type, hinted)| before.get(*address_type) != Some(*hinted));
    let mut told: Vec<Event> = fresh
        .map(|(address_type, hinted)| match hinted {
            Ok(()) => {
                let text = "Topology Aware Hints has been enabled";
                tell(EventType::Normal, "TopologyAwareHintsEnabled", text, address_type)
            }
            Err(text) => tell(EventType::Warning, disabled, text, address_type),
        })
        .collect();
    let ended = before
        .iter()
        .filter(|(address_type, hinted)| hinted.is_ok() && !now.contains_key(*address_type));
    told.extend(ended.map(|(address_type, _)| {
        tell(EventType::Warning, disabled, "Topology Aware Hints has been disabled", address_type)
    }));
    told
}

/// Creations, then updates, then deletions: no endpoint is ever missing for want of the next step.
fn steps(backed: &Backed, changes: &Changes, trigger: Option<Time>) -> [Vec<Step<Why>>; 3] {
    let (owner, labels) = (owner(backed), labels(backed));
    let key = owner.metadata.key();
    let step = |action, why, attempt: String| {
        let mut step = Step::new(action, why);
        step.on_failure = Some(warning(backed, format!("{attempt}: {{error}}")));
        metrics::written(&mut step);
        step
    };
    let create = |content: &Content| {
        let action = owner.create(content, &labels, &annotations(&Labels::new(), trigger));
        step(action, Why::NoRoom, format!("failed to create EndpointSlice for Service {key}"))
    };
    let update = |(slice, content): &(Arc<EndpointSlice>, Content)| {
        let annotations = annotations(&slice.metadata.annotations, trigger);
        let action = owner.update(slice, content, &labels, &annotations);
        let name = &slice.metadata.name;
        let attempt = format!("failed to update {name} EndpointSlice for Service {key}");
        step(action, Why::PodsDiffer, attempt)
    };
    let delete = |slice: &Arc<EndpointSlice>| {
        let name = &slice.metadata.name;
        let attempt = format!("failed to delete {name} EndpointSlice for Service {key}");
        step(slices::delete(slice), Why::Superfluous, attempt)
    };
    [
        changes.create.iter().map(create).collect(),
        changes.update.iter().map(update).collect(),
        changes.delete.iter().map(delete).collect(),
    ]
}

/// Those of others stay.
fn annotations(known: &Labels, trigger: Option<Time>) -> Labels {
    let mut annotations = known.clone();
    annotations.remove(LAST_CHANGE);
    if let Some(trigger) = trigger {
        annotations.insert(LAST_CHANGE.into(), trigger.to_string().into());
    }
    annotations
}

/// Tells of the pods that are left out.
fn tell(backed: &Backed, skipped: &[Skipped]) -> Option<Step<Why>> {
    let service = backed.service.metadata.key();
    let text = |Skipped { pod, node }: &Skipped| {
        format!("skipping Pod {pod} for Service {service}: Node {node} Not Found")
    };
    let texts: Vec<String> = skipped.iter().map(text).collect();
    let message = match &*texts {
        [] => return None,
        [only] => only.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    Some(announce(warning(backed, message), Why::NodeMissing))
}

fn warning(backed: &Backed, message: String) -> Event {
    let service = &*backed.service;
    let key = service.metadata.key();
    let message = format!("Error updating Endpoint Slices for Service {key}: {message}");
    event(service, EventType::Warning, "FailedToUpdateEndpointSlices", message)
}
