//! Custom resources: what a definition says of a kind, as the same facts that built-in kinds have.

pub mod rules;

use std::sync::Arc;

use crate::catalog::{Catalog, TypeId};

/// What a definition says of one version of its kind, and of the others.
#[derive(Debug, Clone)]
pub struct Custom {
    pub version: Arc<CustomVersion>,
    /// All of them, that one among them.
    pub versions: Vec<Arc<CustomVersion>>,
}

/// One version of a custom kind.
#[derive(Debug)]
pub struct CustomVersion {
    /// `v1`.
    pub name: String,
    /// The types of the schema, and those of metadata.
    pub catalog: Catalog,
    /// The type of whole objects.
    pub type_id: TypeId,
}

impl Custom {
    /// A version by its name, served or not.
    pub fn version_named(&self, name: &str) -> Option<&CustomVersion> {
        self.versions.iter().find(|version| version.name == name).map(|version| &**version)
    }
}
