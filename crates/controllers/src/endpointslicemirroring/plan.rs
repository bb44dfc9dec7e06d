//! [`Mirror`] → [`Plan`]: all control flow.

use std::sync::Arc;

use api::{
    resources::ENDPOINTS,
    views::{Endpoint, EndpointSlice, Endpoints},
};
use meta::object::{Labels, ResourceVersion};
use runtime::{EventType, Plan, Stage, Step};

use super::{
    MANAGER,
    desired::{ADDRESSES_MAX, Desired, desired},
    metrics,
    observe::Mirror,
    why::Why,
};
use crate::shared::{
    slices::{self, Content, MANAGED_BY, Owner, SERVICE_NAME},
    tell::{announce, event},
    trigger_times::LAST_CHANGE,
};

/// What kubectl keeps for itself.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What is remembered of Endpoints.
#[derive(Debug, Default)]
pub struct Memory {
    /// The version of which it was told that some addresses cannot be copied.
    told: ResourceVersion,
}

pub(super) fn plan(memory: &mut Memory, mirror: &Mirror) -> Plan<Why> {
    let mut plan = Plan::rest();
    let mut changes = Changes { delete: mirror.slices.clone(), ..Changes::default() };
    let Some(endpoints) = &mirror.endpoints else {
        plan.stages.extend(deletions(&changes));
        return plan;
    };
    let desired = desired(endpoints);
    let version = endpoints.metadata.resource_version;
    if memory.told != version {
        memory.told = version;
        plan.stages.extend(tell(endpoints, &desired).into_iter().map(Stage::One));
    }
    let copies = Copies::new(endpoints);
    for content in &desired.contents {
        copies.place(content.clone(), &mut changes);
    }
    changes.recycle();
    metrics::look(&mut plan, &mirror.slices, &desired, &changes);
    if !endpoints.metadata.is_deleting() {
        plan.stages.extend(together(changes.create.iter().map(|content| copies.create(content))));
    }
    plan.stages.extend(together(changes.update.iter().map(|change| copies.update(change))));
    plan.stages.extend(deletions(&changes));
    plan
}

/// Writes that make the copies like the original.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) create: Vec<Content>,
    update: Vec<(Arc<EndpointSlice>, Content)>,
    /// Slices that nothing was placed in yet.
    pub(super) delete: Vec<Arc<EndpointSlice>>,
}

impl Changes {
    /// Uses slices that would go for those that would come.
    fn recycle(&mut self) {
        for content in std::mem::take(&mut self.create) {
            let is_its = |slice: &Arc<EndpointSlice>| slice.address_type == content.address_type;
            match self.delete.iter().position(is_its) {
                Some(position) => self.update.push((self.delete.remove(position), content)),
                None => self.create.push(content),
            }
        }
    }
}

/// How copies of one original are made.
struct Copies<'a> {
    owner: Owner<'a>,
    labels: Labels,
    annotations: Labels,
}

impl<'a> Copies<'a> {
    fn new(endpoints: &'a Endpoints) -> Self {
        let metadata = &endpoints.metadata;
        let mut labels = Labels::clone(&metadata.labels);
        labels.insert(SERVICE_NAME.into(), metadata.name.clone());
        labels.insert(MANAGED_BY.into(), MANAGER.into());
        let mut annotations = Labels::clone(&metadata.annotations);
        annotations.remove(LAST_CHANGE);
        annotations.remove(LAST_APPLIED);
        Self { owner: Owner { resource: ENDPOINTS, metadata }, labels, annotations }
    }

    /// Finds the slice that is to list this: the first with its ports.
    fn place(&self, content: Content, changes: &mut Changes) {
        let is_its = |slice: &Arc<EndpointSlice>| {
            let mut ports = slice.ports.clone();
            ports.sort();
            slice.address_type == content.address_type && ports == content.ports
        };
        let Some(position) = changes.delete.iter().position(is_its) else {
            changes.create.push(content);
            return;
        };
        let slice = changes.delete.remove(position);
        if !self.is_copy(&slice, &content) {
            changes.update.push((slice, content));
        }
    }

    fn is_copy(&self, slice: &EndpointSlice, content: &Content) -> bool {
        let metadata = &slice.metadata;
        *metadata.labels == self.labels
            && *metadata.annotations == self.annotations
            && self.owner.owns(slice)
            && ordered(&slice.endpoints) == ordered(&content.endpoints)
    }

    fn create(&self, content: &Content) -> Step<Why> {
        Step::new(self.owner.create(content, &self.labels, &self.annotations), Why::Missing)
    }
    fn update(&self, (slice, content): &(Arc<EndpointSlice>, Content)) -> Step<Why> {
        let action = self.owner.update(slice, content, &self.labels, &self.annotations);
        Step::new(action, Why::Differs)
    }
}

/// In one order, so that equal sets make equal lists.
fn ordered(endpoints: &[Endpoint]) -> Vec<&Endpoint> {
    let mut ordered: Vec<&Endpoint> = endpoints.iter().collect();
    ordered.sort_by_key(|endpoint| (&endpoint.addresses, &endpoint.target_ref));
    ordered
}

fn deletions(changes: &Changes) -> Option<Stage<Why>> {
    let delete = |slice: &Arc<EndpointSlice>| Step::new(slices::delete(slice), Why::Superfluous);
    together(changes.delete.iter().map(delete))
}

fn together(steps: impl Iterator<Item = Step<Why>>) -> Option<Stage<Why>> {
    let steps: Vec<Step<Why>> = steps.map(metrics::written).collect();
    (!steps.is_empty()).then_some(Stage::Together(steps))
}

/// Tells of addresses that are left out.
fn tell(endpoints: &Endpoints, desired: &Desired) -> Vec<Step<Why>> {
    let (invalid, skipped) = (desired.invalid, desired.skipped);
    let events = [
        (invalid > 0).then(|| {
            let message =
                format!("Skipped {invalid} invalid IP addresses when mirroring to EndpointSlices");
            event(endpoints, EventType::Warning, "InvalidIPAddress", message)
        }),
        (skipped > invalid).then(|| {
            let message = format!(
                "A max of {ADDRESSES_MAX} addresses can be mirrored to EndpointSlices per Endpoints subset. {skipped} addresses were skipped"
            );
            event(endpoints, EventType::Warning, "TooManyAddressesToMirror", message)
        }),
    ];
    events.into_iter().flatten().map(|event| announce(event, Why::Skipped)).collect()
}
