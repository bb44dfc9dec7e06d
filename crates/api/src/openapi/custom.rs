//! Custom kinds in documents: their schemas are published as their definitions write them.

use std::sync::Arc;

use meta::resource::Resource;
use serde_json::{Map, Value, json};

use super::schemas::{Dialect, Schemas};
use crate::{
    catalog::{Catalog, Field, FieldType, KindName, ResourceFacts, Type, TypeId, builtin},
    json,
};

/// Built-in kinds, where they are wanted, and custom ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    BuiltIn,
    Themselves,
}

/// A catalog to make documents from, in which custom kinds have types by name.
pub fn published(custom: &[Arc<ResourceFacts>], among: Among) -> Catalog {
    let mut types = builtin().types().to_vec();
    let mut serving: Vec<ResourceFacts> = match among {
        Among::BuiltIn => builtin().resources().iter().map(|facts| (**facts).clone()).collect(),
        Among::Themselves => Vec::new(),
    };
    for facts in custom {
        let Some(custom) = &facts.custom else { continue };
        let own = named(&facts.resource, &facts.resource.kind);
        let type_id = TypeId(types.len());
        types.push(Type { written: Some(Box::new(custom.version.written.clone())), ..own });
        types.push(list(facts, type_id));
        let mut served = (**facts).clone();
        served.type_id = type_id;
        for subresource in &mut served.subresources {
            if subresource.name == "status" {
                subresource.type_id = type_id;
            }
        }
        serving.push(served);
    }
    Catalog::new(types).serving(serving)
}

fn list(facts: &ResourceFacts, items: TypeId) -> Type {
    let metadata = builtin().type_named("meta/v1.ListMeta").unwrap_or_default();
    let items = FieldType::List(Box::new(FieldType::Struct(items)));
    let mut fields = vec![
        Field::optional("metadata", FieldType::Struct(metadata)),
        Field::optional("items", items),
    ];
    fields[1].required = true;
    Type { fields, ..named(&facts.resource, &facts.list_kind) }
}

/// `io.fc.v1.Foo` of the group `fc.io`.
fn named(resource: &Resource, kind: &str) -> Type {
    let group: Vec<&str> = resource.group.split('.').rev().collect();
    Type {
        name: format!("{}.{}.{kind}", group.join("."), resource.version),
        proto: String::new(),
        kind: Some(KindName {
            group: resource.group.to_string(),
            version: resource.version.to_string(),
            kind: kind.to_owned(),
        }),
        has_type_meta: true,
        atomic: false,
        one_of: false,
        open: false,
        written: None,
        fields: Vec::new(),
    }
}

impl Schemas<'_> {
    /// The schema of a definition, with what every object has.
    pub(super) fn custom(&mut self, written: &Value) -> Value {
        let mut schema = match self.dialect() {
            Dialect::V2 => plain(written),
            Dialect::V3 => written.clone(),
        };
        if !schema.is_object() {
            schema = json!({});
        }
        schema["type"] = "object".into();
        let metadata = builtin().type_named("meta/v1.ObjectMeta").unwrap_or_default();
        let metadata = self.refer(metadata);
        let properties = json::object_mut(&mut schema, "properties");
        properties["apiVersion"] = json!({"type": "string"});
        properties["kind"] = json!({"type": "string"});
        properties["metadata"] = metadata;
        schema
    }
}

/// What version 2 can say of a schema; what it cannot say is left open.
fn plain(written: &Value) -> Value {
    let Value::Object(members) = written else { return written.clone() };
    let is_true = |name: &str| json::is_true(written, name);
    let is_open = is_true("x-kubernetes-preserve-unknown-fields");
    let has_no_type = is_open || is_true("nullable") || is_true("x-kubernetes-int-or-string");
    let mut plain = Map::new();
    for (name, value) in members {
        let value = match name.as_str() {
            "oneOf" | "anyOf" | "allOf" | "not" | "nullable" | "default" => continue,
            "type" if has_no_type => continue,
            "properties" | "items" | "additionalProperties" if is_open => continue,
            "properties" => each(value),
            "items" | "additionalProperties" => self::plain(value),
            _ => value.clone(),
        };
        plain.insert(name.clone(), value);
    }
    Value::Object(plain)
}

fn each(properties: &Value) -> Value {
    let members = properties.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.clone(), plain(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{custom, openapi::v3};

    #[test]
    fn a_definition_is_published_under_its_group_backwards() {
        let definition = json!({"spec": {
            "group": "fc.io", "scope": "Namespaced",
            "names": {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {
                "openAPIV3Schema": {"type": "object", "description": "A foo.", "properties": {
                    "spec": {"type": "object", "properties": {
                        "size": {"x-kubernetes-int-or-string": true, "anyOf": [{}]},
                        "color": {"type": "string", "nullable": true},
                    }}}}}}],
        }});
        let catalog = published(&custom::facts(&definition), Among::Themselves);
        let document = v3(&catalog, "apis/fc.io/v1").expect("published");
        let schemas = &document["components"]["schemas"];
        let foo = &schemas["io.fc.v1.Foo"];
        assert_eq!(foo["description"], "A foo.");
        assert_eq!(
            foo["x-kubernetes-group-version-kind"],
            json!([{"group": "fc.io", "kind": "Foo", "version": "v1"}])
        );
        assert!(schemas["io.fc.v1.FooList"]["properties"]["items"].is_object());
        let item = "/apis/fc.io/v1/namespaces/{namespace}/foos/{name}";
        let patch = &document["paths"][item]["patch"];
        assert_eq!(patch["x-kubernetes-action"], "patch");
        // kubectl would send a strategic patch if it read of one.
        let kinds = patch["requestBody"]["content"].as_object().expect("an object").keys();
        assert!(!kinds.into_iter().any(|kind| kind.contains("strategic")));
        let parameters = patch["parameters"].as_array().expect("a list");
        assert!(parameters.iter().any(|one| one["name"] == "fieldValidation"));

        let written = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        assert_eq!(
            plain(written)["properties"]["spec"]["properties"],
            json!({"color": {}, "size": {"x-kubernetes-int-or-string": true}})
        );
    }
}
