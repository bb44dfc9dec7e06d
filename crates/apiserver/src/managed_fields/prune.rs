//! What a manager applied last time and does not apply now goes, unless somebody owns it.

use std::{borrow::Cow, collections::BTreeMap};

use api::catalog::{Catalog, TypeId};
use serde_json::Value;

use super::{
    Ownership,
    entries::Entry,
    fields,
    remove::remove,
    set::{self, Node},
    versions::Version,
};

/// What a manager owned through its last apply, in the version of then.
pub(super) struct Last<'a> {
    version: Version<'a>,
    fields: Node,
}

impl<'a> Last<'a> {
    pub(super) fn of(request: &Ownership<'a>, entry: &'a Entry) -> Option<Self> {
        let version = Version::find(request, entry.identity().api_version)?;
        let fields = entry.fields().clone();
        (!fields.is_empty()).then_some(Self { version, fields })
    }
}

/// The merged object without what was owned only by the last apply. `owners` are all entries, that
/// of this apply among them.
pub(super) fn prune<'e>(
    request: &Ownership<'_>,
    merged: Value,
    last: Option<&Last<'_>>,
    owners: impl Iterator<Item = &'e Entry>,
) -> Value {
    let Some(last) = last else { return merged };
    let mut owned: BTreeMap<&str, Node> = BTreeMap::new();
    for owner in owners {
        let set = owned.entry(owner.identity().api_version).or_default();
        set::unite(set, owner.fields().clone());
    }
    let at_last = last.version.shown(request, &merged).into_owned();
    let (catalog, type_id) = (last.version.catalog, last.version.type_id);
    let of_last = fields::with_structs(catalog, type_id, &last.fields);
    let mut pruned = remove(catalog, type_id, at_last.clone(), &of_last);
    // First in the version of the last apply, so that what others own converts.
    let (same, different): (Vec<_>, Vec<_>) =
        owned.iter().partition(|(name, _)| last.version.is(name));
    for (name, set) in same.into_iter().chain(different) {
        if let Some(version) = Version::find(request, name) {
            let in_request = last.version.of_request_from(request, pruned);
            let restored = with_owned(request, version, (&merged, &in_request), set);
            let in_request = version.of_request_from(request, restored);
            pruned = last.version.shown(request, &in_request).into_owned();
        }
    }
    let pruned = without_dangling(last, at_last, &pruned);
    last.version.of_request_from(request, pruned)
}

/// Puts back what is owned in a version.
fn with_owned(
    request: &Ownership<'_>,
    version: Version<'_>,
    (merged, pruned): (&Value, &Value),
    owned: &Node,
) -> Value {
    let merged: Cow<'_, Value> = version.shown(request, merged);
    let (catalog, type_id) = (version.catalog, version.type_id);
    let mut goes = gone(catalog, type_id, (&merged, &version.shown(request, pruned)));
    set::subtract(&mut goes, &fields::with_structs(catalog, type_id, owned));
    remove(catalog, type_id, merged.into_owned(), &goes)
}

/// Puts back what the last apply did not own.
fn without_dangling(last: &Last<'_>, merged: Value, pruned: &Value) -> Value {
    let (catalog, type_id) = (last.version.catalog, last.version.type_id);
    let goes = gone(catalog, type_id, (&merged, pruned));
    let of_last = fields::with_structs(catalog, type_id, &last.fields);
    remove(catalog, type_id, merged, &set::intersection(&goes, &of_last))
}

/// The fields that the pruned object lacks.
fn gone(catalog: &Catalog, type_id: TypeId, (merged, pruned): (&Value, &Value)) -> Node {
    let all = |object: &Value| {
        fields::with_structs(catalog, type_id, &fields::of(catalog, type_id, object))
    };
    let mut gone = all(merged);
    set::subtract(&mut gone, &all(pruned));
    gone
}
