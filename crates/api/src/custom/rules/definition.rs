//! What is wrong with the rules of a definition: their shape, their text, and what they could cost.

use cel::{Root, Schema};
use serde_json::Value;

use super::{
    compile::{self, root_of},
    field_path,
    text::{REASONS, RuleText},
};
use crate::{
    json,
    validation::{ErrorKind, Errors, FieldError, Shown},
};

/// What one rule may cost for one object, at most.
const RULE_COST_MAX: u64 = 10_000_000;
/// What all rules may cost for one object, at most.
const DEFINITION_COST_MAX: u64 = 100_000_000;
/// Of those that cost the most so many are named, if they are a hundredth of what is allowed.
const NAMED_MAX: usize = 4;
const NAMED_COST_MIN: u64 = DEFINITION_COST_MAX / 100;

/// Checks the rules of a schema; `path` is that of the schema, as `spec.validation.openAPIV3Schema`.
pub fn validate(path: &str, schema: &Value, errors: &mut Errors) {
    let mut check = Check { errors: Errors::new(), wrong_shapes: 0, costs: Vec::new(), total: 0 };
    let place = Place { path, root: Root::Resource, cardinality: Some(1), uncorrelatable: None };
    check.node(schema, &place);
    check.total_cost(path);
    errors.append(&mut check.errors);
}

struct Check {
    errors: Errors,
    /// How many of the errors are about what rules are made of.
    wrong_shapes: usize,
    /// With the paths of the rules.
    costs: Vec<(String, u64)>,
    total: u64,
}

/// A node of the schema.
#[derive(Clone)]
struct Place<'a> {
    path: &'a str,
    root: Root,
    /// How often it can be in one object; `None` without a limit.
    cardinality: Option<u64>,
    /// The list around it whose items cannot be found again.
    uncorrelatable: Option<&'a str>,
}

impl Check {
    fn push(&mut self, path: String, kind: ErrorKind, value: Shown, detail: impl Into<String>) {
        self.errors.push(FieldError { path, kind, value, detail: detail.into() });
    }

    fn node(&mut self, schema: &Value, place: &Place<'_>) {
        let inner = place.cardinality.and_then(|count| count.checked_mul(elements_max(schema)?));
        let shapes = self.wrong_shapes;
        if let Some(items) = schema.get("items") {
            let is_map_list = json::text(schema, "x-kubernetes-list-type") == "map";
            let lost = place.uncorrelatable.or((!is_map_list).then_some(place.path));
            self.below(items, &format!("{}.items", place.path), inner, lost);
        }
        if let Some(values) = schema.get("additionalProperties").filter(|v| v.is_object()) {
            let path = format!("{}.additionalProperties", place.path);
            self.below(values, &path, inner, place.uncorrelatable);
        }
        for (name, property) in
            schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let path = format!("{}.properties[{name}]", place.path);
            self.below(property, &path, inner, place.uncorrelatable);
        }
        self.rules(schema, place, shapes);
    }

    fn below(
        &mut self,
        schema: &Value,
        path: &str,
        cardinality: Option<u64>,
        uncorrelatable: Option<&str>,
    ) {
        self.node(schema, &Place { path, root: root_of(schema), cardinality, uncorrelatable });
    }

    /// Expressions are looked at only if nothing is wrong with the rules' shape here and below.
    fn rules(&mut self, schema: &Value, place: &Place<'_>, wrong_before: usize) {
        let texts = RuleText::all(schema);
        for (index, text) in texts.iter().enumerate() {
            let known = self.errors.len();
            self.shape(text, &rule_path(place.path, index), schema);
            self.wrong_shapes += self.errors.len() - known;
        }
        if texts.is_empty() || self.wrong_shapes > wrong_before {
            return;
        }
        let Some(shape) = Schema::structural(schema, "selfType", place.root) else {
            let path = format!("{}.x-kubernetes-validations", place.path);
            let detail = "unable to convert structural schema to CEL declarations";
            self.push(path, ErrorKind::Invalid, Shown::Hidden, detail);
            return;
        };
        for (index, text) in texts.iter().enumerate() {
            self.expressions(text, &rule_path(place.path, index), &shape, place);
        }
    }

    fn shape(&mut self, text: &RuleText, path: &str, schema: &Value) {
        let at = |field: &str| format!("{path}.{field}");
        let (rule, message) = (text.rule.trim(), text.message.trim());
        let shown = |text: &str| Shown::from(text);
        if rule.is_empty() {
            self.push(at("rule"), ErrorKind::Required, Shown::Hidden, "rule is not specified");
        } else if !text.message.is_empty() && message.is_empty() {
            let detail = "message must be non-empty if specified";
            self.push(at("message"), ErrorKind::Invalid, shown(&text.message), detail);
        } else if has_lines(message) {
            let detail = "message must not contain line breaks";
            self.push(at("message"), ErrorKind::Invalid, shown(&text.message), detail);
        } else if has_lines(rule) && message.is_empty() {
            let detail = "message must be specified if rule contains line breaks";
            self.push(at("message"), ErrorKind::Required, Shown::Hidden, detail);
        }
        if !text.message_expression.is_empty() && text.message_expression.trim().is_empty() {
            let detail = "messageExpression must be non-empty if specified";
            self.push(at("messageExpression"), ErrorKind::Required, Shown::Hidden, detail);
        }
        if let Some(reason) = text.reason.as_deref().filter(|reason| !REASONS.contains(reason)) {
            let known = REASONS.map(|reason| format!("{reason:?}")).join(", ");
            let detail = format!("supported values: {known}");
            self.push(at("reason"), ErrorKind::NotSupported, shown(reason), detail);
        }
        self.field_path(text, at("fieldPath"), schema);
    }

    fn field_path(&mut self, text: &RuleText, path: String, schema: &Value) {
        let field = text.field_path.as_str();
        if field.is_empty() {
            return;
        }
        let mut push = |detail| self.push(path.clone(), ErrorKind::Invalid, field.into(), detail);
        if field.trim().is_empty() {
            push("fieldPath must be non-empty if specified");
        }
        if has_lines(field) {
            push("fieldPath must not contain line breaks");
        }
        if field_path::resolve(field, schema).is_none() {
            push("fieldPath must be a valid path");
        }
    }

    fn expressions(&mut self, text: &RuleText, path: &str, shape: &Schema, place: &Place<'_>) {
        let environment = compile::environment(shape, text);
        let at = |field: &str| format!("{path}.{field}");
        let mut uses_old = false;
        match compile::condition(&environment, &text.rule) {
            Ok(program) => {
                uses_old |= program.uses("oldSelf");
                let count = place.cardinality.unwrap_or_else(|| shape.cardinality_max());
                let cost = program.estimate_cost().max.saturating_mul(count);
                self.cost(at("rule"), "estimated rule cost", cost);
            }
            Err(why) => self.push(at("rule"), ErrorKind::Invalid, text.shown(), why),
        }
        match compile::message(&environment, &text.message_expression) {
            None => {}
            Some(Ok(program)) => {
                uses_old |= program.uses("oldSelf");
                let cost = program.estimate_cost().max;
                self.cost(at("messageExpression"), "estimated messageExpression cost", cost);
            }
            Some(Err(why)) => {
                self.push(at("messageExpression"), ErrorKind::Invalid, text.shown(), why);
            }
        }
        match (uses_old, place.uncorrelatable, text.optional_old_self) {
            (true, Some(within), _) => {
                let detail = format!(
                    "oldSelf cannot be used on the uncorrelatable portion of the schema within \
                     {within}"
                );
                self.push(at("rule"), ErrorKind::Invalid, text.rule.as_str().into(), detail);
            }
            (false, _, Some(optional)) => {
                let value = Shown::Json(optional.into());
                let detail = "may not be set if oldSelf is not used in rule";
                self.push(at("optionalOldSelf"), ErrorKind::Invalid, value, detail);
            }
            (true, None, _) | (false, _, None) => {}
        }
    }

    fn cost(&mut self, path: String, name: &str, cost: u64) {
        if cost > RULE_COST_MAX {
            let detail = exceeded(name, cost, RULE_COST_MAX);
            self.push(path.clone(), ErrorKind::Forbidden, Shown::Hidden, detail);
        }
        self.total = self.total.saturating_add(cost);
        if cost >= NAMED_COST_MIN {
            self.costs.push((path, cost));
        }
    }

    fn total_cost(&mut self, path: &str) {
        if self.total <= DEFINITION_COST_MAX {
            return;
        }
        let mut costs = std::mem::take(&mut self.costs);
        costs.sort_by_key(|(_, cost)| std::cmp::Reverse(*cost));
        let detail = "contributed to estimated rule & messageExpression cost total exceeding cost \
                      limit for entire OpenAPIv3 schema";
        for (path, _) in costs.into_iter().take(NAMED_MAX) {
            self.push(path, ErrorKind::Forbidden, Shown::Hidden, detail);
        }
        let name = "x-kubernetes-validations estimated rule & messageExpression cost total for \
                    entire OpenAPIv3 schema";
        let detail = exceeded(name, self.total, DEFINITION_COST_MAX);
        self.push(path.to_owned(), ErrorKind::Forbidden, Shown::Hidden, detail);
    }
}

fn rule_path(path: &str, index: usize) -> String {
    format!("{path}.x-kubernetes-validations[{index}]")
}

fn has_lines(text: &str) -> bool {
    text.contains(['\n', '\r'])
}

/// How many values a node has below it, at most; `None` without a limit.
fn elements_max(schema: &Value) -> Option<u64> {
    let limit = |keyword: &str| {
        let limit = schema.get(keyword)?;
        limit.as_u64().or_else(|| limit.as_i64().map(|_| 0))
    };
    match json::text(schema, "type") {
        "object" if schema.get("additionalProperties").is_some() => limit("maxProperties"),
        "array" => limit("maxItems"),
        _ => Some(1),
    }
}

fn exceeded(name: &str, cost: u64, limit: u64) -> String {
    let factor = factor(cost, limit);
    format!(
        "{name} exceeds budget by factor of {factor} (try simplifying the rule, or adding maxItems, \
         maxProperties, and maxLength where arrays, maps, and strings are declared)"
    )
}

/// Close to the limit it has more decimals: nothing exceeds a limit by a factor of 1.0.
fn factor(cost: u64, limit: u64) -> String {
    let millionths = u128::from(cost) * 1_000_000 / u128::from(limit);
    let (whole, rest) = (millionths / 1_000_000, millionths % 1_000_000);
    if millionths > 100_000_000 {
        return "more than 100x".to_owned();
    }
    if millionths < 1_500_000 {
        return format!("{whole}.{rest:06}x");
    }
    let tenths = (millionths + 50_000) / 100_000;
    format!("{}.{}x", tenths / 10, tenths % 10)
}
