//! Takes the fields of a set out of an object.

use api::catalog::{Catalog, TypeId};
use serde_json::{Map, Value};

use super::{
    element, keys,
    schema::{self, Shape},
    set::{self, Node},
};

/// The object without the members of the set; what is left empty is null.
pub(super) fn remove(catalog: &Catalog, type_id: TypeId, object: Value, set: &Node) -> Value {
    if set.is_empty() {
        return object;
    }
    Remove { catalog }.value(Shape::Struct(type_id), object, set)
}

struct Remove<'c> {
    catalog: &'c Catalog,
}

impl<'c> Remove<'c> {
    /// A value of which parts go.
    fn value(&self, shape: Shape<'c>, value: Value, set: &Node) -> Value {
        match (shape, value) {
            (Shape::Struct(_) | Shape::Map(_) | Shape::Deduced, Value::Object(members)) => {
                self.members(shape, members, set)
            }
            (Shape::Items { .. } | Shape::Set, Value::Array(items)) => {
                self.items(shape, items, set)
            }
            // Parts of what is one value are the whole of it.
            (_, Value::Object(_) | Value::Array(_)) => Value::Null,
            (_, scalar) => scalar,
        }
    }

    fn members(&self, shape: Shape<'c>, members: Map<String, Value>, set: &Node) -> Value {
        let kept = members.into_iter().filter_map(|(name, value)| {
            let Some(Value::Object(node)) = set.get(&element::field(&name)) else {
                return Some((name, value));
            };
            if set::is_member(node) {
                return None;
            }
            let member = schema::member(self.catalog, shape, &name);
            let inner = member.map_or(Shape::Atomic, |member| member.shape);
            Some((name, self.value(inner, value, node)))
        });
        let kept: Map<String, Value> = kept.collect();
        if kept.is_empty() { Value::Null } else { Value::Object(kept) }
    }

    fn items(&self, shape: Shape<'c>, items: Vec<Value>, set: &Node) -> Value {
        let elements = keys::elements(self.catalog, shape, &items);
        let kept = elements.into_iter().zip(items).filter_map(|(element, item)| {
            let Some(Value::Object(node)) = set.get(&element) else { return Some(item) };
            if set::is_member(node) {
                return None;
            }
            Some(self.value(schema::item(self.catalog, shape), item, node))
        });
        let kept: Vec<Value> = kept.collect();
        if kept.is_empty() { Value::Null } else { Value::Array(kept) }
    }
}
