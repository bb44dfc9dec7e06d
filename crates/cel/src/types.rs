//! The types of expressions, and how they are written in messages.

use std::{fmt, sync::Arc};

use crate::schema::ObjectType;

/// What an expression yields, as far as it is known before it runs.
#[derive(Debug, Clone)]
pub enum Type {
    /// Known only when the expression runs.
    Dyn,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// Whole numbers of 64 bits.
    Int,
    /// Whole numbers of 64 bits without a sign.
    Uint,
    /// Floating point of 64 bits.
    Double,
    /// Text; sizes count code points.
    String,
    /// Bytes.
    Bytes,
    /// A moment.
    Timestamp,
    /// A span of time, in nanoseconds.
    Duration,
    /// A list of one type.
    List(Arc<Type>),
    /// A map from keys to values.
    Map(Arc<Type>, Arc<Type>),
    /// A value that may be absent.
    Optional(Arc<Type>),
    /// The type of types.
    Type(Arc<Type>),
    /// An object with declared fields.
    Object(Arc<ObjectType>),
    /// A value that only functions can look into.
    Opaque(OpaqueType),
    /// Stands for a type that is found out by use; only in signatures.
    Parameter(u32),
    /// What follows a mistake: fits everything, so that one mistake is told once.
    Error,
}

/// The types whose values only functions can look into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpaqueType {
    /// A URL.
    Url,
    /// An amount of a resource.
    Quantity,
    /// An address.
    Ip,
    /// A range of addresses.
    Cidr,
    /// A named format of text.
    Format,
    /// A semantic version.
    Semver,
    /// Asks what somebody may do.
    Authorizer,
    /// Asks about a path.
    PathCheck,
    /// Asks about a group of resources.
    GroupCheck,
    /// Asks about a resource.
    ResourceCheck,
    /// What the authorizer answered.
    Decision,
}

impl OpaqueType {
    pub(crate) const ALL: [Self; 11] = [
        Self::Url,
        Self::Quantity,
        Self::Ip,
        Self::Cidr,
        Self::Format,
        Self::Semver,
        Self::Authorizer,
        Self::PathCheck,
        Self::GroupCheck,
        Self::ResourceCheck,
        Self::Decision,
    ];

    /// How the type is called in expressions and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Url => "kubernetes.URL",
            Self::Quantity => "kubernetes.Quantity",
            Self::Ip => "net.IP",
            Self::Cidr => "net.CIDR",
            Self::Format => "kubernetes.NamedFormat",
            Self::Semver => "kubernetes.Semver",
            Self::Authorizer => "kubernetes.authorization.Authorizer",
            Self::PathCheck => "kubernetes.authorization.PathCheck",
            Self::GroupCheck => "kubernetes.authorization.GroupCheck",
            Self::ResourceCheck => "kubernetes.authorization.ResourceCheck",
            Self::Decision => "kubernetes.authorization.Decision",
        }
    }
}

impl Type {
    pub(crate) fn list(element: Self) -> Self {
        Self::List(Arc::new(element))
    }
    pub(crate) fn map(key: Self, value: Self) -> Self {
        Self::Map(Arc::new(key), Arc::new(value))
    }
    pub(crate) fn optional(inner: Self) -> Self {
        Self::Optional(Arc::new(inner))
    }
    pub(crate) fn type_of(inner: Self) -> Self {
        Self::Type(Arc::new(inner))
    }

    /// Whether it tells nothing, because it is dynamic or follows a mistake.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self, Self::Dyn | Self::Error)
    }

    /// Whether each value takes the same space.
    pub(crate) fn is_scalar(&self) -> bool {
        if let Self::Optional(inner) = self {
            return inner.is_scalar();
        }
        matches!(
            self,
            Self::Bool | Self::Double | Self::Duration | Self::Int | Self::Timestamp | Self::Uint
        )
    }

    /// The name that `type(value)` has, without the types inside.
    pub(crate) fn runtime_name(&self) -> &str {
        match self {
            Self::Dyn => "dyn",
            Self::Null => "null_type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::Duration => "google.protobuf.Duration",
            Self::List(_) => "list",
            Self::Map(_, _) => "map",
            Self::Optional(_) => "optional_type",
            Self::Type(_) => "type",
            Self::Object(object) => &object.name,
            Self::Opaque(opaque) => opaque.name(),
            Self::Parameter(_) | Self::Error => "!error!",
        }
    }

    /// The type that an expression names.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "dyn" => Self::Dyn,
            "null_type" => Self::Null,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "uint" => Self::Uint,
            "double" => Self::Double,
            "string" => Self::String,
            "bytes" => Self::Bytes,
            "google.protobuf.Timestamp" => Self::Timestamp,
            "google.protobuf.Duration" => Self::Duration,
            "list" => Self::list(Self::Dyn),
            "map" => Self::map(Self::Dyn, Self::Dyn),
            "optional_type" => Self::optional(Self::Dyn),
            "type" => Self::type_of(Self::Dyn),
            _ => {
                let opaque = OpaqueType::ALL.into_iter().find(|opaque| opaque.name() == name)?;
                Self::Opaque(opaque)
            }
        })
    }
}

/// Objects are equal if they have the same name: each name is declared once.
impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(left), Self::List(right))
            | (Self::Optional(left), Self::Optional(right))
            | (Self::Type(left), Self::Type(right)) => left == right,
            (Self::Map(key, value), Self::Map(other_key, other_value)) => {
                key == other_key && value == other_value
            }
            (Self::Object(left), Self::Object(right)) => left.name == right.name,
            (Self::Opaque(left), Self::Opaque(right)) => left == right,
            (Self::Parameter(left), Self::Parameter(right)) => left == right,
            (left, right) => std::mem::discriminant(left) == std::mem::discriminant(right),
        }
    }
}

/// As in the messages of the reference: `map(string, list(int))`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::List(element) => write!(f, "list({element})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Optional(inner) => write!(f, "optional_type({inner})"),
            Self::Type(inner) if matches!(**inner, Self::Dyn) => f.write_str("type"),
            Self::Type(inner) => write!(f, "type({inner})"),
            Self::Parameter(number) => write!(f, "_var{number}"),
            Self::Dyn
            | Self::Bool
            | Self::Int
            | Self::Uint
            | Self::Double
            | Self::String
            | Self::Bytes
            | Self::Object(_)
            | Self::Opaque(_)
            | Self::Error => f.write_str(self.runtime_name()),
        }
    }
}
