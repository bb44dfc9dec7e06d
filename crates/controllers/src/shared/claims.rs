//! Which objects are an owner's, which it should adopt, and which it should let go.

use std::{collections::BTreeSet, mem, sync::Arc};

use api::views::{Kind, Object, Pod, ReplicaSet, ReplicationController};
use meta::{
    object::{ObjectKey, ObjectMeta},
    resource::Resource,
    selector::Selector,
    text::Text,
};
use runtime::{
    Action, Answers, Cache, Change, Index, Read, Target,
    owners::{self, Claim},
};
use serde_json::Value;

/// ReplicaSets by controlling owner, and the orphans of each namespace.
pub(crate) static REPLICA_SETS_BY_OWNER: Index<ReplicaSet> =
    Index { name: "owner", values: |replica_set| index_values(&replica_set.metadata) };
/// `ReplicationController`s by controlling owner, and the orphans of each namespace.
pub(crate) static REPLICATION_CONTROLLERS_BY_OWNER: Index<ReplicationController> =
    Index { name: "owner", values: |controller| index_values(controller.metadata()) };
/// Pods by controlling owner, and the orphans of each namespace.
pub(crate) static PODS_BY_OWNER: Index<Pod> =
    Index { name: "owner", values: |pod| index_values(&pod.metadata) };

/// The objects of one owner, sorted by what is to be done about them.
#[derive(Debug)]
pub(crate) struct Claims<K> {
    /// Owned, and meant by the selector.
    pub(crate) owned: Vec<Arc<K>>,
    /// Nobody's, and meant by the selector.
    pub(crate) adopt: Vec<Arc<K>>,
    /// Owned, and no longer meant.
    pub(crate) release: Vec<Arc<K>>,
    /// Whether a live read of the owner said that it may not adopt, although something is to be adopted.
    pub(crate) refused: bool,
}

impl<K> Default for Claims<K> {
    fn default() -> Self {
        Self { owned: Vec::new(), adopt: Vec::new(), release: Vec::new(), refused: false }
    }
}

impl<K: Kind> Claims<K> {
    /// Sorts what the caches hold. `eligible` says whose owner may change at all.
    pub(crate) fn sort(
        cache: &Cache<K>,
        index: &Index<K>,
        owner: &ObjectMeta,
        selector: &Selector,
        eligible: fn(&K) -> bool,
    ) -> Self {
        let mut claims = Self::default();
        let mut objects = cache.by_index(index, &owner.uid.0);
        objects.extend(cache.by_index(index, &orphan_value(&owner.namespace)));
        for object in objects {
            match owners::claim(owner, selector, object.metadata()) {
                Claim::Owned => claims.owned.push(object),
                Claim::Adopt if eligible(&object) => claims.adopt.push(object),
                Claim::Release if eligible(&object) => claims.release.push(object),
                Claim::Adopt | Claim::Release | Claim::Ignore => {}
            }
        }
        claims
    }

    /// Checks live that the owner may adopt; answers the read to ask for if that was not done yet.
    pub(crate) fn recheck(
        &mut self,
        resource: &Resource,
        owner: &ObjectMeta,
        answers: &Answers,
    ) -> Option<Read> {
        if self.adopt.is_empty() {
            return None;
        }
        let read = Read::Metadata { resource: resource.clone(), key: owner.key() };
        let Some(answer) = answers.get(&read) else { return Some(read) };
        self.refused = !owners::may_adopt(owner, answer);
        None
    }

    /// Narrows what the selector means: of the owned, the others are let go.
    pub(crate) fn narrow(&mut self, owner: &ObjectMeta, is_meant: impl Fn(&K) -> bool) {
        let all = mem::take(&mut self.owned).into_iter();
        let (kept, strays) = all.partition(|object| is_meant(object));
        self.owned = kept;
        self.adopt.retain(|object| is_meant(object));
        if !owner.is_deleting() {
            self.release.extend::<Vec<_>>(strays);
        }
    }

    /// Whether the objects are not yet as the owner wants them.
    pub(crate) fn are_open(&self) -> bool {
        !self.adopt.is_empty() || !self.release.is_empty()
    }
    /// The writes that take orphans in.
    pub(crate) fn adoptions(&self, resource: &Resource, owner: &ObjectMeta) -> Vec<Action> {
        let adopted = self.adopt.iter().filter(|_| !self.refused);
        adopted.map(|object| owners::adopt(resource, owner, Target::of(&**object))).collect()
    }
    /// The writes that let go.
    pub(crate) fn releases(&self, owner: &ObjectMeta) -> Vec<Action> {
        let released = self.release.iter();
        released.map(|object| owners::release(owner, Target::of(&**object))).collect()
    }
}

/// The owner that an object's controlling reference names: kind, name and UID must all agree.
pub(crate) fn resolve<O: Kind>(cache: &Cache<O>, metadata: &ObjectMeta) -> Option<Arc<O>> {
    let reference = metadata.controller().filter(|owner| owner.kind == *O::RESOURCE.kind)?;
    let key = ObjectKey::new(metadata.namespace.clone(), reference.name.clone());
    cache.get(&key).filter(|owner| owner.metadata().uid == reference.uid)
}

/// The owners that a change of a dependent concerns: the one it has, the one it had, and while it is
/// nobody's, all whose selector means it.
pub(crate) fn concerned<O: Kind, K: Kind>(
    owners: &Cache<O>,
    selector: fn(&Arc<O>) -> &Value,
    change: &Change<K>,
) -> BTreeSet<ObjectKey> {
    let (old, new) = (change.old.as_deref(), change.new.as_deref());
    let states = [old, new].into_iter().flatten();
    let mut concerned: BTreeSet<ObjectKey> = states
        .filter_map(|state| resolve(owners, state.metadata()))
        .map(|owner| owner.metadata().key())
        .collect();
    let Some(metadata) = new.map(K::metadata) else { return concerned };
    let is_same = |old: &ObjectMeta| {
        old.labels == metadata.labels && old.controller() == metadata.controller()
    };
    let is_orphan = metadata.controller().is_none() && !metadata.is_deleting();
    if !is_orphan || metadata.labels.is_empty() || old.is_some_and(|old| is_same(old.metadata())) {
        return concerned;
    }
    for owner in owners.in_namespace(&metadata.namespace) {
        let Ok(selector) = Selector::from_json(selector(&owner)) else { continue };
        if !selector.is_empty() && selector.matches(&metadata.labels) {
            concerned.insert(owner.metadata().key());
        }
    }
    concerned
}

/// The value under which the objects without a controlling owner are indexed.
fn orphan_value(namespace: &str) -> Text {
    Text::from(format!("orphans:{namespace}"))
}

pub(crate) fn index_values(metadata: &ObjectMeta) -> Vec<Text> {
    vec![match metadata.controller() {
        Some(owner) => owner.uid.0.clone(),
        None => orphan_value(&metadata.namespace),
    }]
}
