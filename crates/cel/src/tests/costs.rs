//! What rules cost at most, with schemas that say how large values are and with others; the numbers are the reference's.

use serde_json::{Value as Json, json};

use crate::{Bindings, Environment, Root, Schema};

/// The most that a rule on such data can cost.
fn cost_max(schema: &Json, rule: &str) -> u64 {
    let schema = Schema::structural(schema, "self", Root::Plain).expect("visible to rules");
    let environment = Environment::new().declare("self", schema);
    let program = environment.compile(rule).unwrap_or_else(|issues| panic!("{rule}: {issues:?}"));
    program.estimate_cost().max
}

/// Rows of a schema, a rule, and the cost without a maximum and with one.
fn check(rows: &[(&Json, &str, &str, u64, u64, u64)]) {
    for (schema, maximum, rule, unlimited, limit, limited) in rows {
        assert_eq!(cost_max(schema, rule), *unlimited, "{rule} on {schema}");
        let mut schema = (*schema).clone();
        schema[*maximum] = (*limit).into();
        assert_eq!(cost_max(&schema, rule), *limited, "{rule} on {schema}");
    }
}

fn list(items: &Json) -> Json {
    json!({"type": "array", "items": items})
}
fn map(values: &Json) -> Json {
    json!({"type": "object", "additionalProperties": values})
}

#[test]
fn what_goes_through_a_list_costs_as_much_as_its_longest_form() {
    let number = json!({"type": "number"});
    let string = json!({"type": "string"});
    let either = json!({"x-kubernetes-int-or-string": true});
    let duration = json!({"type": "string", "format": "duration"});
    let date = json!({"type": "string", "format": "date"});
    let moment = json!({"type": "string", "format": "date-time"});
    let all = "self.all(x, true)";
    check(&[
        (&list(&number), "maxItems", all, 4_718_591, 10, 32),
        (&list(&string), "maxItems", all, 3_145_727, 20, 62),
        (&list(&json!({"type": "boolean"})), "maxItems", all, 1_887_437, 5, 17),
        (&list(&list(&number)), "maxItems", all, 3_145_727, 100, 302),
        (&list(&either), "maxItems", all, 4_718_591, 10, 32),
        (&list(&duration), "maxItems", all, 2_359_295, 5, 17),
        (&list(&date), "maxItems", all, 725_936, 15, 47),
        (&list(&moment), "maxItems", all, 428_963, 25, 77),
        (&list(&number), "maxItems", "self.all(x, x == 0.0)", 6_291_454, 6_291_456, 25_165_826),
        (&list(&map(&number)), "maxItems", "self.all(x, x.y == 25.2)", 6_291_452, 12, 74),
        (&map(&number), "maxProperties", all, 1_348_169, 10, 32),
        (&map(&string), "maxProperties", all, 1_179_647, 3, 11),
        (&map(&json!({"type": "boolean"})), "maxProperties", all, 943_718, 100, 302),
        (&map(&either), "maxProperties", all, 1_348_169, 15, 47),
        (&map(&map(&number)), "maxProperties", all, 1_179_647, 10, 32),
        (&map(&duration), "maxProperties", all, 1_048_577, 5, 17),
        (&map(&date), "maxProperties", all, 524_288, 10, 32),
        (&map(&moment), "maxProperties", all, 349_526, 25, 77),
    ]);
}

#[test]
fn what_looks_at_one_thing_costs_little() {
    let number = json!({"type": "number"});
    let string = json!({"type": "string"});
    let duration = json!({"type": "string", "format": "duration"});
    let moment = json!({"type": "string", "format": "date-time"});
    check(&[
        (&list(&number), "maxItems", "self[1] == 0.0", 2, 5_000, 2),
        (&list(&string), "maxItems", "self[1] == self[1]", 314_577, 8, 314_577),
        (&list(&list(&number)), "maxItems", "self[0][0] == -1.0", 3, 51, 3),
        (&list(&map(&number)), "maxItems", "self[0].x > 2.0", 4, 3_000, 4),
        (&list(&duration), "maxItems", "self[0].getHours() == 2", 4, 525, 4),
        (&list(&moment), "maxItems", "self[2].getMinutes() == 45", 4, 99, 4),
        (&map(&number), "maxProperties", r#"self["x"] == 0.0"#, 2, 0, 2),
        (&list(&json!({"x-kubernetes-int-or-string": true})), "maxItems", "self[0] == 5", 3, 10, 3),
    ]);
}

#[test]
fn texts_cost_by_their_length_in_bytes() {
    let string = json!({"type": "string"});
    let bytes = json!({"type": "string", "format": "byte"});
    check(&[
        (&string, "maxLength", "self.contains('test')", 314_574, 10, 5),
        (&string, "maxLength", "self.startsWith('test')", 2, 15, 2),
        (&string, "maxLength", "self.endsWith('test')", 2, 30, 2),
        (&string, "maxLength", "size(self + \"hello\") > size(\"hello\")", 314_578, 4, 7),
        (&string, "maxLength", "self.matches(\"x\")", 314_574, 50, 22),
        (&string, "maxLength", "\"\".matches(\"(((((((((())))))))))[0-9]\")", 7, 10, 7),
        (&string, "maxLength", "self.matches(\"\")", 1, 100, 1),
        (&string, "maxLength", "self == \"x\"", 2, 0, 1),
        (&bytes, "maxLength", "self == b\"x\"", 2, 0, 1),
        (&string, "maxLength", "self.find('[0-9]+') == ''", 629_147, 10, 11),
    ]);
}

#[test]
fn a_loop_in_a_loop_multiplies() {
    let numbers = json!({"type": "array", "items": {"type": "number"}, "maxItems": 10});
    let rows = [
        ("self.all(x, self.all(y, true))", 352),
        ("self.all(x, self.all(y, self.all(z, true)))", 3_552),
    ];
    for (rule, expected) in rows {
        assert_eq!(cost_max(&numbers, rule), expected, "{rule}");
    }
}

#[test]
fn functions_of_lists_and_texts_know_how_large_their_results_are() {
    let short = json!({"type": "string", "maxLength": 10});
    let texts = json!({"type": "array", "items": short, "maxItems": 10});
    let object = json!({"type": "object", "properties": {
        "text": {"type": "string", "maxLength": 4},
        "before": {"type": "string", "maxLength": 2},
        "after": {"type": "string", "maxLength": 4},
    }});
    let rows = [
        (&texts, "self.join(' ') == 'aa bb'", 43),
        (&texts, "self.isSorted() == true", 52),
        (&object, "self.text.replace(self.before, self.after) == 'does not matter'", 12),
    ];
    for (schema, rule, expected) in rows {
        assert_eq!(cost_max(schema, rule), expected, "{rule}");
    }
}

#[test]
fn a_run_ends_when_the_budget_is_spent() {
    let schema = Schema::structural(&list(&json!({"type": "integer"})), "self", Root::Plain);
    let environment = Environment::new().declare("self", schema.expect("visible to rules"));
    let program = environment.compile("self.all(x, x >= 0)").expect("correct");
    let items: Json = (0..100).collect::<Vec<i64>>().into();
    let bindings = Bindings::new().json("self", &items);
    let outcome = program.evaluate(&bindings, 1_000);
    assert!(outcome.value.is_ok());
    assert_eq!(outcome.cost, 502);
    assert!(program.estimate_cost().max >= outcome.cost);
    let error = program.evaluate(&bindings, 501).value.expect_err("too little");
    assert_eq!(error.to_string(), "operation cancelled: actual cost limit exceeded");
}

#[test]
fn a_failure_of_the_budget_is_not_hidden_by_logic() {
    let environment = Environment::new();
    let program = environment.compile("[1, 2, 3].all(x, x > 0) || true").expect("correct");
    assert!(program.evaluate(&Bindings::new(), 12).value.is_err());
}
