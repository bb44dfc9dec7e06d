//! From a schema to a tree of those places that have rules, or have such places below them.

use std::{collections::BTreeMap, sync::Arc};

use cel::{Environment, Program, Root, Schema, Type};
use serde_json::Value;

use super::{field_path, text::RuleText};
use crate::json;

/// The name that types have in messages.
const TYPE_NAME: &str = "selfType";

/// A place of objects.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) rules: Vec<Rule>,
    /// The shape of `self`; `None` if there are no rules, or nothing that rules can see.
    pub(super) schema: Option<Arc<Schema>>,
    pub(super) properties: BTreeMap<String, Self>,
    pub(super) values: Option<Box<Self>>,
    pub(super) items: Option<Box<Self>>,
    /// What tells the items of a list apart; `None` if they cannot be found again.
    pub(super) keys: Option<Vec<String>>,
    pub(super) all_of: Vec<Self>,
}

/// A rule that can be asked.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) text: RuleText,
    pub(super) program: Result<Program, String>,
    /// `None` if there is none, or it is wrong: then the message stands.
    pub(super) message: Option<Program>,
    pub(super) field_path: Option<String>,
}

impl Rule {
    /// Whether it compares with what was before.
    pub(super) fn uses_old(&self) -> bool {
        let uses = |program: &Program| program.uses("oldSelf");
        self.program.as_ref().is_ok_and(uses) || self.message.as_ref().is_some_and(uses)
    }
}

/// The places of whole objects.
pub(super) fn root(schema: &Value) -> Option<Node> {
    node(schema, schema, Root::Resource)
}

/// `rules` is where rules are looked for: the schema itself, or one of those that must be met too.
fn node(rules: &Value, schema: &Value, root: Root) -> Option<Node> {
    let texts = RuleText::all(rules);
    let shape = if texts.is_empty() { None } else { Schema::structural(schema, TYPE_NAME, root) };
    let rules_of = |texts: Vec<RuleText>, shape: &Schema| -> Vec<Rule> {
        texts.into_iter().map(|text| rule(text, shape, schema)).collect()
    };
    let compiled = shape.as_ref().map(|shape| rules_of(texts, shape)).unwrap_or_default();
    let is_map_list = json::text(schema, "x-kubernetes-list-type") == "map";
    let node = Node {
        rules: compiled,
        schema: shape.map(Arc::new),
        properties: properties(rules, schema),
        values: below(rules, schema, "additionalProperties"),
        items: below(rules, schema, "items"),
        keys: is_map_list.then(|| keys(schema)),
        all_of: json::list(rules, "allOf")
            .iter()
            .filter_map(|nested| node(nested, schema, root))
            .collect(),
    };
    let has_rules = !node.rules.is_empty()
        || !node.properties.is_empty()
        || node.values.is_some()
        || node.items.is_some()
        || !node.all_of.is_empty();
    has_rules.then_some(node)
}

fn keys(schema: &Value) -> Vec<String> {
    let keys = json::list(schema, "x-kubernetes-list-map-keys").iter();
    keys.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// An embedded object shows what every object has.
pub(super) fn root_of(schema: &Value) -> Root {
    let is_embedded = json::is_true(schema, "x-kubernetes-embedded-resource");
    if is_embedded { Root::Resource } else { Root::Plain }
}

fn properties(rules: &Value, schema: &Value) -> BTreeMap<String, Node> {
    let declared = rules.get("properties").and_then(Value::as_object);
    declared
        .into_iter()
        .flatten()
        .filter_map(|(name, nested)| {
            let property = schema.get("properties")?.get(name)?;
            Some((name.clone(), node(nested, property, root_of(property))?))
        })
        .collect()
}

fn below(rules: &Value, schema: &Value, keyword: &str) -> Option<Box<Node>> {
    let (nested, inner) = (rules.get(keyword)?, schema.get(keyword)?);
    node(nested, inner, root_of(inner)).map(Box::new)
}

/// What rules of such a place may speak of.
pub(super) fn environment(shape: &Schema, text: &RuleText) -> Environment {
    let old = if text.optional_old_self == Some(true) {
        Schema::optional(shape.clone())
    } else {
        shape.clone()
    };
    Environment::new().declare("self", shape.clone()).declare("oldSelf", old)
}

fn rule(text: RuleText, shape: &Schema, schema: &Value) -> Rule {
    let environment = environment(shape, &text);
    let program = condition(&environment, &text.rule);
    let message = message(&environment, &text.message_expression).and_then(Result::ok);
    let field_path = field_path::resolve(text.field_path.trim(), schema);
    Rule { text, program, message, field_path }
}

/// The rule itself; the message is the reference's.
pub(super) fn condition(environment: &Environment, rule: &str) -> Result<Program, String> {
    let program = environment
        .compile(rule)
        .map_err(|issues| format!("compilation failed: {}", cel::describe(&issues)))?;
    if *program.output_type() != Type::Bool {
        return Err("cel expression must evaluate to a bool".to_owned());
    }
    Ok(program)
}

/// What makes the message, if something does.
pub(super) fn message(
    environment: &Environment,
    expression: &str,
) -> Option<Result<Program, String>> {
    if expression.trim().is_empty() {
        return None;
    }
    let program = match environment.compile(expression) {
        Ok(program) => program,
        Err(issues) => {
            let message =
                format!("messageExpression compilation failed: {}", cel::describe(&issues));
            return Some(Err(message));
        }
    };
    if *program.output_type() != Type::String {
        return Some(Err("messageExpression must evaluate to a string".to_owned()));
    }
    Some(Ok(program))
}
