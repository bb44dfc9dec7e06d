//! Which pods go first when there are too many: those that serve least, then those that are spared least.

use std::{cmp::Ordering, collections::BTreeMap};

use api::views::{ContainerStatus, Phase, Pod};
use meta::{text::Text, time::Time};

const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// Less means that it goes first.
pub(super) fn compare(
    left: &Pod,
    right: &Pod,
    related_by_node: &BTreeMap<Text, usize>,
    now: Time,
) -> Ordering {
    let assigned = |pod: &Pod| !pod.spec.node_name.is_empty();
    let related = |pod: &Pod| related_by_node.get(&pod.spec.node_name).copied().unwrap_or(0);
    assigned(left)
        .cmp(&assigned(right))
        .then_with(|| phase(left).cmp(&phase(right)))
        .then_with(|| left.is_ready().cmp(&right.is_ready()))
        .then_with(|| cost(left).cmp(&cost(right)))
        .then_with(|| related(right).cmp(&related(left)))
        .then_with(|| by_ready_time(left, right, now))
        .then_with(|| restarts(right).cmp(&restarts(left)))
        .then_with(|| by_age(left, created(left), right, created(right), now))
}

fn phase(pod: &Pod) -> u8 {
    match pod.status.phase {
        Phase::Pending | Phase::Succeeded | Phase::Failed => 0,
        Phase::Unknown => 1,
        Phase::Running => 2,
    }
}

fn cost(pod: &Pod) -> i32 {
    let cost = pod.metadata.annotations.get(DELETION_COST);
    cost.and_then(|cost| cost.parse().ok()).unwrap_or(0)
}

fn by_ready_time(left: &Pod, right: &Pod, now: Time) -> Ordering {
    if !left.is_ready() || !right.is_ready() {
        return Ordering::Equal;
    }
    by_age(left, ready_since(left), right, ready_since(right), now)
}

/// The younger goes first; ages within a factor of two are alike, and chance (the UID) decides, so that
/// not always the last ones placed are the first to go.
fn by_age(
    left: &Pod,
    left_since: Option<Time>,
    right: &Pod,
    right_since: Option<Time>,
    now: Time,
) -> Ordering {
    if left_since == right_since {
        return Ordering::Equal;
    }
    let (Some(left_since), Some(right_since)) = (left_since, right_since) else {
        return left_since.is_some().cmp(&right_since.is_some());
    };
    magnitude(now, left_since)
        .cmp(&magnitude(now, right_since))
        .then_with(|| left.metadata.uid.cmp(&right.metadata.uid))
}

/// The binary logarithm of an age in nanoseconds; `None`, the least, for none.
fn magnitude(now: Time, since: Time) -> Option<u32> {
    now.since(since).as_nanos().checked_ilog2()
}

fn ready_since(pod: &Pod) -> Option<Time> {
    pod.condition("Ready")?.last_transition_time
}

const fn created(pod: &Pod) -> Option<Time> {
    pod.metadata.creation_timestamp
}

/// The most restarts of a container, and of one that runs beside them.
fn restarts(pod: &Pod) -> (i32, i32) {
    let most = |count: &mut dyn Iterator<Item = &ContainerStatus>| {
        count.map(|status| status.restart_count).max().unwrap_or(0)
    };
    let runs_beside = |status: &&ContainerStatus| {
        let containers = &pod.spec.init_containers;
        containers.iter().any(|c| c.name == status.name && c.restart_policy == *"Always")
    };
    (
        most(&mut pod.status.container_statuses.iter()),
        most(&mut pod.status.init_container_statuses.iter().filter(runs_beside)),
    )
}
