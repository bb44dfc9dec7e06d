//! How ownership sees a field: as one value, or as parts that different managers may own.

use api::catalog::{Catalog, Field, FieldType, ListType, Omit, Scalar, TypeId};

/// What the parts of a value are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape<'a> {
    /// Owned as a whole: scalars, and atomic lists, maps and structs.
    Atomic,
    /// A struct with these fields.
    Struct(TypeId),
    /// A map from strings to this.
    Map(&'a FieldType),
    /// A list whose items are told apart by keys.
    Items { item: &'a FieldType, keys: &'a [String] },
    /// A list of different scalars.
    Set,
    /// Any JSON: maps by key, all else as a whole.
    Deduced,
}

pub(super) fn of_field<'c>(catalog: &Catalog, field: Option<&'c Field>) -> Shape<'c> {
    let Some(field) = field else { return Shape::Deduced };
    match &field.kind {
        FieldType::List(item) => of_list(field, item),
        FieldType::Map(_) | FieldType::Struct(_) if field.map_atomic => Shape::Atomic,
        FieldType::Struct(type_id) if field.map_granular => Shape::Struct(*type_id),
        FieldType::Scalar(_) | FieldType::Map(_) | FieldType::Struct(_) => {
            of_type(catalog, &field.kind)
        }
    }
}

fn of_list<'a>(field: &'a Field, item: &'a FieldType) -> Shape<'a> {
    match field.list_type {
        Some(ListType::Atomic) => Shape::Atomic,
        Some(ListType::Set) => Shape::Set,
        Some(ListType::Map) => Shape::Items { item, keys: &field.list_keys },
        None if !field.patch.merge => Shape::Atomic,
        None => match &field.patch_key {
            Some(key) => Shape::Items { item, keys: std::slice::from_ref(key) },
            None => Shape::Set,
        },
    }
}

/// Of a map's values or a list's items.
pub(super) fn of_type<'a>(catalog: &Catalog, kind: &'a FieldType) -> Shape<'a> {
    match kind {
        FieldType::Scalar(Scalar::Any | Scalar::Json | Scalar::Raw) => Shape::Deduced,
        FieldType::Scalar(_) | FieldType::List(_) => Shape::Atomic,
        FieldType::Struct(type_id) if catalog.type_of(*type_id).one_of => Shape::Deduced,
        FieldType::Struct(type_id) if catalog.type_of(*type_id).atomic => Shape::Atomic,
        FieldType::Struct(type_id) => Shape::Struct(*type_id),
        FieldType::Map(values) => Shape::Map(values),
    }
}

/// A member of a value with keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'c> {
    pub(super) shape: Shape<'c>,
    /// A field of a struct, and not a key that somebody thought of.
    pub(super) is_declared: bool,
}

/// What the schema says of a member; `None` if there can be none of this name.
pub(super) fn member<'c>(catalog: &'c Catalog, shape: Shape<'c>, name: &str) -> Option<Member<'c>> {
    match shape {
        Shape::Struct(type_id) => match catalog.field(type_id, name) {
            Some(field) => {
                Some(Member { shape: of_field(catalog, Some(field)), is_declared: true })
            }
            None if is_type_meta(catalog, type_id, name) => {
                Some(Member { shape: Shape::Atomic, is_declared: true })
            }
            None if catalog.type_of(type_id).open => {
                Some(Member { shape: Shape::Deduced, is_declared: false })
            }
            None => None,
        },
        Shape::Map(values) => Some(Member { shape: of_type(catalog, values), is_declared: false }),
        Shape::Deduced => Some(Member { shape: Shape::Deduced, is_declared: false }),
        Shape::Atomic | Shape::Items { .. } | Shape::Set => None,
    }
}

/// What the schema says of the items of a list whose parts are told apart.
pub(super) fn item<'c>(catalog: &Catalog, shape: Shape<'c>) -> Shape<'c> {
    match shape {
        Shape::Items { item, .. } => of_type(catalog, item),
        Shape::Set | Shape::Atomic | Shape::Struct(_) | Shape::Map(_) | Shape::Deduced => {
            Shape::Atomic
        }
    }
}

/// Whether the name is one of the two that say what an object is.
pub(super) fn is_type_meta(catalog: &Catalog, type_id: TypeId, name: &str) -> bool {
    matches!(name, "apiVersion" | "kind") && catalog.type_of(type_id).has_type_meta
}

/// Whether a struct that lacks the field in JSON has it all the same, at its zero value: the
/// reference compares its structs, where such fields cannot be absent.
pub(super) fn is_implied(field: &Field) -> bool {
    let is_struct = matches!(
        field.kind,
        FieldType::Struct(_) | FieldType::Scalar(Scalar::Time | Scalar::MicroTime)
    );
    match field.omit {
        Omit::Never => true,
        Omit::Empty => is_struct && !field.pointer,
        Omit::Zero | Omit::EmptyOrZero => false,
    }
}
