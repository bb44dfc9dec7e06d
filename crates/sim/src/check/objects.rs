//! What holds for every object: identity, generation, deletion.

use api::views::Pod;
use meta::object::ObjectMeta;

use super::{
    Promise, Verdict, expect,
    model::{Change, Edge},
};

pub(super) fn check(key: &str, change: &Change) -> Verdict {
    match change.metadata() {
        (Some(before), Some(now)) => metadata(key, before, now)?,
        (Some(before), None) => {
            expect(
                Promise::Finalizers,
                before.finalizers.is_empty() || before.is_deleting(),
                || format!("{key} is gone in spite of its finalizers {:?}", before.finalizers),
            )?;
        }
        (None, Some(now)) => {
            expect(Promise::Finalizers, !now.is_deleting(), || {
                format!("{key} is created as being deleted")
            })?;
        }
        (None, None) => {}
    }
    if let Change::Pod(Edge { before: Some(before), now: Some(now) }) = change {
        bound_once(key, before, now)?;
    }
    Ok(())
}

fn metadata(key: &str, before: &ObjectMeta, now: &ObjectMeta) -> Verdict {
    expect(Promise::Identity, before.uid == now.uid, || format!("{key} changes its identity"))?;
    expect(Promise::Generations, before.generation <= now.generation, || {
        format!("{key}: generation falls from {} to {}", before.generation, now.generation)
    })?;
    expect(Promise::Finalizers, !before.is_deleting() || now.is_deleting(), || {
        format!("{key} is no longer deleted")
    })?;
    expect(Promise::Identity, before.creation_timestamp == now.creation_timestamp, || {
        format!("{key} changes its creation time")
    })
}

fn bound_once(key: &str, before: &Pod, now: &Pod) -> Verdict {
    let (old, new) = (&before.spec.node_name, &now.spec.node_name);
    expect(Promise::Identity, old.is_empty() || old == new, || {
        format!("{key} is moved from {old} to {new}")
    })
}
