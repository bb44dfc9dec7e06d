//! Which other pods a pod wants to be near, or far from.

use std::collections::BTreeSet;

use api::views::{Namespace, Pod, PodAffinity, PodAffinityTerm, WeightedPodAffinityTerm};
use meta::{selector::Selector, text::Text};
use runtime::Cache;

/// A term, read.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) topology_key: Text,
    namespaces: BTreeSet<Text>,
    selector: Selector,
}

/// What a pod asks for, read once.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    pub(super) near: Vec<Term>,
    pub(super) far: Vec<Term>,
    /// With weights; of what is to be far they are negative.
    pub(super) liked: Vec<(Term, i64)>,
}

impl Term {
    fn read(owner: &Pod, term: &PodAffinityTerm, namespaces: &Cache<Namespace>) -> Option<Self> {
        let selector = Selector::from_json(&term.label_selector).ok()?;
        let mut names: BTreeSet<Text> = term.namespaces.iter().cloned().collect();
        if let Some(wanted) = &term.namespace_selector {
            let wanted = Selector::from_json(wanted).ok()?;
            let all = namespaces.list();
            let meant = all.iter().filter(|namespace| wanted.matches(&namespace.metadata.labels));
            names.extend(meant.map(|namespace| namespace.metadata.name.clone()));
        } else if names.is_empty() {
            names.insert(owner.metadata.namespace.clone());
        }
        Some(Self { topology_key: term.topology_key.clone(), namespaces: names, selector })
    }
    /// Whether a pod is meant.
    pub(super) fn means(&self, pod: &Pod) -> bool {
        self.namespaces.contains(&pod.metadata.namespace)
            && self.selector.matches(&pod.metadata.labels)
    }
}

impl Terms {
    /// What a pod asks for. A selector that cannot be read means nobody: the server lets none in.
    pub(super) fn of(pod: &Pod, namespaces: &Cache<Namespace>) -> Self {
        let read = |term: &PodAffinityTerm| Term::read(pod, term, namespaces);
        let required = |side: Option<&PodAffinity>| -> Vec<Term> {
            side.into_iter().flat_map(|side| &side.required).filter_map(read).collect()
        };
        let (near, far) = (&pod.spec.affinity.pod_affinity, &pod.spec.affinity.pod_anti_affinity);
        let preferred = |side: &Option<PodAffinity>, sign: i64| -> Vec<(Term, i64)> {
            let terms = side.iter().flat_map(|side| &side.preferred);
            let weighed = |term: &WeightedPodAffinityTerm| {
                Some((read(&term.pod_affinity_term)?, sign * i64::from(term.weight)))
            };
            terms.filter_map(weighed).collect()
        };
        let mut liked = preferred(near, 1);
        liked.extend(preferred(far, -1));
        Self { near: required(near.as_ref()), far: required(far.as_ref()), liked }
    }
    /// Whether a pod is one of those that all of what is to be near means.
    pub(super) fn all_near_mean(&self, pod: &Pod) -> bool {
        !self.near.is_empty() && self.near.iter().all(|term| term.means(pod))
    }
}
