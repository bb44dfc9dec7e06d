//! What holds for every object: identity, generations, deletion.

use api::views::{Deployment, Pod, ReplicaSet};
use meta::object::ObjectMeta;

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
        Change::Deployment(edge) => observed(key, edge, |it: &Deployment| {
            (it.status.observed_generation, it.metadata.generation)
        }),
        Change::ReplicaSet(edge) => observed(key, edge, |it: &ReplicaSet| {
            (it.status.observed_generation, it.metadata.generation)
        }),
        Change::Pod(Edge { before: Some(before), now: Some(now) }) => bound_once(key, before, now),
        Change::Pod(_) | Change::Node(_) | Change::Other(_) | Change::Heartbeat => Ok(()),
    }
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
