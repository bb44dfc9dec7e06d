//! Nodes of schemas, one value at a time.

use serde_json::json;

use super::*;

fn problems(schema: Value, value: Value) -> Vec<String> {
    let errors = validate(&Schema::parse(&schema), &value, None);
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn of_alternatives_the_one_with_the_most_passed_checks_is_told() {
    let schema = json!({"anyOf": [
        {"type": "integer"},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]},
    ]});
    assert_eq!(
        problems(schema, json!({"a": "x"})),
        [
            r#"<nil>: Invalid value: "": "" must validate at least one schema (anyOf)"#,
            "b: Required value"
        ]
    );
}

#[test]
fn all_none_and_not_are_told_without_a_field() {
    let rows = [
        (
            json!({"allOf": [{"minimum": 3}, {"minimum": 4}]}),
            json!(1),
            vec![
                "<nil>: Invalid value: 1:  in body should be greater than or equal to 3",
                "<nil>: Invalid value: 1:  in body should be greater than or equal to 4",
                r#"<nil>: Invalid value: "": "" must validate all the schemas (allOf). None validated"#,
            ],
        ),
        (
            json!({"not": {"type": "integer"}}),
            json!(1),
            vec![r#"<nil>: Invalid value: "": "" must not validate the schema (not)"#],
        ),
    ];
    for (schema, value, expected) in rows {
        assert_eq!(problems(schema, value), expected);
    }
}

#[test]
fn formats_are_checked_where_the_reference_checks_them() {
    let rows = [
        ("ipv4", "10.0.0.1", true),
        ("ipv4", "10.0.0.256", false),
        ("ipv6", "::1", true),
        ("cidr", "10.0.0.0/33", false),
        ("mac", "00:11:22:33:44:55", true),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", true),
        ("uuid4", "123e4567-e89b-12d3-a456-426614174000", false),
        ("date", "2026-11-24", true),
        ("date", "2026-13-24", false),
        ("date-time", "2026-11-24", false),
        ("duration", "1h30m", true),
        ("duration", "soon", false),
        ("byte", "YQ==", true),
        ("byte", "a", false),
        ("hostname", "a.b", true),
        ("email", "a@b", true),
        ("uri", "https://a/b", true),
        ("hexcolor", "#fff", true),
        ("made-up", "anything", true),
    ];
    for (format, text, expected) in rows {
        let schema = json!({"type": "string", "format": format});
        assert_eq!(problems(schema, text.into()).is_empty(), expected, "{format} {text}");
    }
}

#[test]
fn a_whole_number_is_an_integer_however_it_is_written() {
    assert!(problems(json!({"type": "integer"}), json!(1.0)).is_empty());
    assert!(problems(json!({"type": "number"}), json!(1)).is_empty());
    assert_eq!(
        problems(json!({"type": "integer"}), json!(1.5)),
        [
            r#"<nil>: Invalid value: "number":  in body must be of type integer: "number""#,
            r#"<nil>: Invalid value: "": Checked value must be of type integer (default format) in "#,
        ]
    );
    assert_eq!(
        problems(json!({"multipleOf": 0.1}), json!(0.35)),
        ["<nil>: Invalid value: 0.35:  in body should be a multiple of 0.1"]
    );
}

#[test]
fn null_is_told_unless_it_is_allowed() {
    assert!(problems(json!({"type": "string", "nullable": true}), Value::Null).is_empty());
    assert_eq!(
        problems(json!({"type": "string"}), Value::Null),
        [r#"<nil>: Invalid value: "null":  in body must be of type string: "null""#]
    );
}

#[test]
fn an_embedded_object_says_what_it_is() {
    let schema = json!({"type": "object", "properties": {"template": {
        "type": "object", "x-kubernetes-embedded-resource": true,
        "x-kubernetes-preserve-unknown-fields": true,
    }}});
    let errors = embedded(&Schema::parse(&schema), &json!({"template": {"kind": "Pod"}}));
    let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["template.apiVersion: Required value"]);
}
