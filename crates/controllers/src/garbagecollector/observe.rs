//! An object, its owners as they are now, and its dependents as last seen.

use std::collections::{BTreeMap, BTreeSet};

use api::views::PartialObject;
use meta::{
    mutants::mutant,
    object::{ObjectKey, OwnerReference, Uid},
    resource::{Resource, Scope},
};
use parking_lot::Mutex;
use runtime::{Answers, Dynamic, Observation, Read};
use serde::Deserialize;
use serde_json::Value;

use super::graph::{FOREGROUND, Graph, Node, has};

/// The graph, and what is needed to keep it.
pub struct View {
    pub(super) dynamic: Dynamic,
    pub(super) graph: Mutex<Graph>,
    /// Resources by apiVersion and kind.
    pub(super) kinds: Mutex<BTreeMap<(String, String), Resource>>,
}

/// What a key turned out to be about.
#[derive(Debug)]
pub enum Observed {
    /// The watched resources are up to date, but for those of as many groups as could not be read.
    Resources {
        /// How many.
        unread: usize,
    },
    /// An object.
    Object(Box<Situation>),
}

/// Everything that decides what becomes of an object.
#[derive(Debug)]
pub struct Situation {
    pub(super) node: Node,
    /// Each reference with what its owner is now.
    pub(super) owners: Vec<(OwnerReference, Owner)>,
    pub(super) dependents: Vec<Node>,
    pub(super) knowledge: Knowledge,
    /// An owner was seen in another namespace.
    pub(super) foreign_owner: Option<Node>,
}

/// Whether all dependents of an owner that waits for them are known; the later, the less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Knowledge {
    Complete,
    /// Some resource was not listed yet since the start, or cannot be read now.
    Unsynced,
    /// Resources that dependents are likely to be of could not be read now.
    Unread,
}

/// What a live read says of an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// It is there.
    Solid,
    /// It is there, and waits for its dependents to go.
    Waiting,
    /// It is not there, or another object has its name.
    Absent,
    /// Its kind is not served, or it cannot be read now.
    Unclear,
    /// A namespaced owner of a cluster-scoped object: not to be judged.
    Impossible,
}

pub(super) fn resources(view: &View, answers: &Answers) -> Observation<Observed> {
    let discovery = match answers.discovery() {
        None => return Observation::Ask(vec![Read::Discovery]),
        // The engine asks again with its back-off; what is watched stays watched.
        Some(Err(_)) => return Observation::Ready(Observed::Resources { unread: 1 }),
        Some(Ok(discovery)) => discovery,
    };
    let watchable = discovery.served.iter().filter(|served| {
        served.can(&["delete", "list", "watch"]) && served.resource.plural != "events"
    });
    let wanted: Vec<Resource> = watchable.map(|served| served.resource.clone()).collect();
    for gone in view.dynamic.wanted() {
        let stale = discovery.stale.contains(&gone.api_version());
        if !wanted.contains(&gone) && !stale {
            view.dynamic.forget(&gone);
        }
    }
    for resource in wanted {
        view.dynamic.want(resource);
    }
    let unread = discovery.stale.len();
    view.kinds.lock().extend(discovery.kinds);
    Observation::Ready(Observed::Resources { unread })
}

pub(super) fn object(view: &View, uid: &Uid, answers: &Answers) -> Observation<Observed> {
    let (node, dependents, likely, foreign_owner) = {
        let graph = view.graph.lock();
        let Some(node) = graph.node(uid).cloned() else {
            return Observation::Gone;
        };
        let dependents: Vec<Node> = graph.dependents(uid).cloned().collect();
        let likely = graph.children_of(&node.kind);
        let foreign = foreign_owner(&graph, &node);
        (node, dependents, likely, foreign)
    };
    if node.is_orphaning() || node.is_foreground() {
        let wanted = view.dynamic.wanted();
        let synced = wanted.iter().all(|resource| view.dynamic.is_synced(resource));
        let knowledge = if synced { Knowledge::Complete } else { Knowledge::Unsynced };
        let all = children(view, &node, likely);
        let children = if mutant("hb_24") { Children::default() } else { all };
        return leaving(node, (dependents, knowledge), &children, answers);
    }
    if node.metadata.is_deleting() || node.metadata.owner_references.is_empty() {
        return Observation::Gone;
    }
    let mut open = Vec::new();
    let mut owners = Vec::new();
    for reference in &node.metadata.owner_references {
        match judge(view, &node, reference, answers) {
            Ok(owner) => owners.push((reference.clone(), owner)),
            Err(read) => open.push(read),
        }
    }
    if !open.is_empty() {
        return Observation::Ask(open);
    }
    Observation::Ready(Observed::Object(Box::new(Situation {
        node,
        owners,
        dependents,
        knowledge: Knowledge::Complete,
        foreign_owner,
    })))
}

/// Resources that dependents may be of which no event has told of: the collector has not heard of all
/// that was there when the owner was deleted.
#[derive(Default)]
struct Children {
    /// Those that such an owner is known to have.
    likely: BTreeSet<Resource>,
    /// All others. Only looked at where dependents are let go: to be collected by mistake is worse than
    /// to be left behind for a moment.
    others: BTreeSet<Resource>,
}

fn children(view: &View, node: &Node, likely: BTreeSet<Resource>) -> Children {
    let is_behind =
        |resource: &Resource| view.dynamic.told_up_to(resource) < node.metadata.resource_version;
    let is_near = |resource: &Resource| {
        resource.scope == Scope::Namespaced || node.resource.scope == Scope::Cluster
    };
    let mut others = if node.is_orphaning() { view.dynamic.wanted() } else { BTreeSet::new() };
    others
        .retain(|resource| !likely.contains(resource) && is_near(resource) && is_behind(resource));
    Children { likely: likely.into_iter().filter(is_behind).collect(), others }
}

/// An owner that waits for its dependents: those that the graph has not seen yet count, too.
fn leaving(
    node: Node,
    (mut dependents, mut knowledge): (Vec<Node>, Knowledge),
    children: &Children,
    answers: &Answers,
) -> Observation<Observed> {
    let read = |resource: &Resource| Read::List {
        resource: resource.clone(),
        namespace: node.metadata.namespace.clone(),
    };
    let all: BTreeSet<&Resource> = children.likely.union(&children.others).collect();
    let open = all.iter().map(|resource| read(resource));
    let open: Vec<Read> = open.filter(|read| answers.get(read).is_none()).collect();
    if !open.is_empty() {
        return Observation::Ask(open);
    }
    for resource in all {
        let list = match answers.get(&read(resource)) {
            Some(Ok(list)) => list,
            Some(Err(error)) if error.is_not_found() => continue,
            Some(Err(_)) | None => {
                // One resource that nobody can read may not hold up all others for ever.
                let is_likely = children.likely.contains(resource);
                knowledge =
                    if is_likely { Knowledge::Unread } else { knowledge.max(Knowledge::Unsynced) };
                continue;
            }
        };
        let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
        for item in items.iter().filter_map(|item| PartialObject::deserialize(item).ok()) {
            let owned = item.metadata.owner_references.iter().any(|o| o.uid == node.metadata.uid);
            let known = dependents.iter().any(|d| d.metadata.uid == item.metadata.uid);
            if owned && !known {
                dependents.push(Node::unseen(resource, item));
            }
        }
    }
    Observation::Ready(Observed::Object(Box::new(Situation {
        node,
        owners: Vec::new(),
        dependents,
        knowledge,
        foreign_owner: None,
    })))
}

/// What the owner is now, or what must be read to know.
fn judge(
    view: &View,
    node: &Node,
    reference: &OwnerReference,
    answers: &Answers,
) -> Result<Owner, Read> {
    let kind = (reference.api_version.to_string(), reference.kind.to_string());
    let Some(resource) = view.kinds.lock().get(&kind).cloned() else {
        return Ok(Owner::Unclear);
    };
    let namespace = match (resource.scope, node.resource.scope) {
        (Scope::Cluster, _) => "".into(),
        (Scope::Namespaced, Scope::Namespaced) => node.metadata.namespace.clone(),
        (Scope::Namespaced, Scope::Cluster) => return Ok(Owner::Impossible),
    };
    let read =
        Read::Metadata { resource, key: ObjectKey { namespace, name: reference.name.clone() } };
    match answers.get(&read) {
        None if mutant("hb_22") && view.graph.lock().node(&reference.uid).is_none() => {
            Ok(Owner::Absent)
        }
        None => Err(read),
        Some(Ok(live)) => Ok(state(live, &reference.uid)),
        Some(Err(error)) if error.is_not_found() => Ok(Owner::Absent),
        Some(Err(_)) => Ok(Owner::Unclear),
    }
}

fn state(live: &Value, uid: &Uid) -> Owner {
    let Ok(owner) = PartialObject::deserialize(live) else {
        return Owner::Unclear;
    };
    if owner.metadata.uid != *uid {
        return Owner::Absent;
    }
    let waits = owner.metadata.is_deleting() && has(&owner.metadata, FOREGROUND);
    if waits { Owner::Waiting } else { Owner::Solid }
}

/// An owner in another namespace: references do not reach there.
fn foreign_owner(graph: &Graph, node: &Node) -> Option<Node> {
    let owners = node.metadata.owner_references.iter();
    let known = owners.filter_map(|reference| graph.node(&reference.uid));
    let mut foreign = known.filter(|owner| {
        owner.resource.scope == Scope::Namespaced
            && owner.metadata.namespace != node.metadata.namespace
    });
    foreign.next().cloned()
}
