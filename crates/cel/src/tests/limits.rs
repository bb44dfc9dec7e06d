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

/// What an expression yields on a long text and a long list.
fn on_large_data(expression: &str) -> String {
    let schema = json!({"type": "object", "properties": {
        "text": {"type": "string"},
        "list": {"type": "array", "items": {"type": "integer"}},
        "set": {"type": "array", "items": {"type": "integer"}, "x-kubernetes-list-type": "set"},
    }});
    let schema = Schema::structural(&schema, "self", Root::Plain).expect("an object");
    let environment = Environment::new().declare("self", schema);
    let numbers: Vec<u32> = (0..100_000).collect();
    let object = json!({"text": "a".repeat(1 << 20), "list": numbers, "set": numbers});
    let program = environment.compile(expression).expect("correct");
    let bindings = Bindings::new().json("self", &object);
    match program.evaluate(&bindings, 1_000_000).value {
        Ok(value) => super::shown(&value),
        Err(error) => error.to_string(),
    }
}

#[test]
fn large_data_makes_no_result_that_is_larger_still() {
    let too_long = "text is longer than 10485760 bytes";
    let too_costly = "operation cancelled: actual cost limit exceeded";
    let rows = [
        ("size(self.text.replace('', self.text))", too_long),
        ("size(self.list.map(x, 'a').join(self.text))", too_costly),
        ("size((self.text + self.text) + (self.text + self.text))", "4194304"),
        ("size('%s%s%s%s%s%s%s%s%s%s%s'.format(self.list.map(x, self.text)))", too_costly),
        (
            "size('%s%s%s%s%s%s%s%s%s%s%s'.format([0,1,2,3,4,5,6,7,8,9,10].map(x, self.text)))",
            too_long,
        ),
        ("sets.contains(self.list, self.list)", too_costly),
        ("self.set == self.set", "true"),
        ("size(self.set + self.set)", "100000"),
        ("size([1, 2, 3].map(x, self.list + self.list)[2])", "200000"),
        ("self.list.exists(x, self.text == 'b')", "false"),
        ("self.text.lastIndexOf(self.text.substring(5) + 'b')", "-1"),
        ("size(self.text.split(''))", "1048576"),
    ];
    for (expression, expected) in rows {
        assert_eq!(on_large_data(expression), expected, "{expression}");
    }
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
