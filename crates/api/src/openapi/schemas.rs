//! Types as schemas, under the names and with the extensions that clients look for.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::routes::group_versions;
use crate::catalog::{Catalog, Field, FieldType, ListType, Scalar, Type, TypeId};

/// The two forms of a document; they differ in where schemas live and what a reference allows next
/// to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    V2,
    V3,
}

/// Schema of a patch body, which has no type in the catalog.
pub(super) const PATCH: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
/// Schema of the answer of `/version`.
pub(super) const VERSION_INFO: &str = "io.k8s.apimachinery.pkg.version.Info";

pub(super) fn patch_schema() -> Value {
    json!({"type": "object"})
}

pub(super) fn version_info() -> Value {
    const REQUIRED: [&str; 9] = [
        "major",
        "minor",
        "gitVersion",
        "gitCommit",
        "gitTreeState",
        "buildDate",
        "goVersion",
        "compiler",
        "platform",
    ];
    const OPTIONAL: [&str; 4] =
        ["emulationMajor", "emulationMinor", "minCompatibilityMajor", "minCompatibilityMinor"];
    let names = REQUIRED.iter().chain(&OPTIONAL);
    let properties: Map<String, Value> =
        names.map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
    json!({"type": "object", "properties": properties, "required": REQUIRED})
}

/// Collects the schemas that a document refers to.
pub(super) struct Schemas<'a> {
    catalog: &'a Catalog,
    dialect: Dialect,
    done: BTreeMap<String, Value>,
    open: Vec<TypeId>,
}

impl<'a> Schemas<'a> {
    pub(super) const fn new(catalog: &'a Catalog, dialect: Dialect) -> Self {
        Self { catalog, dialect, done: BTreeMap::new(), open: Vec::new() }
    }

    pub(super) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// A reference to a type's schema, which the document will have.
    pub(super) fn refer(&mut self, id: TypeId) -> Value {
        let name = definition_name(self.catalog.type_of(id));
        if !self.done.contains_key(&name) {
            self.done.insert(name.clone(), Value::Null);
            self.open.push(id);
        }
        self.reference(&name)
    }

    /// A reference to a schema that is given here.
    pub(super) fn refer_to(&mut self, name: &str, schema: impl FnOnce() -> Value) -> Value {
        if !self.done.contains_key(name) {
            self.done.insert(name.to_owned(), schema());
        }
        self.reference(name)
    }

    /// All schemas referred to, those that schemas refer to among them, by name.
    pub(super) fn finish(mut self) -> Map<String, Value> {
        while let Some(id) = self.open.pop() {
            let schema = self.type_schema(id);
            self.done.insert(definition_name(self.catalog.type_of(id)), schema);
        }
        self.done.into_iter().collect()
    }

    fn reference(&self, name: &str) -> Value {
        let place = match self.dialect {
            Dialect::V2 => "definitions",
            Dialect::V3 => "components/schemas",
        };
        json!({"$ref": format!("#/{place}/{name}")})
    }

    fn type_schema(&mut self, id: TypeId) -> Value {
        let catalog = self.catalog;
        let one = catalog.type_of(id);
        if one.one_of {
            return json!({});
        }
        if let Some(written) = &one.written {
            let mut schema = self.custom(written);
            if let Some(kinds) = kinds(catalog, one) {
                schema["x-kubernetes-group-version-kind"] = kinds;
            }
            return schema;
        }
        let mut properties = Map::new();
        if one.has_type_meta {
            properties.insert("apiVersion".to_owned(), json!({"type": "string"}));
            properties.insert("kind".to_owned(), json!({"type": "string"}));
        }
        for field in catalog.json_fields(id) {
            properties.insert(field.name.clone(), self.property(field));
        }
        let required: Vec<&str> = catalog
            .json_fields(id)
            .filter(|field| field.required)
            .map(|field| field.name.as_str())
            .collect();
        let mut schema = json!({"type": "object"});
        if !properties.is_empty() {
            schema["properties"] = Value::Object(properties);
        }
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        if one.atomic {
            schema["x-kubernetes-map-type"] = json!("atomic");
        }
        if let Some(kinds) = kinds(catalog, one) {
            schema["x-kubernetes-group-version-kind"] = kinds;
        }
        schema
    }

    fn property(&mut self, field: &Field) -> Value {
        let mut schema = self.of_kind(&field.kind, field.pointer);
        if let Some(default) = &field.default
            && (self.dialect == Dialect::V3 || !is_zero(default))
        {
            schema["default"] = default.clone();
        }
        if !field.enumeration.is_empty() {
            let mut allowed = field.enumeration.clone();
            allowed.sort();
            innermost(&mut schema)["enum"] = json!(allowed);
        }
        for (name, value) in extensions(field) {
            schema[name] = value;
        }
        if self.dialect == Dialect::V3 { with_siblings(schema) } else { schema }
    }

    fn of_kind(&mut self, kind: &FieldType, pointer: bool) -> Value {
        match kind {
            FieldType::Scalar(scalar) => self.scalar(*scalar),
            FieldType::Struct(id) => {
                let mut schema = self.refer(*id);
                if self.dialect == Dialect::V3 && !pointer {
                    schema["default"] = json!({});
                }
                schema
            }
            FieldType::List(items) => json!({"type": "array", "items": self.element(items)}),
            FieldType::Map(values) => {
                json!({"type": "object", "additionalProperties": self.element(values)})
            }
        }
    }

    fn element(&mut self, kind: &FieldType) -> Value {
        let mut schema = self.of_kind(kind, false);
        if self.dialect == Dialect::V2 {
            return schema;
        }
        if let FieldType::Scalar(scalar) = kind
            && let Some(default) = element_default(*scalar)
        {
            schema["default"] = default;
        }
        with_siblings(schema)
    }

    fn scalar(&mut self, scalar: Scalar) -> Value {
        match scalar {
            Scalar::String => json!({"type": "string"}),
            Scalar::Bool => json!({"type": "boolean"}),
            Scalar::Int32 => json!({"type": "integer", "format": "int32"}),
            Scalar::Int64 => json!({"type": "integer", "format": "int64"}),
            Scalar::Double => json!({"type": "number", "format": "double"}),
            Scalar::Bytes => json!({"type": "string", "format": "byte"}),
            Scalar::Any => json!({}),
            Scalar::FieldsV1 => self.named("meta.v1.FieldsV1", || json!({"type": "object"})),
            Scalar::Time | Scalar::MicroTime => {
                let name = if scalar == Scalar::Time { "Time" } else { "MicroTime" };
                self.named(
                    &format!("meta.v1.{name}"),
                    || json!({"type": "string", "format": "date-time"}),
                )
            }
            Scalar::Raw => {
                let name = "io.k8s.apimachinery.pkg.runtime.RawExtension";
                self.refer_to(name, || json!({"type": "object"}))
            }
            Scalar::Json => {
                let name = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON";
                self.refer_to(name, || json!({}))
            }
            Scalar::Quantity => {
                let schema = self.text_or("number", None);
                self.refer_to("io.k8s.apimachinery.pkg.api.resource.Quantity", || schema)
            }
            Scalar::IntOrString => {
                let schema = self.text_or("integer", Some("int-or-string"));
                self.refer_to("io.k8s.apimachinery.pkg.util.intstr.IntOrString", || schema)
            }
        }
    }

    fn named(&mut self, name: &str, schema: impl FnOnce() -> Value) -> Value {
        self.refer_to(&format!("io.k8s.apimachinery.pkg.apis.{name}"), schema)
    }

    /// Version 2 has no way to say "or", and calls these texts.
    fn text_or(&self, other: &str, format: Option<&str>) -> Value {
        let mut schema = match self.dialect {
            Dialect::V2 => json!({"type": "string"}),
            Dialect::V3 if other == "integer" => {
                json!({"oneOf": [{"type": other}, {"type": "string"}]})
            }
            Dialect::V3 => json!({"oneOf": [{"type": "string"}, {"type": other}]}),
        };
        if let Some(format) = format {
            schema["format"] = json!(format);
        }
        schema
    }
}

/// `io.k8s.api.apps.v1.Deployment`; custom kinds are named so already.
fn definition_name(one: &Type) -> String {
    if !one.name.contains('/') {
        return one.name.clone();
    }
    match one.proto.strip_prefix("k8s.io.") {
        Some(rest) => format!("io.k8s.{}", rest.replace('_', "-")),
        None => format!("io.k8s.api.{}", one.name.replace('/', ".")),
    }
}

/// The group, version and kind of a type; those that belong to every group are listed under each.
fn kinds(catalog: &Catalog, one: &Type) -> Option<Value> {
    let kind = one.kind.as_ref()?;
    if kind.group != "*" {
        return Some(json!([
            {"group": kind.group, "kind": kind.kind, "version": kind.version}
        ]));
    }
    let mut versions = group_versions(catalog);
    versions.sort_unstable();
    let kinds = versions
        .iter()
        .map(|(group, version)| json!({"group": group, "kind": kind.kind, "version": version}));
    Some(kinds.collect())
}

/// A reference with anything next to it is wrapped: version 3 ignores siblings of references.
fn with_siblings(mut schema: Value) -> Value {
    let Value::Object(map) = &mut schema else { return schema };
    if map.len() < 2 {
        return schema;
    }
    if let Some(reference) = map.remove("$ref") {
        map.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
    schema
}

/// What allowed values are about: the items of a list, the values of a map, else the schema itself.
fn innermost(schema: &mut Value) -> &mut Value {
    for part in ["items", "additionalProperties"] {
        if schema.get(part).is_some() {
            return &mut schema[part];
        }
    }
    schema
}

fn is_zero(default: &Value) -> bool {
    *default == json!("") || *default == json!(0) || *default == json!(false)
}

fn element_default(scalar: Scalar) -> Option<Value> {
    match scalar {
        Scalar::String => Some(json!("")),
        Scalar::Bool => Some(json!(false)),
        Scalar::Int32 | Scalar::Int64 | Scalar::Double => Some(json!(0)),
        Scalar::Bytes
        | Scalar::Any
        | Scalar::FieldsV1
        | Scalar::IntOrString
        | Scalar::Json
        | Scalar::MicroTime
        | Scalar::Quantity
        | Scalar::Raw
        | Scalar::Time => None,
    }
}

fn extensions(field: &Field) -> Vec<(&'static str, Value)> {
    let mut found = Vec::new();
    let list_type = field.list_type.map(|list_type| match list_type {
        ListType::Atomic => "atomic",
        ListType::Set => "set",
        ListType::Map => "map",
    });
    if let Some(list_type) = list_type {
        found.push(("x-kubernetes-list-type", json!(list_type)));
    }
    if !field.list_keys.is_empty() {
        found.push(("x-kubernetes-list-map-keys", json!(field.list_keys)));
    }
    if field.map_atomic || field.map_granular {
        let map_type = if field.map_atomic { "atomic" } else { "granular" };
        found.push(("x-kubernetes-map-type", json!(map_type)));
    }
    let patch = &field.patch;
    let strategies =
        [(patch.merge, "merge"), (patch.retain_keys, "retainKeys"), (patch.replace, "replace")];
    let strategies: Vec<&str> =
        strategies.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
    if !strategies.is_empty() {
        found.push(("x-kubernetes-patch-strategy", json!(strategies.join(","))));
    }
    if let Some(key) = &field.patch_key {
        found.push(("x-kubernetes-patch-merge-key", json!(key)));
    }
    found
}
