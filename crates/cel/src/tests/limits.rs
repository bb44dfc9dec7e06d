//! Nothing that can be written makes it fall over.

use proptest::prelude::*;
use serde_json::json;

use crate::{Bindings, Environment, Root, Schema};

/// What deep nesting may take of the stack: as much as a worker thread has.
const STACK_BYTES: usize = 2 << 20;

fn compile_and_run(expression: &str) -> String {
    let schema = json!({"type": "object", "properties": {
        "a": {"type": "string"}, "b": {"type": "array", "items": {"type": "integer"}},
    }});
    let schema = Schema::structural(&schema, "self", Root::Plain).expect("an object");
    let environment = Environment::new().declare("self", schema).declare("x", Schema::untyped());
    let object = json!({"a": "text", "b": [1, 2, 3]});
    match environment.compile(expression) {
        Err(issues) => issues[0].message.clone(),
        Ok(program) => {
            let bindings = Bindings::new().json("self", &object).json("x", &object);
            program
                .evaluate(&bindings, 10_000)
                .value
                .map_or_else(|e| e.to_string(), |_| String::new())
        }
    }
}

#[test]
fn deep_nesting_is_refused_before_the_stack_ends() {
    let expressions = [
        format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000)),
        format!("{}1", "-(".repeat(5_000)),
        format!("1{}", " + 1".repeat(5_000)),
        format!("x{}", ".a".repeat(5_000)),
        format!("x{}", "[0]".repeat(5_000)),
        format!("{}1", "true ? 1 : ".repeat(5_000)),
        format!("{}true{}", "[1].all(x, ".repeat(5_000), ")".repeat(5_000)),
        format!("1{}", " + 1".repeat(99)),
        format!("{}1{}", "(".repeat(99), ")".repeat(99)),
        format!("{}1{}", "[".repeat(99), "]".repeat(99)),
        format!("{}true{}", "[1].all(x, ".repeat(98), ")".repeat(98)),
    ];
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let run = move || expressions.each_ref().map(|expression| compile_and_run(expression));
    let outcomes = thread.spawn(run).expect("a thread").join().expect("no overflow");
    let refused = outcomes.iter().filter(|text| text.contains("recursion limit exceeded"));
    assert_eq!(refused.count(), 8, "{outcomes:?}");
}

#[test]
fn long_chains_of_logic_are_no_deep_nesting() {
    assert_eq!(compile_and_run(&format!("true{}", " && true".repeat(5_000))), "");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}") {
        compile_and_run(&text);
    }

    #[test]
    fn no_mix_of_words_makes_it_panic(
        words in prop::collection::vec(prop::sample::select(WORDS), 0..24),
    ) {
        compile_and_run(&words.join(""));
        compile_and_run(&words.join(" "));
    }
}

const WORDS: &[&str] = &[
    "self",
    "x",
    ".a",
    ".b",
    ".?a",
    "[",
    "]",
    "[?",
    "(",
    ")",
    "{",
    "}",
    ",",
    ":",
    "?",
    "1",
    "-1",
    "0",
    "2u",
    "1.5",
    "'a'",
    "b'a'",
    "\"",
    "'''",
    "r'",
    "\\",
    "null",
    "true",
    "false",
    "in",
    "==",
    "!=",
    "<",
    ">=",
    "&&",
    "||",
    "+",
    "-",
    "*",
    "/",
    "%",
    "!",
    "has(",
    "size(",
    "string(",
    "int(",
    ".all(x,",
    ".map(x,",
    ".filter(y,",
    ".exists(y,",
    ".transformList(i, v,",
    ".matches(",
    ".substring(",
    ".split(",
    ".format(",
    ".replace(",
    ".sum()",
    ".max()",
    ".join(",
    "duration(",
    "timestamp(",
    ".getHours()",
    "quantity(",
    "ip(",
    "cidr(",
    "url(",
    "semver(",
    "optional.of(",
    ".optMap(z,",
    ".orValue(",
    "dyn(",
    "type(",
    "9223372036854775807",
    "-9223372036854775808",
];
