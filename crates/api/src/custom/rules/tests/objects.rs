//! What rules say of objects.

use serde_json::{Value, json};

use super::{of_spec, ruled, texts};
use crate::custom::rules::Rules;

/// The errors, or `warning: …` for what is only warned of.
fn verdict(schema: &Value, object: &Value, old: Option<&Value>) -> Vec<String> {
    let verdict = Rules::compile(schema).check(object, old);
    let warnings = verdict.warnings.iter().map(|warning| format!("warning: {warning}"));
    texts(&verdict.errors).into_iter().chain(warnings).collect()
}

fn check(rule: &Value, spec: &Value, expected: &[&str]) {
    let found = verdict(&ruled(rule), &json!({"spec": spec}), None);
    assert_eq!(found, expected, "{rule}");
}

#[test]
fn a_rule_that_fails_is_told_at_its_place() {
    let spec = json!({"replicas": 5, "max": 3, "name": "web", "labels": {"app": "x"}});
    let rule = "self.replicas <= self.max";
    let rows = [
        (json!({"rule": rule}), "spec: Invalid value: failed rule: self.replicas <= self.max"),
        (json!({"rule": rule, "message": " too many "}), "spec: Invalid value: too many"),
        (
            json!({"rule": rule, "messageExpression": "'at most %d'.format([self.max])"}),
            "spec: Invalid value: at most 3",
        ),
        (
            json!({"rule": rule, "message": "many", "messageExpression": "string(self.max / 0)"}),
            "spec: Invalid value: many",
        ),
        (
            json!({"rule": rule, "messageExpression": "' '", "message": "many"}),
            "spec: Invalid value: many",
        ),
        (
            json!({"rule": rule, "reason": "FieldValueForbidden", "message": "no"}),
            "spec: Forbidden: no",
        ),
        (
            json!({"rule": rule, "reason": "FieldValueRequired", "message": "more"}),
            "spec: Required value: more",
        ),
        (json!({"rule": rule, "reason": "FieldValueDuplicate"}), "spec: Duplicate value"),
        (
            json!({"rule": rule, "message": "many", "fieldPath": ".replicas"}),
            "spec.replicas: Invalid value: many",
        ),
        (
            json!({"rule": rule, "message": "many", "fieldPath": ".labels.app"}),
            "spec.labels[app]: Invalid value: many",
        ),
    ];
    for (rule, expected) in rows {
        check(&rule, &spec, &[expected]);
    }
    check(&json!({"rule": "self.replicas > self.max"}), &spec, &[]);
}

#[test]
fn a_rule_that_cannot_be_asked_fails() {
    let spec = json!({"replicas": 5, "port": "http"});
    check(
        &json!({"rule": "self.replicas <= self.max"}),
        &spec,
        &["spec: Invalid value: no such key: max evaluating rule: self.replicas <= self.max"],
    );
    check(
        &json!({"rule": "self.port > 5", "message": "high port"}),
        &spec,
        &["spec: Invalid value: 'no such overload': call arguments did not match a supported \
           operator, function or macro signature for rule: high port"],
    );
    check(&json!({"rule": "!has(self.max) || self.replicas <= self.max"}), &spec, &[]);
}

#[test]
fn rules_are_asked_of_every_item_and_value() {
    let positive = json!([{"rule": "self > 0", "message": "must be positive"}]);
    let number = json!({"type": "integer", "x-kubernetes-validations": positive});
    let schema = of_spec(&json!({"type": "object", "properties": {
        "list": {"type": "array", "items": number},
        "map": {"type": "object", "additionalProperties": number},
        "maybe": {"type": "integer", "nullable": true, "x-kubernetes-validations": positive},
    }}));
    let object = json!({"spec": {"list": [1, 0], "map": {"a": -1, "b": 1}, "maybe": null}});
    let expected = [
        "spec.list[1]: Invalid value: must be positive",
        "spec.map[a]: Invalid value: must be positive",
    ];
    assert_eq!(verdict(&schema, &object, None), expected);
}

#[test]
fn the_whole_object_shows_its_name_and_kind() {
    let schema = json!({
        "type": "object",
        "x-kubernetes-validations": [{"rule": "self.metadata.name == 'web' && self.kind == 'A'"}],
    });
    let object = json!({"kind": "A", "apiVersion": "a/v1", "metadata": {"name": "db"}});
    let expected =
        ["<nil>: Invalid value: failed rule: self.metadata.name == 'web' && self.kind == 'A'"];
    assert_eq!(verdict(&schema, &object, None), expected);
}

#[test]
fn rules_of_all_of_are_asked_too() {
    let schema = of_spec(&json!({
        "type": "object", "properties": {"a": {"type": "integer"}},
        "allOf": [{"x-kubernetes-validations": [{"rule": "self.a > 1"}]},
                  {"properties": {"a": {"x-kubernetes-validations": [{"rule": "self > 2"}]}}}],
    }));
    let expected = [
        "spec: Invalid value: failed rule: self.a > 1",
        "spec.a: Invalid value: failed rule: self > 2",
    ];
    assert_eq!(verdict(&schema, &json!({"spec": {"a": 0}}), None), expected);
}

#[test]
fn what_was_before_is_compared_only_if_there_was_something() {
    let schema = ruled(&json!({"rule": "self.replicas >= oldSelf.replicas", "message": "shrinks"}));
    let [five, three] = [5, 3].map(|replicas| json!({"spec": {"replicas": replicas}}));
    assert!(verdict(&schema, &three, None).is_empty());
    assert!(verdict(&schema, &five, Some(&three)).is_empty());
    assert_eq!(verdict(&schema, &three, Some(&five)), ["spec: Invalid value: shrinks"]);
    assert!(verdict(&schema, &three, Some(&json!({}))).is_empty());
}

#[test]
fn an_optional_old_value_is_asked_for_at_creation_too() {
    let rule = json!({
        "rule": "oldSelf.hasValue() ? self.max == oldSelf.value().max : self.max == 1",
        "optionalOldSelf": true, "message": "fixed",
    });
    let schema = ruled(&rule);
    let [one, two] = [1, 2].map(|max| json!({"spec": {"max": max}}));
    assert!(verdict(&schema, &one, None).is_empty());
    assert_eq!(verdict(&schema, &two, None), ["spec: Invalid value: fixed"]);
    assert_eq!(verdict(&schema, &two, Some(&one)), ["spec: Invalid value: fixed"]);
    assert!(verdict(&schema, &two, Some(&two)).is_empty());
}

#[test]
fn items_with_keys_are_found_again_and_others_are_not() {
    let fixed = json!([{"rule": "self.value == oldSelf.value", "message": "fixed"}]);
    let items = json!({
        "type": "object", "x-kubernetes-validations": fixed,
        "properties": {"name": {"type": "string"}, "value": {"type": "integer"}},
    });
    let list = |kind: &str| {
        of_spec(&json!({
            "type": "array", "items": items, "x-kubernetes-list-type": kind,
            "x-kubernetes-list-map-keys": ["name"],
        }))
    };
    let old = json!({"spec": [{"name": "a", "value": 1}, {"name": "b", "value": 2}]});
    let new = json!({"spec": [{"name": "c", "value": 9}, {"name": "b", "value": 3}, {"name": "a", "value": 1}]});
    assert_eq!(verdict(&list("map"), &new, Some(&old)), ["spec[1]: Invalid value: fixed"]);
    assert!(verdict(&list("atomic"), &new, Some(&old)).is_empty());
}

#[test]
fn what_an_update_leaves_as_it_was_is_only_warned_of() {
    let small = json!([{"rule": "self < 10", "message": "too large"}]);
    let number = json!({"type": "integer", "x-kubernetes-validations": small});
    let schema = of_spec(&json!({"type": "object", "properties": {
        "a": number, "b": number, "list": {"type": "array", "items": number},
    }}));
    let old = json!({"spec": {"a": 11, "b": 12, "list": [13]}});
    let new = json!({"spec": {"a": 11, "b": 14, "list": [13]}});
    let expected = [
        "spec.b: Invalid value: too large",
        "warning: spec.a: Invalid value: too large",
        "warning: spec.list[0]: Invalid value: too large",
    ];
    assert_eq!(verdict(&schema, &new, Some(&old)), expected);
}

#[test]
fn rules_stop_when_the_object_costs_too_much() {
    let schema = of_spec(&json!({
        "type": "array", "items": {"type": "integer"},
        "x-kubernetes-validations": [
            {"rule": "self.all(x, self.all(y, x + y >= 0))", "message": "sums"},
            {"rule": "false"},
        ],
    }));
    let items: Vec<i64> = (0..1_000).collect();
    let expected = ["spec: Invalid value: 'operation cancelled: actual cost limit exceeded': no \
                     further validation rules will be run due to call cost exceeds limit for rule: sums"];
    assert_eq!(verdict(&schema, &json!({"spec": items}), None), expected);
}
