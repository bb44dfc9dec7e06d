//! Which revision the template is, and how new ones are named.

use std::{collections::BTreeSet, sync::Arc};

use api::views::{ControllerRevision, DaemonSet, Pod};
use meta::text::Text;
use runtime::{Action, Guard, PatchKind, Stage, Step, Target};
use serde_json::json;

use super::{Why, daemons::Daemons, status};
use crate::shared::{
    history::{self, labelled},
    template_hash::template_hash,
};

/// The label by which pods and revisions say their hash.
pub(super) const REVISION: &str = "controller-revision-hash";
/// The label by which a pod says which change of the template it was made after.
pub(super) const GENERATION: &str = "pod-template-generation";
/// The annotation by which the server counts these changes.
const SET_GENERATION: &str = "deprecated.daemonset.template.generation";
/// Revisions kept where the set does not say.
const HISTORY_DEFAULT: i32 = 10;

/// The revision of the template, and those before.
#[derive(Debug)]
pub(super) struct Revisions {
    /// What the current pods are labelled with.
    pub(super) hash: Text,
    /// Oldest first.
    old: Vec<Arc<ControllerRevision>>,
}

impl Revisions {
    /// Whether a pod was made of the current template.
    pub(super) fn is_current(&self, set: &DaemonSet, pod: &Pod) -> bool {
        let hash = labelled(&pod.metadata, REVISION);
        if hash.is_empty() {
            // Only pods of old releases have no hash; a set made anew counts from one again.
            return pod.metadata.labels.get(GENERATION) == Some(&generation(set));
        }
        hash == self.hash.as_str()
    }
}

/// How often the template was changed, as pods are labelled with.
pub(super) fn generation(set: &DaemonSet) -> Text {
    set.metadata.annotations.get(SET_GENERATION).cloned().unwrap_or_default()
}

/// What all names of a set's revisions begin with.
pub(super) fn stem(set: &DaemonSet) -> String {
    format!("{}-", set.metadata.name)
}

/// The revisions, or the steps that must be taken before there are any.
pub(super) fn find(daemons: &Daemons) -> Result<Revisions, Vec<Step<Why>>> {
    let known = &daemons.revisions.owned;
    let is_unlabelled =
        |revision: &&Arc<ControllerRevision>| labelled(&revision.metadata, REVISION).is_empty();
    let unlabelled: Vec<_> = known.iter().filter(is_unlabelled).map(|it| named(it)).collect();
    if !unlabelled.is_empty() {
        return Err(unlabelled);
    }
    let data = history::data(&daemons.set.spec.template);
    let (mut equal, old): (Vec<_>, Vec<_>) =
        known.iter().cloned().partition(|revision| history::holds(revision, &data));
    let number = history::next_number(&old);
    let Some(current) = equal.pop() else { return made(daemons, old, number) };
    if !equal.is_empty() {
        cov_mark::hit!(daemon_set_keeps_one_of_equal_revisions);
        return Err(merged(daemons, &current, &equal));
    }
    if current.revision < number {
        cov_mark::hit!(daemon_set_raises_an_earlier_revision);
        return Err(vec![Step::new(history::renumber(&current, number), Why::OldTemplate)]);
    }
    Ok(Revisions { hash: labelled(&current.metadata, REVISION).into(), old })
}

/// Old revisions that no pod is of, beyond the limit: lowest first.
pub(super) fn clean_up(daemons: &Daemons, revisions: &Revisions) -> Option<Stage<Why>> {
    let limit = daemons.set.spec.revision_history_limit.unwrap_or(HISTORY_DEFAULT);
    let limit = usize::try_from(limit).ok()?;
    let pods = daemons.pods.owned.iter();
    let live: BTreeSet<&str> = pods.map(|pod| labelled(&pod.metadata, REVISION)).collect();
    let excess = revisions.old.len().saturating_sub(limit);
    let idle = revisions.old.iter().filter(|revision| {
        !live.contains(labelled(&revision.metadata, REVISION)) && !revision.metadata.is_deleting()
    });
    let why = Why::BeyondHistoryLimit { limit };
    let delete =
        |revision: &Arc<ControllerRevision>| Step::new(history::delete(revision), why.clone());
    let steps: Vec<_> = idle.take(excess).map(delete).collect();
    (!steps.is_empty()).then_some(Stage::Together(steps))
}

/// A revision for a template that has none; where its name is taken, the count of collisions makes
/// another name.
fn made(
    daemons: &Daemons,
    old: Vec<Arc<ControllerRevision>>,
    number: i64,
) -> Result<Revisions, Vec<Step<Why>>> {
    let set = &daemons.set;
    let hash = template_hash(&set.spec.template, set.status.collision_count);
    let name = format!("{}{hash}", stem(set));
    let Some(namesake) = daemons.namesakes.get(name.as_str()) else {
        let label = (REVISION, hash.as_str());
        let create = history::create(&**set, &set.spec.template, &name, label, number);
        return Err(vec![Step::new(create, Why::NewTemplate)]);
    };
    if history::holds(namesake, &history::data(&set.spec.template)) {
        return Ok(Revisions { hash: hash.into(), old });
    }
    cov_mark::hit!(daemon_set_counts_collisions);
    let count = set.status.collision_count.unwrap_or(0) + 1;
    Err(vec![Step::new(status::collisions(set, count), Why::NameTaken { name: name.into() })])
}

/// One of several equal revisions stays; pods of the others become its own.
fn merged(
    daemons: &Daemons,
    kept: &ControllerRevision,
    others: &[Arc<ControllerRevision>],
) -> Vec<Step<Why>> {
    let hash = |revision: &ControllerRevision| labelled(&revision.metadata, REVISION).to_owned();
    let going: BTreeSet<String> = others.iter().map(|revision| hash(revision)).collect();
    let kept = hash(kept);
    let is_of_others = |pod: &&Arc<Pod>| {
        let hash = labelled(&pod.metadata, REVISION);
        hash != kept && going.contains(hash)
    };
    let relabel = |pod: &Arc<Pod>| {
        let action = Action::Patch {
            target: Target::of(&**pod),
            kind: PatchKind::Merge,
            patch: json!({"metadata": {"labels": {REVISION: kept}}}),
            subresource: "",
            guard: Guard::Uid,
        };
        Step::new(action, Why::EqualRevisions)
    };
    let relabelled = daemons.pods.owned.iter().filter(is_of_others).map(relabel);
    let deleted =
        others.iter().map(|revision| Step::new(history::delete(revision), Why::EqualRevisions));
    relabelled.chain(deleted).collect()
}

/// A revision of an old release says its hash by its name.
fn named(revision: &ControllerRevision) -> Step<Why> {
    let name = &revision.metadata.name;
    Step::new(history::label(revision, REVISION, name), Why::RevisionWithoutHash)
}
