//! A budget, the pods it means, and what their owners want.

use std::{collections::BTreeSet, sync::Arc};

use api::views::{Pod, PodDisruptionBudget};
use meta::{object::ObjectKey, selector::Selector, text::Text};
use runtime::{Answers, Cache, Informers, Observation};

use super::{
    expected,
    scales::{Owners, Scales},
};

/// Budgets, pods, and what owns pods.
pub struct View {
    budgets: Arc<Cache<PodDisruptionBudget>>,
    pods: Arc<Cache<Pod>>,
    owners: Owners,
}

/// Everything a budget's status depends on.
#[derive(Debug)]
pub struct Guarded {
    pub(super) budget: Arc<PodDisruptionBudget>,
    /// Those that the selector means.
    pub(super) pods: Vec<Arc<Pod>>,
    /// What the owners of the pods want; `None` if the budget does not ask.
    pub(super) scales: Option<Result<Scales, String>>,
    /// Pods that other budgets mean too, if this is the first of those.
    pub(super) shared: Vec<Arc<Pod>>,
}

/// A budget, as far as handlers of events look at it.
pub(super) struct Meant {
    pub(super) key: ObjectKey,
    pub(super) selector: Selector,
    pub(super) counts_owners: bool,
}

impl View {
    pub(super) fn new(informers: &mut Informers) -> Self {
        Self { budgets: informers.cache(), pods: informers.cache(), owners: Owners::new(informers) }
    }

    /// The budgets of a namespace whose selectors mean anything.
    pub(super) fn budgets(&self, namespace: &Text) -> Vec<Meant> {
        let meant = |budget: Arc<PodDisruptionBudget>| {
            let selector = Selector::from_json(&budget.spec.selector).ok()?;
            let counts_owners = expected::counts_owners(&budget.spec);
            Some(Meant { key: budget.metadata.key(), selector, counts_owners })
        };
        self.budgets.in_namespace(namespace).into_iter().filter_map(meant).collect()
    }

    /// The pods that this budget answers for although others mean them too.
    fn shared(&self, key: &ObjectKey, pods: &[Arc<Pod>]) -> Vec<Arc<Pod>> {
        let budgets = self.budgets(&key.namespace);
        if budgets.len() < 2 {
            return Vec::new();
        }
        let is_shared = |pod: &&Arc<Pod>| {
            let means = |budget: &&Meant| budget.selector.matches(&pod.metadata.labels);
            let mut meaning = budgets.iter().filter(means);
            meaning.next().is_some_and(|first| first.key == *key) && meaning.next().is_some()
        };
        pods.iter().filter(is_shared).cloned().collect()
    }
}

pub(super) fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Guarded> {
    let Some(budget) = view.budgets.get(key) else { return Observation::Gone };
    let selector = match Selector::from_json(&budget.spec.selector) {
        Ok(selector) => selector,
        Err(error) => {
            let scales = Some(Err(error.to_string()));
            return Observation::Ready(Guarded {
                budget,
                pods: Vec::new(),
                scales,
                shared: Vec::new(),
            });
        }
    };
    let mut pods = view.pods.in_namespace(&key.namespace);
    pods.retain(|pod| selector.matches(&pod.metadata.labels));
    let scales = if expected::counts_owners(&budget.spec) {
        match view.owners.scales(&pods, answers) {
            Ok(scales) => Some(scales),
            Err(read) => return Observation::Ask(vec![read]),
        }
    } else {
        None
    };
    let shared = view.shared(key, &pods);
    Observation::Ready(Guarded { budget, pods, scales, shared })
}

/// The names of pods.
pub(super) fn names(pods: &[Arc<Pod>]) -> BTreeSet<Text> {
    pods.iter().map(|pod| pod.metadata.name.clone()).collect()
}
