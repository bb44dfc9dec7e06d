//! Look-ups of the catalog: names to positions, and the flat field table of each type.

use std::sync::Arc;

use meta::collections::HashMap;

use super::{Catalog, FieldType, ResourceFacts, Type, TypeId};

/// Positions by name; a name may stand for several.
#[derive(Debug)]
pub(super) struct Names<T>(HashMap<String, Vec<T>>);

/// Where a JSON field is declared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) type_id: TypeId,
    pub(super) position: usize,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T: Copy> Names<T> {
    pub(super) fn get(&self, name: &str) -> impl Iterator<Item = T> {
        self.0.get(name).into_iter().flatten().copied()
    }
}

impl<T> FromIterator<(String, T)> for Names<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(pairs: I) -> Self {
        let mut names = Self::default();
        for (name, value) in pairs {
            names.0.entry(name).or_default().push(value);
        }
        names
    }
}

impl Catalog {
    /// A catalog of types that nothing serves yet.
    pub(super) fn of_types(types: Vec<Type>) -> Self {
        let numbered = || types.iter().enumerate();
        Self {
            types_by_name: numbered()
                .map(|(position, one)| (one.name.clone(), TypeId(position)))
                .collect(),
            types_by_kind: numbered()
                .filter_map(|(position, one)| {
                    Some((one.kind.as_ref()?.kind.clone(), TypeId(position)))
                })
                .collect(),
            slots: (0..types.len()).map(|position| slots(&types, TypeId(position))).collect(),
            wire_order: types.iter().map(wire_order).collect(),
            types,
            ..Self::default()
        }
    }

    /// The same catalog, serving these resources in this order.
    pub(crate) fn serving(self, resources: Vec<ResourceFacts>) -> Self {
        let numbered = || resources.iter().enumerate();
        Self {
            resources_by_plural: numbered()
                .map(|(position, facts)| (facts.resource.plural.to_string(), position))
                .collect(),
            resources_by_kind: numbered()
                .map(|(position, facts)| (facts.resource.kind.to_string(), position))
                .collect(),
            resources: resources.into_iter().map(Arc::new).collect(),
            ..self
        }
    }
}

fn slots(types: &[Type], id: TypeId) -> Box<[Slot]> {
    let mut slots = Vec::new();
    collect_slots(types, id, &mut slots);
    let name = |slot: &Slot| types[slot.type_id.0].fields[slot.position].name.as_str();
    slots.sort_by(|left, right| name(left).cmp(name(right)));
    slots.into_boxed_slice()
}

fn collect_slots(types: &[Type], id: TypeId, slots: &mut Vec<Slot>) {
    for (position, field) in types[id.0].fields.iter().enumerate() {
        match &field.kind {
            FieldType::Struct(inlined) if field.inline => collect_slots(types, *inlined, slots),
            FieldType::Scalar(_)
            | FieldType::Struct(_)
            | FieldType::List(_)
            | FieldType::Map(_) => slots.push(Slot { type_id: id, position }),
        }
    }
}

fn wire_order(one: &Type) -> Box<[usize]> {
    let numbered = one.fields.iter().enumerate().filter(|(_, field)| field.number > 0);
    let mut positions: Vec<usize> = numbered.map(|(position, _)| position).collect();
    positions.sort_by_key(|position| one.fields[*position].number);
    positions.into_boxed_slice()
}
