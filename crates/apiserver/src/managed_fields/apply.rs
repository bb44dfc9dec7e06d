//! Server-side apply: the live object and the applied one become one, what the manager no longer
//! applies goes unless others own it, and what others own is not changed against their will.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value};

use super::{
    Ownership,
    compare::{self, Difference, Scope},
    conflict::{self, Conflict},
    entries::{self, Entry, Identity},
    fields, last_applied, merge,
    prune::{self, Last},
    set::{self, Node},
    typed::{self, Misfit},
    versions::Version,
};

/// What becomes of fields that other managers own with other values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    Refuse,
    TakeOver,
}

/// Why an apply cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    #[error("metadata.managedFields must be nil")]
    ManagedFields,
    #[error("{}", typed_message(.0))]
    Schema(Vec<Misfit>),
    #[error("{}", conflict::message(.0))]
    Conflicts(Vec<Conflict>),
}

fn typed_message(misfits: &[Misfit]) -> String {
    if let [only] = misfits {
        return only.to_string();
    }
    let lines = misfits.iter().map(|misfit| format!("\n  {misfit}"));
    format!("errors:{}", lines.collect::<String>())
}

/// Managers of this name move over from applying on the client's side.
const KUBECTL: &str = "kubectl";
/// Owner of what was there before anybody was recorded.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// The object that comes of applying `applied` over `live` (`None` if there is nothing yet), with
/// its `managedFields`; neither decoded nor defaulted. Equal to `live` where only the entries differ.
///
/// # Errors
/// The applied object does not fit the schema, or would change what others own.
pub fn apply(
    request: &Ownership<'_>,
    live: Option<&Value>,
    applied: &Value,
    on_conflict: OnConflict,
) -> Result<Value, ApplyError> {
    if applied.pointer("/metadata/managedFields").is_some_and(|entries| !entries.is_null()) {
        return Err(ApplyError::ManagedFields);
    }
    let misfits = typed::check(request.catalog, request.type_id, applied);
    if !misfits.is_empty() {
        return Err(ApplyError::Schema(misfits));
    }
    let mut applied = applied.clone();
    entries::take(&mut applied);
    let application = Application::new(request, live, &applied);
    let mut object = match application.result(on_conflict) {
        Err(ApplyError::Conflicts(conflicts)) if request.manager == KUBECTL => {
            let conflicts = application.unforgiven(conflicts);
            if !conflicts.is_empty() {
                return Err(ApplyError::Conflicts(conflicts));
            }
            application.result(OnConflict::TakeOver)?
        }
        result => result?,
    };
    if request.manager == KUBECTL {
        last_applied::renew(&mut object, &applied);
    }
    Ok(object)
}

/// Puts the times of entries back where nothing else came of an apply, so that repeating it writes
/// nothing.
pub fn keep_times(old: &Value, new: &mut Value) {
    let without_times = |object: &Value| {
        let mut object = object.clone();
        let entries = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten().filter_map(Value::as_object_mut) {
            entry.remove("time");
        }
        object
    };
    if new["metadata"] != old["metadata"] && without_times(new) == without_times(old) {
        *new = old.clone();
    }
}

struct Application<'a> {
    request: &'a Ownership<'a>,
    /// Without entries; empty if there is nothing yet.
    live: Cow<'a, Value>,
    is_new: bool,
    applied: &'a Value,
    entries: Vec<Entry>,
}

impl<'a> Application<'a> {
    fn new(request: &'a Ownership<'a>, live: Option<&'a Value>, applied: &'a Value) -> Self {
        let Some(stored) = live else {
            let live = Cow::Owned(Value::Object(Map::new()));
            return Self { request, live, is_new: true, applied, entries: Vec::new() };
        };
        let mut entries = entries::of(stored);
        entries.retain(|entry| Version::find(request, entry.identity().api_version).is_some());
        let mut live = stored.clone();
        entries::take(&mut live);
        if entries.is_empty() {
            entries.extend(before_first(request, &live));
        }
        Self { request, live: Cow::Owned(live), is_new: false, applied, entries }
    }

    fn own(&self) -> Identity<'a> {
        self.request.identity()
    }

    fn result(&self, on_conflict: OnConflict) -> Result<Value, ApplyError> {
        let request = self.request;
        let mut sent = fields::of(request.catalog, request.type_id, self.applied);
        let mut fields = sent.clone();
        request.scope().strip(&mut fields);
        request.scope().strip_reset(&mut sent);
        let (last, others): (Vec<Entry>, Vec<Entry>) =
            self.entries.iter().cloned().partition(|entry| entry.is_apply_of(self.own()));
        let last = last.into_iter().next();
        let mut own = Entry::applied(self.own(), fields);
        if let Some(time) = last.as_ref().and_then(Entry::time) {
            own.set_time(time.to_owned());
        }
        let merged = merge::merge(request.catalog, request.type_id, &self.live, self.applied);
        let last = last.as_ref().and_then(|last| Last::of(request, last));
        // Nobody owns a name, but what the body names is not pruned with the rest of metadata.
        let kept = Entry::applied(self.own(), sent);
        let owners = others.iter().chain([&kept]);
        let pruned = prune::prune(request, merged, last.as_ref(), owners);
        let others = self.without_changed(others, &pruned, on_conflict)?;
        Ok(self.recorded(pruned, own, others))
    }

    /// The entries of the others without what the result changes.
    fn without_changed(
        &self,
        others: Vec<Entry>,
        result: &Value,
        on_conflict: OnConflict,
    ) -> Result<Vec<Entry>, ApplyError> {
        let mut conflicts = Vec::new();
        let mut kept = Vec::new();
        let mut differences = BTreeMap::new();
        for mut entry in others {
            let name = entry.identity().api_version.to_owned();
            let difference = differences
                .entry(name.clone())
                .or_insert_with(|| self.difference_in(&name, result).unwrap_or_default());
            let changed = set::intersection(entry.fields(), &difference.gained);
            conflicts.extend(conflict::with(&entry, &changed));
            set::subtract(entry.fields_mut(), &changed);
            set::subtract(entry.fields_mut(), &difference.removed);
            kept.push(entry);
        }
        if conflicts.is_empty() || on_conflict == OnConflict::TakeOver {
            return Ok(kept);
        }
        Err(ApplyError::Conflicts(conflicts))
    }

    /// `None` if the kind has no such version.
    fn difference_in(&self, version: &str, result: &Value) -> Option<Difference> {
        Version::find(self.request, version).map(|version| self.difference(version, result))
    }

    fn difference(&self, version: Version<'_>, result: &Value) -> Difference {
        let live = version.shown(self.request, &self.live);
        let result = version.shown(self.request, result);
        let scope =
            Scope { catalog: version.catalog, type_id: version.type_id, ..self.request.scope() };
        compare::compare(&scope, (!self.is_new).then_some(&*live), &result)
    }

    fn recorded(&self, result: Value, mut own: Entry, others: Vec<Entry>) -> Value {
        let mut object = result;
        if object != *self.live {
            own.set_time(self.request.now.to_string());
        }
        let mut entries = others;
        entries.push(own);
        entries.retain(|entry| !entry.owns_nothing());
        entries::sort(&mut entries);
        entries::put(&mut object, entries);
        object
    }

    /// Of conflicts of kubectl, those with what it did not apply on its own side before.
    fn unforgiven(&self, conflicts: Vec<Conflict>) -> Vec<Conflict> {
        match last_applied::fields_as_live(self.request, &self.live) {
            Some(fields) => {
                conflicts.into_iter().filter(|c| !set::contains(&fields, &c.elements)).collect()
            }
            None => conflicts,
        }
    }
}

/// The entry that owns all there is.
fn before_first(request: &Ownership<'_>, live: &Value) -> Option<Entry> {
    let fields: Node = compare::compare(&request.scope(), None, live).gained;
    let owner = Identity { manager: BEFORE_FIRST_APPLY, ..request.identity() };
    (!fields.is_empty()).then(|| Entry::update(owner, request.now.to_string(), fields))
}
