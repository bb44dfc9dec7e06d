//! A node that would have room, and which of several costs least.

use std::{cmp::Reverse, sync::Arc};

use api::views::{Pod, PodDisruptionBudget};
use meta::{text::Text, time::Time};

use super::victims::{by_budget, by_importance, started};
use crate::{NodeInfo, framework::Trial};

/// A node on which the pod fits when the victims are gone.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) node: Text,
    /// The most important first.
    pub(super) victims: Vec<Arc<Pod>>,
    /// Victims that a disruption budget would have kept.
    pub(super) violations: usize,
}

impl Candidate {
    /// Finds the fewest and least important victims on a node.
    ///
    /// # Errors
    /// Why there are none that would help.
    pub(super) fn on(
        trial: &Trial<'_>,
        node: &NodeInfo,
        budgets: &[Arc<PodDisruptionBudget>],
    ) -> Result<Self, Vec<String>> {
        let name = node.name().clone();
        let (mut state, mut node) = (trial.state.clone(), node.clone());
        let is_lower = |pod: &&Arc<Pod>| pod.priority() < trial.pod.priority();
        let mut lower: Vec<Arc<Pod>> = node.pods().filter(is_lower).cloned().collect();
        if lower.is_empty() {
            return Err(vec!["No preemption victims found for incoming pod".to_owned()]);
        }
        for pod in &lower {
            trial.take_out(&mut state, &mut node, pod);
        }
        trial.fits(&state, &node).map_err(|rejection| rejection.reasons)?;
        by_importance(&mut lower);
        let (breaking, free) = by_budget(lower, budgets);
        let mut victims = Vec::new();
        // Those whose going breaks a budget are let back first, the most important before the others.
        for pod in breaking.iter().chain(&free) {
            trial.put_back(&mut state, &mut node, pod);
            if trial.fits(&state, &node).is_err() {
                trial.take_out(&mut state, &mut node, pod);
                victims.push(Arc::clone(pod));
            }
        }
        let breaks =
            |victim: &&Arc<Pod>| breaking.iter().any(|pod| pod.metadata.uid == victim.metadata.uid);
        let violations = victims.iter().filter(breaks).count();
        by_importance(&mut victims);
        Ok(Self { node: name, victims, violations })
    }

    /// What it costs: the smallest is the best.
    fn cost(&self) -> impl Ord + use<> {
        let priority = |pod: &Arc<Pod>| i64::from(pod.priority());
        let highest = self.victims.first().map_or(i64::MIN, priority);
        // Each is shifted so that a victim more always costs more.
        let sum: i64 = self.victims.iter().map(|pod| priority(pod) + (1 << 31)).sum();
        let top = self.victims.iter().filter(|pod| priority(pod) == highest);
        let earliest = top.map(|pod| started(pod)).min().unwrap_or_else(Time::default);
        (self.violations, highest, sum, self.victims.len(), Reverse(earliest))
    }
}

/// The cheapest; of equals the first.
pub(super) fn best(candidates: Vec<Candidate>) -> Option<Candidate> {
    candidates.into_iter().min_by_key(Candidate::cost)
}
