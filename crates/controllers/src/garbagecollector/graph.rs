//! Who owns whom, as last seen: kept by the handlers, read by observations.

use std::collections::{BTreeMap, BTreeSet};

use api::{
    resources::{CONTROLLER_REVISIONS, JOBS, PODS, REPLICA_SETS},
    views::PartialObject,
};
use meta::{
    mutants::mutant,
    object::{ObjectKey, ObjectMeta, OwnerReference, Uid},
    resource::{Resource, Scope},
    shared::Shared,
    text::Text,
};

pub(super) const FOREGROUND: &str = "foregroundDeletion";
pub(super) const ORPHAN: &str = "orphan";

/// An object that has owners or may be one.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) resource: Shared<Resource>,
    /// Without annotations and labels: nothing here is decided by them.
    pub(super) metadata: ObjectMeta,
    pub(super) api_version: Text,
    pub(super) kind: Text,
}

/// All objects by their identity, and their dependents.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: BTreeMap<Uid, Node>,
    dependents: BTreeMap<Uid, BTreeSet<Uid>>,
    /// For each kind of owner the resources that were seen as its dependents.
    children: BTreeMap<Text, BTreeSet<Resource>>,
}

impl Node {
    /// Waits for its blocking dependents to go first.
    pub(super) fn is_foreground(&self) -> bool {
        self.metadata.is_deleting() && has(&self.metadata, FOREGROUND)
    }
    /// Waits for its dependents to be let go.
    pub(super) fn is_orphaning(&self) -> bool {
        self.metadata.is_deleting() && has(&self.metadata, ORPHAN)
    }
    pub(super) fn key(&self) -> ObjectKey {
        self.metadata.key()
    }
    /// Whether the reference means this very object: same name, kind and version, same namespace.
    fn is_meant_by(&self, owner: &OwnerReference, namespace: &Text) -> bool {
        let same_place = self.resource.scope == Scope::Cluster
            || self.metadata.namespace == *namespace
            || mutant("hb_23");
        same_place
            && self.metadata.name == owner.name
            && self.kind == owner.kind
            && self.api_version == owner.api_version
    }
    /// Whether its reference to `owner` holds the owner back in a foreground deletion.
    pub(super) fn blocks(&self, owner: &Uid) -> bool {
        let mut owners = self.metadata.owner_references.iter();
        owners.any(|reference| reference.uid == *owner && reference.block_owner_deletion)
    }
}

pub(super) fn has(metadata: &ObjectMeta, finalizer: &str) -> bool {
    metadata.finalizers.iter().any(|known| *known == *finalizer)
}

impl Graph {
    pub(super) fn node(&self, uid: &Uid) -> Option<&Node> {
        self.nodes.get(uid)
    }
    /// The known dependents of an object.
    pub(super) fn dependents(&self, owner: &Uid) -> impl Iterator<Item = &Node> {
        let uids = self.dependents.get(owner).into_iter().flatten();
        uids.filter_map(|uid| self.nodes.get(uid))
    }
    /// Resources that dependents of such an owner may be of: those seen, and those that its controller
    /// makes.
    pub(super) fn children_of(&self, kind: &Text) -> BTreeSet<Resource> {
        let mut children = self.children.get(kind).cloned().unwrap_or_default();
        children.extend(match &**kind {
            "Deployment" => vec![REPLICA_SETS],
            "ReplicaSet" | "ReplicationController" | "Job" => vec![PODS],
            "StatefulSet" | "DaemonSet" => vec![CONTROLLER_REVISIONS, PODS],
            "CronJob" => vec![JOBS],
            _ => Vec::new(),
        });
        children
    }

    /// Takes in an object; answers who must be looked at: because of what changed or, of an object
    /// that is told of `anew`, because of all that is.
    pub(super) fn insert(
        &mut self,
        resource: &Resource,
        object: &PartialObject,
        anew: bool,
    ) -> BTreeSet<Uid> {
        let mut dirty = BTreeSet::new();
        let node = Node::new(resource, object);
        let uid = node.metadata.uid.clone();
        let before = self.nodes.insert(uid.clone(), node.clone()).filter(|_| !anew);
        let old_owners = before.as_ref().map_or(&[][..], |b| &b.metadata.owner_references);
        self.relink(&node, old_owners);
        if self.has_doubtful_owner(&node) && before.as_ref().is_none_or(|b| b.owners_differ(&node))
        {
            dirty.insert(uid.clone());
        }
        // An owner may be freed by a reference that is gone or no longer blocks.
        for owner in old_owners.iter().filter(|owner| owner.block_owner_deletion) {
            if !node.blocks(&owner.uid) {
                dirty.insert(owner.uid.clone());
            }
        }
        let was = |check: fn(&Node) -> bool| before.as_ref().is_some_and(check);
        if node.is_orphaning() && !was(Node::is_orphaning) {
            dirty.insert(uid.clone());
        } else if node.is_foreground() && !was(Node::is_foreground) {
            dirty.extend(self.dependents.get(&uid).into_iter().flatten().cloned());
            dirty.insert(uid.clone());
        }
        if before.is_none() {
            // Dependents that were seen first could not be sure of their owner.
            dirty.extend(self.strangers(&node));
        }
        dirty
    }

    /// Takes an object out; answers who must be looked at.
    pub(super) fn remove(&mut self, uid: &Uid) -> BTreeSet<Uid> {
        let Some(node) = self.nodes.remove(uid) else {
            return BTreeSet::new();
        };
        let mut dirty: BTreeSet<Uid> =
            self.dependents.get(uid).into_iter().flatten().cloned().collect();
        for owner in &node.metadata.owner_references {
            self.unlink(&owner.uid, uid);
            if self.nodes.get(&owner.uid).is_some_and(Node::is_foreground) {
                dirty.insert(owner.uid.clone());
            }
        }
        dirty
    }

    fn relink(&mut self, node: &Node, old_owners: &[OwnerReference]) {
        let uid = &node.metadata.uid;
        let owners = &node.metadata.owner_references;
        for gone in old_owners.iter().filter(|old| owners.iter().all(|new| new.uid != old.uid)) {
            self.unlink(&gone.uid, uid);
        }
        for owner in owners {
            self.dependents.entry(owner.uid.clone()).or_default().insert(uid.clone());
            self.children
                .entry(owner.kind.clone())
                .or_default()
                .insert(Resource::clone(&node.resource));
        }
    }

    fn unlink(&mut self, owner: &Uid, dependent: &Uid) {
        let emptied = self.dependents.get_mut(owner).is_some_and(|dependents| {
            dependents.remove(dependent);
            dependents.is_empty()
        });
        if emptied {
            self.dependents.remove(owner);
        }
    }

    /// Whether an owner is unknown, is not what the reference says, or is waiting to go.
    fn has_doubtful_owner(&self, node: &Node) -> bool {
        node.metadata.owner_references.iter().any(|owner| {
            self.nodes.get(&owner.uid).is_none_or(|known| {
                known.is_foreground() || !known.is_meant_by(owner, &node.metadata.namespace)
            })
        })
    }

    fn strangers(&self, owner: &Node) -> Vec<Uid> {
        let is_stranger = |node: &&Node| {
            let mut references = node.metadata.owner_references.iter();
            references.any(|reference| {
                reference.uid == owner.metadata.uid
                    && !owner.is_meant_by(reference, &node.metadata.namespace)
            })
        };
        let strangers = self.dependents(&owner.metadata.uid).filter(is_stranger);
        strangers.map(|node| node.metadata.uid.clone()).collect()
    }
}

impl Node {
    fn new(resource: &Resource, object: &PartialObject) -> Self {
        let metadata = ObjectMeta {
            labels: Shared::default(),
            annotations: Shared::default(),
            ..object.metadata.clone()
        };
        Self {
            resource: resource.clone().into(),
            metadata,
            api_version: resource.api_version().into(),
            kind: Text::from(&*resource.kind),
        }
    }
    /// A dependent that a live list shows before its event came.
    pub(super) fn unseen(resource: &Resource, object: PartialObject) -> Self {
        Self::new(resource, &object)
    }
    fn owners_differ(&self, other: &Self) -> bool {
        self.metadata.owner_references != other.metadata.owner_references
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn insert(graph: &mut Graph, metadata: Value) -> Vec<String> {
        let object: PartialObject =
            serde_json::from_value(json!({ "metadata": metadata })).expect("an object");
        let dirty = graph.insert(&api::resources::CONFIG_MAPS, &object, false);
        dirty.into_iter().map(|uid| uid.to_string()).collect()
    }
    fn remove(graph: &mut Graph, uid: &str) -> Vec<String> {
        graph.remove(&uid.into()).into_iter().map(|uid| uid.to_string()).collect()
    }
    fn owner(uid: &str, blocks: Blocks) -> Value {
        let blocks = matches!(blocks, Blocks::Yes);
        json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": uid, "uid": uid, "blockOwnerDeletion": blocks}])
    }
    enum Blocks {
        Yes,
        No,
    }
    const THEN: &str = "1970-01-01T00:00:00Z";

    #[test]
    fn a_dependent_of_a_known_owner_is_left_alone() {
        let mut graph = Graph::default();
        assert!(insert(&mut graph, json!({"name": "o", "uid": "o"})).is_empty());
        let dependent = json!({"name": "d", "uid": "d", "ownerReferences": owner("o", Blocks::No)});
        assert!(insert(&mut graph, dependent).is_empty());
        assert_eq!(remove(&mut graph, "o"), ["d"]);
    }

    #[test]
    fn a_dependent_seen_before_its_owner_is_looked_at() {
        let mut graph = Graph::default();
        let dependent = json!({"name": "d", "uid": "d", "ownerReferences": owner("o", Blocks::No)});
        assert_eq!(insert(&mut graph, dependent), ["d"]);
        assert!(insert(&mut graph, json!({"name": "o", "uid": "o"})).is_empty());
        assert_eq!(insert(&mut graph, json!({"name": "o2", "uid": "o2"})).len(), 0);
    }

    #[test]
    fn a_foreground_deletion_wakes_the_owner_and_its_dependents_once() {
        let mut graph = Graph::default();
        insert(&mut graph, json!({"name": "o", "uid": "o"}));
        insert(
            &mut graph,
            json!({"name": "d", "uid": "d", "ownerReferences": owner("o", Blocks::Yes)}),
        );
        let deleting =
            json!({"name": "o", "uid": "o", "deletionTimestamp": THEN, "finalizers": [FOREGROUND]});
        assert_eq!(insert(&mut graph, deleting.clone()), ["d", "o"]);
        assert!(insert(&mut graph, deleting).is_empty());
        assert_eq!(remove(&mut graph, "d"), ["o"]);
    }

    #[test]
    fn a_reference_that_no_longer_blocks_frees_its_owner() {
        let mut graph = Graph::default();
        insert(&mut graph, json!({"name": "o", "uid": "o"}));
        insert(
            &mut graph,
            json!({"name": "d", "uid": "d", "ownerReferences": owner("o", Blocks::Yes)}),
        );
        let freed = json!({"name": "d", "uid": "d", "ownerReferences": owner("o", Blocks::No)});
        assert_eq!(insert(&mut graph, freed), ["o"]);
    }

    #[test]
    fn a_reference_with_the_wrong_name_is_looked_at_when_its_owner_appears() {
        let mut graph = Graph::default();
        let mut wrong = owner("o", Blocks::No);
        wrong[0]["name"] = "other".into();
        insert(&mut graph, json!({"name": "d", "uid": "d", "ownerReferences": wrong}));
        assert_eq!(insert(&mut graph, json!({"name": "o", "uid": "o"})), ["d"]);
    }

    #[test]
    fn an_owner_in_another_namespace_is_none() {
        let mut graph = Graph::default();
        insert(&mut graph, json!({"name": "o", "namespace": "n", "uid": "o"}));
        let mut dependent = |namespace: &str| {
            insert(
                &mut graph,
                json!({"name": "d", "namespace": namespace, "uid": namespace, "ownerReferences": owner("o", Blocks::No)}),
            )
        };
        assert!(dependent("n").is_empty());
        assert_eq!(dependent("m"), ["m"]);
    }

    #[test]
    fn a_dependent_that_changes_hands_is_not_looked_at_when_its_first_owner_goes() {
        let mut graph = Graph::default();
        let dependent =
            |of: &str| json!({"name": "d", "uid": "d", "ownerReferences": owner(of, Blocks::No)});
        for owner in ["o", "p"] {
            insert(&mut graph, json!({"name": owner, "uid": owner}));
        }
        insert(&mut graph, dependent("o"));
        insert(&mut graph, dependent("p"));
        assert!(remove(&mut graph, "o").is_empty());
        assert_eq!(remove(&mut graph, "p"), ["d"]);
    }

    #[test]
    fn a_dependent_that_comes_while_its_owner_waits_is_looked_at() {
        let mut graph = Graph::default();
        let deleting =
            json!({"name": "o", "uid": "o", "deletionTimestamp": THEN, "finalizers": [FOREGROUND]});
        insert(&mut graph, deleting);
        let dependent = json!({"name": "d", "uid": "d", "ownerReferences": owner("o", Blocks::No)});
        assert_eq!(insert(&mut graph, dependent), ["d"]);
    }

    #[test]
    fn a_doubtful_owner_is_looked_for_once_until_the_owners_change() {
        let mut graph = Graph::default();
        let mut dependent = |of: &str| {
            let owners = owner(of, Blocks::No);
            insert(&mut graph, json!({"name": "d", "uid": "d", "ownerReferences": owners})).len()
        };
        assert_eq!(["o", "o", "p"].map(&mut dependent), [1, 0, 1]);
    }
}
