//! What is said of rules in definitions.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{of_spec, ruled, texts};
use crate::{custom::rules::validate_definition, validation::Errors};

fn errors(schema: &Value) -> String {
    let mut errors = Errors::new();
    validate_definition("schema", schema, &mut errors);
    texts(&errors).join("\n")
}

fn check(rule: &Value, expected: &Expect) {
    expected.assert_eq(&errors(&ruled(rule)));
}

#[test]
fn a_correct_rule_is_accepted() {
    check(&json!({"rule": "self.replicas <= self.max", "message": "too many"}), &expect![""]);
    check(&json!({"rule": "self.max == oldSelf.max"}), &expect![""]);
    check(&json!({"rule": "!oldSelf.hasValue() || true", "optionalOldSelf": true}), &expect![""]);
}

#[test]
fn a_rule_has_a_text_and_the_fields_that_go_with_it() {
    check(
        &json!({"rule": " "}),
        &expect![
            "schema.properties[spec].x-kubernetes-validations[0].rule: Required value: rule is not specified"
        ],
    );
    check(
        &json!({"rule": "true", "message": " "}),
        &expect![[
            r#"schema.properties[spec].x-kubernetes-validations[0].message: Invalid value: " ": message must be non-empty if specified"#
        ]],
    );
    check(
        &json!({"rule": "true", "message": "a\nb"}),
        &expect![[
            r#"schema.properties[spec].x-kubernetes-validations[0].message: Invalid value: "a\nb": message must not contain line breaks"#
        ]],
    );
    check(
        &json!({"rule": "true &&\ntrue"}),
        &expect![
            "schema.properties[spec].x-kubernetes-validations[0].message: Required value: message must be specified if rule contains line breaks"
        ],
    );
    check(
        &json!({"rule": "true", "messageExpression": " "}),
        &expect![
            "schema.properties[spec].x-kubernetes-validations[0].messageExpression: Required value: messageExpression must be non-empty if specified"
        ],
    );
    check(
        &json!({"rule": "true", "reason": "Bad"}),
        &expect![[
            r#"schema.properties[spec].x-kubernetes-validations[0].reason: Unsupported value: "Bad": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired""#
        ]],
    );
    check(
        &json!({"rule": "true", "fieldPath": ".none"}),
        &expect![[
            r#"schema.properties[spec].x-kubernetes-validations[0].fieldPath: Invalid value: ".none": fieldPath must be a valid path"#
        ]],
    );
    check(
        &json!({"rule": "true", "optionalOldSelf": true}),
        &expect![
            "schema.properties[spec].x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule"
        ],
    );
}

#[test]
fn an_expression_is_checked_against_the_schema() {
    check(
        &json!({"rule": "self.size > 1"}),
        &expect![[r#"
        schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.size > 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: undefined field 'size'
         | self.size > 1
         | ....^"#]],
    );
    check(
        &json!({"rule": "self.max + 1"}),
        &expect![[
            r#"schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.max + 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: cel expression must evaluate to a bool"#
        ]],
    );
    check(
        &json!({"rule": "true", "messageExpression": "1"}),
        &expect![[
            r#"schema.properties[spec].x-kubernetes-validations[0].messageExpression: Invalid value: {"Rule":"true","Message":"","MessageExpression":"1","Reason":null,"FieldPath":"","OptionalOldSelf":null}: messageExpression must evaluate to a string"#
        ]],
    );
}

#[test]
fn a_rule_may_not_cost_too_much_for_the_largest_object() {
    let numbers = json!({"type": "array", "items": {"type": "integer"}});
    let mut schema = of_spec(&numbers);
    let rules = json!([{"rule": "self.all(x, self.all(y, x != y || x == y))"}]);
    schema["properties"]["spec"]["x-kubernetes-validations"] = rules;
    expect![[r"
        schema.properties[spec].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)
        schema.properties[spec].x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule & messageExpression cost total exceeding cost limit for entire OpenAPIv3 schema
        schema: Forbidden: x-kubernetes-validations estimated rule & messageExpression cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"]]
    .assert_eq(&errors(&schema));
    schema["properties"]["spec"]["maxItems"] = 1_000.into();
    expect![""].assert_eq(&errors(&schema));
    schema["properties"]["spec"]["maxItems"] = 1_300.into();
    expect!["schema.properties[spec].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 1.183650x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"].assert_eq(&errors(&schema));
}

#[test]
fn a_rule_costs_as_often_as_its_place_can_be_there() {
    let text = json!({
        "type": "string", "maxLength": 1_000,
        "x-kubernetes-validations": [{"rule": "self.contains('a')"}],
    });
    let mut schema = of_spec(&json!({"type": "array", "items": text}));
    assert!(errors(&schema).starts_with("schema.properties[spec].items.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 42"), "{}", errors(&schema));
    schema["properties"]["spec"]["maxItems"] = 100.into();
    assert_eq!(errors(&schema), "");
}

#[test]
fn what_cannot_be_found_again_has_nothing_before() {
    let schema = of_spec(&json!({"type": "array", "maxItems": 5, "items": {
        "type": "object", "properties": {"a": {"type": "string", "maxLength": 5,
            "x-kubernetes-validations": [{"rule": "self == oldSelf"}]}},
    }}));
    expect![[r#"schema.properties[spec].items.properties[a].x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within schema.properties[spec]"#]]
        .assert_eq(&errors(&schema));
}
