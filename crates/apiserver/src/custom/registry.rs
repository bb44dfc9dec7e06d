//! The custom resources that are served: a snapshot, made anew when a definition changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use api::{
    catalog::{ResourceFacts, builtin},
    custom::{self, VersionRank, naming},
    json,
    resources::CUSTOM_RESOURCE_DEFINITIONS,
};
use meta::object::ResourceVersion;
use parking_lot::Mutex;
use serde_json::Value;

use crate::{
    Object, Status,
    cache::{Cache, Caches},
    discovery,
    engine::failure,
};

/// Custom resources in discovery order: by group, the preferred version first.
#[derive(Debug, Default)]
pub struct Served {
    resources: Vec<Arc<ResourceFacts>>,
}

/// Follows the definitions in the store. Whoever asks gets what they say now.
pub(crate) struct Registry {
    caches: Arc<Caches>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Of the definitions, when they were last looked at.
    version: Option<u64>,
    known: BTreeMap<String, Known>,
    served: Arc<Served>,
}

/// A definition as it was read last.
struct Known {
    version: ResourceVersion,
    /// What the facts depend on, beyond `is_terminating` and `is_served`.
    identity: Value,
    is_terminating: bool,
    is_served: bool,
    facts: Vec<Arc<ResourceFacts>>,
}

impl Served {
    pub(crate) fn resources(&self) -> &[Arc<ResourceFacts>] {
        &self.resources
    }
    pub(crate) fn has_group(&self, group: &str) -> bool {
        self.resources.iter().any(|facts| facts.resource.group == group)
    }
    pub(crate) fn resource(
        &self,
        group: &str,
        version: &str,
        plural: &str,
    ) -> Option<&Arc<ResourceFacts>> {
        self.resources.iter().find(|facts| {
            let known = &facts.resource;
            known.plural == plural && known.version == version && known.group == group
        })
    }
}

impl Registry {
    pub(crate) fn new(caches: &Arc<Caches>) -> Self {
        Self { caches: Arc::clone(caches), state: Mutex::default() }
    }

    /// The cache of the definitions, loaded.
    pub(crate) async fn definitions(&self) -> Result<Arc<Cache>, Status> {
        let named = CUSTOM_RESOURCE_DEFINITIONS;
        let facts = builtin().resource(&named.group, &named.version, &named.plural);
        self.caches.of(facts.ok_or_else(failure::method_not_allowed)?).await
    }

    /// Waits until every definition is known that the store had when asked.
    pub(crate) async fn catch_up(&self) -> Result<(), Status> {
        self.definitions().await?;
        self.caches.reach_newest().await
    }

    /// What is served now.
    pub(crate) fn served(&self) -> Arc<Served> {
        let named = CUSTOM_RESOURCE_DEFINITIONS;
        let facts = builtin().resource(&named.group, &named.version, &named.plural);
        let cache = facts.and_then(|facts| self.caches.existing(facts));
        let mut state = self.state.lock();
        let cache = cache.filter(|cache| cache.is_loaded());
        let Some(cache) = cache.filter(|cache| state.version != Some(cache.applied())) else {
            return Arc::clone(&state.served);
        };
        state.version = Some(cache.applied());
        for prefix in state.read(&cache.all("")) {
            self.caches.renew(&prefix);
        }
        Arc::clone(&state.served)
    }
}

impl State {
    /// Takes the definitions in; what the storage keys of objects begin with that are to be read anew.
    fn read(&mut self, definitions: &[Arc<Object>]) -> BTreeSet<String> {
        let mut stale = BTreeSet::new();
        let present: BTreeSet<&str> = definitions.iter().map(|one| one.key.name.as_str()).collect();
        self.known.retain(|name, known| {
            let stays = present.contains(name.as_str());
            if !stays {
                stale.extend(known.prefix());
            }
            stays
        });
        for definition in definitions {
            let name = definition.key.name.as_str();
            let before = self.known.get(name);
            if before.is_some_and(|known| known.version == definition.version) {
                continue;
            }
            let now = Known::read(definition, before);
            let is_same = before.is_some_and(|before| before.identity == now.identity);
            if !is_same {
                stale.extend(before.and_then(Known::prefix));
            }
            self.known.insert(name.to_owned(), now);
        }
        let served = self.known.values().filter(|known| known.is_served);
        let facts = served.flat_map(|known| &known.facts).filter(|facts| is_served(facts));
        let mut resources: Vec<_> = facts.map(Arc::clone).collect();
        resources.sort_by(|left, right| {
            let key = |facts: &ResourceFacts| {
                (facts.resource.group.clone(), rank(facts), facts.resource.plural.clone())
            };
            key(left).cmp(&key(right))
        });
        self.served = Arc::new(Served { resources });
        stale
    }
}

/// Versions of a group are ordered together, whichever definition they come from.
fn rank(facts: &ResourceFacts) -> VersionRank {
    VersionRank::of(&facts.resource.version)
}

fn is_served(facts: &ResourceFacts) -> bool {
    facts.custom.as_ref().is_some_and(|custom| custom.version.is_served)
}

impl Known {
    fn read(definition: &Object, before: Option<&Self>) -> Self {
        let value = definition.value();
        let metadata = &value["metadata"];
        let identity = Value::Array(vec![
            metadata["uid"].clone(),
            discovery::tag(value["spec"].to_string().as_bytes()).into(),
            value["status"]["acceptedNames"].clone(),
        ]);
        let is_terminating = json::field(metadata, "deletionTimestamp").is_some();
        let known = before.filter(|before| {
            before.identity == identity && before.is_terminating == is_terminating
        });
        let facts = known.map_or_else(|| custom::facts(&value), |known| known.facts.clone());
        let is_served = naming::is_served(&value);
        Self { version: definition.version, identity, is_terminating, is_served, facts }
    }

    fn prefix(&self) -> Option<String> {
        self.facts.first().map(|facts| facts.storage_prefix.clone())
    }
}
