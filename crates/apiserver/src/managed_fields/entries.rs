//! The entries of `metadata.managedFields`: which to start from, their order, and their bound.

use meta::collections::HashMap;
use serde_json::{Map, Value, json};

use super::set::{self, Node};

/// More entries of updates than this are merged, oldest first; entries of applies never are.
const UPDATES_MAX: usize = 10;
const MERGED_MANAGER: &str = "ancient-changes";

const FIELDS: &str = "fieldsV1";

/// One manager's fields, as stored.
#[derive(Debug, Clone)]
pub(super) struct Entry(Map<String, Value>);

/// How the fields of an entry were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Apply,
    Update,
}

/// What tells entries of updates apart; those of applies are, without the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity<'a> {
    pub(super) manager: &'a str,
    pub(super) api_version: &'a str,
    pub(super) subresource: &'a str,
}

/// What a write builds on.
pub(super) enum Base {
    Entries(Vec<Entry>),
    /// Nothing is recorded.
    Untracked,
}

impl Entry {
    pub(super) fn update(identity: Identity<'_>, time: String, fields: Node) -> Self {
        let mut entry = Self::new("Update", identity, fields);
        entry.set_time(time);
        entry
    }

    /// An entry without time.
    pub(super) fn applied(identity: Identity<'_>, fields: Node) -> Self {
        Self::new("Apply", identity, fields)
    }

    fn new(operation: &str, identity: Identity<'_>, fields: Node) -> Self {
        let mut members = Map::new();
        for (key, text) in [
            ("manager", identity.manager),
            ("operation", operation),
            ("apiVersion", identity.api_version),
            ("fieldsType", "FieldsV1"),
        ] {
            members.insert(key.to_owned(), text.into());
        }
        if !identity.subresource.is_empty() {
            members.insert("subresource".to_owned(), identity.subresource.into());
        }
        members.insert(FIELDS.to_owned(), Value::Object(fields));
        Self(members)
    }

    /// An entry as sent or stored; `None` if it is invalid.
    fn read(value: Value) -> Option<Self> {
        let Value::Object(mut members) = value else { return None };
        let fields = set::parse(members.remove(FIELDS)?)?;
        members.insert(FIELDS.to_owned(), Value::Object(fields));
        let entry = Self(members);
        let is_valid = matches!(entry.text("operation"), "Apply" | "Update")
            && !entry.text("apiVersion").is_empty()
            && entry.text("fieldsType") == "FieldsV1";
        is_valid.then_some(entry)
    }

    fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }
    pub(super) fn identity(&self) -> Identity<'_> {
        Identity {
            manager: self.text("manager"),
            api_version: self.text("apiVersion"),
            subresource: self.text("subresource"),
        }
    }
    pub(super) fn operation(&self) -> Operation {
        if self.text("operation") == "Apply" { Operation::Apply } else { Operation::Update }
    }
    fn is_update(&self) -> bool {
        self.operation() == Operation::Update
    }
    pub(super) fn is_apply_of(&self, identity: Identity<'_>) -> bool {
        let own = self.identity();
        !self.is_update()
            && own.manager == identity.manager
            && own.subresource == identity.subresource
    }
    pub(super) fn is_update_of(&self, identity: Identity<'_>) -> bool {
        self.is_update() && self.identity() == identity
    }
    pub(super) fn owns_nothing(&self) -> bool {
        self.0.get(FIELDS).and_then(Value::as_object).is_none_or(Map::is_empty)
    }
    pub(super) fn fields(&self) -> &Node {
        let fields = self.0.get(FIELDS).and_then(Value::as_object);
        fields.expect("entries are read with a set or made with one")
    }
    pub(super) fn fields_mut(&mut self) -> &mut Node {
        let fields = self.0.entry(FIELDS).or_insert_with(|| json!({}));
        fields.as_object_mut().expect("entries are read with a set or made with one")
    }
    /// The same entry with other fields, in another version.
    pub(super) fn with(mut self, api_version: &str, fields: Node) -> Self {
        self.0.insert("apiVersion".to_owned(), api_version.into());
        self.0.insert(FIELDS.to_owned(), Value::Object(fields));
        self
    }
    /// Whether both are of one manager, whatever the version.
    pub(super) fn is_same_manager(&self, other: &Self) -> bool {
        ["manager", "operation", "subresource"].iter().all(|key| self.text(key) == other.text(key))
    }
    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
    pub(super) fn clear_time(&mut self) {
        self.0.remove("time");
    }
    pub(super) fn time(&self) -> Option<&str> {
        self.0.get("time").and_then(Value::as_str)
    }
    pub(super) fn set_time(&mut self, time: String) {
        self.0.insert("time".to_owned(), time.into());
    }
}

/// The entries of a stored object, none if they cannot be read.
pub(super) fn of(object: &Value) -> Vec<Entry> {
    read_stored(object.pointer("/metadata/managedFields"))
}

/// The entries of a list, none if they cannot be read.
pub(super) fn read(list: &Value) -> Vec<Entry> {
    read_stored(Some(list))
}

/// Takes the entries that came with an object out of it.
pub(super) fn take(object: &mut Value) -> Option<Value> {
    object.get_mut("metadata")?.as_object_mut()?.remove("managedFields")
}

/// Writes the entries; none at all leave no member.
pub(super) fn put(object: &mut Value, entries: Vec<Entry>) {
    if entries.is_empty() {
        return;
    }
    let list = entries.into_iter().map(|Entry(members)| Value::Object(members)).collect();
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.insert("managedFields".to_owned(), list);
    }
}

/// The entries to start from: those that an update sent if they can be read, else the stored ones.
/// An empty list, or a list of one empty entry, clears them; so does having none on a stored object.
pub(super) fn base(subresource: &str, old: Option<&Value>, sent: Option<Value>) -> Base {
    let Some(old) = old else { return Base::Entries(Vec::new()) };
    let stored = old.pointer("/metadata/managedFields");
    let entries = match sent {
        // Most writers carry them along as they are, which saves a copy.
        Some(Value::Array(sent)) if stored.and_then(Value::as_array) == Some(&sent) => {
            as_stored(sent)
        }
        Some(Value::Array(sent)) if subresource.is_empty() => {
            if is_reset(&sent) {
                return Base::Untracked;
            }
            read_sent(sent).unwrap_or_else(|| read_stored(stored))
        }
        _ => read_stored(stored),
    };
    if entries.is_empty() { Base::Untracked } else { Base::Entries(entries) }
}

fn is_reset(sent: &[Value]) -> bool {
    let mut entries = sent.iter();
    match (entries.next(), entries.next()) {
        (None, _) => true,
        (Some(only), None) => only.as_object().is_some_and(Map::is_empty),
        (Some(_), Some(_)) => false,
    }
}

fn read_sent(sent: Vec<Value>) -> Option<Vec<Entry>> {
    let mut entries: Vec<Entry> = sent.into_iter().map(Entry::read).collect::<Option<_>>()?;
    entries.retain(|entry| !entry.owns_nothing());
    sort(&mut entries);
    (!entries.is_empty()).then_some(entries)
}

fn read_stored(stored: Option<&Value>) -> Vec<Entry> {
    as_stored(stored.and_then(Value::as_array).cloned().unwrap_or_default())
}

/// Stored entries are in form already; what was stored by others may not be.
fn as_stored(entries: Vec<Value>) -> Vec<Entry> {
    let is_readable = |entry: &Value| {
        entry.get(FIELDS).is_some_and(Value::is_object) && entry.get("operation").is_some()
    };
    if !entries.iter().all(is_readable) {
        return Vec::new();
    }
    let members = entries.into_iter().filter_map(|entry| match entry {
        Value::Object(members) => Some(Entry(members)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            None
        }
    });
    members.collect()
}

/// Applies before updates, then by time (none first), manager, version and subresource.
pub(super) fn sort(entries: &mut [Entry]) {
    entries.sort_by(|left, right| {
        let rank = |entry: &Entry| entry.is_update();
        rank(left)
            .cmp(&rank(right))
            .then_with(|| left.text("time").cmp(right.text("time")))
            .then_with(|| left.identity().cmp(&right.identity()))
    });
}

/// Keeps the entries of updates within their bound. Of each version the oldest entry stays until a
/// second one is to be merged: then both become the entry of [`MERGED_MANAGER`], and further ones
/// join it. Its time is that of the youngest.
pub(super) fn cap(entries: &mut Vec<Entry>) {
    let updates = entries.iter().filter(|entry| entry.is_update()).count();
    let Some(mut surplus) = updates.checked_sub(UPDATES_MAX).filter(|surplus| *surplus > 0) else {
        return;
    };
    let (mut oldest, applies): (Vec<Entry>, Vec<Entry>) =
        std::mem::take(entries).into_iter().partition(Entry::is_update);
    oldest.sort_by(|left, right| {
        left.text("time")
            .cmp(right.text("time"))
            .then_with(|| left.identity().cmp(&right.identity()))
    });
    let mut kept: Vec<Entry> = applies;
    let mut first_of_version: HashMap<String, usize> = HashMap::default();
    for entry in oldest {
        let version = entry.text("apiVersion").to_owned();
        match first_of_version.get(&version) {
            Some(position) if surplus > 0 => {
                merge_into(&mut kept[*position], entry);
                surplus -= 1;
            }
            Some(_) => kept.push(entry),
            None => {
                first_of_version.insert(version, kept.len());
                kept.push(entry);
            }
        }
    }
    *entries = kept;
}

fn merge_into(merged: &mut Entry, mut entry: Entry) {
    merged.0.insert("manager".to_owned(), MERGED_MANAGER.into());
    merged.0.remove("subresource");
    merged.set_time(entry.text("time").to_owned());
    set::unite(merged.fields_mut(), std::mem::take(entry.fields_mut()));
}
