//! Who may take away what, and what owners leave behind.

use std::collections::BTreeSet;

use api::views::{Deployment, ReplicaSet};
use meta::object::{ObjectMeta, Uid};

use super::{
    Promise, Verdict, expect,
    model::{Change, Edge, Model, controller},
    short,
};

pub(super) fn check(model: &Model, key: &str, change: &Change) -> Verdict {
    let (before, now) = change.metadata();
    // A second deletion that does not wait takes the wish to wait from the object.
    let hurried = model.hurried.contains(key);
    if let (Some(before), None, false) = (before, now, hurried) {
        foreground(model, before)?;
    }
    if let Change::ReplicaSet(Edge { before: Some(before), now: None }) = change {
        return replica_set_gone(model, before);
    }
    if let Change::Deployment(Edge { before: Some(before), now: None }) = change {
        return orphans_are_free(model, before);
    }
    Ok(())
}

/// Who waits for dependents waits for all that were there.
fn foreground(model: &Model, gone: &ObjectMeta) -> Verdict {
    if !gone.finalizers.iter().any(|finalizer| **finalizer == *"foregroundDeletion") {
        return Ok(());
    }
    let blocks = |dependent: &ObjectMeta| {
        let early = dependent.creation_timestamp < gone.deletion_timestamp;
        let owners = &mut dependent.owner_references.iter();
        early && owners.any(|owner| owner.uid == gone.uid && owner.block_owner_deletion)
    };
    let sets = model.replica_sets.values().filter_map(|track| track.now.as_deref());
    let pods = model.pods.values().map(|pod| &pod.metadata);
    let mut left = sets.map(|set| &set.metadata).chain(pods).filter(|metadata| blocks(metadata));
    let left = left.next();
    expect(Promise::Ownership, left.is_none(), || {
        let left = left.map(ObjectMeta::key);
        format!("{} goes in the foreground before its dependent {left:?}", gone.key())
    })
}

/// A ReplicaSet goes with its owner, when it is empty history, or with its namespace.
fn replica_set_gone(model: &Model, gone: &ReplicaSet) -> Verdict {
    let metadata = &gone.metadata;
    if model.terminating.contains(&*metadata.namespace) {
        return Ok(());
    }
    let Some(owner) = controller(metadata) else {
        return expect(Promise::Ownership, false, || {
            format!("{} is deleted, and belongs to nobody", metadata.key())
        });
    };
    let deployment = model.deployments.get(owner).and_then(|track| track.now.as_ref());
    expect(Promise::Ownership, model.orphans.get(&metadata.uid) != Some(owner), || {
        format!("{} is deleted, and was to be left behind by {}", metadata.key(), short(owner))
    })?;
    let kept = deployment.is_some_and(|deployment| !deployment.metadata.is_deleting());
    expect(Promise::Ownership, !kept || gone.spec.replicas == Some(0), || {
        format!("{} is deleted at size {:?}", metadata.key(), gone.spec.replicas)
    })
}

fn is_orphaning(deployment: &Deployment) -> bool {
    deployment.metadata.finalizers.iter().any(|finalizer| **finalizer == *"orphan")
}

/// When the owner goes, no dependent may still say that it has one: it would be collected.
fn orphans_are_free(model: &Model, gone: &Deployment) -> Verdict {
    if !is_orphaning(gone) {
        return Ok(());
    }
    let owned: BTreeSet<&Uid> = model
        .sets_of(&gone.metadata.uid)
        .filter(|set| set.metadata.creation_timestamp < gone.metadata.deletion_timestamp)
        .map(|set| &set.metadata.uid)
        .collect();
    expect(Promise::Ownership, owned.is_empty(), || {
        format!("{} goes and still owns {} ReplicaSets", gone.metadata.key(), owned.len())
    })
}
