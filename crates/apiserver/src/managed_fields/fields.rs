//! The set of fields that an object has, as an apply owns them: scalars, whatever is atomic, items
//! and keys; structs and lists with content belong to nobody.

use std::collections::BTreeSet;

use api::catalog::{Catalog, TypeId};
use serde_json::{Map, Value};

use super::{
    element, keys,
    schema::{self, Shape},
    set::{self, Node},
};

/// What a value contributes to the set: itself, or parts of it.
#[derive(Default)]
struct Part {
    is_member: bool,
    children: Node,
}

impl Part {
    fn whole() -> Self {
        Self { is_member: true, children: Node::new() }
    }
    fn put(&mut self, name: String, part: Self) {
        if let Some(node) = set::node(part.is_member, part.children) {
            self.children.insert(name, node);
        }
    }
}

/// The fields of an object.
pub(super) fn of(catalog: &Catalog, type_id: TypeId, object: &Value) -> Node {
    Walk { catalog }.value(Shape::Struct(type_id), object).children
}

/// Makes members of the struct fields on the way to members.
pub(super) fn with_structs(catalog: &Catalog, type_id: TypeId, set: &Node) -> Node {
    Walk { catalog }.with_structs(Shape::Struct(type_id), set)
}

struct Walk<'c> {
    catalog: &'c Catalog,
}

impl<'c> Walk<'c> {
    fn value(&self, shape: Shape<'c>, value: &Value) -> Part {
        match (shape, value) {
            (Shape::Struct(_) | Shape::Map(_) | Shape::Deduced, Value::Object(members)) => {
                self.members(shape, members)
            }
            (Shape::Items { .. } | Shape::Set, Value::Array(items)) => self.items(shape, items),
            (Shape::Atomic | Shape::Deduced, _) => Part::whole(),
            (Shape::Struct(_) | Shape::Map(_) | Shape::Items { .. } | Shape::Set, _) => {
                Part::default()
            }
        }
    }

    fn members(&self, shape: Shape<'c>, members: &Map<String, Value>) -> Part {
        let mut part = Part::default();
        for (name, value) in members {
            let Some(member) = schema::member(self.catalog, shape, name) else { continue };
            let mut inner = self.value(member.shape, value);
            let is_empty = value.is_null() || value.as_object().is_some_and(Map::is_empty);
            inner.is_member |= is_empty || !member.is_declared;
            part.put(element::field(name), inner);
        }
        part
    }

    /// Items that are there more than once count as one without parts.
    fn items(&self, shape: Shape<'c>, items: &[Value]) -> Part {
        let elements = keys::elements(self.catalog, shape, items);
        let (mut once, mut repeated) = (BTreeSet::new(), BTreeSet::new());
        for element in &elements {
            if !once.insert(element.as_str()) {
                repeated.insert(element.as_str());
            }
        }
        let mut part = Part::default();
        for (element, item) in elements.iter().zip(items) {
            let mut inner = if repeated.contains(element.as_str()) {
                Part::default()
            } else {
                self.value(schema::item(self.catalog, shape), item)
            };
            inner.is_member = true;
            part.put(element.clone(), inner);
        }
        part
    }

    fn with_structs(&self, shape: Shape<'c>, set: &Node) -> Node {
        let nodes = set::children(set).filter_map(|(element, child)| {
            let name = element.strip_prefix("f:");
            let member = name.and_then(|name| schema::member(self.catalog, shape, name));
            let inner = match (name, member) {
                (Some(_), member) => member.map_or(Shape::Atomic, |member| member.shape),
                (None, _) => schema::item(self.catalog, shape),
            };
            let is_declared = member.is_some_and(|member| member.is_declared);
            let is_member = set::is_member(child) || is_declared;
            Some((element.clone(), set::node(is_member, self.with_structs(inner, child))?))
        });
        nodes.collect()
    }
}
