//! Which revision is current, which one is rolled out, and how new ones are named.

use std::{collections::BTreeSet, sync::Arc};

use api::views::{ControllerRevision, StatefulSet};
use meta::{
    hash::{fnv32, safe_encode},
    mutants::mutant,
    text::Text,
};
use runtime::{Stage, Step};
use serde_json::Value;

use super::{Why, members::Members, status};
use crate::shared::history;

/// The label by which a pod says its revision.
pub(super) const REVISION: &str = "controller-revision-hash";
/// The label by which a revision says its hash.
const HASH: &str = "controller.kubernetes.io/hash";
/// Bytes of the set's name that the name of a revision has room for.
const STEM_LENGTH_MAX: usize = 223;
/// Revisions kept where the set does not say.
const HISTORY_DEFAULT: i32 = 10;

/// The two revisions that a set is between; the same one when nothing rolls.
#[derive(Debug)]
pub(super) struct Revisions {
    pub(super) current: Arc<ControllerRevision>,
    pub(super) update: Arc<ControllerRevision>,
}

impl Revisions {
    /// Name of the revision that pods have.
    pub(super) fn current_name(&self) -> &Text {
        &self.current.metadata.name
    }
    /// Name of the revision that pods get.
    pub(super) fn update_name(&self) -> &Text {
        &self.update.metadata.name
    }
}

/// The revisions, or the steps that must be taken before there are any.
pub(super) fn find(members: &Members) -> Result<Revisions, Vec<Step<Why>>> {
    let set = &members.set;
    let data = history::data(&set.spec.template);
    let known = &members.revisions.owned;
    let number = history::next_number(known);
    let mut equals = known.iter().filter(|revision| history::holds(revision, &data));
    let equal = if mutant("hb_15") { equals.next() } else { equals.next_back() };
    let Some(update) = equal else {
        return match known.last() {
            Some(highest) if history::means::<StatefulSet>(highest, &data) => {
                Ok(between(members, Arc::clone(highest)))
            }
            Some(_) | None => made(members, &data, number),
        };
    };
    if known.last().is_some_and(|highest| !Arc::ptr_eq(highest, update)) {
        cov_mark::hit!(stateful_set_raises_an_earlier_revision);
        return Err(vec![Step::new(history::renumber(update, number), Why::OldTemplate)]);
    }
    Ok(between(members, Arc::clone(update)))
}

/// Old revisions that nobody needs, beyond the limit: lowest first.
pub(super) fn clean_up(members: &Members, revisions: &Revisions) -> Option<Stage<Why>> {
    let limit = members.set.spec.revision_history_limit.unwrap_or(HISTORY_DEFAULT);
    let limit = usize::try_from(limit).ok()?;
    let pods = members.pods.owned.iter();
    let mut live: BTreeSet<&str> =
        pods.map(|pod| history::labelled(&pod.metadata, REVISION)).collect();
    live.extend([revisions.current_name().as_str(), revisions.update_name().as_str()]);
    let known = members.revisions.owned.iter();
    let mut idle: Vec<_> =
        known.filter(|revision| !live.contains(revision.metadata.name.as_str())).collect();
    idle.truncate(idle.len().saturating_sub(limit));
    let going = idle.into_iter().filter(|revision| !revision.metadata.is_deleting());
    let delete = |revision| Step::new(history::delete(revision), Why::BeyondHistoryLimit { limit });
    let steps: Vec<_> = going.map(|revision| delete(revision)).collect();
    (!steps.is_empty()).then_some(Stage::Together(steps))
}

/// What all names of a set's revisions begin with.
pub(super) fn stem(set: &StatefulSet) -> String {
    let mut stem = set.metadata.name.to_string();
    stem.truncate(STEM_LENGTH_MAX);
    stem.push('-');
    stem
}

fn between(members: &Members, update: Arc<ControllerRevision>) -> Revisions {
    let name = &members.set.status.current_revision;
    let current = members.revisions.owned.iter().find(|known| known.metadata.name == *name);
    Revisions { current: Arc::clone(current.unwrap_or(&update)), update }
}

/// A revision for a template that has none: under the first name that is free, or is the template's.
fn made(members: &Members, data: &Value, number: i64) -> Result<Revisions, Vec<Step<Why>>> {
    let set = &members.set;
    let stem = stem(set);
    let text = history::canonical(data);
    let before = set.status.collision_count.unwrap_or(0);
    let mut collisions = before;
    loop {
        let hash = hash(&text, collisions);
        let name = format!("{stem}{hash}");
        match members.namesakes.get(name.as_str()) {
            Some(namesake) if history::holds(namesake, data) => {
                return Ok(between(members, Arc::clone(namesake)));
            }
            Some(_) => collisions += 1,
            None => {
                let label = (HASH, hash.as_str());
                let create = history::create(&**set, &set.spec.template, &name, label, number);
                let mut steps = vec![Step::new(create, Why::NewTemplate)];
                if collisions > before {
                    cov_mark::hit!(stateful_set_counts_collisions);
                    let why = Why::NameTaken {
                        name: format!("{stem}{}", self::hash(&text, before)).into(),
                    };
                    steps.push(Step::new(status::collisions(set, collisions), why));
                }
                return Err(steps);
            }
        }
    }
}

fn hash(text: &str, collisions: i32) -> String {
    safe_encode(fnv32(format!("{text}{collisions}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use api::views::Template;

    #[test]
    fn names_are_those_that_the_reference_gives() {
        let name = |app: &str, collisions| {
            let container = json!({
                "name": "c", "image": "img:1", "env": [{"name": "X", "value": "a<b"}],
                "resources": {}, "imagePullPolicy": "IfNotPresent",
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            });
            let template = json!({
                "metadata": {"labels": {"app": app}},
                "spec": {
                    "containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": "Always",
                    "schedulerName": "default-scheduler", "securityContext": {},
                    "terminationGracePeriodSeconds": 1,
                },
            });
            hash(&history::canonical(&history::data(&Template::from(template))), collisions)
        };
        assert_eq!(name("web", 0), "749ff655d7");
        assert_eq!([name("col", 0), name("col", 1)], ["8687d58d5f", "8687d58d5d"]);
    }
}
