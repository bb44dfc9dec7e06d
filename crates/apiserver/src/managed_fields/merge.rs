//! What an apply makes of the live object before anything is removed: the union of both, where the
//! applied one wins.

use std::collections::{BTreeMap, BTreeSet};

use api::catalog::{Catalog, TypeId};
use serde_json::{Map, Value};

use super::{
    keys,
    schema::{self, Shape},
};

/// The union of two objects of a type.
pub(super) fn merge(catalog: &Catalog, type_id: TypeId, live: &Value, applied: &Value) -> Value {
    Merge { catalog }.values(Shape::Struct(type_id), live, applied)
}

struct Merge<'c> {
    catalog: &'c Catalog,
}

impl<'c> Merge<'c> {
    fn values(&self, shape: Shape<'c>, live: &Value, applied: &Value) -> Value {
        let is_map = matches!(shape, Shape::Struct(_) | Shape::Map(_) | Shape::Deduced);
        let is_list = matches!(shape, Shape::Items { .. } | Shape::Set);
        match (live, applied) {
            (Value::Object(live), Value::Object(applied)) if is_map => {
                Value::Object(self.members(shape, live, applied))
            }
            (Value::Array(live), Value::Array(applied)) if is_list => {
                Value::Array(self.items(shape, live, applied))
            }
            // What has a form of its own keeps its parts when null is applied.
            (Value::Object(members), Value::Null)
                if matches!(shape, Shape::Struct(_) | Shape::Map(_)) && !members.is_empty() =>
            {
                live.clone()
            }
            (Value::Array(items), Value::Null) if is_list && !items.is_empty() => live.clone(),
            _ => applied.clone(),
        }
    }

    fn members(
        &self,
        shape: Shape<'c>,
        live: &Map<String, Value>,
        applied: &Map<String, Value>,
    ) -> Map<String, Value> {
        let mut merged = live.clone();
        for (name, value) in applied {
            let member = schema::member(self.catalog, shape, name);
            let inner = member.map_or(Shape::Atomic, |member| member.shape);
            let value = match live.get(name) {
                Some(present) => self.values(inner, present, value),
                None => value.clone(),
            };
            merged.insert(name.clone(), value);
        }
        merged
    }

    /// The applied items keep their order; those that are only live keep their place after what
    /// precedes them.
    fn items(&self, shape: Shape<'c>, live: &[Value], applied: &[Value]) -> Vec<Value> {
        let live_elements = keys::elements(self.catalog, shape, live);
        let applied_elements = keys::elements(self.catalog, shape, applied);
        let is_applied: BTreeSet<&str> = applied_elements.iter().map(String::as_str).collect();
        let twins = twins(&live_elements, live);
        let merged_with_twin = |element: &str, item: &Value| match twins.get(element) {
            Some(Some(twin)) => self.values(schema::item(self.catalog, shape), twin, item),
            Some(None) | None => item.clone(),
        };
        let shared = applied_elements.iter().filter(|element| twins.contains_key(element.as_str()));
        let mut shared = shared.map(String::as_str).peekable();
        let mut live = live_elements.iter().map(String::as_str).zip(live).peekable();
        let mut applied = applied_elements.iter().map(String::as_str).zip(applied).peekable();
        let mut merged = Vec::new();
        loop {
            let only_live = live.next_if(|(element, _)| !is_applied.contains(element));
            if let Some((_, item)) = only_live {
                merged.push(item.clone());
                continue;
            }
            // A shared item comes with its applied twin, unless it did already.
            if live.next_if(|(element, _)| shared.peek() != Some(element)).is_some() {
                continue;
            }
            let Some((element, item)) = applied.next() else { break };
            merged.push(merged_with_twin(element, item));
            shared.next_if_eq(&element);
        }
        merged
    }
}

/// The live item of each element; none where there is more than one, for copies do not merge.
fn twins<'v>(elements: &'v [String], items: &'v [Value]) -> BTreeMap<&'v str, Option<&'v Value>> {
    let mut twins = BTreeMap::new();
    for (element, item) in elements.iter().zip(items) {
        twins.entry(element.as_str()).and_modify(|twin| *twin = None).or_insert(Some(item));
    }
    twins
}
