//! Outdated pods go, highest first, as far as the budget allows: their successors are of the new revision.

use std::{cmp, collections::BTreeSet, sync::Arc};

use api::views::{Pod, PodManagement, StatefulSetStrategyType};
use meta::{int_or_string::Rounding, text::Text, time::Time};

use super::{
    Why,
    members::{Members, Slot},
    revisions::{REVISION, Revisions},
};
use crate::shared::history::labelled;

/// A pod that makes room for its successor.
#[derive(Debug)]
pub(super) struct Outdated {
    pub(super) pod: Arc<Pod>,
    pub(super) why: Why,
}

/// The pods to be deleted; `gone` are those that are already.
pub(super) fn outdated(
    members: &Members,
    revisions: &Revisions,
    gone: &BTreeSet<Text>,
    now: Time,
) -> Vec<Outdated> {
    let strategy = &members.set.spec.update_strategy;
    if strategy.kind != StatefulSetStrategyType::RollingUpdate {
        return Vec::new();
    }
    let slots = members.slots();
    let is_available = |slot: &Slot| {
        let pod = slot.pod.as_ref().filter(|_| !gone.contains(&slot.name));
        pod.is_some_and(|pod| members.is_available(pod, now))
    };
    let unavailable = slots.iter().filter(|slot| !is_available(slot)).count();
    let partition = strategy.rolling_update.as_ref().map_or(0, |rolling| rolling.partition);
    let partition = usize::try_from(partition).unwrap_or(0);
    let old: Vec<&Slot> = slots
        .iter()
        .skip(partition)
        .rev()
        .filter(|slot| !gone.contains(&slot.name) && is_old(slot, revisions))
        .collect();
    let (spare, broken): (Vec<&Slot>, Vec<&Slot>) = match members.set.spec.pod_management_policy {
        PodManagement::OrderedReady => (old, Vec::new()),
        PodManagement::Parallel => old.into_iter().partition(|slot| is_available(slot)),
    };
    let budget = max_unavailable(members).saturating_sub(unavailable);
    let revision = revisions.update_name();
    let broken = broken.into_iter().map(|slot| {
        cov_mark::hit!(stateful_set_replaces_broken_pods_whatever_the_budget);
        (slot, Why::OutdatedAndBroken { revision: revision.clone() })
    });
    let spare = spare.into_iter().take(budget);
    let spare = spare.map(|slot| (slot, Why::Outdated { revision: revision.clone() }));
    let outdated = broken.chain(spare);
    outdated.filter_map(|(slot, why)| Some(Outdated { pod: slot.pod.clone()?, why })).collect()
}

/// Whether the pod of a place is to be replaced and is not on its way out.
fn is_old(slot: &Slot, revisions: &Revisions) -> bool {
    slot.pod.as_ref().is_some_and(|pod| {
        !pod.metadata.is_deleting()
            && labelled(&pod.metadata, REVISION) != revisions.update_name().as_str()
    })
}

/// Pods that may be unavailable at a time.
pub(super) fn max_unavailable(members: &Members) -> usize {
    let spec = &members.set.spec;
    let share = spec.update_strategy.rolling_update.as_ref();
    let share = share.and_then(|rolling| rolling.max_unavailable.as_ref());
    let replicas = spec.replicas.unwrap_or(1);
    let scaled = share.and_then(|share| share.scaled(replicas, Rounding::Down)).unwrap_or(1);
    usize::try_from(cmp::max(scaled, 1)).unwrap_or(1)
}
