//! What expressions work on: values, most of them borrowed from JSON.

mod equality;
mod json;
mod key;
mod list;
mod map;
mod moment;
mod number;
mod text;
pub(crate) mod time;

use std::sync::Arc;

use meta::quantity::Quantity;

pub(crate) use self::equality::{compare, equals, identity};
pub use self::key::Key;
pub use self::list::List;
pub use self::map::{Map, Object};
pub use self::moment::Moment;
pub(crate) use self::number::{Number, number_order, sizes};
pub(crate) use self::number::{double_to_int, double_to_uint, int_to_double, uint_to_double};
pub use self::text::Text;
use crate::{
    library::{
        authorizer::{Answer, Authorize, Inquiry},
        cidr::Cidr,
        format::Format,
        semver::Version,
        url::Url,
    },
    types::{OpaqueType, Type},
};

/// A value; copying one never copies what it holds.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number without a sign.
    Uint(u64),
    /// A floating-point number.
    Double(f64),
    /// Text.
    String(Text<'a>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A moment.
    Timestamp(Moment),
    /// A span of time in nanoseconds.
    Duration(i64),
    /// A list.
    List(List<'a>),
    /// A map.
    Map(Map<'a>),
    /// An object with declared fields.
    Object(Object<'a>),
    /// A value that may be absent.
    Optional(Option<Arc<Self>>),
    /// A type.
    Type(Type),
    /// A value that only functions can look into.
    Opaque(Opaque),
}

/// Values that only functions can look into.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is what its type says")]
pub enum Opaque {
    Url(Arc<Url>),
    Quantity(Quantity),
    Ip(std::net::IpAddr),
    Cidr(Cidr),
    Format(&'static Format),
    Semver(Arc<Version>),
    Authorizer(Arc<dyn Authorize>, Arc<Inquiry>),
    PathCheck(Arc<dyn Authorize>, Arc<Inquiry>),
    GroupCheck(Arc<dyn Authorize>, Arc<Inquiry>),
    ResourceCheck(Arc<dyn Authorize>, Arc<Inquiry>),
    Decision(Arc<Answer>),
}

impl Opaque {
    pub(crate) const fn type_(&self) -> OpaqueType {
        match self {
            Self::Url(_) => OpaqueType::Url,
            Self::Quantity(_) => OpaqueType::Quantity,
            Self::Ip(_) => OpaqueType::Ip,
            Self::Cidr(_) => OpaqueType::Cidr,
            Self::Format(_) => OpaqueType::Format,
            Self::Semver(_) => OpaqueType::Semver,
            Self::Authorizer(_, _) => OpaqueType::Authorizer,
            Self::PathCheck(_, _) => OpaqueType::PathCheck,
            Self::GroupCheck(_, _) => OpaqueType::GroupCheck,
            Self::ResourceCheck(_, _) => OpaqueType::ResourceCheck,
            Self::Decision(_) => OpaqueType::Decision,
        }
    }
}

impl Value<'_> {
    pub(crate) fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(Text::Shared(text.into()))
    }
    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::List(List::Made(Arc::new(items)))
    }
    pub(crate) fn some(value: Self) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }
    pub(crate) const fn none() -> Self {
        Self::Optional(None)
    }

    /// A value that may be absent.
    pub fn optional(value: Option<Self>) -> Self {
        Self::Optional(value.map(Arc::new))
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }
    /// The truth value, if it is one.
    pub const fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// What `type(value)` yields: the types inside lists and maps are not told.
    pub(crate) fn type_(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Uint(_) => Type::Uint,
            Self::Double(_) => Type::Double,
            Self::String(_) => Type::String,
            Self::Bytes(_) => Type::Bytes,
            Self::Timestamp(_) => Type::Timestamp,
            Self::Duration(_) => Type::Duration,
            Self::List(_) => Type::list(Type::Dyn),
            Self::Map(_) => Type::map(Type::Dyn, Type::Dyn),
            Self::Object(object) => object.type_(),
            Self::Optional(_) => Type::optional(Type::Dyn),
            Self::Type(_) => Type::type_of(Type::Dyn),
            Self::Opaque(opaque) => Type::Opaque(opaque.type_()),
        }
    }

    /// Whether a function that takes `type_` takes this value.
    pub(crate) fn fits(&self, type_: &Type) -> bool {
        match type_ {
            Type::Dyn | Type::Parameter(_) | Type::Error => true,
            Type::Null => matches!(self, Self::Null),
            Type::Bool => matches!(self, Self::Bool(_)),
            Type::Int => matches!(self, Self::Int(_)),
            Type::Uint => matches!(self, Self::Uint(_)),
            Type::Double => matches!(self, Self::Double(_)),
            Type::String => matches!(self, Self::String(_)),
            Type::Bytes => matches!(self, Self::Bytes(_)),
            Type::Timestamp => matches!(self, Self::Timestamp(_)),
            Type::Duration => matches!(self, Self::Duration(_)),
            Type::List(_) => matches!(self, Self::List(_)),
            Type::Map(_, _) => matches!(self, Self::Map(_) | Self::Object(_)),
            Type::Optional(_) => matches!(self, Self::Optional(_)),
            Type::Type(_) => matches!(self, Self::Type(_)),
            Type::Object(_) => matches!(self, Self::Object(_)),
            Type::Opaque(wanted) => {
                matches!(self, Self::Opaque(opaque) if opaque.type_() == *wanted)
            }
        }
    }

    /// Code points, bytes, items or entries; one for everything else.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::String(text) => sizes(text.chars().count()),
            Self::Bytes(bytes) => sizes(bytes.len()),
            Self::List(list) => sizes(list.len()),
            Self::Map(map) => sizes(map.len()),
            Self::Optional(Some(value)) => value.size(),
            Self::Opaque(Opaque::Ip(address)) => {
                if address.is_ipv4() {
                    4
                } else {
                    16
                }
            }
            Self::Opaque(Opaque::Cidr(range)) => {
                if range.address.is_ipv4() {
                    4
                } else {
                    16
                }
            }
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Uint(_)
            | Self::Double(_)
            | Self::Timestamp(_)
            | Self::Duration(_)
            | Self::Object(_)
            | Self::Optional(None)
            | Self::Type(_)
            | Self::Opaque(_) => 1,
        }
    }
}
