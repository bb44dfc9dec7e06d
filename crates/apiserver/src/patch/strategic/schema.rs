//! What the schema says about merging a field.

use api::catalog::{Catalog, FieldType, PatchStrategy, TypeId};

/// What the members of a map are. Below fields that the schema does not know, nothing is known:
/// maps merge and lists replace.
#[derive(Clone, Copy, Default)]
pub(super) struct Schema<'a> {
    known: Option<(&'a Catalog, Members<'a>)>,
}

#[derive(Clone, Copy)]
enum Members<'a> {
    Fields(TypeId),
    /// Every key has the same type.
    Alike(&'a FieldType),
}

/// How a field merges.
#[derive(Default)]
pub(super) struct Rules<'a> {
    pub(super) strategy: PatchStrategy,
    pub(super) merge_key: Option<&'a str>,
    /// Of the members of the map, or of the list's elements.
    pub(super) schema: Schema<'a>,
    /// What a list holds, in the reference's words.
    pub(super) element: &'a str,
}

impl<'a> Schema<'a> {
    pub(super) fn of(catalog: &'a Catalog, type_id: TypeId) -> Self {
        Self { known: Some((catalog, Members::Fields(type_id))) }
    }

    /// How a member merges; `None` if there is no such field.
    pub(super) fn field(self, name: &str) -> Option<Rules<'a>> {
        let (catalog, members) = self.known?;
        match members {
            Members::Fields(type_id) => {
                let field = catalog.field(type_id, name)?;
                let element = element_name(catalog, &field.kind);
                Some(Rules {
                    strategy: field.patch,
                    merge_key: field.patch_key.as_deref(),
                    schema: inside(catalog, &field.kind),
                    element,
                })
            }
            Members::Alike(kind) => {
                Some(Rules { schema: inside(catalog, kind), ..Rules::default() })
            }
        }
    }

    /// The name of the struct, without its package.
    pub(super) fn name(self) -> &'a str {
        match self.known {
            Some((catalog, Members::Fields(type_id))) => short(&catalog.type_of(type_id).name),
            Some((_, Members::Alike(_))) | None => "map",
        }
    }
}

fn inside<'a>(catalog: &'a Catalog, kind: &'a FieldType) -> Schema<'a> {
    match kind {
        FieldType::Scalar(_) => Schema::default(),
        FieldType::Struct(type_id) => Schema::of(catalog, *type_id),
        FieldType::List(element) => inside(catalog, element),
        FieldType::Map(values) => Schema { known: Some((catalog, Members::Alike(values))) },
    }
}

fn element_name<'a>(catalog: &'a Catalog, kind: &FieldType) -> &'a str {
    match kind {
        FieldType::Struct(type_id) => short(&catalog.type_of(*type_id).name),
        FieldType::List(element) => element_name(catalog, element),
        FieldType::Scalar(_) | FieldType::Map(_) => "",
    }
}

/// `core/v1.PodSpec` → `PodSpec`.
fn short(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, short)| short)
}
