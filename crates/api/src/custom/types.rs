//! The schema as types, so that field ownership reads custom kinds as it reads built-in ones.

use meta::collections::HashMap;

use super::schema::{Additional, Kind, Schema};
use crate::catalog::{Catalog, Field, FieldType, ListType, Scalar, Type, TypeId, builtin};

/// The types of a version: those of metadata, and those of its schema. The second is the type of
/// whole objects.
pub(super) fn types(schema: &Schema) -> (Catalog, TypeId) {
    let mut builder = Builder { types: Vec::new(), copied: HashMap::default() };
    let root = builder.structure(schema, IsObject::Yes);
    (Catalog::new(builder.types), root)
}

/// Whether a struct is a whole object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IsObject {
    Yes,
    No,
}

struct Builder {
    types: Vec<Type>,
    /// Built-in types by where they are here.
    copied: HashMap<usize, TypeId>,
}

impl Builder {
    fn structure(&mut self, schema: &Schema, is_object: IsObject) -> TypeId {
        let id = self.push(schema.is_atomic_map);
        let is_object = is_object == IsObject::Yes || schema.is_embedded;
        let own = |name: &str| is_object && matches!(name, "apiVersion" | "kind" | "metadata");
        let mut fields: Vec<Field> = Vec::new();
        for (name, property) in schema.properties.iter().filter(|(name, _)| !own(name)) {
            let kind = self.field_type(property);
            fields.push(field(name, kind, property));
        }
        if is_object {
            let metadata = builtin().type_named("meta/v1.ObjectMeta").map(|id| self.copy(id));
            let kind = metadata.map_or(FieldType::Scalar(Scalar::Any), FieldType::Struct);
            fields.push(field("metadata", kind, &Schema::default()));
        }
        let one = &mut self.types[id.0];
        one.has_type_meta = is_object;
        one.open = schema.preserves_unknown;
        one.fields = fields;
        id
    }

    fn field_type(&mut self, schema: &Schema) -> FieldType {
        if schema.is_int_or_string {
            return FieldType::Scalar(Scalar::IntOrString);
        }
        match schema.kind {
            Some(Kind::Array) => {
                let item = schema.items.as_deref().map(|items| self.field_type(items));
                FieldType::List(Box::new(item.unwrap_or(FieldType::Scalar(Scalar::Any))))
            }
            Some(Kind::Boolean) => FieldType::Scalar(Scalar::Bool),
            Some(Kind::Integer) => FieldType::Scalar(Scalar::Int64),
            Some(Kind::Number) => FieldType::Scalar(Scalar::Double),
            Some(Kind::String) => FieldType::Scalar(Scalar::String),
            None if schema.properties.is_empty() => FieldType::Scalar(Scalar::Any),
            Some(Kind::Object) | None => self.object(schema),
        }
    }

    fn object(&mut self, schema: &Schema) -> FieldType {
        match &schema.additional {
            Some(Additional::Of(others)) if schema.properties.is_empty() => {
                FieldType::Map(Box::new(self.field_type(others)))
            }
            Some(Additional::Any) if schema.properties.is_empty() => {
                FieldType::Map(Box::new(FieldType::Scalar(Scalar::Any)))
            }
            Some(_) | None => FieldType::Struct(self.structure(schema, IsObject::No)),
        }
    }

    /// A built-in type and those that it refers to.
    fn copy(&mut self, id: TypeId) -> TypeId {
        if let Some(known) = self.copied.get(&id.0) {
            return *known;
        }
        let here = self.push(false);
        self.copied.insert(id.0, here);
        let mut copy = builtin().type_of(id).clone();
        for field in &mut copy.fields {
            self.copy_kind(&mut field.kind);
        }
        self.types[here.0] = copy;
        here
    }

    fn copy_kind(&mut self, kind: &mut FieldType) {
        match kind {
            FieldType::Scalar(_) => {}
            FieldType::Struct(id) => *id = self.copy(*id),
            FieldType::List(inner) | FieldType::Map(inner) => self.copy_kind(inner),
        }
    }

    fn push(&mut self, atomic: bool) -> TypeId {
        self.types.push(Type {
            name: format!("custom.{}", self.types.len()),
            proto: String::new(),
            kind: None,
            has_type_meta: false,
            atomic,
            one_of: false,
            open: false,
            written: None,
            fields: Vec::new(),
        });
        TypeId(self.types.len() - 1)
    }
}

/// Nothing of a custom resource is there unless its JSON has it: every field is like a pointer.
fn field(name: &str, kind: FieldType, schema: &Schema) -> Field {
    Field {
        default: schema.default.clone(),
        list_type: schema.list_type.or(Some(ListType::Atomic)),
        list_keys: schema.list_keys.clone(),
        map_atomic: schema.is_atomic_map,
        ..Field::optional(name, kind)
    }
}
