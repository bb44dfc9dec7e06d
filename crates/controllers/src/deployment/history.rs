//! Revisions: each template that was rolled out has a number, kept on its ReplicaSet.

use std::collections::BTreeMap;

use meta::{
    object::{Labels, ObjectMeta},
    text::Text,
};
use tracing::warn;

use super::rollout::Fleet;

pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
pub(super) const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
pub(super) const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
pub(super) const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
pub(super) const ROLLBACK_TO: &str = "deprecated.deployment.rollback.to";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The list of earlier revisions of a ReplicaSet may not crowd out other annotations.
const REVISION_HISTORY_LENGTH_MAX: usize = 2000;

/// What belongs to one object alone and is not copied between a Deployment and its ReplicaSets.
const NOT_COPIED: [&str; 6] =
    [LAST_APPLIED, REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO];

/// The annotations that a Deployment and its ReplicaSets share.
pub(super) fn copied(annotations: &Labels) -> impl Iterator<Item = (&Text, &Text)> {
    annotations.iter().filter(|(key, _)| !is_private(key))
}

/// Whether an annotation belongs to one object alone.
pub(super) fn is_private(key: &str) -> bool {
    NOT_COPIED.contains(&key)
}

/// The revision of a ReplicaSet; `None` if it has none that can be read.
pub(super) fn revision(metadata: &ObjectMeta) -> Option<i64> {
    metadata.annotations.get(REVISION)?.parse().ok()
}

/// The revision that the new ReplicaSet must at least have: one more than all old ones.
pub(super) fn next_revision(fleet: &Fleet) -> i64 {
    let revisions = fleet.old.iter().filter_map(|old| revision(&old.metadata));
    revisions.max().unwrap_or(0).max(0) + 1
}

/// What the new ReplicaSet's annotations lack: those of the Deployment, and its revision.
///
/// A ReplicaSet that was current before gets the next revision, and its former one joins its history.
pub(super) fn missing_annotations(
    deployment: &ObjectMeta,
    replica_set: &ObjectMeta,
    target: i64,
) -> BTreeMap<Text, Text> {
    let present = &replica_set.annotations;
    let former = present.get(REVISION).filter(|text| !text.is_empty());
    if let Some(former) = former
        && former.parse::<i64>().is_err()
    {
        warn!(replica_set = %replica_set.key(), revision = %former, "revision is not a number");
        return BTreeMap::new();
    }
    let mut missing: BTreeMap<Text, Text> = copied(&deployment.annotations)
        .filter(|(key, value)| present.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if revision(replica_set).unwrap_or(0) < target {
        missing.insert(REVISION.into(), target.to_string().into());
        if let Some(chained) = former.and_then(|former| chain(present, former)) {
            cov_mark::hit!(deployment_revision_joins_the_history);
            missing.insert(REVISION_HISTORY.into(), chained.into());
        }
    }
    missing
}

/// The history with one revision more, without its oldest where it grew too long.
fn chain(annotations: &Labels, former: &str) -> Option<String> {
    let history = annotations.get(REVISION_HISTORY).map_or("", |history| history.as_str());
    let mut kept = history;
    loop {
        let separator = usize::from(!kept.is_empty());
        if kept.len() + separator + former.len() <= REVISION_HISTORY_LENGTH_MAX {
            break;
        }
        if kept.is_empty() {
            warn!(former, "revision does not fit the history");
            return None;
        }
        kept = kept.split_once(',').map_or("", |(_, rest)| rest);
    }
    Some(if kept.is_empty() { former.to_owned() } else { format!("{kept},{former}") })
}
