//! Asks the rules of all places of an object, until the budget is spent.

use cel::{Bindings, EvaluationError, Program, Value as CelValue};
use serde_json::Value;

use super::{
    CALL_COST_MAX, OBJECT_COST_MAX, Verdict,
    compile::{Node, Rule},
};
use crate::validation::{ErrorKind, FieldError, Shown};

/// The longest message that an expression may make, in bytes.
const MESSAGE_BYTES_MAX: usize = 5 * 1024;
const OUT_OF_BUDGET: &str =
    "validation failed due to running out of cost budget, no further validation rules will be run";
const MESSAGE_OUT_OF_BUDGET: &str = "messageExpression evaluation failed due to running out of \
                                     cost budget, no further validation rules will be run";

/// No rule is asked any more.
struct Stop;

/// A place of an object.
#[derive(Clone, Copy)]
struct Place<'a> {
    value: &'a Value,
    /// What is known to be the same place before; `None` for what is new or cannot be found again.
    old: Option<&'a Value>,
    /// The nearest place around it, or itself, that is known in both, if there is one.
    known: Option<(&'a Value, &'a Value)>,
}

impl<'a> Place<'a> {
    fn below(self, value: &'a Value, old: Option<&'a Value>) -> Self {
        Self { value, old, known: old.map(|old| (value, old)).or(self.known) }
    }
    fn old_field(self, name: &str) -> Option<&'a Value> {
        self.old.and_then(|old| old.get(name))
    }
    /// What an update leaves as it was passes.
    fn is_unchanged(self) -> bool {
        self.known.is_some_and(|(value, old)| value == old)
    }
}

/// What the rules say; `old` is what the object replaces.
pub(super) fn check(root: &Node, object: &Value, old: Option<&Value>) -> Verdict {
    let mut check = Check { verdict: Verdict::default(), budget: OBJECT_COST_MAX };
    let place = Place { value: object, old, known: old.map(|old| (object, old)) };
    // What has been found before the budget ended stands.
    let (Ok(()) | Err(Stop)) = check.node(root, "", place);
    check.verdict
}

struct Check {
    verdict: Verdict,
    budget: u64,
}

impl Check {
    fn node<'a>(&mut self, node: &'a Node, path: &str, place: Place<'a>) -> Result<(), Stop> {
        // Whether something may be null is for the rules around it.
        if place.value.is_null() {
            return Ok(());
        }
        for rule in &node.rules {
            self.rule(node, rule, path, place)?;
        }
        for nested in &node.all_of {
            self.node(nested, path, place)?;
        }
        match place.value {
            Value::Array(items) => self.items(node, path, items, place),
            Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
                self.field(node, path, name, place.below(value, place.old_field(name)))
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    fn field<'a>(
        &mut self,
        node: &'a Node,
        path: &str,
        name: &str,
        place: Place<'a>,
    ) -> Result<(), Stop> {
        if let Some(values) = &node.values {
            self.node(values, &format!("{path}[{name}]"), place)?;
        }
        match node.properties.get(name) {
            Some(property) => self.node(property, &child(path, name), place),
            None => Ok(()),
        }
    }

    fn items<'a>(
        &mut self,
        node: &'a Node,
        path: &str,
        items: &'a [Value],
        place: Place<'a>,
    ) -> Result<(), Stop> {
        let Some(inner) = &node.items else { return Ok(()) };
        for (index, item) in items.iter().enumerate() {
            let old = node.keys.as_ref().and_then(|keys| twin(keys, item, place.old?));
            self.node(inner, &format!("{path}[{index}]"), place.below(item, old))?;
        }
        Ok(())
    }

    fn rule<'a>(
        &mut self,
        node: &'a Node,
        rule: &'a Rule,
        path: &str,
        place: Place<'a>,
    ) -> Result<(), Stop> {
        if self.budget == 0 {
            self.error(path, OUT_OF_BUDGET.to_owned());
            return Err(Stop);
        }
        let program = match &rule.program {
            Ok(program) => program,
            Err(why) => {
                self.error(path, format!("rule compile error: {why}"));
                return Ok(());
            }
        };
        let is_optional = rule.text.optional_old_self == Some(true);
        if rule.uses_old() && place.old.is_none() && !is_optional {
            return Ok(());
        }
        let bindings = bindings(node, is_optional, place);
        match self.run(program, &bindings) {
            Err(Stop) => {
                self.error(path, OUT_OF_BUDGET.to_owned());
                Err(Stop)
            }
            Ok(Ok(CelValue::Bool(true))) => Ok(()),
            Ok(Ok(_)) => self.failure(rule, path, place, &bindings),
            Ok(Err(error)) => self.broken(rule, path, &error),
        }
    }

    /// Takes the cost from what is left.
    fn run<'a>(
        &mut self,
        program: &'a Program,
        bindings: &Bindings<'a>,
    ) -> Result<Result<CelValue<'a>, EvaluationError>, Stop> {
        let outcome = program.evaluate(bindings, CALL_COST_MAX);
        self.budget = self.budget.checked_sub(outcome.cost).ok_or(Stop)?;
        Ok(outcome.value)
    }

    /// The rule could not be asked.
    fn broken(&mut self, rule: &Rule, path: &str, error: &EvaluationError) -> Result<(), Stop> {
        let name = rule.text.name();
        match error {
            EvaluationError::NoSuchOverload => {
                let why = "call arguments did not match a supported operator, function or macro \
                           signature for rule";
                self.error(path, format!("'{error}': {why}: {name}"));
                Ok(())
            }
            EvaluationError::CostExceeded => {
                let why = "no further validation rules will be run due to call cost exceeds limit \
                           for rule";
                self.error(path, format!("'{error}': {why}: {name}"));
                Err(Stop)
            }
            EvaluationError::NoSuchKey(_)
            | EvaluationError::NoSuchAttribute(_)
            | EvaluationError::OutOfBounds(_)
            | EvaluationError::DivisionByZero
            | EvaluationError::ModulusByZero
            | EvaluationError::Overflow(_)
            | EvaluationError::Failed(_) => {
                self.error(path, format!("{error} evaluating rule: {name}"));
                Ok(())
            }
        }
    }

    /// The rule says no.
    fn failure<'a>(
        &mut self,
        rule: &'a Rule,
        path: &str,
        place: Place<'a>,
        bindings: &Bindings<'a>,
    ) -> Result<(), Stop> {
        let path = match &rule.field_path {
            Some(field) if field.starts_with('[') => format!("{path}{field}"),
            Some(field) => child(path, field),
            None => path.to_owned(),
        };
        let (detail, end) = self.detail(rule, bindings);
        let kind = match rule.text.reason.as_deref() {
            _ if end.is_err() => ErrorKind::Invalid,
            Some("FieldValueForbidden") => ErrorKind::Forbidden,
            Some("FieldValueRequired") => ErrorKind::Required,
            Some("FieldValueDuplicate") => ErrorKind::Duplicate,
            Some(_) | None => ErrorKind::Invalid,
        };
        let detail = if kind == ErrorKind::Duplicate { String::new() } else { detail };
        let error = error(&path, kind, detail);
        if !rule.uses_old() && place.is_unchanged() {
            self.verdict.warnings.push(error.to_string());
        } else {
            self.verdict.errors.push(error);
        }
        end
    }

    /// The message that is made for this object, or the one that stands in the rule.
    fn detail<'a>(
        &mut self,
        rule: &'a Rule,
        bindings: &Bindings<'a>,
    ) -> (String, Result<(), Stop>) {
        let Some(program) = &rule.message else { return (rule.text.failure(), Ok(())) };
        match self.run(program, bindings) {
            Err(Stop) => (MESSAGE_OUT_OF_BUDGET.to_owned(), Err(Stop)),
            Ok(Err(EvaluationError::CostExceeded)) => {
                let why = "no further validation rules will be run due to call cost exceeds limit \
                           for messageExpression";
                (format!("{why}: {:?}", rule.text.message_expression), Err(Stop))
            }
            Ok(made) => {
                let made = made.ok().and_then(|made| usable(&made));
                (made.unwrap_or_else(|| rule.text.failure()), Ok(()))
            }
        }
    }

    fn error(&mut self, path: &str, detail: String) {
        self.verdict.errors.push(error(path, ErrorKind::Invalid, detail));
    }
}

/// A made message has one line, and not too long a one.
fn usable(made: &CelValue<'_>) -> Option<String> {
    let text = made.as_str()?.trim();
    let fits = !text.is_empty() && text.len() <= MESSAGE_BYTES_MAX && !text.contains('\n');
    fits.then(|| text.to_owned())
}

fn bindings<'a>(node: &'a Node, is_optional: bool, place: Place<'a>) -> Bindings<'a> {
    let bindings = Bindings::new().json("self", place.value);
    match (place.old, &node.schema) {
        (old, Some(schema)) if is_optional => {
            let old = old.map(|old| CelValue::from_json(old, schema));
            bindings.value("oldSelf", CelValue::optional(old))
        }
        (Some(old), _) => bindings.json("oldSelf", old),
        (None, _) => bindings,
    }
}

/// The item of the old list with the same keys.
fn twin<'a>(keys: &[String], item: &Value, old: &'a Value) -> Option<&'a Value> {
    let is_same = |old: &&Value| keys.iter().all(|key| old.get(key) == item.get(key));
    old.as_array()?.iter().find(is_same)
}

fn child(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The reference prints the path of the object itself so.
fn error(path: &str, kind: ErrorKind, detail: String) -> FieldError {
    let path = if path.is_empty() { "<nil>" } else { path };
    FieldError { path: path.to_owned(), kind, value: Shown::Hidden, detail }
}
