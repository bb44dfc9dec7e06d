//! Every kind as data: what is served, of which type, under which rules.

mod index;
mod parse;
mod resource;
mod types;

pub use resource::{DeleteDefault, ResourceFacts, SubresourceFacts, UpdateRule};
pub use types::{Field, FieldType, KindName, ListType, Omit, PatchStrategy, Scalar, Type, TypeId};

use std::sync::{Arc, LazyLock};

use index::{Names, Slot};

/// All resources and types of the release.
#[derive(Debug, Default)]
pub struct Catalog {
    resources: Vec<Arc<ResourceFacts>>,
    types: Vec<Type>,
    resources_by_plural: Names<usize>,
    resources_by_kind: Names<usize>,
    types_by_name: Names<TypeId>,
    types_by_kind: Names<TypeId>,
    /// Per type, its JSON fields by name, those of inlined types among them.
    slots: Vec<Box<[Slot]>>,
    /// Per type, the positions of its protobuf fields by ascending number.
    wire_order: Vec<Box<[usize]>>,
}

/// The built-in kinds, parsed from the tables when first asked for.
pub fn builtin() -> &'static Catalog {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
        parse::parse(include_str!("../../data/resources.txt"), include_str!("../../data/types.txt"))
            .expect("the committed tables parse: a test of this module reads them")
    });
    &CATALOG
}

impl Catalog {
    /// Served resources in discovery order.
    pub fn resources(&self) -> &[Arc<ResourceFacts>] {
        &self.resources
    }
    /// All types, ordered by name.
    pub fn types(&self) -> &[Type] {
        &self.types
    }
    /// A catalog of these types that serves nothing; fields refer to positions in the list.
    pub fn new(types: Vec<Type>) -> Self {
        Self::of_types(types)
    }
    /// A served resource by its URL.
    pub fn resource(
        &self,
        group: &str,
        version: &str,
        plural: &str,
    ) -> Option<&Arc<ResourceFacts>> {
        self.find_resource(&self.resources_by_plural, plural, group, version)
    }
    /// A served resource by the kind of its objects.
    pub fn resource_of_kind(
        &self,
        group: &str,
        version: &str,
        kind: &str,
    ) -> Option<&Arc<ResourceFacts>> {
        self.find_resource(&self.resources_by_kind, kind, group, version)
    }
    /// The type behind an id.
    pub fn type_of(&self, id: TypeId) -> &Type {
        &self.types[id.0]
    }
    /// The type of a name such as `core/v1.PodSpec`.
    pub fn type_named(&self, name: &str) -> Option<TypeId> {
        self.types_by_name.get(name).next()
    }
    /// The type of a kind, lists and options among them. Kinds that every group has, such as
    /// `DeleteOptions`, are found under each.
    pub fn type_of_kind(&self, group: &str, version: &str, kind: &str) -> Option<TypeId> {
        self.types_by_kind.get(kind).find(|id| {
            let named = self.type_of(*id).kind.as_ref();
            named.is_some_and(|named| named.is_of(group, version))
        })
    }
    /// A field by its JSON name, whether the type's own or of a type that it inlines.
    pub fn field(&self, id: TypeId, name: &str) -> Option<&Field> {
        let slots = self.slots.get(id.0)?;
        let found = slots.binary_search_by(|slot| self.slot_field(slot).name.as_str().cmp(name));
        found.ok().and_then(|position| slots.get(position)).map(|slot| self.slot_field(slot))
    }
    /// All JSON fields of a type in the order of their names, those of inlined types among them.
    pub fn json_fields(&self, id: TypeId) -> impl ExactSizeIterator<Item = &Field> {
        self.slots[id.0].iter().map(|slot| self.slot_field(slot))
    }
    /// The type's own protobuf fields, by ascending number.
    pub fn wire_fields(
        &self,
        id: TypeId,
    ) -> impl DoubleEndedIterator<Item = &Field> + ExactSizeIterator {
        self.wire_order[id.0].iter().map(move |position| &self.types[id.0].fields[*position])
    }
    /// A field by its protobuf number.
    pub fn wire_field(&self, id: TypeId, number: u32) -> Option<&Field> {
        let fields = &self.types[id.0].fields;
        let order = &self.wire_order[id.0];
        let found = order.binary_search_by_key(&number, |position| fields[*position].number);
        found.ok().map(|place| &fields[order[place]])
    }

    fn find_resource(
        &self,
        names: &Names<usize>,
        name: &str,
        group: &str,
        version: &str,
    ) -> Option<&Arc<ResourceFacts>> {
        names
            .get(name)
            .map(|position| &self.resources[position])
            .find(|facts| facts.resource.version == version && facts.resource.group == group)
    }
    fn slot_field(&self, slot: &Slot) -> &Field {
        &self.types[slot.type_id.0].fields[slot.position]
    }
}

#[cfg(test)]
mod tests;
