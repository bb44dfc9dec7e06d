//! Maps and objects, made by expressions or borrowed from JSON.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value as Json;

use super::{Key, Text, Value};
use crate::{
    schema::{ObjectType, Schema},
    types::Type,
};

type JsonMap = serde_json::Map<String, Json>;

/// A map; cheap to copy. Its entries are in the order of their keys.
#[derive(Debug, Clone)]
pub enum Map<'a> {
    /// Made by an expression.
    Made(Arc<BTreeMap<Key<'a>, Value<'a>>>),
    /// Part of the input; the schema is the map's.
    Json(&'a JsonMap, &'a Schema),
}

impl<'a> Map<'a> {
    /// How many entries it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Made(entries) => entries.len(),
            Self::Json(entries, _) => entries.len(),
        }
    }
    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The value of a key.
    pub fn get(&self, key: &Key<'a>) -> Option<Value<'a>> {
        match self {
            Self::Made(entries) => entries.get(key).cloned(),
            Self::Json(entries, schema) => {
                let Key::String(name) = key else { return None };
                let value = entries.get(&**name)?;
                Some(Value::from_json(value, schema.inner()))
            }
        }
    }
    /// Its keys and values in order.
    pub fn entries(&self) -> Vec<(Key<'a>, Value<'a>)> {
        match self {
            Self::Made(entries) => entries.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            Self::Json(entries, schema) => entries
                .iter()
                .map(|(name, value)| {
                    let key = Key::String(Text::Borrowed(name));
                    (key, Value::from_json(value, schema.inner()))
                })
                .collect(),
        }
    }
}

/// An object with declared fields; cheap to copy.
#[derive(Debug, Clone)]
pub enum Object<'a> {
    /// Made by an expression; holds the fields that were given.
    Made(Arc<ObjectType>, Arc<BTreeMap<Arc<str>, Value<'a>>>),
    /// Part of the input.
    Json(&'a JsonMap, &'a Arc<ObjectType>),
}

impl<'a> Object<'a> {
    /// The value of a field, by its name in expressions; `None` if it is not there.
    pub fn get(&self, field: &str) -> Option<Value<'a>> {
        match self {
            Self::Made(_, fields) => fields.get(field).cloned(),
            Self::Json(properties, type_) => {
                let field = type_.fields.get(field)?;
                let value = properties.get(&*field.property)?;
                Some(Value::from_json(value, &field.schema))
            }
        }
    }
    pub(crate) fn type_(&self) -> Type {
        match self {
            Self::Made(type_, _) => Type::Object(Arc::clone(type_)),
            Self::Json(_, type_) => Type::Object(Arc::clone(type_)),
        }
    }
    /// The fields that are there, in order, by their names in expressions.
    pub(crate) fn fields(&self) -> Vec<(Arc<str>, Value<'a>)> {
        match self {
            Self::Made(_, fields) => {
                fields.iter().map(|(name, value)| (Arc::clone(name), value.clone())).collect()
            }
            Self::Json(_, type_) => type_
                .fields
                .keys()
                .filter_map(|name| Some((Arc::clone(name), self.get(name)?)))
                .collect(),
        }
    }
}
