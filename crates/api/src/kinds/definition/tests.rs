//! Definitions, and what is wrong with them.

use meta::time::Time;

use super::*;
use crate::{defaults, kinds, resources::CUSTOM_RESOURCE_DEFINITIONS};

fn definition(schema: Value) -> Value {
    json!({
        "metadata": {"name": "foos.fc.io"},
        "spec": {
            "group": "fc.io", "scope": "Namespaced", "names": {"plural": "foos", "kind": "Foo"},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": schema}}],
        },
    })
}

fn plain() -> Value {
    definition(json!({"type": "object"}))
}

fn context<T>(act: impl FnOnce(&Context<'_>) -> T) -> T {
    let named = CUSTOM_RESOURCE_DEFINITIONS;
    let catalog = crate::catalog::builtin();
    let resource = catalog.resource(&named.group, &named.version, &named.plural).expect("served");
    act(&Context { resource, subresource: "", now: Time::from_seconds(0), dry_run: false })
}

fn problems(mut definition: Value) -> Vec<String> {
    context(|ctx| {
        defaults::apply(ctx.resource, &mut definition);
        kinds::prepare_create(ctx, &mut definition);
        let errors = kinds::validate_create(ctx, &definition);
        errors.iter().map(ToString::to_string).collect()
    })
}

fn changed(mut change: impl FnMut(&mut Value)) -> Vec<String> {
    let mut changed = plain();
    change(&mut changed);
    problems(changed)
}

fn of_schema(schema: Value) -> Vec<String> {
    let problems = problems(definition(schema));
    let short = |text: String| {
        text.strip_prefix("spec.validation.openAPIV3Schema").unwrap_or(&text).to_owned()
    };
    problems.into_iter().map(short).collect()
}

fn property(schema: Value) -> Value {
    json!({"type": "object", "properties": {"a": schema}})
}

#[test]
fn a_new_definition_has_no_names_yet_and_one_stored_version() {
    let mut new = plain();
    context(|ctx| {
        defaults::apply(ctx.resource, &mut new);
        kinds::prepare_create(ctx, &mut new);
        assert_eq!(kinds::validate_create(ctx, &new), []);
    });
    let expected = json!({
        "acceptedNames": {"plural": "", "kind": ""}, "conditions": null, "storedVersions": ["v1"],
    });
    assert_eq!(new["status"], expected);
    assert_eq!(new["spec"]["names"]["listKind"], "FooList");
}

#[test]
fn names_groups_and_versions_are_checked() {
    let name =
        r#"metadata.name: Invalid value: "foos.fc.io": must be spec.names.plural+"."+spec.group"#;
    assert_eq!(
        changed(|new| new["spec"]["group"] = "fc".into()),
        [name, r#"spec.group: Invalid value: "fc": should be a domain with at least one dot"#]
    );
    assert_eq!(
        changed(|new| new["spec"]["scope"] = "Galaxy".into()),
        [r#"spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced""#]
    );
    assert_eq!(
        changed(|new| new["spec"]["names"]["listKind"] = "Foo".into()),
        [r#"spec.names.listKind: Invalid value: "Foo": kind and listKind may not be the same"#]
    );
    assert_eq!(
        changed(|new| new["spec"]["versions"] = json!([])),
        [
            "spec.versions: Invalid value: []: must have exactly one version marked as storage version",
            "status.storedVersions: Invalid value: null: must have at least one stored version",
        ]
    );
    assert_eq!(
        changed(|new| new["spec"]["preserveUnknownFields"] = true.into()),
        [
            "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        ]
    );
    let schema = changed(|new| {
        json::remove(&mut new["spec"]["versions"][0], "schema");
    });
    assert_eq!(schema, ["spec.versions[0].schema.openAPIV3Schema: Required value"]);
    let protected = changed(|new| {
        new["spec"]["group"] = "a.k8s.io".into();
        new["metadata"]["name"] = "foos.a.k8s.io".into();
    });
    assert_eq!(
        protected,
        [
            r#"metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111"#
        ]
    );
}

#[test]
fn a_schema_is_structural() {
    let rows = [
        (
            json!({"type": "array", "items": {"type": "string"}}),
            vec![r#".type: Invalid value: "array": must be object at the root"#],
        ),
        (json!({}), vec![".type: Required value: must not be empty at the root"]),
        (
            property(json!({})),
            vec![
                ".properties[a].type: Required value: must not be empty for specified object fields",
            ],
        ),
        (
            property(json!({"type": "array"})),
            vec![".properties[a].items: Required value: must be specified"],
        ),
        (
            property(json!({"type": "text"})),
            vec![
                r#".properties[a].type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string""#,
            ],
        ),
        (
            property(json!({"type": "string", "pattern": "("})),
            vec![
                r#".properties[a].pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): `(`"#,
            ],
        ),
        (
            property(json!({"type": "string", "default": 1})),
            vec![
                r#".properties[a].default: Invalid value: "integer":  in body must be of type string: "integer""#,
            ],
        ),
        (
            property(json!({"type": "object", "uniqueItems": true})),
            vec![
                ".properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
            ],
        ),
        (
            property(json!({"type": "object", "properties": {"b": {"type": "string"}},
            "additionalProperties": {"type": "string"}})),
            vec![
                ".properties[a].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
            ],
        ),
    ];
    for (schema, expected) in rows {
        assert_eq!(of_schema(schema.clone()), expected, "{schema}");
    }
}

#[test]
fn alternatives_only_limit_what_is_said_outside_of_them() {
    let rows = [
        (
            json!({"type": "object", "properties": {"metadata": {"type": "object", "properties": {
            "labels": {"type": "object"}}}}}),
            vec![
                ".properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified",
            ],
        ),
        (
            property(json!({"type": "string", "anyOf": [{"type": "string"}]})),
            vec![".properties[a].anyOf[0].type: Forbidden: must be empty to be structural"],
        ),
        (
            json!({"type": "object", "oneOf": [{"properties": {"b": {"minimum": 1}}}]}),
            vec![
                ".properties[b]: Required value: because it is defined in spec.validation.openAPIV3Schema.oneOf[0].properties[b]",
            ],
        ),
        (
            property(json!({"x-kubernetes-int-or-string": true,
            "anyOf": [{"type": "integer"}, {"type": "string"}]})),
            vec![],
        ),
        (property(json!({"x-kubernetes-preserve-unknown-fields": true})), vec![]),
    ];
    for (schema, expected) in rows {
        assert_eq!(of_schema(schema.clone()), expected, "{schema}");
    }
}

#[test]
fn lists_say_how_they_merge() {
    let rows = [
        (
            json!({"type": "string", "x-kubernetes-list-type": "set"}),
            vec![
                r#".properties[a].type: Invalid value: "string": must be array if x-kubernetes-list-type is specified"#,
            ],
        ),
        (
            json!({"type": "array", "x-kubernetes-list-type": "map", "items": {"type": "object"}}),
            vec![
                ".properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map",
            ],
        ),
        (
            json!({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
            "items": {"type": "object", "properties": {"k": {"type": "string"}}}}),
            vec![
                ".properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
            ],
        ),
    ];
    for (schema, expected) in rows {
        assert_eq!(of_schema(property(schema.clone())), expected, "{schema}");
    }
}

#[test]
fn what_versions_have_beside_a_schema_is_checked() {
    let with =
        |field: &str, part: Value| changed(|new| new["spec"]["versions"][0][field] = part.clone());
    assert_eq!(
        with("additionalPrinterColumns", json!([{"name": "", "type": "text", "jsonPath": "spec"}])),
        [
            "spec.additionalPrinterColumns[0].name: Required value",
            r#"spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string"#,
            r#"spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec": must be a simple json path starting with ."#,
        ]
    );
    assert_eq!(
        with("subresources", json!({"scale": {"specReplicasPath": ".status.n"}})),
        [
            r#"spec.subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec"#,
            "spec.subresources.scale.statusReplicasPath: Required value",
        ]
    );
    assert_eq!(
        with("selectableFields", json!([{"jsonPath": ".spec.nosuch"}])),
        [
            r#"spec.selectableFields[0].jsonPath: Invalid value: ".spec.nosuch": is an invalid path: does not refer to a valid field"#
        ]
    );
    assert_eq!(
        changed(|new| new["spec"]["conversion"] = json!({"strategy": "Webhook"})),
        [
            "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
            "spec.conversion.conversionReviewVersions: Required value",
        ]
    );
}

#[test]
fn what_objects_are_stored_under_stays() {
    let mut old = plain();
    context(|ctx| {
        defaults::apply(ctx.resource, &mut old);
        kinds::prepare_create(ctx, &mut old);
        old = naming::settled(&old, &[], Time::from_seconds(0));
        old["metadata"]["resourceVersion"] = "1".into();
        let mut new = old.clone();
        new["spec"]["scope"] = "Cluster".into();
        new["spec"]["versions"][0]["name"] = "v2".into();
        kinds::prepare_update(ctx, &mut new, &old);
        let errors = kinds::validate_update(ctx, &new, &old);
        let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                r#"status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions"#,
                r#"spec.scope: Invalid value: "Cluster": field is immutable"#,
            ]
        );
    });
}
