//! The types of fields, as a table: what decoding, protobuf, patches, defaults and `OpenAPI` need.

use serde_json::Value;

/// Index of a type in the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TypeId(pub usize);

/// A struct type, such as `core/v1.PodSpec`.
#[derive(Debug, Clone)]
pub struct Type {
    /// `core/v1.PodSpec`.
    pub name: String,
    /// Full name of its protobuf message; empty if it has none.
    pub proto: String,
    /// The kind it is registered as, if objects of it travel alone.
    pub kind: Option<KindName>,
    /// JSON has apiVersion and kind (protobuf has not).
    pub has_type_meta: bool,
    /// Server-side apply treats it as one value.
    pub atomic: bool,
    /// JSON holds the value of one of the fields instead of an object of them.
    pub one_of: bool,
    /// It may have members that it does not declare: any JSON.
    pub open: bool,
    /// Its schema as a definition writes it, for documents; `None` for built-in types.
    pub written: Option<Box<Value>>,
    /// In declaration order.
    pub fields: Vec<Field>,
}

/// Group, version and kind of a type; a `*` stands for every group and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindName {
    pub group: String,
    pub version: String,
    pub kind: String,
}

impl KindName {
    /// Whether the kind is one of the given group and version.
    pub fn is_of(&self, group: &str, version: &str) -> bool {
        self.group == "*" || (self.group == group && self.version == version)
    }
    /// `group/version`, or the version alone for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            return self.version.clone();
        }
        format!("{}/{}", self.group, self.version)
    }
}

/// A field of a struct.
#[derive(Debug, Clone)]
pub struct Field {
    /// JSON name.
    pub name: String,
    pub kind: FieldType,
    /// JSON fields of the type join the parent; in protobuf it is a sub-message.
    pub inline: bool,
    /// Absent and zero differ.
    pub pointer: bool,
    pub omit: Omit,
    pub required: bool,
    /// `OpenAPI` default.
    pub default: Option<Value>,
    /// Allowed values (of the items, for lists).
    pub enumeration: Vec<String>,
    pub list_type: Option<ListType>,
    pub list_keys: Vec<String>,
    /// `x-kubernetes-map-type: atomic`.
    pub map_atomic: bool,
    /// `x-kubernetes-map-type: granular`, where the type itself is atomic.
    pub map_granular: bool,
    pub patch: PatchStrategy,
    /// Merge key of strategic merge.
    pub patch_key: Option<String>,
    /// Protobuf field number; zero if the field is not in protobuf.
    pub number: u32,
    /// Protobuf wire type.
    pub wire: u8,
    /// Lists of strings (of map values, for maps) are in a protobuf message of their own.
    pub wrapped: bool,
}

impl Field {
    /// A field that is there or not, and about which nothing else is known.
    pub fn optional(name: &str, kind: FieldType) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            inline: false,
            pointer: true,
            omit: Omit::Empty,
            required: false,
            default: None,
            enumeration: Vec::new(),
            list_type: None,
            list_keys: Vec::new(),
            map_atomic: false,
            map_granular: false,
            patch: PatchStrategy::default(),
            patch_key: None,
            number: 0,
            wire: 0,
            wrapped: false,
        }
    }
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    Scalar(Scalar),
    Struct(TypeId),
    List(Box<FieldType>),
    /// Keys are strings.
    Map(Box<FieldType>),
}

/// A value that is not made of fields. The special ones have their own protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    String,
    Bool,
    Int32,
    Int64,
    Double,
    /// Base64 in JSON.
    Bytes,
    /// Any JSON.
    Any,
    FieldsV1,
    IntOrString,
    /// JSON text in protobuf (`apiextensions` JSON).
    Json,
    MicroTime,
    Quantity,
    /// An embedded object.
    Raw,
    Time,
}

/// When a field is left out of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Omit {
    /// Always written.
    #[default]
    Never,
    Empty,
    Zero,
    EmptyOrZero,
}

/// How lists merge in server-side apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListType {
    Atomic,
    Set,
    Map,
}

/// How strategic merge treats a list or struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PatchStrategy {
    pub merge: bool,
    pub retain_keys: bool,
    pub replace: bool,
}
