//! Caches → [`Rollout`]: reads, decides nothing.

use std::{collections::BTreeMap, sync::Arc};

use api::{
    resources::DEPLOYMENTS,
    views::{Deployment, ReplicaSet, StrategyType},
};
use meta::{
    object::{ObjectKey, Uid},
    selector::Selector,
};
use runtime::{Answers, Observation};

use super::{
    View, new_replica_set,
    rollout::{Rollout, Selection, age},
};
use crate::shared::claims::{Claims, PODS_BY_OWNER, REPLICA_SETS_BY_OWNER};

pub(super) fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Rollout> {
    let Some(deployment) = view.deployments.get(key) else { return Observation::Gone };
    let (selection, mut claims) = match Selector::from_json(&deployment.spec.selector) {
        Err(reason) => (Selection::Invalid(reason.to_string()), Claims::default()),
        Ok(selector) if selector.is_empty() => (Selection::All, Claims::default()),
        Ok(selector) => (Selection::Some, claim(view, &deployment, &selector)),
    };
    if let Some(read) = claims.recheck(&DEPLOYMENTS, &deployment.metadata, answers) {
        return Observation::Ask(vec![read]);
    }
    claims.owned.sort_by_cached_key(|replica_set| age(&replica_set.metadata));
    let wanted = ObjectKey::new(key.namespace.clone(), new_replica_set::name(&deployment));
    Observation::Ready(Rollout {
        name_taken: view.replica_sets.get(&wanted).is_some(),
        pods_left: pods_left(view, &deployment, &claims),
        deployment,
        selection,
        claims,
    })
}

fn claim(view: &View, deployment: &Arc<Deployment>, selector: &Selector) -> Claims<ReplicaSet> {
    let owner = &deployment.metadata;
    Claims::sort(&view.replica_sets, &REPLICA_SETS_BY_OWNER, owner, selector, |_| true)
}

fn pods_left(
    view: &View,
    deployment: &Deployment,
    claims: &Claims<ReplicaSet>,
) -> BTreeMap<Uid, usize> {
    if deployment.spec.strategy.kind != StrategyType::Recreate {
        return BTreeMap::new();
    }
    let unfinished = |uid: &Uid| {
        let pods = view.pods.by_index(&PODS_BY_OWNER, &uid.0);
        pods.iter().filter(|pod| !pod.is_finished()).count()
    };
    let uids = claims.owned.iter().map(|replica_set| replica_set.metadata.uid.clone());
    uids.map(|uid| (uid.clone(), unfinished(&uid))).collect()
}
