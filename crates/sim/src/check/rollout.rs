//! What a Deployment's controller may never do, however old what it saw is.

use std::{cmp, sync::Arc};

use api::views::{Deployment, Pod, ReplicaSet, RollingUpdate, StrategyType};
use meta::int_or_string::{IntOrString, Rounding};
use world::Monotonic;

use super::{
    Promise, Verdict, expect,
    model::{Change, Edge, Model, controller},
};
use crate::scenario::POD_MILLICORES;

/// A node's processor time in thousandths.
const NODE_MILLICORES: u32 = 8000;

pub(super) fn check(model: &Model, change: &Change, now: Monotonic) -> Verdict {
    match change {
        Change::ReplicaSet(Edge { before, now: Some(set) }) => {
            resized(model, before.as_deref(), set, model.lately(now))
        }
        Change::Pod(Edge { before, now: Some(pod) }) => {
            if before.is_none() {
                recreates_one_after_the_other(model, pod)?;
            }
            fits(model, before.as_deref(), pod)
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

/// A ReplicaSet of a Deployment comes or changes.
fn resized(
    model: &Model,
    before: Option<&ReplicaSet>,
    now: &ReplicaSet,
    lately: Monotonic,
) -> Verdict {
    let Some(owner) = controller(&now.metadata).and_then(|uid| model.deployments.get(uid)) else {
        return Ok(());
    };
    let recent: Vec<&Deployment> = owner.since(lately).map(|deployment| &**deployment).collect();
    let Some(newest) = recent.last() else { return Ok(()) };
    if before.is_none() {
        created(model, newest, now)?;
    }
    if size(now) > before.map_or(0, size) {
        return grows(model, &recent, now);
    }
    let Some(before) = before else { return Ok(()) };
    let step = Step { before, now, lately };
    if step.is_of_a_rollout(&recent) { shrinks(model, newest, &step) } else { Ok(()) }
}

/// A change of a ReplicaSet's size.
struct Step<'a> {
    before: &'a ReplicaSet,
    now: &'a ReplicaSet,
    /// What was in force since then may be what it was decided on.
    lately: Monotonic,
}

impl Step<'_> {
    /// Whether it goes down for the sake of another ReplicaSet.
    fn is_of_a_rollout(&self, recent: &[&Deployment]) -> bool {
        let Some(newest) = recent.last() else { return false };
        let desired = desired(newest);
        let steady = recent.iter().all(|recent| self::desired(recent) == desired);
        let rolls = newest.spec.strategy.kind == StrategyType::RollingUpdate;
        let sized_for = |set: &ReplicaSet| {
            let annotation =
                set.metadata.annotations.get("deployment.kubernetes.io/desired-replicas");
            annotation.and_then(|text| text.parse().ok()) == Some(desired)
        };
        let down = size(self.now) < size(self.before);
        down && steady && rolls && sized_for(self.before) && sized_for(self.now)
    }

    /// Available pods that a ReplicaSet reported lately.
    fn available<'m>(&self, model: &'m Model, set: &ReplicaSet) -> impl Iterator<Item = i32> + 'm {
        let (track, lately) = (model.replica_sets.get(&set.metadata.uid), self.lately);
        let recent = track.into_iter().flat_map(move |track| track.since(lately));
        recent.map(|set| set.status.available_replicas)
    }
}

/// Looks at the ReplicaSet that got a pod: it may have no more than it lately wanted.
pub(super) fn check_after(model: &Model, now: Monotonic) -> Verdict {
    let Some(uid) = &model.touched else { return Ok(()) };
    let Some(track) = model.replica_sets.get(uid) else { return Ok(()) };
    let wanted = track.since(model.lately(now)).map(|set| size(set)).max().unwrap_or(0);
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
fn created(model: &Model, deployment: &Deployment, set: &ReplicaSet) -> Verdict {
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
fn grows(model: &Model, recent: &[&Deployment], set: &ReplicaSet) -> Verdict {
    let Some(newest) = recent.last() else { return Ok(()) };
    let others = model.sets_of(&newest.metadata.uid);
    let others: i32 =
        others.filter(|other| other.metadata.uid != set.metadata.uid).map(|set| size(set)).sum();
    let allowed = recent.iter().map(|deployment| desired(deployment) + bounds(deployment).0).max();
    let (total, allowed) = (others + size(set), allowed.unwrap_or(0));
    expect(Promise::Surge, total <= allowed, || {
        format!("{} grows, so that {total} pods are wanted of {allowed}", set.metadata.key())
    })
}

/// While rolling, a step down may not take what must be available.
fn shrinks(model: &Model, deployment: &Deployment, step: &Step<'_>) -> Verdict {
    let now = step.now;
    // Taking pods that were not available, as somebody may have seen them, costs nothing.
    let worst = step.available(model, now).min().unwrap_or(0);
    let least = desired(deployment) - bounds(deployment).1;
    let mut left = 0;
    for set in model.sets_of(&deployment.metadata.uid) {
        let best = step.available(model, set).max().unwrap_or(0);
        let becomes = if set.metadata.uid == now.metadata.uid { size(now) } else { size(set) };
        left += cmp::min(best, becomes);
    }
    expect(Promise::Available, left >= least || worst <= size(now), || {
        format!("{} shrinks, so that {left} of {least} are available", now.metadata.key())
    })
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
