//! Data with a schema, as rules of custom resources see it.

use serde_json::{Value as Json, json};

use super::evaluated;
use crate::{Bindings, Environment, Root, Schema};

fn schema() -> Json {
    json!({"type": "object", "properties": {
        "replicas": {"type": "integer"},
        "ratio": {"type": "number"},
        "name": {"type": "string"},
        "port": {"x-kubernetes-int-or-string": true},
        "data": {"type": "string", "format": "byte"},
        "since": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "wait": {"type": "string", "format": "duration"},
        "namespace": {"type": "string"},
        "a.b-c": {"type": "integer"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "ports": {
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "properties": {
                "name": {"type": "string"}, "number": {"type": "integer"},
            }},
        },
        "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "empty": {"type": "string", "nullable": true},
    }})
}

fn check(object: &Json, rows: &[(&str, &str)]) {
    let schema = Schema::structural(&schema(), "selfType", Root::Resource).expect("an object");
    let environment = Environment::new().declare("self", schema.clone()).declare("oldSelf", schema);
    let old = json!({
        "set": ["a", "b"], "ports": [{"name": "x", "number": 1}, {"name": "y", "number": 2}],
    });
    let bindings = Bindings::new().json("self", object).json("oldSelf", &old);
    for (expression, expected) in rows {
        assert_eq!(evaluated(&environment, expression, &bindings), *expected, "{expression}");
    }
}

#[test]
fn fields_have_the_types_of_the_schema() {
    let object = json!({
        "apiVersion": "a/v1", "kind": "Thing", "metadata": {"name": "x", "labels": {}},
        "replicas": 3, "ratio": 2, "port": "http", "data": "aGk=", "since": "2020-01-01T00:00:00Z",
        "day": "2020-01-02", "wait": "90s", "namespace": "n", "a.b-c": 7, "labels": {"app": "web"},
        "open": {"known": 1}, "empty": null,
    });
    check(
        &object,
        &[
            ("self.replicas + 1", "4"),
            ("self.ratio / 4.0", "0.5"),
            ("self.port == 'http'", "true"),
            ("type(self.port) == int", "false"),
            ("self.data", "b\"hi\""),
            ("self.since.getFullYear()", "2020"),
            ("self.day > self.since", "true"),
            ("self.wait.getMinutes()", "1"),
            ("self.__namespace__", "\"n\""),
            ("self.a__dot__b__dash__c", "7"),
            ("self.labels.app", "\"web\""),
            ("self.labels['app']", "\"web\""),
            ("'app' in self.labels", "true"),
            ("self.labels.other", "error: no such key: other"),
            ("has(self.name)", "false"),
            ("has(self.labels.app)", "true"),
            ("self.name", "error: no such key: name"),
            ("self.?name.orValue('none')", "\"none\""),
            ("self.metadata.name", "\"x\""),
            ("self.metadata.labels", "1:14: undefined field 'labels'"),
            ("self.open.known", "1:10: undefined field 'known'"),
            (
                "self.replicas == 'a'",
                "1:15: found no matching overload for '_==_' applied to '(int, string)'",
            ),
            (
                "self.empty == null",
                "1:12: found no matching overload for '_==_' applied to '(string, null)'",
            ),
        ],
    );
}

#[test]
fn lists_are_compared_as_their_type_says() {
    let object = json!({
        "set": ["b", "a"], "ports": [{"name": "y", "number": 2}, {"name": "x", "number": 1}],
    });
    check(
        &object,
        &[
            ("self.set == oldSelf.set", "true"),
            ("self.ports == oldSelf.ports", "true"),
            ("self.set + ['a', 'c']", "[\"b\", \"a\", \"c\"]"),
            ("size(self.ports + oldSelf.ports)", "2"),
            ("self.ports.exists_one(p, p.name == 'x' && p.number == 1)", "true"),
            ("self.ports.map(p, p.name)", "[\"y\", \"x\"]"),
        ],
    );
}

#[test]
fn what_rules_cannot_see_has_no_schema() {
    let hidden = [
        json!({}),
        json!({"type": "array"}),
        json!({"type": "array", "items": {"x-kubernetes-preserve-unknown-fields": true}}),
        json!({"type": "object", "additionalProperties": true}),
    ];
    for schema in hidden {
        assert!(Schema::structural(&schema, "self", Root::Plain).is_none(), "{schema}");
    }
}
