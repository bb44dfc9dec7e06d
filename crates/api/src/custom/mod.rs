//! Custom resources: what a definition says of a kind, as the same facts that built-in kinds have.
//!
//! A definition becomes one set of [`ResourceFacts`] per version. The functions that know built-in
//! kinds by their types ask [`CustomVersion`] instead, which reads the schema of the definition.

mod columns;
mod defaults;
mod facts;
mod json_path;
pub mod naming;
mod prune;
pub mod rules;
mod scale;
pub mod schema;
mod types;
mod validate;

use std::{collections::BTreeMap, mem::take, sync::Arc};

use serde_json::Value;

pub use columns::CustomColumn;
pub use facts::VersionRank;
pub use json_path::JsonPath;
use rules::Rules;
pub use scale::ScalePaths;
use schema::Schema;

use crate::{
    catalog::{Catalog, ResourceFacts, TypeId, builtin},
    json,
    schema::{DecodeError, Decoded},
    validation::{ErrorKind, Errors, FieldError, Path, Shown},
};

/// What a definition says of one version of its kind, and of the others.
#[derive(Debug)]
pub struct Custom {
    pub version: Arc<CustomVersion>,
    /// All of them, that one among them.
    pub versions: Vec<Arc<CustomVersion>>,
    /// The facts of the version that is stored; `None` if it is this one.
    pub stored: Option<Arc<ResourceFacts>>,
    /// The definition is being deleted: nothing new comes to it.
    pub is_terminating: bool,
    /// The whole definition's selectable fields, by label: what is kept of each object.
    selectable: BTreeMap<String, JsonPath>,
}

/// One version of a custom kind.
#[derive(Debug)]
pub struct CustomVersion {
    /// `v1`.
    pub name: String,
    pub is_served: bool,
    /// What its users are told; `None` if it is not deprecated.
    pub deprecation: Option<String>,
    pub schema: Schema,
    /// The schema as it is written, for documents.
    pub written: Value,
    /// The types of the schema, and those of metadata.
    pub catalog: Catalog,
    /// The type of whole objects.
    pub type_id: TypeId,
    pub columns: Vec<CustomColumn>,
    pub scale: Option<ScalePaths>,
    rules: Rules,
}

/// Told beside what is wrong when that keeps rules from being looked at.
const RULES_UNCHECKED: &str = "some validation rules were not checked because the object was \
    invalid; correct the existing errors to complete validation";

impl Custom {
    /// A version by its name, served or not.
    pub fn version_named(&self, name: &str) -> Option<&CustomVersion> {
        self.versions.iter().find(|version| version.name == name).map(|version| &**version)
    }

    /// The values of the fields that objects are selected by.
    pub fn selected_values(&self, object: &Value) -> BTreeMap<String, String> {
        let value = |path: &JsonPath| {
            let found = path.find(object).into_iter().next().filter(|value| !value.is_null());
            found.map(|value| json::scalar_text(value).into_owned()).unwrap_or_default()
        };
        self.selectable.iter().map(|(label, path)| (label.clone(), value(path))).collect()
    }
}

impl CustomVersion {
    fn new(version: &Value) -> Self {
        let written = version["schema"]["openAPIV3Schema"].clone();
        let schema = Schema::parse(&written);
        let (catalog, type_id) = types::types(&schema);
        Self {
            name: json::text(version, "name").to_owned(),
            is_served: json::is_true(version, "served"),
            deprecation: facts::deprecation(version),
            rules: Rules::compile(&written),
            schema,
            written,
            catalog,
            type_id,
            columns: CustomColumn::of_version(version),
            scale: ScalePaths::of_version(version),
        }
    }

    /// Reads a sent object: what the schema does not know goes, and metadata is like that of any object.
    ///
    /// # Errors
    /// Metadata that is none.
    pub fn decode(&self, mut value: Value) -> Result<Decoded, DecodeError> {
        let mut unknown = prune::prune(&self.schema, &mut value);
        decode_metadata(&mut value, &mut unknown)?;
        unknown.sort();
        Ok(Decoded { value, unknown })
    }

    /// Fills in the defaults of the schema; a second time changes nothing.
    pub fn apply_defaults(&self, object: &mut Value) {
        defaults::fill(&self.schema, object);
    }

    /// Makes a stored object, of whatever version and age, one of this version.
    pub fn refresh(&self, api_version: &str, object: &mut Value) {
        object["apiVersion"] = api_version.into();
        prune::prune(&self.schema, object);
        self.apply_defaults(object);
    }

    /// What is wrong with an object; `old` is what it replaces.
    pub fn validate(&self, object: &Value, old: Option<&Value>) -> Errors {
        let schema = &self.schema;
        let mut errors = validate::validate(schema, object, old);
        if let Some(scale) = &self.scale {
            scale.validate(object, &mut errors);
        }
        errors.extend(validate::embedded(schema, object));
        // Copies that are stored already may stay.
        if old.is_none_or(|old| validate::duplicates(schema, old).is_empty()) {
            errors.extend(validate::duplicates(schema, object));
        }
        if self.rules.is_empty() {
            return errors;
        }
        if errors.iter().any(keeps_rules_unchecked) {
            let (path, kind) = ("<nil>".to_owned(), ErrorKind::Invalid);
            let (value, detail) = (Shown::Json(Value::Null), RULES_UNCHECKED.to_owned());
            errors.push(FieldError { path, kind, value, detail });
        } else {
            errors.extend(self.rules.check(object, old).errors);
        }
        errors
    }

    /// What would be wrong with a change if it had made it so.
    pub fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        self.rules.check(object, Some(old)).warnings
    }
}

impl Schema {
    /// Takes what the schema does not know out of a value.
    pub(crate) fn prune(&self, value: &mut Value) {
        prune::prune(self, value);
    }
    /// What is wrong with a value.
    pub(crate) fn problems(&self, value: &Value) -> Errors {
        validate::validate(self, value, None)
    }
}

/// Rules read fields by type: they are not asked about a value of another one, nor about much of it.
fn keeps_rules_unchecked(error: &FieldError) -> bool {
    match error.kind {
        ErrorKind::Required | ErrorKind::TooLong | ErrorKind::TooMany | ErrorKind::TypeInvalid => {
            true
        }
        ErrorKind::Invalid
        | ErrorKind::NotSupported
        | ErrorKind::Duplicate
        | ErrorKind::Forbidden
        | ErrorKind::NotFound => false,
    }
}

fn decode_metadata(object: &mut Value, unknown: &mut Vec<String>) -> Result<(), DecodeError> {
    let Some(type_id) = builtin().type_named("meta/v1.ObjectMeta") else { return Ok(()) };
    let metadata = object.get_mut("metadata").map(take).unwrap_or_default();
    let decoded = crate::schema::decode(builtin(), type_id, metadata)?;
    unknown.extend(decoded.unknown.iter().map(|path| format!("metadata.{path}")));
    object["metadata"] = decoded.value;
    Ok(())
}

/// The versions of a definition that are served or stored, as facts; the first is the stored one. Names
/// are those that were accepted.
pub fn facts(definition: &Value) -> Vec<Arc<ResourceFacts>> {
    facts::of_definition(definition)
}

impl ResourceFacts {
    /// What users of a version of a custom resource are told that has had its time.
    pub fn deprecation_of_version(&self) -> Option<String> {
        let custom = self.custom.as_ref()?;
        let own = custom.version.deprecation.as_ref()?;
        if !own.is_empty() {
            return Some(own.clone());
        }
        let (group, kind) = (&self.resource.group, &self.resource.kind);
        let rank = VersionRank::of(&custom.version.name);
        let better = custom.versions.iter().filter(|version| {
            version.is_served
                && version.deprecation.is_none()
                && VersionRank::of(&version.name) < rank
        });
        let better = better.min_by_key(|version| VersionRank::of(&version.name));
        let text = format!("{} {kind} is deprecated", self.resource.api_version());
        Some(match better {
            Some(version) => format!("{text}; use {group}/{} {kind}", version.name),
            None => text,
        })
    }
}

/// The kind of a body has to be that of its path.
pub fn validate_kind(facts: &ResourceFacts, object: &Value) -> Errors {
    let mut errors = Errors::new();
    let wanted =
        [("kind", facts.resource.kind.to_string()), ("apiVersion", facts.resource.api_version())];
    for (field, wanted) in wanted {
        let found = json::text(object, field);
        if found != wanted {
            errors.push(FieldError::invalid(&Path::new(field), found, format!("must be {wanted}")));
        }
    }
    errors
}

#[cfg(test)]
mod tests;
