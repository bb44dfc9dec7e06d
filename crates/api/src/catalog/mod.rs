//! Every kind as data: what is served, of which type, under which rules.

mod resource;
mod types;

pub use resource::{DeleteDefault, ResourceFacts, SubresourceFacts, UpdateRule};
pub use types::{Field, FieldType, ListType, Omit, PatchStrategy, Scalar, Type, TypeId};

use std::sync::LazyLock;

/// All resources and types of the release.
#[derive(Debug, Default)]
pub struct Catalog {
    resources: Vec<ResourceFacts>,
    types: Vec<Type>,
}

/// The built-in kinds, parsed from the tables when first asked for.
pub fn builtin() -> &'static Catalog {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::default);
    &CATALOG
}

impl Catalog {
    /// Served resources in discovery order.
    pub fn resources(&self) -> &[ResourceFacts] {
        &self.resources
    }
    /// A served resource by its URL.
    pub fn resource(&self, group: &str, version: &str, plural: &str) -> Option<&ResourceFacts> {
        self.resources.iter().find(|facts| {
            let resource = &facts.resource;
            resource.plural == plural && resource.version == version && resource.group == group
        })
    }
    /// A served resource by the kind of its objects.
    pub fn resource_of_kind(
        &self,
        group: &str,
        version: &str,
        kind: &str,
    ) -> Option<&ResourceFacts> {
        self.resources.iter().find(|facts| {
            let resource = &facts.resource;
            resource.kind == kind && resource.version == version && resource.group == group
        })
    }
    /// The type behind an id.
    pub fn type_of(&self, id: TypeId) -> &Type {
        &self.types[id.0]
    }
}
