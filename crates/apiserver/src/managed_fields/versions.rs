//! Versions of one kind: sets of fields mean something in the version they were written in.

use std::borrow::Cow;

use api::catalog::{ResourceFacts, TypeId, builtin};
use serde_json::Value;

use super::Ownership;
use crate::engine::convert;

/// A version in which fields are owned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Version<'a> {
    name: &'a str,
    pub(super) type_id: TypeId,
    /// Of another version than that of the request.
    other: Option<&'static ResourceFacts>,
}

impl Version<'_> {
    /// The version of the request itself.
    pub(super) fn of_request<'a>(request: &Ownership<'a>) -> Version<'a> {
        Version { name: request.api_version, type_id: request.type_id, other: None }
    }

    /// The version of an entry; `None` if the kind has no such version.
    pub(super) fn find<'a>(request: &Ownership<'a>, name: &'a str) -> Option<Version<'a>> {
        if name == request.api_version {
            return Some(Self::of_request(request));
        }
        let (group, version) = name.rsplit_once('/').unwrap_or(("", name));
        let facts = builtin().resource(group, version, &request.resource.resource.plural)?;
        let is_same_kind = facts.storage_prefix == request.resource.storage_prefix
            && request.type_id == request.resource.type_id;
        is_same_kind.then_some(Version { name, type_id: facts.type_id, other: Some(facts) })
    }

    /// An object of the request's version in this one.
    pub(super) fn shown<'v>(self, request: &Ownership<'_>, object: &'v Value) -> Cow<'v, Value> {
        match self.other {
            None => Cow::Borrowed(object),
            Some(facts) => Cow::Owned(convert::between(object.clone(), request.resource, facts)),
        }
    }

    /// An object of this version in that of the request.
    pub(super) fn of_request_from(self, request: &Ownership<'_>, object: Value) -> Value {
        match self.other {
            None => object,
            Some(facts) => convert::between(object, facts, request.resource),
        }
    }

    pub(super) fn is(self, name: &str) -> bool {
        self.name == name
    }
}
