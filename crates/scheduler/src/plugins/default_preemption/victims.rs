//! Who may be evicted, and whom disruption budgets would keep.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use api::views::{Pod, PodDisruptionBudget};
use meta::{object::ObjectKey, selector::Selector, time::Time};

/// The most important first: by priority, then by how long it runs.
pub(super) fn by_importance(pods: &mut [Arc<Pod>]) {
    pods.sort_by_key(|pod| (Reverse(pod.priority()), started(pod)));
}

/// When a pod started; one that has not counts as the latest.
pub(super) fn started(pod: &Pod) -> Time {
    pod.status.start_time.unwrap_or(Time::from_microseconds(i64::MAX))
}

/// Pods whose going breaks a budget, and the others; both stay in order.
pub(super) fn by_budget(
    pods: Vec<Arc<Pod>>,
    budgets: &[Arc<PodDisruptionBudget>],
) -> (Vec<Arc<Pod>>, Vec<Arc<Pod>>) {
    let mut allowed: BTreeMap<ObjectKey, i32> = budgets
        .iter()
        .map(|budget| (budget.metadata.key(), budget.status.disruptions_allowed))
        .collect();
    pods.into_iter().partition(|pod| breaks(pod, budgets, &mut allowed))
}

/// Counts a victim against its budgets.
fn breaks(
    pod: &Pod,
    budgets: &[Arc<PodDisruptionBudget>],
    allowed: &mut BTreeMap<ObjectKey, i32>,
) -> bool {
    let mut breaks = false;
    if pod.metadata.labels.is_empty() {
        return breaks;
    }
    for budget in budgets.iter().filter(|budget| means(budget, pod)) {
        if let Some(allowed) = allowed.get_mut(&budget.metadata.key()) {
            *allowed -= 1;
            breaks |= *allowed < 0;
        }
    }
    breaks
}

/// Whether a budget is for a pod whose eviction it has not granted yet.
fn means(budget: &PodDisruptionBudget, pod: &Pod) -> bool {
    let selector = Selector::from_json(&budget.spec.selector).unwrap_or(Selector::Nothing);
    budget.metadata.namespace == pod.metadata.namespace
        && !selector.is_empty()
        && selector.matches(&pod.metadata.labels)
        && !budget.status.disrupted_pods.contains_key(&pod.metadata.name)
}
