//! Which slice lists which endpoints: what is listed stays where it is, what is new fills slices that
//! are written anyway, and at most one other is touched.

use std::{cmp::Reverse, sync::Arc};

use api::views::{Endpoint, EndpointSlice};
use meta::object::Labels;

use super::desired::{Endpoints, identity};

/// What becomes of the slices with the same ports.
#[derive(Debug, Default)]
pub(super) struct Filling {
    /// The endpoints of new slices.
    pub(super) create: Vec<Vec<Endpoint>>,
    /// Slices and the endpoints they will have.
    pub(super) update: Vec<(Arc<EndpointSlice>, Vec<Endpoint>)>,
    /// Slices that list nothing any more.
    pub(super) delete: Vec<Arc<EndpointSlice>>,
    /// Slices that are right.
    pub(super) keep: Vec<Arc<EndpointSlice>>,
}

/// Distributes `desired` over slices of at most `max` endpoints.
pub(super) fn fill(
    existing: &[Arc<EndpointSlice>],
    mut desired: Endpoints,
    labels: &Labels,
    max: usize,
) -> Filling {
    let mut filling = Filling::default();
    for slice in existing {
        filling.settle(slice, &mut desired, labels);
    }
    let mut left = desired.into_values();
    filling.update.sort_by_key(|(_, endpoints)| Reverse(endpoints.len()));
    for (_, endpoints) in &mut filling.update {
        endpoints.extend(left.by_ref().take(max.saturating_sub(endpoints.len())));
    }
    while left.len() > 0 {
        if let Some(slice) = filling.take_roomy(left.len(), max) {
            let endpoints = slice.endpoints.iter().cloned().chain(left.by_ref()).collect();
            filling.update.push((slice, endpoints));
        } else {
            filling.create.push(left.by_ref().take(max).collect());
        }
    }
    filling
}

impl Filling {
    /// Keeps in a slice what is still desired, with fresh values.
    fn settle(&mut self, slice: &Arc<EndpointSlice>, desired: &mut Endpoints, labels: &Labels) {
        let mut differs = false;
        let mut endpoints = Vec::with_capacity(slice.endpoints.len());
        for known in &slice.endpoints {
            let Some(wanted) = desired.remove(&identity(known)) else {
                differs = true;
                continue;
            };
            differs |= !is_same(known, &wanted);
            endpoints.push(Endpoint { hints: known.hints.clone(), ..wanted });
        }
        if differs && endpoints.is_empty() {
            self.delete.push(Arc::clone(slice));
            return;
        }
        if differs || *slice.metadata.labels != *labels {
            self.update.push((Arc::clone(slice), endpoints));
            return;
        }
        self.keep.push(Arc::clone(slice));
    }

    /// Of the slices that are right, the one that `count` more make as full as can be.
    fn take_roomy(&mut self, count: usize, max: usize) -> Option<Arc<EndpointSlice>> {
        let sizes = self.keep.iter().map(|slice| slice.endpoints.len()).enumerate();
        let roomy = sizes.filter(|(_, size)| size + count <= max);
        let (position, _) = roomy.max_by_key(|(position, size)| (*size, Reverse(*position)))?;
        Some(self.keep.remove(position))
    }
}

/// Whether an endpoint need not be written anew; hints are looked at elsewhere.
fn is_same(known: &Endpoint, wanted: &Endpoint) -> bool {
    let uid = |endpoint: &Endpoint| endpoint.target_ref.as_ref().map(|target| target.uid.clone());
    known.conditions == wanted.conditions
        && known.node_name == wanted.node_name
        && known.zone == wanted.zone
        && uid(known) == uid(wanted)
}
