//! Versions of one kind: sets of fields mean something in the version they were written in.

use std::borrow::Cow;

use api::catalog::{Catalog, ResourceFacts, TypeId, builtin};
use serde_json::Value;

use super::Ownership;
use crate::engine::convert;

/// A version in which fields are owned.
#[derive(Clone, Copy)]
pub(super) struct Version<'a> {
    name: &'a str,
    pub(super) catalog: &'a Catalog,
    pub(super) type_id: TypeId,
    other: Other,
}

/// Whether it is another version than that of the request.
#[derive(Clone, Copy)]
enum Other {
    Same,
    BuiltIn(&'static ResourceFacts),
    Custom,
}

impl<'a> Version<'a> {
    /// The version of the request itself.
    pub(super) fn of_request(request: &Ownership<'a>) -> Self {
        let Ownership { api_version: name, catalog, type_id, .. } = *request;
        Self { name, catalog, type_id, other: Other::Same }
    }

    /// The version of an entry; `None` if the kind has no such version.
    pub(super) fn find(request: &Ownership<'a>, name: &'a str) -> Option<Self> {
        if name == request.api_version {
            return Some(Self::of_request(request));
        }
        let facts = request.resource;
        let is_own_kind =
            std::ptr::eq(request.catalog, facts.catalog()) && request.type_id == facts.type_id;
        if !is_own_kind {
            return None;
        }
        let (group, version) = name.rsplit_once('/').unwrap_or(("", name));
        if let Some(custom) = &facts.custom {
            let known = custom.version_named(version).filter(|_| facts.resource.group == group)?;
            let (catalog, type_id) = (&known.catalog, known.type_id);
            return Some(Self { name, catalog, type_id, other: Other::Custom });
        }
        let known = builtin().resource(group, version, &facts.resource.plural)?;
        let (catalog, type_id) = (builtin(), known.type_id);
        let is_stored_alike = known.storage_prefix == facts.storage_prefix;
        is_stored_alike.then_some(Self { name, catalog, type_id, other: Other::BuiltIn(known) })
    }

    /// An object of the request's version in this one.
    pub(super) fn shown<'v>(self, request: &Ownership<'_>, object: &'v Value) -> Cow<'v, Value> {
        match self.other {
            Other::Same => Cow::Borrowed(object),
            Other::BuiltIn(facts) => {
                Cow::Owned(convert::between(object.clone(), request.resource, facts))
            }
            Other::Custom => Cow::Owned(renamed(object.clone(), self.name)),
        }
    }

    /// An object of this version in that of the request.
    pub(super) fn of_request_from(self, request: &Ownership<'_>, object: Value) -> Value {
        match self.other {
            Other::Same => object,
            Other::BuiltIn(facts) => convert::between(object, facts, request.resource),
            Other::Custom => renamed(object, request.api_version),
        }
    }

    pub(super) fn is(self, name: &str) -> bool {
        self.name == name
    }
}

/// Versions of custom resources differ in their name alone.
fn renamed(mut object: Value, api_version: &str) -> Value {
    object["apiVersion"] = api_version.into();
    object
}
