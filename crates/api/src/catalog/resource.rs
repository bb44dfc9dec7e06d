//! One served resource: its names, verbs and rules.

use std::sync::Arc;

use meta::resource::Resource;

use super::{Catalog, TypeId, builtin};
use crate::custom::Custom;

/// Facts of one served resource, from the tables `kinds`, `update-semantics`, `reset-fields` and
/// `selectable-fields`.
#[derive(Debug, Clone)]
pub struct ResourceFacts {
    pub resource: Resource,
    pub singular: String,
    /// As in discovery; a verb not listed is answered with 405.
    pub verbs: Vec<String>,
    pub short_names: Vec<String>,
    pub categories: Vec<String>,
    pub list_kind: String,
    /// Type of its objects.
    pub type_id: TypeId,
    /// `group/version` in which objects are stored; another one is converted.
    pub storage_version: String,
    /// Up to the namespace or name, `/registry/pods/`; empty for virtual resources.
    pub storage_prefix: String,
    pub create_on_update: bool,
    pub unconditional_update: bool,
    pub delete_default: DeleteDefault,
    /// Deletion waits for `deletionGracePeriodSeconds`.
    pub graceful_delete: bool,
    /// A delete answers with the object.
    pub returns_deleted: bool,
    /// Objects expire (Events).
    pub expires: bool,
    /// Of the group in discovery.
    pub group_priority: u32,
    /// Of the version within its group.
    pub version_priority: u32,
    pub group_order: u32,
    pub version_order: u32,
    /// `metadata.generation` of a new object; kinds with 0 have none.
    pub generation_on_create: i64,
    /// What an update of the object itself does.
    pub update: UpdateRule,
    /// Field labels usable in selectors, `label` or `label->path`.
    pub field_selectors: Vec<String>,
    /// Field labels accepted that match nothing.
    pub field_selectors_never_matching: Vec<String>,
    /// What names are allowed, in words.
    pub name_rule: String,
    pub subresources: Vec<SubresourceFacts>,
    /// What a definition says of a custom resource; `None` for what is built in.
    pub custom: Option<Arc<Custom>>,
}

/// A subresource such as `status`.
#[derive(Debug, Clone)]
pub struct SubresourceFacts {
    /// Without the parent: `status`.
    pub name: String,
    pub kind: String,
    /// `group/version` of its kind where that differs from the parent's (`autoscaling/v1` of `scale`).
    pub api_version: Option<String>,
    /// Type of the objects that travel through it.
    pub type_id: TypeId,
    pub verbs: Vec<String>,
    /// HTTP methods of proxy-like subresources.
    pub connect_methods: Vec<String>,
    pub update: UpdateRule,
}

/// Which top-level parts an update takes from the request.
#[derive(Debug, Clone, Default)]
pub struct UpdateRule {
    pub taken: Vec<String>,
    /// Set back to what is stored.
    pub reverted: Vec<String>,
    /// Recomputed by code.
    pub rewritten: Vec<String>,
    /// A change in one of these raises the generation.
    pub bumps_generation: Vec<String>,
    /// Field paths never owned through this endpoint, such as `.status`.
    pub reset_fields: Vec<String>,
}

/// What becomes of dependents when the client does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeleteDefault {
    #[default]
    Background,
    Orphan,
    /// Dependents are not looked at (Event).
    Unsupported,
}

impl ResourceFacts {
    /// Where the type of its objects is described.
    pub fn catalog(&self) -> &Catalog {
        self.custom.as_ref().map_or_else(|| builtin(), |custom| &custom.version.catalog)
    }
    pub fn subresource(&self, name: &str) -> Option<&SubresourceFacts> {
        self.subresources.iter().find(|subresource| subresource.name == name)
    }
    pub fn has_verb(&self, verb: &str) -> bool {
        self.verbs.iter().any(|known| known == verb)
    }
}
