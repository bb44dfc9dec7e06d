//! Which plugins there are, and what they are made of.

use std::{collections::BTreeMap, sync::Arc};

use api::views::Kind;
use meta::resource::Resource;
use parking_lot::Mutex;
use runtime::{Cache, Informers};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Actions, ClusterEvent, EventResource, Handle, Plugin, Subject};
use crate::plugins::Evictions;

/// Makes a plugin from its arguments; called once for each profile that has it.
pub type Factory = fn(&mut Setup<'_>, &Arguments) -> Result<Arc<dyn Plugin>, InvalidArguments>;

/// The plugins that a configuration may name.
#[derive(Debug, Clone)]
pub struct Registry {
    factories: BTreeMap<&'static str, Factory>,
}

impl Registry {
    /// The built-in plugins.
    pub fn built_in() -> Self {
        Self { factories: crate::plugins::FACTORIES.iter().copied().collect() }
    }
    /// One plugin more, under the name that it gives itself. A built-in one of that name is replaced.
    #[must_use]
    pub fn with(mut self, name: &'static str, factory: Factory) -> Self {
        self.factories.insert(name, factory);
        self
    }
    /// The registered name that a configuration means, and how it is made.
    pub(crate) fn find(&self, name: &str) -> Option<(&'static str, Factory)> {
        self.factories.get_key_value(name).map(|(name, factory)| (*name, *factory))
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::built_in()
    }
}

/// Why a plugin cannot be made: `path` is within its arguments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidArguments(pub String);

/// The arguments of a plugin in a profile, as written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arguments(Option<Value>);

impl Arguments {
    /// Arguments as an object without `apiVersion` and `kind`.
    pub const fn new(value: Value) -> Self {
        Self(Some(value))
    }
    /// The arguments as a type of the plugin; its default if there are none. Let the type say
    /// `#[serde(deny_unknown_fields)]`, so that a slip is told.
    ///
    /// # Errors
    /// They are of another shape.
    pub fn read<T: DeserializeOwned + Default>(&self) -> Result<T, InvalidArguments> {
        let Some(value) = &self.0 else { return Ok(T::default()) };
        T::deserialize(value).map_err(|error| InvalidArguments(error.to_string()))
    }
}

/// What a plugin may ask for when it is made.
pub struct Setup<'a> {
    informers: &'a mut Informers,
    inbox: EventInbox,
    followed: &'a mut Vec<Resource>,
    handle: Handle,
    evictions: Evictions,
}

/// Events of other kinds than pods and nodes, until the next turn.
pub(crate) type EventInbox = Arc<Mutex<Vec<ClusterEvent>>>;

impl<'a> Setup<'a> {
    pub(crate) fn new(
        informers: &'a mut Informers,
        inbox: EventInbox,
        followed: &'a mut Vec<Resource>,
        (handle, evictions): (Handle, Evictions),
    ) -> Self {
        Self { informers, inbox, followed, handle, evictions }
    }
    #[cfg(test)]
    pub(crate) fn for_tests(informers: &'a mut Informers, followed: &'a mut Vec<Resource>) -> Self {
        Self::new(informers, EventInbox::default(), followed, Default::default())
    }
    pub(crate) fn evictions(&self) -> Evictions {
        self.evictions.clone()
    }
    /// The objects of a kind as last seen. The scheduler does not start before it is current.
    pub fn cache<K: Kind>(&mut self) -> Arc<Cache<K>> {
        self.informers.cache()
    }
    /// The same, and what happens to them becomes events that
    /// [`Plugin::events`](super::Plugin::events) can name as [`EventResource::Kind`].
    pub fn follow<K: Kind>(&mut self, kind: &'static str) -> Arc<Cache<K>> {
        if !self.followed.contains(&K::RESOURCE) {
            self.followed.push(K::RESOURCE);
            let inbox = Arc::clone(&self.inbox);
            self.informers.listen::<K>(Box::new(move |change| {
                let action = match (&change.old, &change.new) {
                    (None, Some(_)) => Actions::ADD,
                    (_, None) => Actions::DELETE,
                    (Some(_), Some(_)) => Actions::OTHER_UPDATE,
                };
                let resource = EventResource::Kind(kind);
                let event = ClusterEvent { resource, action, subject: Subject::other(change) };
                inbox.lock().push(event);
            }));
        }
        self.informers.cache()
    }
    /// The plugin's way to the framework outside a cycle.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}
