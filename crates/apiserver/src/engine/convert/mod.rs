//! Versions of one resource that share storage: Events of two groups, autoscalers of two versions.

use std::sync::Arc;

use api::catalog::{self, ResourceFacts};
use serde_json::Value;

use crate::{Object, ObjectEvent, object::encode};

mod autoscaler;
mod event;

/// The facts under which objects of a resource are stored.
pub(crate) fn stored_as(facts: &Arc<ResourceFacts>) -> &Arc<ResourceFacts> {
    if let Some(custom) = &facts.custom {
        return custom.stored.as_ref().unwrap_or(facts);
    }
    if facts.resource.api_version() == facts.storage_version {
        return facts;
    }
    let (group, version) =
        facts.storage_version.rsplit_once('/').unwrap_or(("", &facts.storage_version));
    let stored = catalog::builtin().resource(group, version, &facts.resource.plural);
    stored.filter(|stored| stored.storage_prefix == facts.storage_prefix).unwrap_or(facts)
}

/// How two versions differ beyond their name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Difference {
    None,
    Event,
    Autoscaler,
    /// Of a custom kind: the name, and what either schema knows.
    Custom,
}

fn difference(facts: &ResourceFacts) -> Difference {
    if facts.custom.is_some() {
        return Difference::Custom;
    }
    let resource = &facts.resource;
    match (&*resource.group, &*resource.version, &*resource.plural) {
        ("events.k8s.io", "v1", "events") => Difference::Event,
        ("autoscaling", "v1", "horizontalpodautoscalers") => Difference::Autoscaler,
        _ => Difference::None,
    }
}

/// A stored tree in the version of `facts`.
pub(crate) fn shown(mut value: Value, facts: &ResourceFacts) -> Value {
    match difference(facts) {
        Difference::None => return value,
        Difference::Event => event::to_events_group(&mut value),
        Difference::Autoscaler => autoscaler::to_v1(&mut value),
        Difference::Custom => refresh(facts, &mut value),
    }
    value["apiVersion"] = facts.resource.api_version().into();
    value
}

/// A tree in the version of `facts` as it is stored.
pub(crate) fn stored(mut value: Value, facts: &ResourceFacts) -> Value {
    match difference(facts) {
        Difference::None => return value,
        Difference::Event => event::to_core(&mut value),
        Difference::Autoscaler => autoscaler::to_v2(&mut value),
        Difference::Custom => refresh(custom_storage(facts), &mut value),
    }
    value["apiVersion"] = facts.storage_version.clone().into();
    value
}

/// The facts of the version in which a custom kind is stored.
fn custom_storage(facts: &ResourceFacts) -> &ResourceFacts {
    let stored = facts.custom.as_ref().and_then(|custom| custom.stored.as_ref());
    stored.map_or(facts, |stored| stored)
}

fn refresh(facts: &ResourceFacts, value: &mut Value) {
    if let Some(custom) = &facts.custom {
        custom.version.refresh(&facts.resource.api_version(), value);
    }
}

/// A tree of one version of a kind in another one.
pub(crate) fn between(value: Value, from: &ResourceFacts, to: &ResourceFacts) -> Value {
    shown(stored(value, from), to)
}

/// A stored object in the version of `facts`.
pub(crate) fn object(object: Arc<Object>, facts: &ResourceFacts) -> Arc<Object> {
    // A custom resource is read as its stored version wants it.
    let is_as_stored = facts.custom.as_ref().is_some_and(|custom| custom.stored.is_none());
    if is_as_stored || difference(facts) == Difference::None {
        return object;
    }
    let json = encode(&shown(object.value(), facts));
    Arc::new(Object { json, ..(*object).clone() })
}

/// A watch event in the version of `facts`.
pub(crate) fn event(event: ObjectEvent, facts: &ResourceFacts) -> ObjectEvent {
    match event {
        ObjectEvent::Added(added) => ObjectEvent::Added(object(added, facts)),
        ObjectEvent::Modified(modified) => ObjectEvent::Modified(object(modified, facts)),
        ObjectEvent::Deleted(deleted) => ObjectEvent::Deleted(object(deleted, facts)),
        ObjectEvent::Bookmark { .. } => event,
    }
}
