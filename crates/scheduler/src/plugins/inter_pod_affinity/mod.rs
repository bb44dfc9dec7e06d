//! Pods that want to be near others, or far from them.

mod counts;
mod terms;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use api::views::{Namespace, Node, Pod};
use runtime::{Cache, Change};
use serde::Deserialize;

use crate::{
    NodeInfo, Snapshot,
    framework::{
        Actions, Arguments, ClusterEvent, Code, CycleState, EventResource, Hint, Interest,
        InvalidArguments, NodeScore, Plugin, Point, PreFilter, PreScore, Rejection, SCORE_MAX,
        Setup, Verdict,
    },
};
use counts::{Company, Counts};
use terms::{Term, Terms};

/// `InterPodAffinityArgs`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct InterPodAffinityArguments {
    /// What a required term of a pod that is there counts for one that comes.
    hard_pod_affinity_weight: i64,
    ignore_preferred_terms_of_existing_pods: bool,
}

impl Default for InterPodAffinityArguments {
    fn default() -> Self {
        Self { hard_pod_affinity_weight: 1, ignore_preferred_terms_of_existing_pods: false }
    }
}

pub(super) struct InterPodAffinity {
    arguments: InterPodAffinityArguments,
    namespaces: Arc<Cache<Namespace>>,
}

impl std::fmt::Debug for InterPodAffinity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.arguments.fmt(f)
    }
}

/// What each domain scores.
struct Liking(Counts);

pub(super) fn make(
    setup: &mut Setup<'_>,
    given: &Arguments,
) -> Result<Arc<dyn Plugin>, InvalidArguments> {
    let arguments: InterPodAffinityArguments = given.read()?;
    let weight = arguments.hard_pod_affinity_weight;
    if !(0..=100).contains(&weight) {
        return Err(InvalidArguments(format!(
            "hardPodAffinityWeight: Invalid value: {weight}: not in valid range [0, 100]"
        )));
    }
    Ok(Arc::new(InterPodAffinity { arguments, namespaces: setup.cache() }))
}

impl InterPodAffinity {
    fn terms(&self, pod: &Pod) -> Terms {
        Terms::of(pod, &self.namespaces)
    }

    fn refuse(&self, code: Code, reason: &str) -> Verdict {
        Err(Rejection::new(self.name(), code, reason))
    }

    /// What a pod that is there adds to the liking for its domains.
    fn like(&self, liking: &mut Counts, (pod, own): (&Pod, &Terms), other: &Pod, node: &NodeInfo) {
        for (term, weight) in own.liked.iter().filter(|(term, _)| term.means(other)) {
            liking.change(term, node, *weight);
        }
        let theirs = self.terms(other);
        let hard = self.arguments.hard_pod_affinity_weight;
        for term in theirs.near.iter().filter(|term| hard > 0 && term.means(pod)) {
            liking.change(term, node, hard);
        }
        let ignored = self.arguments.ignore_preferred_terms_of_existing_pods;
        let preferred = theirs.liked.iter().filter(|(term, _)| !ignored && term.means(pod));
        for (term, weight) in preferred {
            liking.change(term, node, *weight);
        }
    }
}

impl Plugin for InterPodAffinity {
    fn name(&self) -> &'static str {
        "InterPodAffinity"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::PreFilter, Point::Filter, Point::PreScore, Point::Score]
    }
    fn pre_filter(
        &self,
        state: &mut CycleState,
        pod: &Arc<Pod>,
        snapshot: &Snapshot,
    ) -> Result<PreFilter, Rejection> {
        let terms = self.terms(pod);
        let asks = !terms.near.is_empty() || !terms.far.is_empty();
        let means_itself = terms.all_near_mean(pod);
        let mut company = Company { terms, means_itself, ..Company::default() };
        for node in snapshot.nodes() {
            if asks {
                let none = Terms::default();
                node.pods().for_each(|other| company.change(pod, (other, &none), node, 1));
            }
            for other in node.pods_with_affinity() {
                company.unwelcomed(pod, &self.terms(other), node, 1);
            }
        }
        if !asks && company.unwelcome.is_empty() {
            return Ok(PreFilter::Skip);
        }
        state.put(company);
        Ok(PreFilter::All)
    }
    fn add_pod(&self, state: &mut CycleState, pod: &Pod, added: &Pod, node: &NodeInfo) {
        let theirs = self.terms(added);
        state.change(|company: &mut Company| company.change(pod, (added, &theirs), node, 1));
    }
    fn remove_pod(&self, state: &mut CycleState, pod: &Pod, removed: &Pod, node: &NodeInfo) {
        let theirs = self.terms(removed);
        state.change(|company: &mut Company| company.change(pod, (removed, &theirs), node, -1));
    }
    fn filter(&self, state: &CycleState, _: &Pod, node: &NodeInfo) -> Verdict {
        let Some(company) = state.get::<Company>() else { return Ok(()) };
        let Company { terms, near, far, .. } = company;
        // The first of several that want to be near one another may be anywhere.
        let first = near.is_empty() && company.means_itself;
        let is_near = |term: &Term| near.at(term, node).is_some_and(|count| count > 0 || first);
        if !terms.near.iter().all(is_near) {
            let code = Code::UnschedulableAndUnresolvable;
            return self.refuse(code, "node(s) didn't match pod affinity rules");
        }
        if terms.far.iter().any(|term| far.at(term, node).is_some_and(|count| count > 0)) {
            return self
                .refuse(Code::Unschedulable, "node(s) didn't match pod anti-affinity rules");
        }
        if company.unwelcome.sum(node) > 0 {
            let reason = "node(s) didn't satisfy existing pods anti-affinity rules";
            return self.refuse(Code::Unschedulable, reason);
        }
        Ok(())
    }
    fn pre_score(
        &self,
        state: &mut CycleState,
        pod: &Pod,
        snapshot: &Snapshot,
        _: &[&NodeInfo],
    ) -> Result<PreScore, Rejection> {
        let (own, mut liking) = (self.terms(pod), Counts::default());
        for node in snapshot.nodes() {
            let mut like = |other: &Arc<Pod>| self.like(&mut liking, (pod, &own), other, node);
            if own.liked.is_empty() {
                node.pods_with_affinity().for_each(&mut like);
            } else {
                node.pods().for_each(&mut like);
            }
        }
        if liking.is_empty() {
            return Ok(PreScore::Skip);
        }
        state.put(Liking(liking));
        Ok(PreScore::Score)
    }
    fn score(&self, state: &CycleState, _: &Pod, node: &NodeInfo) -> Result<i64, Rejection> {
        Ok(state.get::<Liking>().map_or(0, |Liking(liking)| liking.sum(node)))
    }
    fn normalize(&self, _: &CycleState, _: &Pod, scores: &mut [NodeScore]) {
        let all = || scores.iter().map(|scored| scored.score);
        let (lowest, highest) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
        let spread = (highest - lowest).max(1);
        for scored in scores {
            scored.score = SCORE_MAX * (scored.score - lowest) / spread;
        }
    }
    fn events(&self) -> &'static [Interest] {
        const {
            &[
                Interest::new(
                    EventResource::AssignedPod,
                    Actions::ADD.and(Actions::DELETE).and(Actions::POD_LABEL),
                ),
                Interest::new(EventResource::TargetPod, Actions::POD_LABEL),
                Interest::new(EventResource::Node, Actions::ADD.and(Actions::NODE_LABEL)),
            ]
        }
    }
    fn hint(&self, pod: &Pod, event: &ClusterEvent) -> Hint {
        let own = self.terms(pod);
        if let Some(change) = event.node() {
            return Hint::queue_if(helps_by_node(&own, change));
        }
        match event.pod() {
            Some(change) if event.resource == EventResource::AssignedPod => {
                Hint::queue_if(self.helps_by_pod((pod, &own), change))
            }
            Some(_) | None => Hint::Queue,
        }
    }
}

impl InterPodAffinity {
    /// Whether another pod came that is wanted, or one left that was not.
    fn helps_by_pod(&self, (pod, own): (&Pod, &Terms), change: &Change<Pod>) -> bool {
        let wanted =
            |other: &Option<Arc<Pod>>| other.as_ref().is_some_and(|other| own.all_near_mean(other));
        let hinders = |other: &Option<Arc<Pod>>| {
            other.as_ref().is_some_and(|other| {
                own.far.iter().any(|term| term.means(other))
                    || self.terms(other).far.iter().any(|term| term.means(pod))
            })
        };
        // A pod that was bound is not new as an object: what it was before says nothing.
        let came = change.old.as_ref().is_none_or(|old| old.spec.node_name.is_empty());
        let newly_wanted = wanted(&change.new) && (came || !wanted(&change.old));
        newly_wanted || (hinders(&change.old) && !hinders(&change.new))
    }
}

/// Whether a node came into a domain that matters, or changed to another.
fn helps_by_node(own: &Terms, change: &Change<Node>) -> bool {
    let Some(new) = &change.new else { return false };
    let value = |term: &Term, node: &Node| node.metadata.labels.get(&term.topology_key).cloned();
    let Some(old) = &change.old else {
        return own.near.iter().all(|term| value(term, new).is_some());
    };
    let near = |term: &Term| value(term, new).is_some() && value(term, new) != value(term, old);
    let moved = |term: &Term| value(term, new) != value(term, old);
    own.near.iter().any(near) || own.far.iter().any(moved) || own.near.is_empty()
}
