//! Expressions and what they yield, one row each, by the parts of the language definition.
//!
//! Of the sections of the specification's suite, `language` has rows for basic, comparisons, conversions, fields,
//! integer and floating-point math, lists, logic, macros, macros2, optionals, parse, string and timestamps; `libraries` for
//! `string_ext` and `network_ext`. Left out, because Kubernetes has no such thing: dynamic, enums, proto2, proto3,
//! wrappers (messages), namespace (containers), unknowns (partial evaluation), bindings, block, encoders and the math
//! library, and rows whose lists or maps mix types.

mod costs;
mod language;
mod libraries;
mod limits;
mod mistakes;
mod schemas;

use crate::{Bindings, Environment, Issue, Key, Opaque, Schema, Value};

/// More than any row needs.
const BUDGET: u64 = 1_000_000;

/// What an expression yields, or why it does not.
fn evaluated(environment: &Environment, expression: &str, bindings: &Bindings<'_>) -> String {
    let program = match environment.compile(expression) {
        Ok(program) => program,
        Err(issues) => return issues.iter().map(shown_issue).collect::<Vec<_>>().join("; "),
    };
    match program.evaluate(bindings, BUDGET).value {
        Ok(value) => shown(&value),
        Err(error) => format!("error: {error}"),
    }
}

fn shown_issue(issue: &Issue) -> String {
    format!("{}:{}: {}", issue.line, issue.column, issue.message)
}

/// Rows of expressions without variables.
fn check(rows: &[(&str, &str)]) {
    let environment = Environment::new().declare("unset", Schema::untyped());
    for (expression, expected) in rows {
        let found = evaluated(&environment, expression, &Bindings::new());
        assert_eq!(found, *expected, "{expression}");
    }
}

/// A value as an expression would write it.
fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => format!("{value}u"),
        Value::Double(value) => format!("{value:?}"),
        Value::String(text) => format!("{:?}", &**text),
        Value::Bytes(bytes) => format!("b{:?}", String::from_utf8_lossy(bytes)),
        Value::Timestamp(moment) => format!("timestamp({moment})"),
        Value::Duration(span) => format!("duration({span}ns)"),
        Value::List(list) => {
            format!("[{}]", list.iter().map(|item| shown(&item)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(map) => {
            let entries = map.entries();
            let entries =
                entries.iter().map(|(key, value)| format!("{}: {}", key_shown(key), shown(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Object(object) => {
            let fields = object.fields();
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", shown(value)));
            format!("object{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Optional(None) => "none".to_owned(),
        Value::Optional(Some(value)) => format!("some({})", shown(value)),
        Value::Type(type_) => type_.runtime_name().to_owned(),
        Value::Opaque(Opaque::Quantity(amount)) => format!("quantity({amount})"),
        Value::Opaque(Opaque::Ip(address)) => format!("ip({address})"),
        Value::Opaque(Opaque::Cidr(range)) => format!("cidr({range})"),
        Value::Opaque(other) => other.type_().name().to_owned(),
    }
}

fn key_shown(key: &Key<'_>) -> String {
    shown(&key.value())
}
