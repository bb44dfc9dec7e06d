//! A budget and its pods → its status, and what somebody should know.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use api::views::{Pod, PodDisruptionBudgetStatus};
use meta::{mutants::mutant, object::Uid, time::Time};
use runtime::{Action, Event, EventType, Guard, PatchKind, Plan, Step, Target};
use serde_json::json;

use super::{
    expected,
    observe::Guarded,
    status::{self, Disrupted},
    why::Why,
};
use crate::shared::{
    go_text,
    tell::{announce, event},
};

/// What cannot be counted is tried again after this.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// Who was told of already.
#[derive(Debug, Default)]
pub struct Memory {
    /// Pods that several budgets mean.
    shared: BTreeSet<Uid>,
}

pub(super) fn plan(memory: &mut Memory, guarded: &Guarded, now: Time) -> Plan<Why> {
    let mut plan = Plan::rest();
    let mut tell = |event| plan.step(announce(event, Why::Told));
    troubles(memory, guarded).into_iter().for_each(&mut tell);
    let expected = match expected::expected(guarded) {
        Ok(expected) => expected,
        Err(error) => {
            let text = format!("Failed to calculate the number of expected pods: {error}");
            tell(warning(guarded, "CalculateExpectedPodCountFailed", text));
            let status = status::failed(&guarded.budget, &error, now);
            write(&mut plan, guarded, &status, Why::Uncountable);
            plan.wake(TRY_AGAIN);
            return plan;
        }
    };
    let disrupted = status::disrupted(guarded, now);
    overdue(guarded, &disrupted).into_iter().for_each(tell);
    let status = status::counted(guarded, expected, &disrupted, now);
    write(&mut plan, guarded, &status, Why::CountsDiffer);
    if let Some(recheck) = disrupted.recheck {
        plan.wake(recheck);
    }
    plan
}

fn write(plan: &mut Plan<Why>, guarded: &Guarded, status: &PodDisruptionBudgetStatus, why: Why) {
    let Some(patch) = status::difference(&guarded.budget.status, status) else { return };
    cov_mark::hit!(disruption_writes_only_over_what_it_counted_from);
    let guard = if mutant("hb_29") { Guard::Uid } else { Guard::Version };
    let action = Action::Patch {
        target: Target::of(&*guarded.budget),
        kind: PatchKind::Merge,
        patch: json!({"status": patch}),
        subresource: "status",
        guard,
    };
    plan.step(Step::new(action, why));
}

/// What is odd about the pods that the budget means.
fn troubles(memory: &mut Memory, guarded: &Guarded) -> Vec<Event> {
    let mut told = Vec::new();
    if guarded.pods.is_empty() {
        let message = "No matching pods found";
        told.push(event(&*guarded.budget, EventType::Normal, "NoPods", message));
    }
    let known = std::mem::take(&mut memory.shared);
    memory.shared = guarded.shared.iter().map(|pod| pod.metadata.uid.clone()).collect();
    let fresh = guarded.shared.iter().filter(|pod| !known.contains(&pod.metadata.uid));
    told.extend(fresh.map(|pod| shared(guarded, pod)));
    let scales = guarded.scales.as_ref().and_then(|scales| scales.as_ref().ok());
    if scales.is_some_and(|scales| scales.has_unmanaged) {
        let selector = go_text::label_selector(&guarded.budget.spec.selector);
        let text = format!(
            "Pods selected by this PodDisruptionBudget (selector: {selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set \".spec.minAvailable\" field of the PDB to an integer value."
        );
        told.push(warning(guarded, "UnmanagedPods", text));
    }
    told
}

fn shared(guarded: &Guarded, pod: &Pod) -> Event {
    let (metadata, chosen) = (&pod.metadata, &guarded.budget.metadata.name);
    let text = format!(
        "Pod \"{}\"/\"{}\" matches multiple PodDisruptionBudgets.  Chose \"{chosen}\" arbitrarily.",
        metadata.namespace, metadata.name
    );
    event(pod, EventType::Warning, "MultiplePodDisruptionBudgets", text)
}

/// Pods whose eviction was granted, and that are still there.
fn overdue(guarded: &Guarded, disrupted: &Disrupted) -> Vec<Event> {
    let is_overdue = |pod: &&Arc<Pod>| disrupted.overdue.contains(&pod.metadata.name);
    let budget = guarded.budget.metadata.key();
    let text = format!("Pod was expected by PDB {budget} to be deleted but it wasn't");
    let overdue = guarded.pods.iter().filter(is_overdue);
    overdue.map(|pod| event(&**pod, EventType::Warning, "NotDeleted", text.clone())).collect()
}

fn warning(guarded: &Guarded, reason: &'static str, text: String) -> Event {
    event(&*guarded.budget, EventType::Warning, reason, text)
}

/// What a person wants to know of a budget: one fact a line.
pub(super) fn describe(guarded: &Guarded, now: Time) -> Vec<String> {
    let ready = guarded.pods.iter().filter(|pod| pod.is_ready()).count();
    let mut lines = vec![format!("pods: {} selected, {ready} ready", guarded.pods.len())];
    match expected::expected(guarded) {
        Ok(expected) => {
            let disrupted = status::disrupted(guarded, now);
            let status = status::counted(guarded, expected, &disrupted, now);
            lines.push(format!(
                "budget: {} expected, {} must serve, {} do, {} may be disturbed",
                status.expected_pods,
                status.desired_healthy,
                status.current_healthy,
                status.disruptions_allowed
            ));
            lines.extend(disrupted.kept.keys().map(|pod| format!("being evicted: {pod}")));
        }
        Err(error) => lines.push(format!("budget: nothing may be disturbed: {error}")),
    }
    lines
}
