//! Desired endpoints and existing slices → what to create, update and delete.

use std::{collections::BTreeMap, sync::Arc};

use api::{
    resources::SERVICES,
    views::{AddressType, Endpoint, EndpointPort, EndpointSlice},
};
use meta::{object::Labels, text::Text};

use super::{
    MANAGER,
    desired::Groups,
    filling::{Filling, fill},
    hints::{self, Distribution},
    observe::Backed,
    topology,
};
use crate::shared::{
    service_pods::HEADLESS,
    slices::{Content, MANAGED_BY, Owner, SERVICE_NAME},
};

/// Writes that make the slices right.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) create: Vec<Content>,
    pub(super) update: Vec<(Arc<EndpointSlice>, Content)>,
    pub(super) delete: Vec<Arc<EndpointSlice>>,
    /// For services that go by the capacity of zones: whether their endpoints have such hints, or why not.
    pub(super) by_capacity: BTreeMap<AddressType, Result<(), String>>,
}

type ByPorts = BTreeMap<Vec<EndpointPort>, Vec<Arc<EndpointSlice>>>;

pub(super) fn owner(backed: &Backed) -> Owner<'_> {
    Owner { resource: SERVICES, metadata: &backed.service.metadata }
}

/// The labels of the service's slices.
pub(super) fn labels(backed: &Backed) -> Labels {
    let service = &backed.service;
    let mut labels = Labels::clone(&service.metadata.labels);
    labels.remove(HEADLESS);
    labels.insert(SERVICE_NAME.into(), service.metadata.name.clone());
    labels.insert(MANAGED_BY.into(), MANAGER.into());
    if service.is_headless() || service.spec.cluster_ip.is_empty() {
        labels.insert(HEADLESS.into(), Text::default());
    }
    labels
}

/// What to do about all slices of a service.
pub(super) fn reconcile(backed: &Backed, desired: BTreeMap<AddressType, Groups>) -> Changes {
    let labels = labels(backed);
    let mut changes = Changes::default();
    let mut stale = Vec::new();
    for slice in &backed.slices {
        if !desired.contains_key(&slice.address_type) {
            stale.push(Arc::clone(slice));
        }
    }
    for (address_type, groups) in desired {
        let of_type = Typed { backed, labels: &labels, address_type };
        changes.extend(of_type.reconcile(groups));
    }
    // Last: until the others are right, these are the best there is.
    changes.delete.extend(stale);
    if backed.service.metadata.is_deleting() {
        changes.create.clear();
    }
    changes
}

impl Changes {
    fn extend(&mut self, other: Self) {
        self.create.extend(other.create);
        self.update.extend(other.update);
        self.delete.extend(other.delete);
        self.by_capacity.extend(other.by_capacity);
    }
}

/// The slices of a service with one type of addresses.
struct Typed<'a> {
    backed: &'a Backed,
    labels: &'a Labels,
    address_type: AddressType,
}

impl Typed<'_> {
    fn reconcile(&self, mut groups: Groups) -> Changes {
        let owner = owner(self.backed);
        let of_type = self.backed.slices.iter().filter(|s| s.address_type == self.address_type);
        let (ours, strays): (Vec<_>, Vec<_>) = of_type.cloned().partition(|s| owner.owns(s));
        let mut by_ports = ByPorts::new();
        for slice in ours {
            let mut ports = slice.ports.clone();
            ports.sort();
            by_ports.entry(ports).or_default().push(slice);
        }
        let mut changes = Changes::default();
        let mut kept = Vec::new();
        for (ports, existing) in by_ports {
            match groups.remove(&ports) {
                Some(endpoints) => {
                    let filling =
                        fill(&existing, endpoints, self.labels, self.backed.settings.endpoints_max);
                    kept.extend(self.take(&mut changes, ports, filling));
                }
                None => changes.delete.extend(existing),
            }
        }
        for (ports, endpoints) in groups {
            let filling = fill(&[], endpoints, self.labels, self.backed.settings.endpoints_max);
            kept.extend(self.take(&mut changes, ports, filling));
        }
        if kept.is_empty() && changes.create.is_empty() && changes.update.is_empty() {
            self.hold_place(&mut changes);
        }
        self.hint(&mut changes, kept);
        recycle(&mut changes);
        changes.delete.extend(strays);
        changes
    }

    /// Takes a group's part into the changes; answers the slices that are right.
    fn take(
        &self,
        changes: &mut Changes,
        ports: Vec<EndpointPort>,
        filling: Filling,
    ) -> Vec<Arc<EndpointSlice>> {
        let content = |endpoints| self.content(ports.clone(), endpoints);
        changes.create.extend(filling.create.into_iter().map(content));
        let update = filling.update.into_iter();
        changes.update.extend(update.map(|(slice, endpoints)| (slice, content(endpoints))));
        changes.delete.extend(filling.delete);
        filling.keep
    }

    fn content(&self, ports: Vec<EndpointPort>, endpoints: Vec<Endpoint>) -> Content {
        Content { address_type: self.address_type, ports, endpoints }
    }

    /// Readers tell a service without endpoints from one that is not looked after by an empty slice.
    fn hold_place(&self, changes: &mut Changes) {
        if let [only] = &*changes.delete
            && only.endpoints.is_empty()
            && only.ports.is_empty()
            && *only.metadata.labels == *self.labels
        {
            changes.delete.clear();
            return;
        }
        changes.create.push(self.content(Vec::new(), Vec::new()));
    }

    /// Gives the endpoints their hints; slices that are right but for these are written too.
    fn hint(&self, changes: &mut Changes, kept: Vec<Arc<EndpointSlice>>) {
        if let Some(capacity) = &self.backed.capacity {
            let spread = topology::spread(capacity, changes, &kept);
            let is_done = spread.is_ok();
            changes.by_capacity.insert(self.address_type, spread);
            if is_done {
                return;
            }
        }
        let distribution = hints::distribution(&self.backed.service);
        for slice in kept {
            if slice.endpoints.iter().any(|e| hints::wanted(distribution, e) != e.hints) {
                let content = self.content(slice.ports.clone(), slice.endpoints.clone());
                changes.update.push((slice, content));
            }
        }
        let updated = changes.update.iter_mut().map(|(_, content)| content);
        for content in changes.create.iter_mut().chain(updated) {
            give_hints(distribution, content);
        }
    }
}

fn give_hints(distribution: Distribution, content: &mut Content) {
    for endpoint in &mut content.endpoints {
        endpoint.hints = hints::wanted(distribution, endpoint);
    }
}

/// Uses slices that would go for those that would come: readers see a change instead of two.
fn recycle(changes: &mut Changes) {
    let count = changes.create.len().min(changes.delete.len());
    for slice in changes.delete.drain(..count) {
        if let Some(content) = changes.create.pop() {
            changes.update.push((slice, content));
        }
    }
}
