//! Who wrote which field: what a write does to `metadata.managedFields`.
//!
//! A create, update or patch is recorded under operation `Update`. The old and the new object are
//! compared along the schema; what the writer added or modified goes to its entry, and leaves those
//! of all others, as does what it removed. Sets of fields stay in the form they are stored in, so
//! that entries which a write does not touch cost nothing.

mod compare;
mod element;
mod entries;
mod schema;
mod set;
mod side;

use api::catalog::{ResourceFacts, builtin};
use meta::time::Time;
use serde_json::Value;

use compare::{Difference, Scope};
use entries::{Base, Entry, Identity};

/// The write whose fields are to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct Ownership<'a> {
    pub resource: &'a ResourceFacts,
    /// Empty, or `status`, `scale`, ….
    pub subresource: &'a str,
    pub manager: &'a str,
    /// `group/version` that the fields belong to.
    pub api_version: &'a str,
    pub now: Time,
    /// Paths that this endpoint lets nobody own, such as `.status`.
    pub reset_fields: &'a [String],
}

/// Records a create (without `old`), update or patch in the new object's `managedFields`. Call it
/// with the object as decoded and defaulted, before the server fills in what belongs to nobody.
///
/// It never fails: entries that cannot be read are treated as absent. An object that has entries of
/// nobody stays untracked.
pub fn update(request: &Ownership<'_>, old: Option<&Value>, new: &mut Value) {
    let sent = entries::take(new);
    let mut entries = match entries::base(request.subresource, old, sent) {
        Base::Untracked => return,
        Base::Entries(entries) => entries,
    };
    let scope = Scope {
        catalog: builtin(),
        type_id: request.resource.type_id,
        reset_fields: request.reset_fields,
    };
    let difference = compare::compare(&scope, old, new);
    if !difference.is_empty() {
        record(request, &mut entries, difference);
    }
    entries::put(new, entries);
}

fn record(request: &Ownership<'_>, entries: &mut Vec<Entry>, difference: Difference) {
    let Difference { gained, removed } = difference;
    for entry in entries.iter_mut() {
        set::subtract(entry.fields_mut(), &gained);
        set::subtract(entry.fields_mut(), &removed);
    }
    if !gained.is_empty() {
        let own = Identity {
            manager: request.manager,
            api_version: request.api_version,
            subresource: request.subresource,
        };
        let now = request.now.to_string();
        match entries.iter_mut().find(|entry| entry.is_update_of(own)) {
            Some(entry) => {
                set::unite(entry.fields_mut(), gained);
                entry.set_time(now);
            }
            None => entries.push(Entry::update(own, now, gained)),
        }
    }
    entries.retain(|entry| !entry.owns_nothing());
    entries::cap(entries);
    entries::sort(entries);
}

#[cfg(test)]
mod tests;
