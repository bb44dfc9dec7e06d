//! Expressions that have been checked and can run.

use serde_json::Value as Json;

use crate::{
    ast::Expression,
    check::Checked,
    cost::{self, Range},
    environment::Environment,
    error::EvaluationError,
    evaluate::Evaluation,
    plan::{self, Node, Variable},
    types::Type,
    value::Value,
};

/// An expression that can run, as often as wanted and on many threads.
#[derive(Debug)]
pub struct Program {
    root: Node,
    variables: Vec<Variable>,
    output: Type,
    cost: Range,
}

/// What an expression yields, and what it has cost.
#[derive(Debug, Clone)]
pub struct Outcome<'a> {
    /// The value; or what the expression itself fails with, or that it costs more than the budget.
    pub value: Result<Value<'a>, EvaluationError>,
    /// In units of about one field that is looked at.
    pub cost: u64,
}

/// The values of variables for one evaluation.
#[derive(Debug, Clone, Default)]
pub struct Bindings<'a> {
    values: Vec<(&'a str, Binding<'a>)>,
}

#[derive(Debug, Clone)]
enum Binding<'a> {
    /// Read as the variable's schema says.
    Json(&'a Json),
    Value(Value<'a>),
}

impl<'a> Bindings<'a> {
    /// No variable has a value.
    #[must_use]
    pub const fn new() -> Self {
        Self { values: Vec::new() }
    }
    /// Gives a variable the value that JSON has by its schema; nothing is copied.
    #[must_use]
    pub fn json(mut self, name: &'a str, json: &'a Json) -> Self {
        self.values.push((name, Binding::Json(json)));
        self
    }
    /// Gives a variable a value.
    #[must_use]
    pub fn value(mut self, name: &'a str, value: Value<'a>) -> Self {
        self.values.push((name, Binding::Value(value)));
        self
    }
}

impl Program {
    pub(crate) fn new(environment: &Environment, root: Expression, checked: Checked) -> Self {
        let output = checked.types.get(root.id).cloned().unwrap_or(Type::Dyn);
        let cost = cost::estimate(&root, &checked, environment);
        let (root, variables) = plan::plan(&root, &checked, environment);
        Self { root, variables, output, cost }
    }

    /// The type of what it yields.
    pub const fn output_type(&self) -> &Type {
        &self.output
    }

    /// What it can cost, with values as large as the schemas allow.
    pub const fn estimate_cost(&self) -> Range {
        self.cost
    }

    /// Whether it speaks of a variable.
    pub fn uses(&self, variable: &str) -> bool {
        self.variables.iter().any(|known| known.name == variable)
    }

    /// Runs it.
    pub fn evaluate<'a>(&'a self, bindings: &Bindings<'a>, budget: u64) -> Outcome<'a> {
        let variables = self.variables.iter().map(|variable| {
            // A later binding wins.
            let (_, binding) =
                bindings.values.iter().rev().find(|(name, _)| *name == variable.name)?;
            Some(match binding {
                Binding::Json(json) => Value::from_json(json, &variable.schema),
                Binding::Value(value) => value.clone(),
            })
        });
        let names = self.variables.as_slice();
        let mut evaluation = Evaluation::new(names, variables.collect(), budget);
        let value = evaluation.evaluate(&self.root);
        Outcome { value, cost: evaluation.spent() }
    }
}
