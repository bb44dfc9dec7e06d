//! A quota and everything that counts in it, as new as the quota or newer.

use std::{collections::BTreeMap, sync::Arc};

use api::{
    quota,
    resources::{
        CONFIG_MAPS, PERSISTENT_VOLUME_CLAIMS, PODS, REPLICATION_CONTROLLERS, RESOURCE_QUOTAS,
        SECRETS, SERVICES,
    },
    views::{Object, PartialObject, PersistentVolumeClaim, Pod, ResourceQuota, Service},
};
use meta::{
    mutants::mutant,
    object::{ObjectKey, ResourceVersion, Uid},
    resource::{Resource, Scope},
    text::Text,
};
use runtime::{Answers, Cache, Dynamic, Observation, Read};
use serde::Deserialize;
use serde_json::Value;

use super::ResyncPeriod;

/// Quotas, and what they count.
pub struct View {
    pub(super) quotas: Arc<Cache<ResourceQuota>>,
    pub(super) pods: Arc<Cache<Pod>>,
    pub(super) services: Arc<Cache<Service>>,
    pub(super) claims: Arc<Cache<PersistentVolumeClaim>>,
    pub(super) dynamic: Dynamic,
    pub(super) resync: ResyncPeriod,
}

/// A quota with what counts in it.
#[derive(Debug)]
pub struct Observed {
    pub(super) quota: Arc<ResourceQuota>,
    pub(super) pods: Counted<Pod>,
    pub(super) services: Counted<Service>,
    pub(super) claims: Counted<PersistentVolumeClaim>,
    /// How many objects there are of the other resources.
    pub(super) numbers: BTreeMap<Resource, usize>,
    /// The quota names resources that are not served, or could not be read.
    pub(super) is_incomplete: bool,
    pub(super) resync: ResyncPeriod,
}

/// The objects of one resource.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Counted<K> {
    /// The quota says nothing about them.
    Unlimited,
    /// All there are.
    Known(Vec<Arc<K>>),
    /// The cache has not yet seen what the quota was charged for.
    Behind,
}

/// What the core group's resources are called by quotas.
const CORE: [Resource; 7] = [
    PODS,
    SERVICES,
    PERSISTENT_VOLUME_CLAIMS,
    CONFIG_MAPS,
    SECRETS,
    REPLICATION_CONTROLLERS,
    RESOURCE_QUOTAS,
];
/// Resources whose objects are read, not only counted.
const READ_WHOLE: [Resource; 3] = [PODS, SERVICES, PERSISTENT_VOLUME_CLAIMS];

pub(super) fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Observed> {
    let Some(quota) = view.quotas.get(key) else { return Observation::Gone };
    let Some((resources, mut is_incomplete)) = resources(view, &quota, answers) else {
        return Observation::Ask(vec![Read::Discovery]);
    };
    let look = Look { quota: &quota, answers, resources: &resources };
    let mut open = Vec::new();
    let pods = look.at(&view.pods, PODS, &mut open);
    let services = look.at(&view.services, SERVICES, &mut open);
    let claims = look.at(&view.claims, PERSISTENT_VOLUME_CLAIMS, &mut open);
    let mut numbers = BTreeMap::new();
    for resource in resources.iter().filter(|resource| !READ_WHOLE.contains(resource)) {
        match look.number(view, resource) {
            Number::Known(number) => {
                numbers.insert(resource.clone(), number);
            }
            Number::Ask(read) => open.push(read),
            Number::Unreadable if mutant("hb_31") => return Observation::Gone,
            Number::Unreadable => is_incomplete = true,
        }
    }
    if !open.is_empty() {
        return Observation::Ask(open);
    }
    let resync = view.resync;
    Observation::Ready(Observed { quota, pods, services, claims, numbers, is_incomplete, resync })
}

/// The resources that a quota is about, and whether it names others; `None` if the server has to be
/// asked what it serves.
fn resources(
    view: &View,
    quota: &ResourceQuota,
    answers: &Answers,
) -> Option<(Vec<Resource>, bool)> {
    let names = || quota.spec.hard.keys();
    let is_meant = |resource: &Resource| names().any(|name| quota::counts(resource, name));
    let mut known: Vec<Resource> = CORE.into_iter().chain(view.dynamic.wanted()).collect();
    let is_open = |known: &[Resource], name: &Text| {
        name.starts_with("count/") && !known.iter().any(|resource| quota::counts(resource, name))
    };
    if names().any(|name| is_open(&known, name)) {
        let served = answers.discovery()?.map(|discovery| discovery.served).unwrap_or_default();
        known.extend(
            served.into_iter().filter(|one| one.can(&["list", "watch"])).map(|one| one.resource),
        );
    }
    let is_incomplete = names().any(|name| is_open(&known, name));
    known.retain(|resource| resource.scope == Scope::Namespaced && is_meant(resource));
    known.sort_unstable();
    known.dedup_by(|one, other| one.qualified() == other.qualified());
    for resource in known.iter().filter(|resource| !READ_WHOLE.contains(resource)) {
        view.dynamic.want(resource.clone());
    }
    Some((known, is_incomplete))
}

/// One look at what a quota is about.
struct Look<'a> {
    quota: &'a ResourceQuota,
    answers: &'a Answers,
    resources: &'a [Resource],
}

enum Number {
    Known(usize),
    Ask(Read),
    Unreadable,
}

impl Look<'_> {
    /// The objects in a cache, if it is as new as the quota. A cache that has heard of nothing for a
    /// while may be complete all the same: the server is asked.
    fn at<K: Object>(
        &self,
        cache: &Cache<K>,
        resource: Resource,
        open: &mut Vec<Read>,
    ) -> Counted<K> {
        if !self.resources.contains(&resource) {
            return Counted::Unlimited;
        }
        let is_fresh = self.is_fresh(cache);
        let objects = cache.in_namespace(&self.quota.metadata.namespace);
        if is_fresh {
            return Counted::Known(objects);
        }
        let read = self.list(&resource);
        let Some(answer) = self.answers.get(&read) else {
            open.push(read);
            return Counted::Behind;
        };
        let live = answer.as_ref().map(versions).unwrap_or_default();
        let seen = objects.iter().map(|object| {
            let metadata = object.metadata();
            (metadata.uid.clone(), metadata.resource_version)
        });
        if answer.is_ok() && live == seen.collect() {
            Counted::Known(objects)
        } else {
            Counted::Behind
        }
    }

    /// How many objects there are.
    fn number(&self, view: &View, resource: &Resource) -> Number {
        let cache = view.dynamic.cache(resource);
        if let Some(cache) = cache.filter(|cache| self.is_fresh(cache)) {
            return Number::Known(cache.in_namespace(&self.quota.metadata.namespace).len());
        }
        let read = self.list(resource);
        match self.answers.get(&read) {
            None => Number::Ask(read),
            Some(Ok(list)) => Number::Known(versions(list).len()),
            Some(Err(_)) => Number::Unreadable,
        }
    }

    fn is_fresh<K: Object>(&self, cache: &Cache<K>) -> bool {
        cache.is_synced() && cache.version() >= self.quota.metadata.resource_version
    }

    fn list(&self, resource: &Resource) -> Read {
        let namespace = self.quota.metadata.namespace.clone();
        Read::List { resource: resource.clone(), namespace }
    }
}

/// Which objects a list has, in which state.
fn versions(list: &Value) -> BTreeMap<Uid, ResourceVersion> {
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    let items = items.iter().filter_map(|item| PartialObject::deserialize(item).ok());
    items.map(|item| (item.metadata.uid, item.metadata.resource_version)).collect()
}
