//! Makes room for a pod that fits nowhere by evicting less important ones.

mod candidate;
#[cfg(test)]
mod tests;
mod victims;

use std::{collections::BTreeSet, fmt, sync::Arc};

use api::views::{Pod, PodDisruptionBudget};
use meta::{object::Uid, text::Text};
use parking_lot::Mutex;
use runtime::Cache;
use serde::Deserialize;

use crate::{
    framework::{
        Actions, Arguments, ClusterEvent, Code, EventResource, Hint, Interest, InvalidArguments,
        Nomination, Plugin, Point, PostFilter, Rejection, Setup, Trial, Verdict,
    },
    message,
};
use candidate::Candidate;

/// `DefaultPreemptionArgs`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct DefaultPreemptionArguments {
    /// Of how many nodes candidates are wanted: this share, but at least the absolute number.
    min_candidate_nodes_percentage: i64,
    min_candidate_nodes_absolute: i64,
}

impl Default for DefaultPreemptionArguments {
    fn default() -> Self {
        Self { min_candidate_nodes_percentage: 10, min_candidate_nodes_absolute: 100 }
    }
}

/// Pods for which others are being evicted right now: these are not looked at before that is done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evictions(Arc<Mutex<BTreeSet<Uid>>>);

impl Evictions {
    pub(crate) fn begin(&self, preemptor: &Uid) {
        self.0.lock().insert(preemptor.clone());
    }
    pub(crate) fn end(&self, preemptor: &Uid) {
        self.0.lock().remove(preemptor);
    }
    fn are_under_way_for(&self, preemptor: &Uid) -> bool {
        self.0.lock().contains(preemptor)
    }
}

pub(super) struct DefaultPreemption {
    arguments: DefaultPreemptionArguments,
    budgets: Arc<Cache<PodDisruptionBudget>>,
    evictions: Evictions,
}

impl fmt::Debug for DefaultPreemption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.arguments.fmt(f)
    }
}

pub(super) fn make(
    setup: &mut Setup<'_>,
    given: &Arguments,
) -> Result<Arc<dyn Plugin>, InvalidArguments> {
    let arguments: DefaultPreemptionArguments = given.read()?;
    validate(arguments).map_err(InvalidArguments)?;
    let evictions = setup.evictions();
    Ok(Arc::new(DefaultPreemption { arguments, budgets: setup.cache(), evictions }))
}

fn validate(arguments: DefaultPreemptionArguments) -> Result<(), String> {
    let DefaultPreemptionArguments {
        min_candidate_nodes_percentage: percentage,
        min_candidate_nodes_absolute: absolute,
    } = arguments;
    if !(0..=100).contains(&percentage) {
        return Err(format!(
            "minCandidateNodesPercentage: Invalid value: {percentage}: not in valid range [0, 100]"
        ));
    }
    if absolute < 0 {
        return Err(format!(
            "minCandidateNodesAbsolute: Invalid value: {absolute}: not in valid range [0, inf)"
        ));
    }
    if percentage == 0 && absolute == 0 {
        return Err(
            "minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute"
                .to_owned(),
        );
    }
    Ok(())
}

impl DefaultPreemption {
    /// How many candidates are enough.
    fn wanted(&self, nodes: usize) -> usize {
        let number = |number: i64| usize::try_from(number).unwrap_or(0);
        let share = nodes * number(self.arguments.min_candidate_nodes_percentage) / 100;
        share.max(number(self.arguments.min_candidate_nodes_absolute)).min(nodes)
    }

    /// What others must go where, and why it is no use on the other nodes.
    fn candidates(&self, trial: &Trial<'_>) -> (Vec<Candidate>, Vec<String>) {
        let (mut candidates, mut reasons) = (Vec::new(), Vec::new());
        let wanted = self.wanted(trial.rejected.len());
        let budgets = self.budgets.list();
        for (name, rejection) in trial.rejected {
            if rejection.code != Code::Unschedulable {
                reasons.push("Preemption is not helpful for scheduling".to_owned());
                continue;
            }
            let Some(node) = trial.snapshot.node(name) else { continue };
            match Candidate::on(trial, node, &budgets) {
                Ok(candidate) => candidates.push(candidate),
                Err(reason) => reasons.extend(reason),
            }
            if candidates.len() >= wanted && candidates.iter().any(|one| one.violations == 0) {
                break;
            }
        }
        (candidates, reasons)
    }
}

impl Plugin for DefaultPreemption {
    fn name(&self) -> &'static str {
        "DefaultPreemption"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::PreEnqueue, Point::PostFilter]
    }
    fn pre_enqueue(&self, pod: &Pod) -> Verdict {
        if !self.evictions.are_under_way_for(&pod.metadata.uid) {
            return Ok(());
        }
        let code = Code::UnschedulableAndUnresolvable;
        let reason = "waiting for the preemption for this pod to be finished";
        Err(Rejection::new(self.name(), code, reason))
    }
    fn post_filter(&self, trial: &Trial<'_>) -> PostFilter {
        if let Some(reason) = hindrance(trial) {
            return PostFilter::NotNow(format!("preemption: not eligible due to {reason}."));
        }
        let (candidates, reasons) = self.candidates(trial);
        let Some(best) = candidate::best(candidates) else {
            let tail = message::unavailable(trial.rejected.len(), &reasons);
            return PostFilter::Nothing(format!("preemption: {tail}"));
        };
        let (node, count) = (best.node, best.victims.len());
        let message = format!(
            "preemption: found a potential placement for pod on node {node}, preempting {count} victims"
        );
        let violations = best.violations;
        PostFilter::Nominate(Nomination { node, victims: best.victims, violations, message })
    }
    fn events(&self) -> &'static [Interest] {
        const { &[Interest::new(EventResource::AssignedPod, Actions::DELETE)] }
    }
    /// Those that rejected the pod know better.
    fn hint(&self, _: &Pod, _: &ClusterEvent) -> Hint {
        Hint::Skip
    }
}

/// Why the pod may not have others evicted now.
fn hindrance(trial: &Trial<'_>) -> Option<&'static str> {
    if trial.pod.spec.preemption_policy == "Never" {
        return Some("preemptionPolicy=Never");
    }
    let nominated = trial.nominated_node()?;
    let hopeless = |(name, rejection): &(Text, Rejection)| {
        name == nominated && rejection.code == Code::UnschedulableAndUnresolvable
    };
    if trial.rejected.iter().any(hopeless) {
        return None;
    }
    let leaves = |pod: &Arc<Pod>| {
        let disruption = pod.condition("DisruptionTarget");
        pod.metadata.is_deleting()
            && pod.priority() < trial.pod.priority()
            && disruption.is_some_and(|condition| condition.reason == "PreemptionByScheduler")
    };
    let waits = trial.snapshot.node(nominated)?.pods().any(leaves);
    waits.then_some("a terminating pod on the nominated node")
}
