//! What is said of expressions that are wrong.

use expect_test::{Expect, expect};

use super::check;
use crate::{Environment, Root, Schema, describe};

#[test]
fn a_mistake_is_told_with_its_place() {
    check(&[
        ("nothing", "1:1: undeclared reference to 'nothing' (in container '')"),
        ("nothing(1)", "1:8: undeclared reference to 'nothing' (in container '')"),
        ("'a'.nothing()", "1:12: undeclared reference to 'nothing' (in container '')"),
        ("1 + 'a'", "1:3: found no matching overload for '_+_' applied to '(int, string)'"),
        (
            "'a'.startsWith(1)",
            "1:15: found no matching overload for 'startsWith' applied to 'string.(int)'",
        ),
        ("!1", "1:1: found no matching overload for '!_' applied to '(int)'"),
        (
            "1.all(x, true)",
            "1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
        ),
        ("[1].all(x, x)", "1:8: found no matching overload for '_&&_' applied to '(bool, int)'"),
        (
            "[1].filter(x, 1)",
            "1:11: found no matching overload for '_?_:_' applied to '(int, list(int), list(int))'",
        ),
        ("'a'.b", "1:4: type 'string' does not support field selection"),
        ("[1, 'a']", "1:5: expected type 'int' but found 'string'"),
        ("{'a': 1, 2: 3}", "1:10: expected type 'string' but found 'int'"),
        (
            "true ? 1 : 'a'",
            "1:6: found no matching overload for '_?_:_' applied to '(bool, int, string)'",
        ),
        ("Thing{a: 1}", "1:6: undeclared reference to 'Thing' (in container '')"),
        (
            "a + b",
            "1:1: undeclared reference to 'a' (in container ''); 1:5: undeclared reference to 'b' (in container '')",
        ),
    ]);
}

#[test]
fn what_cannot_be_read_is_a_syntax_error() {
    check(&[
        (
            "1 +",
            "1:4: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
        ),
        ("a b", "1:3: Syntax error: extraneous input 'b' expecting <EOF>"),
        ("a b c", "1:3: Syntax error: mismatched input 'b' expecting <EOF>"),
        ("(1", "1:3: Syntax error: missing ')' at '<EOF>'"),
        ("(1 2)", "1:4: Syntax error: extraneous input '2' expecting ')'"),
        (
            "1 # 2",
            "1:3: Syntax error: token recognition error at: '#'; 1:5: Syntax error: extraneous input '2' expecting <EOF>",
        ),
        (
            "a | b",
            "1:3: Syntax error: token recognition error at: '| '; 1:5: Syntax error: extraneous input 'b' expecting <EOF>",
        ),
        (
            "1 + $",
            "1:5: Syntax error: token recognition error at: '$'; 1:6: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
        ),
        (
            "{",
            "1:2: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '}', '(', '.', ',', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
        ),
        ("a.", "1:3: Syntax error: no viable alternative at input '.'"),
        ("{'a': 1}.'a'", "1:10: Syntax error: no viable alternative at input '.'a''"),
        ("[1].filter(a.b, true)", "1:13: argument is not an identifier"),
        ("[1].all(__result__, true)", "1:9: iteration variable overwrites accumulator variable"),
        ("for + 1", "1:1: reserved identifier: for"),
        (
            r"'\q'",
            r"1:1: Syntax error: token recognition error at: ''\q''; 1:5: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
        ),
    ]);
}

fn check_described(expression: &str, expected: &Expect) {
    let schema = serde_json::json!({
        "type": "object", "properties": {"größe": {"type": "string"}, "size": {"type": "integer"}},
    });
    let schema = Schema::structural(&schema, "selfType", Root::Plain).expect("an object");
    let environment = Environment::new().declare("self", schema);
    expected.assert_eq(&describe(&environment.compile(expression).expect_err("a mistake")));
}

#[test]
fn a_mistake_is_shown_in_its_line() {
    check_described(
        "self.size > 0 &&\n  self.sise < 5",
        &expect![[r#"
            ERROR: <input>:2:7: undefined field 'sise'
             |   self.sise < 5
             | ......^"#]],
    );
    check_described(
        "'ä' + self.size",
        &expect![[r#"
            ERROR: <input>:1:5: found no matching overload for '_+_' applied to '(string, int)'
             | 'ä' + self.size
             | .．..^"#]],
    );
}
