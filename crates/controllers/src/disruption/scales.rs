//! How many pods their owners want, whatever kind an owner is of.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use api::{
    resources::{REPLICA_SETS, REPLICATION_CONTROLLERS, STATEFUL_SETS},
    views::{Deployment, Kind, Object, Pod, ReplicaSet, ReplicationController, StatefulSet},
};
use meta::{
    object::{ObjectKey, OwnerReference, Uid},
    resource::Resource,
    text::Text,
};
use runtime::{Answers, Cache, Informers, Read};
use serde_json::Value;

/// Caches of the kinds that own most pods.
pub(super) struct Owners {
    replication_controllers: Arc<Cache<ReplicationController>>,
    replica_sets: Arc<Cache<ReplicaSet>>,
    deployments: Arc<Cache<Deployment>>,
    stateful_sets: Arc<Cache<StatefulSet>>,
}

/// What the owners of some pods want.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Scales {
    /// Pods that each owner wants.
    pub(super) wanted: BTreeMap<Uid, i32>,
    /// Whether some pods have no owner.
    pub(super) has_unmanaged: bool,
}

/// What is known of one owner.
enum Known {
    /// It wants so many pods.
    Wants(Uid, i32),
    /// It is not there any more.
    Gone,
    /// Nobody can say.
    Unknown(String),
}

impl Owners {
    pub(super) fn new(informers: &mut Informers) -> Self {
        Self {
            replication_controllers: informers.cache(),
            replica_sets: informers.cache(),
            deployments: informers.cache(),
            stateful_sets: informers.cache(),
        }
    }

    /// What the owners of these pods want, or why that is not known; else what to ask first.
    pub(super) fn scales(
        &self,
        pods: &[Arc<Pod>],
        answers: &Answers,
    ) -> Result<Result<Scales, String>, Read> {
        let mut scales = Scales::default();
        let mut seen: BTreeSet<&Uid> = BTreeSet::new();
        for pod in pods {
            let Some(reference) = pod.metadata.controller() else {
                scales.has_unmanaged = true;
                continue;
            };
            if !seen.insert(&reference.uid) {
                continue;
            }
            match self.find(&pod.metadata.namespace, reference, answers)? {
                Known::Wants(uid, replicas) => drop(scales.wanted.insert(uid, replicas)),
                Known::Gone => {
                    let name = &pod.metadata.name;
                    return Ok(Err(format!("found no controllers for pod \"{name}\"")));
                }
                Known::Unknown(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(scales))
    }

    fn find(
        &self,
        namespace: &Text,
        reference: &OwnerReference,
        answers: &Answers,
    ) -> Result<Known, Read> {
        let cached = self.cached(namespace, reference);
        cached.map_or_else(|| live(namespace, reference, answers), Ok)
    }

    fn cached(&self, namespace: &Text, reference: &OwnerReference) -> Option<Known> {
        if is_of(reference, &REPLICATION_CONTROLLERS) {
            let owner = owner(&self.replication_controllers, namespace, reference)?;
            return Some(wants(&*owner, owner.replica_set.spec.replicas));
        }
        if is_of(reference, &STATEFUL_SETS) {
            let owner = owner(&self.stateful_sets, namespace, reference)?;
            return Some(wants(&*owner, owner.spec.replicas));
        }
        if !is_of(reference, &REPLICA_SETS) {
            return None;
        }
        let replica_set = owner(&self.replica_sets, namespace, reference)?;
        match replica_set.metadata.controller() {
            Some(above) if *above.kind == *Deployment::RESOURCE.kind => {
                let deployment = owner(&self.deployments, namespace, above)?;
                Some(wants(&*deployment, deployment.spec.replicas))
            }
            _ => Some(wants(&*replica_set, replica_set.spec.replicas)),
        }
    }
}

fn wants<K: Kind>(owner: &K, replicas: Option<i32>) -> Known {
    Known::Wants(Object::metadata(owner).uid.clone(), replicas.unwrap_or(1))
}

/// The very object that a reference names.
fn owner<K: Kind>(
    cache: &Cache<K>,
    namespace: &Text,
    reference: &OwnerReference,
) -> Option<Arc<K>> {
    let key = ObjectKey::new(namespace.clone(), reference.name.clone());
    cache.get(&key).filter(|owner| Object::metadata(&**owner).uid == reference.uid)
}

/// Whether a reference names a kind, in whatever version. ReplicaSets once had another group.
fn is_of(reference: &OwnerReference, resource: &Resource) -> bool {
    let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
    let is_group = group == resource.group || (group == "extensions" && resource.group == "apps");
    is_group && *reference.kind == *resource.kind
}

/// The scale of an owner of any kind.
fn live(namespace: &Text, reference: &OwnerReference, answers: &Answers) -> Result<Known, Read> {
    let discovery = match answers.discovery().ok_or(Read::Discovery)? {
        Ok(discovery) => discovery,
        Err(error) => return Ok(Known::Unknown(error.to_string())),
    };
    let (version, kind) = (reference.api_version.to_string(), reference.kind.to_string());
    let Some(resource) = discovery.kinds.get(&(version, kind)).cloned() else {
        let OwnerReference { kind, api_version, .. } = reference;
        let error = format!("no matches for kind \"{kind}\" in version \"{api_version}\"");
        return Ok(Known::Unknown(error));
    };
    let is_same =
        |served: &Resource| served.group == resource.group && served.plural == resource.plural;
    let mut served = discovery.served.iter().filter(|served| is_same(&served.resource));
    if !served.any(runtime::Served::is_scalable) {
        let error = format!("{} does not implement the scale subresource", resource.qualified());
        return Ok(Known::Unknown(error));
    }
    let key = ObjectKey::new(namespace.clone(), reference.name.clone());
    let read = Read::Subresource { resource, key, name: "scale" };
    Ok(match answers.get(&read) {
        None => return Err(read),
        Some(Err(error)) if error.is_not_found() => Known::Gone,
        Some(Err(error)) => Known::Unknown(error.to_string()),
        Some(Ok(scale)) => known(scale, reference),
    })
}

fn known(scale: &Value, reference: &OwnerReference) -> Known {
    if scale["metadata"]["uid"] != *reference.uid.0 {
        return Known::Gone;
    }
    let replicas = scale["spec"]["replicas"].as_i64().unwrap_or(0);
    Known::Wants(reference.uid.clone(), i32::try_from(replicas).unwrap_or(i32::MAX))
}
