//! Who wrote which field: what a write does to `metadata.managedFields`, and what an apply may do.
//!
//! A create, update or patch is recorded under operation `Update`. The old and the new object are
//! compared along the schema; what the writer added or modified goes to its entry, and leaves those
//! of all others, as does what it removed. Sets of fields stay in the form they are stored in, so
//! that entries which a write does not touch cost nothing.

mod apply;
mod compare;
mod conflict;
mod element;
mod entries;
mod fields;
mod keys;
mod last_applied;
mod merge;
mod prune;
mod remove;
mod scale;
mod schema;
mod set;
mod side;
mod typed;
mod versions;

pub use apply::{ApplyError, OnConflict, apply, keep_times};
pub use conflict::Conflict;
pub use scale::{SCALE_VERSION, put_scale_entries, scale_entries};
pub use typed::Misfit;

use api::catalog::{Catalog, ResourceFacts, TypeId};
use meta::time::Time;
use serde_json::Value;

use compare::{Difference, Scope};
use entries::{Base, Entry, Identity};

/// The write whose fields are to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct Ownership<'a> {
    pub resource: &'a ResourceFacts,
    /// Where the types of the objects that travel are described.
    pub catalog: &'a Catalog,
    /// Of the objects that travel: the resource's own, or that of a scale.
    pub type_id: TypeId,
    /// Empty, or `status`, `scale`, ….
    pub subresource: &'a str,
    pub manager: &'a str,
    /// `group/version` that the fields belong to.
    pub api_version: &'a str,
    pub now: Time,
    /// Paths that this endpoint lets nobody own, such as `.status`.
    pub reset_fields: &'a [String],
}

impl<'a> Ownership<'a> {
    fn scope(&self) -> Scope<'a> {
        Scope { catalog: self.catalog, type_id: self.type_id, reset_fields: self.reset_fields }
    }
    fn identity(&self) -> Identity<'a> {
        Identity {
            manager: self.manager,
            api_version: self.api_version,
            subresource: self.subresource,
        }
    }
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
    let difference = compare::compare(&request.scope(), old, new);
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
        let own = request.identity();
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
mod apply_laws;
#[cfg(test)]
mod apply_tests;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod tests;
