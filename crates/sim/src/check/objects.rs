//! What holds for every object: identity, generations, deletion.

use std::collections::BTreeMap;

use api::views::{Condition, Deployment, Pod, ReplicaSet, Status};
use meta::{object::ObjectMeta, time::Time};

use super::{
    Verdict, expect,
    model::{Change, Edge},
};

pub(super) fn check(key: &str, change: &Change) -> Verdict {
    match change.metadata() {
        (Some(before), Some(now)) => metadata(key, before, now)?,
        (Some(before), None) => {
            expect(before.finalizers.is_empty() || before.is_deleting(), || {
                format!("{key} is gone in spite of its finalizers {:?}", before.finalizers)
            })?;
        }
        (None, Some(now)) => {
            expect(!now.is_deleting(), || format!("{key} is created as being deleted"))?;
        }
        (None, None) => {}
    }
    match change {
        Change::Deployment(edge) => {
            times(key, edge, of_deployment)?;
            observed(key, edge, |it: &Deployment| {
                (it.status.observed_generation, it.metadata.generation)
            })
        }
        Change::ReplicaSet(edge) => {
            times(key, edge, |it: &ReplicaSet| of_all(&it.status.conditions))?;
            observed(key, edge, |it: &ReplicaSet| {
                (it.status.observed_generation, it.metadata.generation)
            })
        }
        Change::StatefulSet(edge) => {
            observed(key, edge, |it| (it.status.observed_generation, it.metadata.generation))
        }
        Change::DaemonSet(edge) => {
            observed(key, edge, |it| (it.status.observed_generation, it.metadata.generation))
        }
        Change::Pod(edge) => {
            times(key, edge, |it: &Pod| of_all(&it.status.conditions))?;
            match edge {
                Edge { before: Some(before), now: Some(now) } => bound_once(key, before, now),
                Edge { .. } => Ok(()),
            }
        }
        Change::Job(_)
        | Change::Node(_)
        | Change::Namespace(_)
        | Change::Quota(_)
        | Change::EndpointSlice(_)
        | Change::Other(_)
        | Change::Heartbeat => Ok(()),
    }
}

/// Statuses of conditions, and since when they are so.
type Times = BTreeMap<String, (Status, Option<Time>)>;

fn of_all(conditions: &[Condition]) -> Times {
    let time = |it: &Condition| (it.kind.to_string(), (it.status, it.last_transition_time));
    conditions.iter().map(time).collect()
}

fn of_deployment(deployment: &Deployment) -> Times {
    let conditions = deployment.status.conditions.iter();
    conditions.map(|it| (it.kind.to_string(), (it.status, it.last_transition_time))).collect()
}

/// A condition is as old as its status.
fn times<T>(key: &str, edge: &Edge<T>, of: fn(&T) -> Times) -> Verdict {
    let (Some(before), Some(now)) = (edge.before.as_deref(), edge.now.as_deref()) else {
        return Ok(());
    };
    let before = of(before);
    for (kind, (status, since)) in of(now) {
        let Some((old, old_since)) = before.get(&kind) else { continue };
        expect(*old != status || *old_since == since, || {
            format!("{key}: the condition {kind} is still {status:?} and changes its time")
        })?;
    }
    Ok(())
}

fn metadata(key: &str, before: &ObjectMeta, now: &ObjectMeta) -> Verdict {
    expect(before.uid == now.uid, || format!("{key} changes its identity"))?;
    expect(before.generation <= now.generation, || {
        format!("{key}: generation falls from {} to {}", before.generation, now.generation)
    })?;
    expect(!before.is_deleting() || now.is_deleting(), || format!("{key} is no longer deleted"))?;
    expect(before.creation_timestamp == now.creation_timestamp, || {
        format!("{key} changes its creation time")
    })
}

fn observed<T>(key: &str, edge: &Edge<T>, generations: fn(&T) -> (i64, i64)) -> Verdict {
    let Some((observed, generation)) = edge.now.as_deref().map(generations) else { return Ok(()) };
    expect(observed <= generation, || {
        format!("{key} has observed generation {observed} before there was more than {generation}")
    })?;
    let Some((before, _)) = edge.before.as_deref().map(generations) else { return Ok(()) };
    expect(before <= observed, || {
        format!("{key}: observed generation falls from {before} to {observed}")
    })
}

fn bound_once(key: &str, before: &Pod, now: &Pod) -> Verdict {
    let (old, new) = (&before.spec.node_name, &now.spec.node_name);
    expect(old.is_empty() || old == new, || format!("{key} is moved from {old} to {new}"))
}
