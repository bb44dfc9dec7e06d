//! What the checker knows of the cluster: the objects as they are, and as they were lately.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use api::views::{
    DaemonSet, Deployment, Job, Kind, Namespace, Node, PartialObject, Pod, ReplicaSet,
    ResourceQuota, StatefulSet, Status, Template,
};
use meta::object::{ObjectMeta, Uid};
use store::Event;
use world::Monotonic;

use super::{Violation, reader::Reader};

/// An object's state before and after.
#[derive(Debug)]
pub(crate) struct Edge<T> {
    pub(crate) before: Option<Arc<T>>,
    pub(crate) now: Option<Arc<T>>,
}

/// What an event of the store means.
#[derive(Debug)]
pub(crate) enum Change {
    Deployment(Edge<Deployment>),
    ReplicaSet(Edge<ReplicaSet>),
    StatefulSet(Edge<StatefulSet>),
    DaemonSet(Edge<DaemonSet>),
    Job(Edge<Job>),
    Pod(Edge<Pod>),
    Node(Edge<Node>),
    Namespace(Edge<Namespace>),
    Quota(Edge<ResourceQuota>),
    EndpointSlice(Edge<PartialObject>),
    Other(Edge<PartialObject>),
    /// Leases, Events, and what is no object.
    Heartbeat,
}

impl Change {
    pub(super) fn read(reader: &mut Reader, key: &str, event: &Event) -> Result<Self, Violation> {
        let kind = key.strip_prefix("/registry/").and_then(|rest| rest.split('/').next());
        Ok(match kind {
            Some("deployments") => Self::Deployment(reader.edge(key, event)?),
            Some("replicasets") => Self::ReplicaSet(reader.edge(key, event)?),
            Some("pods") => Self::Pod(reader.edge(key, event)?),
            Some("minions") => Self::Node(reader.edge(key, event)?),
            Some("statefulsets") => Self::StatefulSet(reader.edge(key, event)?),
            Some("daemonsets") => Self::DaemonSet(reader.edge(key, event)?),
            Some("jobs") => Self::Job(reader.edge(key, event)?),
            Some("namespaces") => Self::Namespace(reader.edge(key, event)?),
            Some("resourcequotas") => Self::Quota(reader.edge(key, event)?),
            Some("endpointslices") => Self::EndpointSlice(reader.edge(key, event)?),
            Some("leases" | "events" | "ranges" | "masterleases") | None => Self::Heartbeat,
            Some(_) => Self::Other(reader.edge(key, event)?),
        })
    }

    /// What goes on for ever: leases, events, reports of nodes, and of pods whose image is missing.
    pub(super) fn is_heartbeat(&self) -> bool {
        match self {
            Self::Heartbeat => true,
            Self::Node(Edge { before: Some(before), now: Some(now) }) => before.spec == now.spec,
            Self::Pod(Edge { before: Some(before), now: Some(now) }) => {
                before.metadata == now.metadata && before.spec == now.spec && lacks_image(now)
            }
            Self::Deployment(_)
            | Self::ReplicaSet(_)
            | Self::StatefulSet(_)
            | Self::DaemonSet(_)
            | Self::Job(_)
            | Self::Pod(_)
            | Self::Node(_)
            | Self::Namespace(_)
            | Self::Quota(_)
            | Self::EndpointSlice(_)
            | Self::Other(_) => false,
        }
    }

    /// Metadata before and after.
    pub(crate) fn metadata(&self) -> (Option<&ObjectMeta>, Option<&ObjectMeta>) {
        match self {
            Self::Deployment(edge) => edge.metadata(),
            Self::ReplicaSet(edge) => edge.metadata(),
            Self::StatefulSet(edge) => edge.metadata(),
            Self::DaemonSet(edge) => edge.metadata(),
            Self::Job(edge) => edge.metadata(),
            Self::Namespace(edge) => edge.metadata(),
            Self::Quota(edge) => edge.metadata(),
            Self::Pod(edge) => edge.metadata(),
            Self::Node(edge) => edge.metadata(),
            Self::EndpointSlice(edge) | Self::Other(edge) => edge.metadata(),
            Self::Heartbeat => (None, None),
        }
    }

    /// A line for people.
    pub(super) fn describe(&self, key: &str) -> String {
        let key = key.trim_start_matches("/registry/");
        let verb = match self.metadata() {
            (None, _) => "created",
            (Some(_), None) => "gone",
            (Some(_), Some(now)) if now.is_deleting() => "deleting",
            (Some(_), Some(_)) => "changed",
        };
        let state = match self {
            Self::Deployment(Edge { now: Some(now), .. }) => deployment(now),
            Self::ReplicaSet(Edge { now: Some(now), .. }) => {
                let (spec, status) = (&now.spec, &now.status);
                let size = spec.replicas.unwrap_or(1);
                format!("{size}/{}/{}", status.replicas, status.available_replicas)
            }
            Self::Pod(Edge { now: Some(now), .. }) => {
                let ready = if now.is_ready() { "ready" } else { "" };
                format!("{:?} {ready} {}", now.status.phase, now.spec.node_name)
            }
            Self::Namespace(Edge { now: Some(now), .. }) => {
                let conditions = now.status.conditions.iter();
                let holds = conditions.filter(|condition| condition.status == Status::True);
                holds.map(|condition| condition.message.as_str()).collect::<Vec<_>>().join("; ")
            }
            Self::Quota(Edge { now: Some(now), .. }) => {
                let used = now.status.used.iter().flatten();
                used.map(|(name, amount)| format!("{name} {amount}")).collect::<Vec<_>>().join(", ")
            }
            Self::Deployment(_)
            | Self::ReplicaSet(_)
            | Self::StatefulSet(_)
            | Self::DaemonSet(_)
            | Self::Job(_)
            | Self::Pod(_)
            | Self::Node(_)
            | Self::Namespace(_)
            | Self::Quota(_)
            | Self::EndpointSlice(_)
            | Self::Other(_)
            | Self::Heartbeat => String::new(),
        };
        format!("{key} {verb} {state}")
    }
}

fn deployment(now: &Deployment) -> String {
    let (spec, status) = (&now.spec, &now.status);
    let progress = status.conditions.iter().find(|condition| condition.kind == *"Progressing");
    let reason = progress.map_or("", |progress| &*progress.reason);
    let (size, paused) = (spec.replicas.unwrap_or(1), if spec.paused { " paused" } else { "" });
    let (updated, available) = (status.updated_replicas, status.available_replicas);
    let generations = format!("{}/{}", status.observed_generation, now.metadata.generation);
    format!("{size}/{}/{updated}/{available} seen {generations}{paused} {reason}", status.replicas)
}

/// Whether a pod can never run.
pub(super) fn lacks_image(pod: &Pod) -> bool {
    pod.spec.containers.iter().any(|container| container.image.contains("no-such"))
}

impl<T: api::views::Object> Edge<T> {
    fn metadata(&self) -> (Option<&ObjectMeta>, Option<&ObjectMeta>) {
        (self.before.as_deref().map(T::metadata), self.now.as_deref().map(T::metadata))
    }
}

/// An object with its states that somebody may still act on.
#[derive(Debug)]
pub(super) struct Track<T> {
    /// `None` once it is gone.
    pub(super) now: Option<Arc<T>>,
    past: VecDeque<(Monotonic, Arc<T>)>,
}

impl<T> Default for Track<T> {
    fn default() -> Self {
        Self { now: None, past: VecDeque::new() }
    }
}

impl<T> Track<T> {
    fn push(&mut self, state: Option<Arc<T>>, now: Monotonic, staleness: Duration) {
        if let Some(state) = &state {
            self.past.push_back((now, Arc::clone(state)));
        }
        self.now = state;
        // The first one that is kept was still in force when the time to remember began.
        while self.past.get(1).is_some_and(|(since, _)| *since + staleness < now) {
            self.past.pop_front();
        }
    }

    /// The states that were in force since then, the present one last.
    pub(super) fn since(&self, then: Monotonic) -> impl Iterator<Item = &Arc<T>> {
        let ends = self.past.iter().skip(1).map(|(end, _)| *end);
        let ends = ends.map(Some).chain([None]);
        let states = self.past.iter().zip(ends);
        let in_force = states.filter(move |(_, end)| end.is_none_or(|end| end >= then));
        in_force.map(|((_, state), _)| state)
    }
}

/// Objects of the kinds of which little is asked.
#[derive(Debug, Default)]
pub(super) struct Others {
    pub(super) stateful_sets: BTreeMap<Uid, Arc<StatefulSet>>,
    pub(super) daemon_sets: BTreeMap<Uid, Arc<DaemonSet>>,
    pub(super) jobs: BTreeMap<Uid, Arc<Job>>,
    pub(super) quotas: BTreeMap<Uid, Arc<ResourceQuota>>,
}

/// Takes the present state over.
fn keep<T: Kind>(objects: &mut BTreeMap<Uid, Arc<T>>, edge: Edge<T>) {
    let Some(uid) = edge.uid() else { return };
    match edge.now {
        Some(now) => objects.insert(uid, now),
        None => objects.remove(&uid),
    };
}

/// All objects.
#[derive(Debug)]
pub(super) struct Model {
    /// How old what is acted on may be.
    pub(super) staleness: Duration,
    /// Every key with an object, heartbeats aside.
    pub(super) keys: BTreeSet<String>,
    pub(super) uids: BTreeSet<Uid>,
    pub(super) deployments: BTreeMap<Uid, Track<Deployment>>,
    pub(super) replica_sets: BTreeMap<Uid, Track<ReplicaSet>>,
    pub(super) pods: BTreeMap<Uid, Arc<Pod>>,
    pub(super) nodes: BTreeMap<String, Arc<Node>>,
    /// Templates that each Deployment had while it was not paused.
    pub(super) templates: BTreeMap<Uid, Vec<Template>>,
    /// ReplicaSets that were left behind on purpose, and by which Deployment.
    pub(super) orphans: BTreeMap<Uid, Uid>,
    pub(super) terminating: BTreeSet<String>,
    /// Keys of objects that the user wants to go without their dependents, or before them.
    pub(super) hurried: BTreeSet<String>,
    pub(super) others: Others,
    /// Whose bounds are to be looked at after this change.
    pub(super) touched: Option<Uid>,
}

impl Model {
    pub(super) fn new(staleness: Duration) -> Self {
        Self {
            staleness,
            keys: BTreeSet::new(),
            uids: BTreeSet::new(),
            deployments: BTreeMap::new(),
            replica_sets: BTreeMap::new(),
            pods: BTreeMap::new(),
            nodes: BTreeMap::new(),
            templates: BTreeMap::new(),
            orphans: BTreeMap::new(),
            terminating: BTreeSet::new(),
            hurried: BTreeSet::new(),
            others: Others::default(),
            touched: None,
        }
    }

    /// The moment of what is acted on now, at the earliest.
    pub(super) fn lately(&self, now: Monotonic) -> Monotonic {
        Monotonic(now.since(Monotonic(self.staleness)))
    }

    /// ReplicaSets that a Deployment controls.
    pub(super) fn sets_of<'a>(
        &'a self,
        deployment: &'a Uid,
    ) -> impl Iterator<Item = &'a Arc<ReplicaSet>> {
        let owned = self.replica_sets.values().filter_map(|track| track.now.as_ref());
        owned.filter(move |set| controller(&set.metadata) == Some(deployment))
    }

    /// Pods that a ReplicaSet controls.
    pub(super) fn pods_of<'a>(&'a self, set: &'a Uid) -> impl Iterator<Item = &'a Arc<Pod>> {
        self.pods.values().filter(move |pod| controller(&pod.metadata) == Some(set))
    }

    pub(super) fn take(&mut self, key: String, change: Change, now: Monotonic) {
        match change.metadata() {
            (_, Some(metadata)) => {
                self.uids.insert(metadata.uid.clone());
                if key.starts_with("/registry/namespaces/") && metadata.is_deleting() {
                    self.terminating.insert(metadata.name.to_string());
                }
                self.keys.insert(key);
            }
            (Some(metadata), None) => {
                self.uids.remove(&metadata.uid);
                self.keys.remove(&key);
                self.hurried.remove(&key);
            }
            (None, None) => {}
        }
        self.touched = None;
        match change {
            Change::Deployment(edge) => self.take_deployment(edge, now),
            Change::ReplicaSet(edge) => self.take_set(edge, now),
            Change::Pod(edge) => self.take_pod(edge),
            Change::Node(Edge { before, now }) => {
                if let Some(node) = now {
                    self.nodes.insert(node.metadata.name.to_string(), node);
                } else if let Some(before) = before {
                    self.nodes.remove(&*before.metadata.name);
                }
            }
            Change::StatefulSet(edge) => keep(&mut self.others.stateful_sets, edge),
            Change::DaemonSet(edge) => keep(&mut self.others.daemon_sets, edge),
            Change::Job(edge) => keep(&mut self.others.jobs, edge),
            Change::Quota(edge) => keep(&mut self.others.quotas, edge),
            Change::Namespace(_)
            | Change::EndpointSlice(_)
            | Change::Other(_)
            | Change::Heartbeat => {}
        }
    }

    fn take_deployment(&mut self, edge: Edge<Deployment>, now: Monotonic) {
        let Some(uid) = edge.uid() else { return };
        if let Some(deployment) = &edge.now {
            let templates = self.templates.entry(uid.clone()).or_default();
            if !deployment.spec.paused && !templates.contains(&deployment.spec.template) {
                templates.push(deployment.spec.template.clone());
            }
            let orphans = deployment.metadata.is_deleting()
                && deployment.metadata.finalizers.iter().any(|finalizer| **finalizer == *"orphan");
            if orphans {
                let left = self.sets_of(&uid).map(|set| (set.metadata.uid.clone(), uid.clone()));
                let left: Vec<(Uid, Uid)> = left.collect();
                self.orphans.extend(left);
            }
        }
        self.deployments.entry(uid).or_default().push(edge.now, now, self.staleness);
    }

    fn take_set(&mut self, edge: Edge<ReplicaSet>, now: Monotonic) {
        let Some(uid) = edge.uid() else { return };
        self.replica_sets.entry(uid).or_default().push(edge.now, now, self.staleness);
    }

    fn take_pod(&mut self, edge: Edge<Pod>) {
        let Some(uid) = edge.uid() else { return };
        let Some(pod) = edge.now else {
            self.pods.remove(&uid);
            return;
        };
        let was_active = self.pods.get(&uid).is_some_and(|pod| pod.is_active());
        let owner = controller(&pod.metadata).cloned();
        let was_owned =
            self.pods.get(&uid).is_some_and(|pod| controller(&pod.metadata) == owner.as_ref());
        if pod.is_active() && !(was_active && was_owned) {
            self.touched = owner;
        }
        self.pods.insert(uid, pod);
    }
}

impl<T: Kind> Edge<T> {
    fn uid(&self) -> Option<Uid> {
        let state = self.now.as_ref().or(self.before.as_ref());
        state.map(|state| state.metadata().uid.clone())
    }
}

/// The UID of the owner that manages an object.
pub(super) fn controller(metadata: &ObjectMeta) -> Option<&Uid> {
    metadata.controller().map(|owner| &owner.uid)
}
