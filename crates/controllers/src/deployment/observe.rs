//! Caches → [`Rollout`]: reads, decides nothing.

use std::{collections::BTreeMap, sync::Arc};

use api::{
    resources::DEPLOYMENTS,
    views::{Deployment, Pod, ReplicaSet, Status, StrategyType},
};
use meta::{
    object::{ObjectKey, Uid},
    selector::Selector,
    text::Text,
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
    let mut rollout = Rollout {
        name_taken: view.replica_sets.get(&wanted).is_some(),
        pods_left: pods_left(view, &deployment, &claims),
        waiting: BTreeMap::new(),
        deployment,
        selection,
        claims,
    };
    if let Some(new) = rollout.new_replica_set().filter(|new| rollout.stands_still(new)) {
        rollout.waiting = waiting(view, &new.metadata.uid);
    }
    Observation::Ready(rollout)
}

/// What new pods wait for, and how many for each reason.
fn waiting(view: &View, uid: &Uid) -> BTreeMap<Text, usize> {
    let mut reasons = BTreeMap::new();
    for pod in view.pods.by_index(&PODS_BY_OWNER, &uid.0) {
        if pod.is_active() && !pod.is_ready() {
            *reasons.entry(reason(&pod)).or_default() += 1;
        }
    }
    reasons
}

/// Why a pod is not ready: a container's reason, else the scheduler's, else its phase.
fn reason(pod: &Pod) -> Text {
    let containers =
        pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let mut waiting = containers.filter_map(|container| container.state.waiting.as_ref());
    if let Some(waiting) = waiting.next() {
        return waiting.reason.clone();
    }
    let scheduled = pod.condition("PodScheduled").filter(|it| it.status == Status::False);
    scheduled.map_or_else(|| format!("{:?}", pod.status.phase).into(), |it| it.reason.clone())
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
