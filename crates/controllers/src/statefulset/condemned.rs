//! Pods beyond the wanted number go: highest first, and at an ordered set one after the other.

use std::sync::Arc;

use api::views::{Pod, PodManagement};
use runtime::{Event, Step};

use super::{
    Why, claims,
    claims::Place,
    members::{Members, parse},
    pod,
};

/// What is to be done about the pods that no place is for.
#[derive(Debug, Default)]
pub(super) struct Farewell {
    /// Claims go over to the pods first, or they would stay.
    pub(super) owners: Vec<Step<Why>>,
    pub(super) deletes: Vec<Step<Why>>,
    pub(super) complaints: Vec<Event>,
    /// Whether nothing else may move before they are gone.
    pub(super) is_blocking: bool,
}

/// Looks at them; only called while no place is blocked.
pub(super) fn look(members: &Members) -> Farewell {
    let condemned = members.condemned();
    let mut farewell = Farewell::default();
    for pod in &condemned {
        let ordinal = parse(&pod.metadata.name).map_or(0, |(_, ordinal)| ordinal);
        let owners = claims::owners(members, pod, ordinal, Place::Condemned);
        farewell.owners.extend(owners.writes);
        farewell.complaints.extend(owners.complaints);
    }
    // All places are available here, so that a pod which is not serves as little as one that is gone.
    let going: &[Arc<Pod>] = match members.set.spec.pod_management_policy {
        PodManagement::OrderedReady => {
            farewell.is_blocking = !condemned.is_empty();
            &condemned[..condemned.len().min(1)]
        }
        PodManagement::Parallel => &condemned,
    };
    let why = Why::Condemned { wanted: members.ordinals().len() };
    let staying = going.iter().filter(|pod| !pod.metadata.is_deleting());
    farewell.deletes.extend(staying.map(|pod| pod::delete(members, pod, why.clone())));
    farewell
}
