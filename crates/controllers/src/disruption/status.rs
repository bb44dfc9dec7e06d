//! The status of a budget, counted from its pods.

use std::{collections::BTreeMap, time::Duration};

use api::views::{BudgetCondition, Pod, PodDisruptionBudget, PodDisruptionBudgetStatus, Status};
use meta::{text::Text, time::Time};
use serde_json::{Value, json};

use super::{
    expected::Expected,
    observe::{Guarded, names},
};
use crate::shared::patch::Difference;

/// A pod whose eviction was granted is taken for gone for so long; then it counts again.
const DELETION_EXPECTED_WITHIN: Duration = Duration::from_mins(2);
const DISRUPTION_ALLOWED: &str = "DisruptionAllowed";

/// The evictions that were granted, sorted by whether they still count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Disrupted {
    /// By the pod's name, when.
    pub(super) kept: BTreeMap<Text, Time>,
    /// Pods that should be gone and are not.
    pub(super) overdue: Vec<Text>,
    /// When to look again.
    pub(super) recheck: Option<Duration>,
}

/// Looks through the granted evictions: those of pods that go, or are gone, are done.
pub(super) fn disrupted(guarded: &Guarded, now: Time) -> Disrupted {
    let there = names(&guarded.pods);
    let goes = |name: &Text| {
        let is_it = |pod: &&std::sync::Arc<Pod>| pod.metadata.name == *name;
        guarded.pods.iter().find(is_it).is_none_or(|pod| pod.metadata.is_deleting())
    };
    let mut disrupted = Disrupted::default();
    for (name, at) in &guarded.budget.status.disrupted_pods {
        if !there.contains(name) || goes(name) {
            continue;
        }
        let expires = *at + DELETION_EXPECTED_WITHIN;
        if expires < now {
            disrupted.overdue.push(name.clone());
            continue;
        }
        disrupted.kept.insert(name.clone(), *at);
        // Just after it: only then it is over.
        let wait = expires.since(now) + Duration::from_millis(1);
        disrupted.recheck = Some(disrupted.recheck.map_or(wait, |known| known.min(wait)));
    }
    disrupted
}

/// The status that the counts give.
pub(super) fn counted(
    guarded: &Guarded,
    expected: Expected,
    disrupted: &Disrupted,
    now: Time,
) -> PodDisruptionBudgetStatus {
    let serves = |pod: &&std::sync::Arc<Pod>| {
        !pod.metadata.is_deleting()
            && !disrupted.kept.contains_key(&pod.metadata.name)
            && pod.is_ready()
    };
    let healthy = guarded.pods.iter().filter(serves).count();
    let healthy = i32::try_from(healthy).unwrap_or(i32::MAX);
    let spare = healthy.saturating_sub(expected.healthy);
    let allowed = if expected.pods <= 0 { 0 } else { spare.max(0) };
    let budget = &guarded.budget;
    let generation = budget.metadata.generation;
    let (status, reason) = if allowed > 0 {
        (Status::True, "SufficientPods")
    } else {
        (Status::False, "InsufficientPods")
    };
    let word = word(status, reason, String::new(), generation);
    PodDisruptionBudgetStatus {
        observed_generation: generation,
        disrupted_pods: disrupted.kept.clone(),
        disruptions_allowed: allowed,
        current_healthy: healthy,
        desired_healthy: expected.healthy,
        expected_pods: expected.pods,
        conditions: said(budget, word, now),
    }
}

/// The status while nobody can count: nothing may be disturbed, and why.
pub(super) fn failed(
    budget: &PodDisruptionBudget,
    error: &str,
    now: Time,
) -> PodDisruptionBudgetStatus {
    let generation = budget.status.observed_generation;
    let word = word(Status::False, "SyncFailed", error.to_owned(), generation);
    PodDisruptionBudgetStatus {
        disruptions_allowed: 0,
        conditions: said(budget, word, now),
        ..budget.status.clone()
    }
}

/// What to write to get from the stored status to another one; `None` if they are the same.
pub(super) fn difference(
    old: &PodDisruptionBudgetStatus,
    new: &PodDisruptionBudgetStatus,
) -> Option<Value> {
    if old == new {
        return None;
    }
    let texts = |pods: &BTreeMap<Text, Time>| {
        pods.iter().map(|(name, at)| (name.clone(), Text::from(at.to_string()))).collect()
    };
    let mut patch = Difference::default();
    patch.map("disruptedPods", &texts(&old.disrupted_pods), &texts(&new.disrupted_pods));
    patch.list("conditions", &old.conditions, &new.conditions);
    patch.count("observedGeneration", old.observed_generation, new.observed_generation);
    let mut patch = patch.into_patch().unwrap_or_else(|| json!({}));
    // These four are always there.
    patch["disruptionsAllowed"] = new.disruptions_allowed.into();
    patch["currentHealthy"] = new.current_healthy.into();
    patch["desiredHealthy"] = new.desired_healthy.into();
    patch["expectedPods"] = new.expected_pods.into();
    Some(patch)
}

fn word(status: Status, reason: &str, message: String, generation: i64) -> BudgetCondition {
    BudgetCondition {
        kind: DISRUPTION_ALLOWED.into(),
        status,
        observed_generation: generation,
        last_transition_time: None,
        reason: reason.into(),
        message,
    }
}

/// The conditions after a word about disruptions; its time moves only with the status.
fn said(
    budget: &PodDisruptionBudget,
    mut word: BudgetCondition,
    now: Time,
) -> Vec<BudgetCondition> {
    let mut conditions = budget.status.conditions.clone();
    word.last_transition_time = Some(now.whole_seconds());
    let known = conditions.iter_mut().find(|known| known.kind == word.kind);
    let Some(known) = known else {
        conditions.push(word);
        return conditions;
    };
    if known.status == word.status && known.last_transition_time.is_some() {
        word.last_transition_time = known.last_transition_time;
    }
    *known = word;
    conditions
}
