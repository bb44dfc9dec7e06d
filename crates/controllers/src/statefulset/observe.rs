//! Caches → [`Members`]: reads, decides nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use api::{
    resources::STATEFUL_SETS,
    views::{ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet},
};
use meta::{object::ObjectKey, selector::Selector, text::Text};
use runtime::{Answers, Observation};

use super::{
    View, claims,
    members::{Members, ordinals, parse, pod_name},
    revisions,
};
use crate::shared::{
    claims::{Claims, PODS_BY_OWNER},
    history::{self, REVISIONS_BY_OWNER},
};

pub(super) fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Members> {
    let Some(set) = view.sets.get(key) else { return Observation::Gone };
    let (invalid_selector, mut pods, mut revisions) = match Selector::from_json(&set.spec.selector)
    {
        Err(reason) => (Some(reason.to_string()), Claims::default(), Claims::default()),
        Ok(selector) => (None, pods(view, &set, &selector), history(view, &set, &selector)),
    };
    let read = pods.recheck(&STATEFUL_SETS, &set.metadata, answers);
    if let Some(read) = read.or(revisions.recheck(&STATEFUL_SETS, &set.metadata, answers)) {
        return Observation::Ask(vec![read]);
    }
    Observation::Ready(Members {
        claims: claims_of(view, &set, &pods),
        taken: taken(view, &set, &pods),
        namesakes: namesakes(view, &set),
        set,
        invalid_selector,
        pods,
        revisions,
    })
}

fn pods(view: &View, set: &StatefulSet, selector: &Selector) -> Claims<Pod> {
    let owner = &set.metadata;
    let mut pods = Claims::sort(&view.pods, &PODS_BY_OWNER, owner, selector, |_| true);
    pods.narrow(owner, |pod| parse(&pod.metadata.name).is_some_and(|(set, _)| *set == *owner.name));
    pods
}

/// Revisions that the selector no longer means are none of the set's business.
fn history(view: &View, set: &StatefulSet, selector: &Selector) -> Claims<ControllerRevision> {
    let (cache, owner) = (&view.revisions, &set.metadata);
    let mut revisions = Claims::sort(cache, &REVISIONS_BY_OWNER, owner, selector, |_| true);
    revisions.release.clear();
    revisions.owned.sort_by_cached_key(|revision| history::age(revision));
    revisions
}

fn namesakes(view: &View, set: &StatefulSet) -> BTreeMap<Text, Arc<ControllerRevision>> {
    let stem = revisions::stem(set);
    let all = view.revisions.in_namespace(&set.metadata.namespace).into_iter();
    let named = all.map(|revision| (revision.metadata.name.clone(), revision));
    named.filter(|(name, _)| name.starts_with(&stem)).collect()
}

fn claims_of(
    view: &View,
    set: &StatefulSet,
    pods: &Claims<Pod>,
) -> BTreeMap<Text, Arc<PersistentVolumeClaim>> {
    if set.spec.volume_claim_templates.is_empty() {
        return BTreeMap::new();
    }
    let present = pods.owned.iter().filter_map(|pod| parse(&pod.metadata.name));
    let ordinals: BTreeSet<i32> =
        ordinals(set).chain(present.map(|(_, ordinal)| ordinal)).collect();
    let names = ordinals.into_iter().flat_map(|ordinal| claims::names(set, ordinal));
    let namespace = &set.metadata.namespace;
    names
        .filter_map(|name| {
            let claim = view.claims.get(&ObjectKey::new(namespace.clone(), name.clone()))?;
            Some((name, claim))
        })
        .collect()
}

fn taken(view: &View, set: &StatefulSet, pods: &Claims<Pod>) -> BTreeSet<Text> {
    let own: BTreeSet<&Text> = pods.owned.iter().map(|pod| &pod.metadata.name).collect();
    let names = ordinals(set).map(|ordinal| pod_name(set, ordinal));
    let key = |name: &Text| ObjectKey::new(set.metadata.namespace.clone(), name.clone());
    names.filter(|name| !own.contains(name) && view.pods.get(&key(name)).is_some()).collect()
}
