//! Compares two versions of an object along its schema: which fields are new or different, and
//! which are gone.

use api::catalog::{Catalog, Field, FieldType, TypeId};
use meta::collections::HashMap;
use serde_json::Value;

use super::{
    element,
    keys::Keys,
    schema::{self, Shape},
    set::{self, Node},
    side::{Pair, Side, for_each_key, implied, is_zero},
};

/// In metadata, these belong to the server.
const NEVER_OWNED: [&str; 9] = [
    "clusterName",
    "creationTimestamp",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// What is compared, and what is not looked at.
pub(super) struct Scope<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) type_id: TypeId,
    /// Paths of one or two fields, such as `.status` and `.metadata.labels`.
    pub(super) reset_fields: &'a [String],
}

/// Sets of fields.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Added or modified.
    pub(super) gained: Node,
    pub(super) removed: Node,
}

impl Difference {
    pub(super) fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.removed.is_empty()
    }
}

/// From `old`, or from the empty object, to `new`.
pub(super) fn compare(scope: &Scope<'_>, old: Option<&Value>, new: &Value) -> Difference {
    let pair = Pair { old: old.map_or(Side::Zero, Side::Present), new: Side::Present(new) };
    let mut change = Change::default();
    scope.members(Some(scope.type_id), Level::Root, pair, &mut change);
    Difference { gained: change.gained, removed: change.removed }
}

/// What changed at a node and below it.
#[derive(Debug, Default)]
struct Change {
    is_gained: bool,
    gained: Node,
    is_removed: bool,
    removed: Node,
}

impl Change {
    /// Puts what changed at a child into this node; `name` is asked only if something did.
    fn absorb(&mut self, child: Self, name: impl Fn() -> String) {
        if let Some(gained) = set::node(child.is_gained, child.gained) {
            self.gained.insert(name(), gained);
        }
        if let Some(removed) = set::node(child.is_removed, child.removed) {
            self.removed.insert(name(), removed);
        }
    }
}

/// How deep in the object: excluded paths have one or two fields.
#[derive(Debug, Clone, Copy)]
enum Level<'v> {
    Root,
    /// In this field of the root.
    Second(&'v str),
    Deep,
}

impl Level<'_> {
    fn below<'v>(&self, name: &'v str) -> Level<'v> {
        match self {
            Self::Root => Level::Second(name),
            Self::Second(_) | Self::Deep => Level::Deep,
        }
    }
}

impl<'a> Scope<'a> {
    /// Takes out of a set what this endpoint does not take.
    pub(super) fn strip_reset(&self, set: &mut Node) {
        for path in self.reset_fields.iter().filter_map(|path| path.strip_prefix('.')) {
            let path: Vec<String> = path.split('.').map(element::field).collect();
            set::remove_below(set, &path);
        }
    }

    /// Takes out of a set what this endpoint lets nobody own.
    pub(super) fn strip(&self, set: &mut Node) {
        for name in ["apiVersion", "kind"] {
            set.remove(&element::field(name));
        }
        for name in NEVER_OWNED {
            set::remove_below(set, &["metadata", name].map(element::field));
        }
        self.strip_reset(set);
        // Everybody has metadata, so nobody owns it.
        let metadata = element::field("metadata");
        if let Some(Value::Object(node)) = set.remove(&metadata)
            && let Some(parts) = set::node(false, node)
        {
            set.insert(metadata, parts);
        }
    }

    fn is_excluded(&self, level: Level<'_>, name: &str) -> bool {
        let mut reset = self.reset_fields.iter().filter_map(|path| path.strip_prefix('.'));
        match level {
            Level::Root => name == "apiVersion" || name == "kind" || reset.any(|path| path == name),
            Level::Second(parent) => {
                let is_servers = parent == "metadata" && NEVER_OWNED.contains(&name);
                is_servers || reset.any(|path| path.split_once('.') == Some((parent, name)))
            }
            Level::Deep => false,
        }
    }

    fn value(&self, shape: Shape<'a>, level: Level<'_>, pair: Pair<'_>) -> Change {
        let mut change = Change::default();
        if self.is_atomic(shape, pair) {
            atomic(pair, &mut change);
            return change;
        }
        match (pair.old, pair.new) {
            (Side::Absent, _) => change.is_gained = true,
            (_, Side::Absent) => change.is_removed = true,
            (Side::Zero | Side::Present(_), Side::Zero | Side::Present(_)) => {}
        }
        match shape {
            Shape::Atomic => {}
            Shape::Struct(type_id) => self.members(Some(type_id), level, pair, &mut change),
            Shape::Map(values) => {
                let shape = schema::of_type(self.catalog, values);
                for_each_key(pair, |key, pair| {
                    change.absorb(self.value(shape, Level::Deep, pair), || element::field(key));
                });
            }
            Shape::Items { item, keys } => self.items(item, keys, pair, &mut change),
            Shape::Set => set_items(pair, &mut change),
            Shape::Deduced => self.members(None, level, pair, &mut change),
        }
        change
    }

    /// Whether the two are compared as a whole: the schema says so, or neither has parts (which
    /// keeps an empty value apart from none), or one has not the form that the schema says.
    fn is_atomic(&self, shape: Shape<'_>, pair: Pair<'_>) -> bool {
        let sides = [pair.old, pair.new];
        match shape {
            Shape::Atomic => true,
            Shape::Struct(type_id) => {
                let implies = |side: Side<'_>| {
                    side.is_struct() && self.catalog.json_fields(type_id).any(schema::is_implied)
                };
                sides.iter().any(|side| side.is_no(Value::is_object))
                    || sides.iter().all(|side| side.is_empty() && !implies(*side))
            }
            Shape::Map(_) | Shape::Deduced => {
                sides.iter().any(|side| side.is_no(Value::is_object))
                    || sides.iter().all(|side| side.is_empty())
            }
            Shape::Items { .. } | Shape::Set => {
                sides.iter().any(|side| side.is_no(Value::is_array))
                    || sides.iter().all(|side| side.is_empty())
            }
        }
    }

    /// Members of a struct, or of a map of any JSON.
    fn members(
        &self,
        type_id: Option<TypeId>,
        level: Level<'_>,
        pair: Pair<'_>,
        change: &mut Change,
    ) {
        let field_of = |key: &str| type_id.and_then(|id| self.catalog.field(id, key));
        for_each_key(pair, |key, inner| {
            if self.is_excluded(level, key) {
                return;
            }
            let field = field_of(key);
            let inner = Pair {
                old: implied(inner.old, pair.old, field),
                new: implied(inner.new, pair.new, field),
            };
            self.member(field, key, (level, inner), change);
        });
        if let (Some(type_id), true) = (type_id, pair.is_one_sided()) {
            self.implied_members(type_id, pair, change);
        }
    }

    fn member(
        &self,
        field: Option<&'a Field>,
        key: &str,
        (level, pair): (Level<'_>, Pair<'_>),
        change: &mut Change,
    ) {
        let mut inner = self.value(schema::of_field(self.catalog, field), level.below(key), pair);
        // Everybody has metadata, so nobody owns it.
        if matches!(level, Level::Root) && key == "metadata" {
            inner.is_gained = false;
            inner.is_removed = false;
        }
        change.absorb(inner, || element::field(key));
    }

    /// Fields that come or go with their struct although JSON does not show them.
    fn implied_members(&self, type_id: TypeId, pair: Pair<'_>, change: &mut Change) {
        for field in self.catalog.json_fields(type_id).filter(|field| schema::is_implied(field)) {
            let inner = Pair {
                old: implied(Side::Absent, pair.old, Some(field)),
                new: implied(Side::Absent, pair.new, Some(field)),
            };
            if !pair.old.has(&field.name) && !pair.new.has(&field.name) {
                self.member(Some(field), &field.name, (Level::Deep, inner), change);
            }
        }
    }

    fn items(&self, item: &'a FieldType, keys: &'a [String], pair: Pair<'_>, change: &mut Change) {
        let shape = schema::of_type(self.catalog, item);
        let keys = Keys { catalog: self.catalog, item, names: keys };
        let old = index(keys, pair.old);
        let new = index(keys, pair.new);
        let gone = old.iter().filter(|(key, _)| !new.contains_key(*key));
        for (key, copies) in new.iter().chain(gone) {
            let pair = Pair { old: first(old.get(key)), new: first(new.get(key)) };
            let is_single =
                copies.len() == 1 && old.get(key).is_none_or(|copies| copies.len() == 1);
            let inner = if is_single {
                self.value(shape, Level::Deep, pair)
            } else {
                copied(old.get(key), new.get(key))
            };
            change.absorb(inner, || keys.element(key));
        }
    }
}

fn atomic(pair: Pair<'_>, change: &mut Change) {
    match (pair.old, pair.new) {
        (Side::Absent, Side::Absent) | (Side::Zero, Side::Zero) => {}
        (Side::Absent, Side::Zero | Side::Present(_)) => change.is_gained = true,
        (Side::Zero | Side::Present(_), Side::Absent) => change.is_removed = true,
        (Side::Zero, Side::Present(value)) | (Side::Present(value), Side::Zero) => {
            change.is_gained = !is_zero(value);
        }
        (Side::Present(old), Side::Present(new)) => change.is_gained = old != new,
    }
}

fn set_items(pair: Pair<'_>, change: &mut Change) {
    let (old, new) = (pair.old.list(), pair.new.list());
    let mut mark = |value: &Value, is_gained: bool| {
        let inner = Change { is_gained, is_removed: !is_gained, ..Change::default() };
        change.absorb(inner, || element::value(value));
    };
    new.iter().filter(|value| !old.contains(value)).for_each(|value| mark(value, true));
    old.iter().filter(|value| !new.contains(value)).for_each(|value| mark(value, false));
}

/// The key values of an item, in the order of the key names; `None` where it has none.
type ItemKey<'v> = Vec<Option<&'v Value>>;
/// Items by key. Copies of one key are valid in what is stored already.
type Index<'v> = HashMap<ItemKey<'v>, Vec<&'v Value>>;

fn index<'v>(keys: Keys<'v>, side: Side<'v>) -> Index<'v> {
    let mut index = Index::default();
    for value in side.list() {
        let key: ItemKey<'v> = keys.names.iter().map(|name| keys.value(value, name)).collect();
        if key.iter().any(Option::is_some) {
            index.entry(key).or_default().push(value);
        }
    }
    index
}

fn first<'v>(copies: Option<&Vec<&'v Value>>) -> Side<'v> {
    copies.and_then(|copies| copies.first()).map_or(Side::Absent, |value| Side::Present(value))
}

/// Copies of one key are one item without parts.
fn copied(old: Option<&Vec<&Value>>, new: Option<&Vec<&Value>>) -> Change {
    Change {
        is_gained: new.is_some() && old != new,
        is_removed: new.is_none(),
        ..Change::default()
    }
}
