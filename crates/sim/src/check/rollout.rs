//! What a Deployment's controller may never do, however old what it saw is.

use std::{cmp, sync::Arc};

use api::views::{Deployment, Pod, ReplicaSet, RollingUpdate, StrategyType};
use meta::int_or_string::{IntOrString, Rounding};
use world::Monotonic;

use super::{
    Promise, Verdict, expect,
    model::{Change, Edge, Model, Track, controller},
};
use crate::scenario::POD_MILLICORES;

/// A node's processor time in thousandths.
const NODE_MILLICORES: u32 = 8000;

pub(super) fn check(model: &Model, change: &Change, _: Monotonic) -> Verdict {
    match change {
        Change::ReplicaSet(Edge { before, now: Some(now) }) => {
            let Some(owner) = controller(&now.metadata).and_then(|uid| model.deployments.get(uid))
            else {
                return Ok(());
            };
            if before.is_none() {
                created(model, owner, now)?;
            }
            let size_before = before.as_deref().map_or(0, size);
            if size(now) > size_before {
                grows(model, owner, now)?;
            }
            before.as_deref().map_or(Ok(()), |before| shrinks(model, owner, before, now))
        }
        Change::Pod(Edge { before, now: Some(now) }) => {
            if before.is_none() {
                recreates_one_after_the_other(model, now)?;
            }
            fits(model, before.as_deref(), now)
        }
        Change::ReplicaSet(_)
        | Change::Pod(_)
        | Change::Deployment(_)
        | Change::StatefulSet(_)
        | Change::DaemonSet(_)
        | Change::Job(_)
        | Change::Node(_)
        | Change::Namespace(_)
        | Change::Quota(_)
        | Change::EndpointSlice(_)
        | Change::Other(_)
        | Change::Heartbeat => Ok(()),
    }
}

/// Looks at the ReplicaSet that got a pod: it may have no more than it lately wanted.
pub(super) fn check_after(model: &Model, _: Monotonic) -> Verdict {
    let Some(uid) = &model.touched else { return Ok(()) };
    let Some(track) = model.replica_sets.get(uid) else { return Ok(()) };
    let wanted = track.recent().map(|set| size(set)).max().unwrap_or(0);
    let active = model.pods_of(uid).filter(|pod| pod.is_active()).count();
    expect(Promise::Surge, i32::try_from(active).unwrap_or(i32::MAX) <= wanted, || {
        let name = track.now.as_ref().map(|set| set.metadata.key());
        format!("{name:?} has {active} pods and never wanted more than {wanted}")
    })
}

fn size(set: &ReplicaSet) -> i32 {
    set.spec.replicas.unwrap_or(1)
}

/// One ReplicaSet for each template, and none for a template that was only there while paused.
fn created(model: &Model, owner: &Track<Deployment>, set: &ReplicaSet) -> Verdict {
    let Some(deployment) = owner.recent().last() else { return Ok(()) };
    let uid = &deployment.metadata.uid;
    let template = &set.spec.template;
    let twin = model.sets_of(uid).find(|other| other.spec.template == *template);
    expect(Promise::OneSetPerTemplate, twin.is_none(), || {
        let twin = twin.map(|twin| twin.metadata.key());
        format!("{} has the same template as {twin:?}", set.metadata.key())
    })?;
    let templates = model.templates.get(uid);
    expect(
        Promise::OneSetPerTemplate,
        templates.is_some_and(|templates| templates.contains(template)),
        || format!("{} is made for a template that was paused", set.metadata.key()),
    )
}

/// All pods together may be as many as some recent size and surge allow.
fn grows(model: &Model, owner: &Track<Deployment>, set: &ReplicaSet) -> Verdict {
    let Some(deployment) = owner.recent().last() else { return Ok(()) };
    let others = model.sets_of(&deployment.metadata.uid);
    let others: i32 =
        others.filter(|other| other.metadata.uid != set.metadata.uid).map(|set| size(set)).sum();
    let allowed = owner.recent().map(|deployment| desired(deployment) + bounds(deployment).0).max();
    let (total, allowed) = (others + size(set), allowed.unwrap_or(0));
    expect(Promise::Surge, total <= allowed, || {
        format!("{} grows, so that {total} pods are wanted of {allowed}", set.metadata.key())
    })
}

/// While rolling, a step down may not take what must be available.
fn shrinks(
    model: &Model,
    owner: &Track<Deployment>,
    before: &ReplicaSet,
    now: &ReplicaSet,
) -> Verdict {
    let Some(deployment) = owner.recent().last() else { return Ok(()) };
    let desired = desired(deployment);
    let steady = owner.recent().all(|recent| self::desired(recent) == desired);
    let rolls = deployment.spec.strategy.kind == StrategyType::RollingUpdate;
    let sized_for = |set: &ReplicaSet| {
        let annotation = set.metadata.annotations.get("deployment.kubernetes.io/desired-replicas");
        annotation.and_then(|text| text.parse().ok()) == Some(desired)
    };
    let by_rollout = steady && rolls && sized_for(before) && sized_for(now);
    if size(now) >= size(before) || !by_rollout {
        return Ok(());
    }
    // Taking pods that were not available, as somebody may have seen them, costs nothing.
    let worst = recent_available(model, now).min().unwrap_or(0);
    let least = desired - bounds(deployment).1;
    let mut left = 0;
    for set in model.sets_of(&deployment.metadata.uid) {
        let best = recent_available(model, set).max().unwrap_or(0);
        let becomes = if set.metadata.uid == now.metadata.uid { size(now) } else { size(set) };
        left += cmp::min(best, becomes);
    }
    expect(Promise::Available, left >= least || worst <= size(now), || {
        format!("{} shrinks, so that {left} of {least} are available", now.metadata.key())
    })
}

/// Available pods that a ReplicaSet reported lately.
fn recent_available(model: &Model, set: &ReplicaSet) -> impl Iterator<Item = i32> {
    let recent = model.replica_sets.get(&set.metadata.uid).into_iter().flat_map(Track::recent);
    recent.map(|set| set.status.available_replicas)
}

fn desired(deployment: &Deployment) -> i32 {
    deployment.spec.replicas.unwrap_or(1)
}

/// Pods that may be too many, and too few.
fn bounds(deployment: &Deployment) -> (i32, i32) {
    if deployment.spec.strategy.kind != StrategyType::RollingUpdate {
        return (0, desired(deployment));
    }
    let RollingUpdate { max_surge, max_unavailable } =
        deployment.spec.strategy.rolling_update.clone().unwrap_or_default();
    let scaled = |share: Option<IntOrString>, rounding| {
        share.and_then(|share| share.scaled(desired(deployment), rounding)).unwrap_or(0)
    };
    let surge = scaled(max_surge, Rounding::Up);
    let unavailable = scaled(max_unavailable, Rounding::Down);
    let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
    (surge, cmp::min(unavailable, desired(deployment)))
}

/// With Recreate no pod comes while one of another template is there.
fn recreates_one_after_the_other(model: &Model, pod: &Pod) -> Verdict {
    let Some(set) = controller(&pod.metadata) else { return Ok(()) };
    let Some(of_set) = model.replica_sets.get(set).and_then(|track| track.now.as_ref()) else {
        return Ok(());
    };
    let Some(owner) = controller(&of_set.metadata) else { return Ok(()) };
    let Some(deployment) = model.deployments.get(owner).and_then(|track| track.now.as_ref()) else {
        return Ok(());
    };
    if deployment.spec.strategy.kind != StrategyType::Recreate {
        return Ok(());
    }
    let others = model.sets_of(owner).filter(|other| other.metadata.uid != *set);
    let mut old = others.flat_map(|other| model.pods_of(&other.metadata.uid));
    let overlap: Option<&Arc<Pod>> = old.find(|pod| !pod.is_finished());
    expect(Promise::Recreate, overlap.is_none(), || {
        let overlap = overlap.map(|pod| pod.metadata.key());
        format!("{} comes while {overlap:?} is there", pod.metadata.key())
    })
}

/// A pod is bound to a node that is there and has room.
fn fits(model: &Model, before: Option<&Pod>, now: &Pod) -> Verdict {
    let node = &now.spec.node_name;
    if node.is_empty() || before.is_some_and(|before| before.spec.node_name == *node) {
        return Ok(());
    }
    let name = now.metadata.key();
    expect(Promise::Binding, model.nodes.contains_key(&**node), || {
        format!("{name} is bound to {node}, a nothing")
    })?;
    let there = |pod: &&Arc<Pod>| pod.spec.node_name == *node && !pod.is_finished();
    let pods = model.pods.values().filter(there).count();
    let most = usize::try_from(NODE_MILLICORES / POD_MILLICORES).unwrap_or(0);
    expect(Promise::Binding, pods < most, || {
        format!("{name} is bound to {node}, which has {pods} pods")
    })
}
