//! What tells the items of a list apart: their keys, or their value.

use api::catalog::{Catalog, FieldType};
use serde_json::Value;

use super::{element, schema::Shape};

/// Why an item cannot be told apart from others.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unkeyed {
    #[error("associative list with keys may not have a null element")]
    Null,
    #[error("associative list with keys may not have non-map elements")]
    NoMap,
    #[error(
        "associative list with keys has an element that omits all key fields [{}] \
         (and doesn't have default values for any key fields)",
        quoted(.0)
    )]
    NoKeys(Vec<String>),
    #[error("associative list without keys has an element that's an explicit null")]
    NullInSet,
    #[error("associative list without keys has an element that's a {0} type")]
    NoScalar(&'static str),
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    names.join(" ")
}

/// The key fields of a list's items.
#[derive(Clone, Copy)]
pub(super) struct Keys<'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) item: &'c FieldType,
    pub(super) names: &'c [String],
}

impl<'c> Keys<'c> {
    /// A key that the item lacks has the default of its field.
    pub(super) fn value<'v>(&self, item: &'v Value, name: &str) -> Option<&'v Value>
    where
        'c: 'v,
    {
        item.get(name).or_else(|| match self.item {
            FieldType::Struct(type_id) => self.catalog.field(*type_id, name)?.default.as_ref(),
            FieldType::Scalar(_) | FieldType::List(_) | FieldType::Map(_) => None,
        })
    }

    /// The element of an item with these values for the keys.
    pub(super) fn element(&self, values: &[Option<&Value>]) -> String {
        let names = self.names.iter().zip(values);
        let mut keys: Vec<(&str, &Value)> =
            names.filter_map(|(name, value)| Some((name.as_str(), (*value)?))).collect();
        keys.sort_by_key(|(name, _)| *name);
        element::keyed(keys.into_iter())
    }

    fn element_of(&self, item: &Value) -> Result<String, Unkeyed> {
        match item {
            Value::Null => return Err(Unkeyed::Null),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                return Err(Unkeyed::NoMap);
            }
            Value::Object(_) => {}
        }
        let values: Vec<_> = self.names.iter().map(|name| self.value(item, name)).collect();
        if values.iter().all(Option::is_none) {
            return Err(Unkeyed::NoKeys(self.names.to_vec()));
        }
        Ok(self.element(&values))
    }
}

/// The path element of an item of a list of this shape.
pub(super) fn element_of(
    catalog: &Catalog,
    shape: Shape<'_>,
    item: &Value,
) -> Result<String, Unkeyed> {
    if let Shape::Items { item: kind, keys } = shape {
        return Keys { catalog, item: kind, names: keys }.element_of(item);
    }
    match item {
        Value::Null => Err(Unkeyed::NullInSet),
        Value::Array(_) => Err(Unkeyed::NoScalar("list")),
        Value::Object(_) => Err(Unkeyed::NoScalar("map")),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(element::value(item)),
    }
}

/// The elements of all items; one that cannot be told apart goes by its position.
pub(super) fn elements(catalog: &Catalog, shape: Shape<'_>, items: &[Value]) -> Vec<String> {
    let of_item =
        |(index, item)| element_of(catalog, shape, item).unwrap_or_else(|_| format!("i:{index}"));
    items.iter().enumerate().map(of_item).collect()
}
