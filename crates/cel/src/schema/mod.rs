//! The shape of data that expressions look at: its type, how large it can be, and how JSON becomes values.

mod escape;
mod open_api;

use std::{collections::BTreeMap, sync::Arc};

pub use self::escape::escape;
pub use self::open_api::Root;
use crate::types::{OpaqueType, Type};

/// The largest request, in bytes: nothing in it can be larger.
pub const REQUEST_BYTES_MAX: u64 = 3 * 1024 * 1024;
/// `""`, `[]` and `{}`.
const EMPTY_BYTES: u64 = 2;

/// What is declared of a variable or a field.
#[derive(Debug, Clone)]
pub struct Schema {
    pub(crate) type_: Type,
    /// Code points, bytes, items or entries; `None` if unknown.
    pub(crate) size_max: Option<u64>,
    /// The least that a value takes as JSON.
    pub(crate) bytes_min: u64,
    /// Of a list's items or a map's values.
    pub(crate) inner: Option<Arc<Self>>,
    pub(crate) list: ListKind,
}

/// When two lists are the same, and what their sum is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ListKind {
    /// Item by item, in order.
    #[default]
    Atomic,
    /// The order does not count.
    Set,
    /// Items are told apart by these properties; the order does not count.
    Map(Vec<String>),
}

/// An object with declared fields.
#[derive(Debug)]
pub struct ObjectType {
    pub(crate) name: String,
    /// By the name that expressions use.
    pub(crate) fields: BTreeMap<Arc<str>, Field>,
}

/// A field of an object.
#[derive(Debug)]
pub(crate) struct Field {
    /// Its name in JSON.
    pub(crate) property: Arc<str>,
    pub(crate) schema: Arc<Schema>,
}

/// What is known of data without a schema.
pub(crate) static UNTYPED: Schema =
    Schema { type_: Type::Dyn, size_max: None, bytes_min: 1, inner: None, list: ListKind::Atomic };

impl Schema {
    const fn plain(type_: Type, bytes_min: u64) -> Self {
        Self { type_, size_max: None, bytes_min, inner: None, list: ListKind::Atomic }
    }
    const fn sized(type_: Type, bytes_min: u64, size_max: u64) -> Self {
        Self { type_, size_max: Some(size_max), bytes_min, inner: None, list: ListKind::Atomic }
    }

    /// Anything; looked at when the expression runs.
    pub const fn untyped() -> Self {
        Self::plain(Type::Dyn, 1)
    }
    /// `true` or `false`.
    pub const fn boolean() -> Self {
        Self::plain(Type::Bool, 4)
    }
    /// A whole number.
    pub const fn integer() -> Self {
        Self::plain(Type::Int, 1)
    }
    /// A number.
    pub const fn number() -> Self {
        Self::plain(Type::Double, 1)
    }
    /// A text of at most so many code points.
    pub const fn string(size_max: Option<u64>) -> Self {
        Self {
            type_: Type::String,
            size_max,
            bytes_min: EMPTY_BYTES,
            inner: None,
            list: ListKind::Atomic,
        }
    }
    /// A value that only functions can look into.
    pub const fn opaque(type_: OpaqueType) -> Self {
        Self::plain(Type::Opaque(type_), EMPTY_BYTES)
    }
    /// A value of any type that has no declared size.
    pub const fn of(type_: Type) -> Self {
        Self::plain(type_, 1)
    }

    /// A value that may be absent; as large as the value.
    #[must_use]
    pub fn optional(value: Self) -> Self {
        Self { type_: Type::optional(value.type_.clone()), ..value }
    }

    /// A list; without a maximum it has as many items as fit into a request.
    #[must_use]
    pub fn list(items: Self, items_max: Option<u64>, list: ListKind) -> Self {
        let fitting = (REQUEST_BYTES_MAX - EMPTY_BYTES) / (items.bytes_min + 1);
        Self {
            type_: Type::list(items.type_.clone()),
            size_max: Some(items_max.unwrap_or(fitting)),
            bytes_min: EMPTY_BYTES,
            inner: Some(Arc::new(items)),
            list,
        }
    }

    /// A map with text as keys; without a maximum it has as many entries as fit into a request.
    #[must_use]
    pub fn map(values: Self, entries_max: Option<u64>) -> Self {
        // Two for an empty key, and a colon, a comma and two more as the reference has it.
        let fitting = (REQUEST_BYTES_MAX - EMPTY_BYTES) / (values.bytes_min + 6);
        Self {
            type_: Type::map(Type::String, values.type_.clone()),
            size_max: Some(entries_max.unwrap_or(fitting)),
            bytes_min: EMPTY_BYTES,
            inner: Some(Arc::new(values)),
            list: ListKind::Atomic,
        }
    }

    /// An object called `name`, with these properties. Those whose names cannot be written in an expression are left out.
    #[must_use]
    pub fn object(name: &str, properties: impl IntoIterator<Item = (String, Self)>) -> Self {
        let fields = properties
            .into_iter()
            .filter_map(|(property, schema)| {
                let field = Field { property: property.as_str().into(), schema: Arc::new(schema) };
                Some((escape(&property)?.into(), field))
            })
            .collect();
        let object = ObjectType { name: name.to_owned(), fields };
        Self::plain(Type::Object(Arc::new(object)), EMPTY_BYTES)
    }

    /// Its type.
    pub const fn type_(&self) -> &Type {
        &self.type_
    }

    /// How often a value can be in one request, at most.
    pub const fn cardinality_max(&self) -> u64 {
        // A comma for each.
        REQUEST_BYTES_MAX / (self.bytes_min + 1)
    }

    /// Of the values inside a list or a map.
    pub(crate) fn inner(&self) -> &Self {
        self.inner.as_deref().unwrap_or(&UNTYPED)
    }

    /// Of a field of an object.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        let Type::Object(object) = &self.type_ else { return None };
        object.fields.get(name).map(|field| &*field.schema)
    }
}
