//! Finds out the type of every part of an expression and which functions it calls.

mod aggregate;
mod fold;
mod unify;

use std::collections::BTreeMap;

use self::unify::{Substitution, most_general};
use crate::{
    ast::{Call, Expression, Kind, Name, Positions, Presence, Select},
    environment::Environment,
    issue::Issue,
    library::{self, Overload, Style},
    parse::{Parsed, qualified_name},
    types::Type,
    value::{Moment, Value, time},
};

/// More mistakes than that are not told.
const ISSUES_MAX: usize = 100;

/// What is known of an expression, by the ids of its parts.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) types: Vec<Type>,
    pub(crate) resolutions: BTreeMap<usize, Resolution>,
}

/// What a name or a call means.
#[derive(Debug, Clone)]
pub(crate) enum Resolution {
    /// A declared variable.
    Variable,
    /// A type as a value.
    Type(Type),
    /// The functions that may be meant; the values decide.
    Overloads(Vec<&'static Overload>),
    /// A function whose name has dots: the target is part of the name.
    Namespaced(Vec<&'static Overload>),
}

/// Checks an expression against what is declared.
pub(crate) fn check(
    source: &str,
    parsed: &Parsed,
    environment: &Environment,
) -> Result<Checked, Vec<Issue>> {
    let mut checker = Checker {
        source,
        environment,
        positions: &parsed.positions,
        substitution: Substitution::default(),
        parameters: FIRST_PARAMETER,
        locals: Vec::new(),
        types: vec![Type::Error; parsed.positions.count()],
        resolutions: BTreeMap::new(),
        issues: Vec::new(),
    };
    checker.expression(&parsed.root);
    if !checker.issues.is_empty() {
        return Err(checker.issues);
    }
    let types = checker.types.iter().map(|type_| checker.substitution.settle(type_)).collect();
    Ok(Checked { types, resolutions: checker.resolutions })
}

/// Those below are the ones of signatures.
const FIRST_PARAMETER: u32 = 2;

struct Checker<'c> {
    source: &'c str,
    environment: &'c Environment,
    positions: &'c Positions,
    substitution: Substitution,
    parameters: u32,
    locals: Vec<(Name, Type)>,
    types: Vec<Type>,
    resolutions: BTreeMap<usize, Resolution>,
    issues: Vec<Issue>,
}

impl Checker<'_> {
    fn issue(&mut self, id: usize, message: impl Into<String>) -> Type {
        if self.issues.len() < ISSUES_MAX {
            self.issues.push(Issue::at(self.source, self.positions.offset(id), message));
        }
        Type::Error
    }

    fn fresh(&mut self) -> Type {
        self.parameters += 1;
        Type::Parameter(self.parameters)
    }

    fn expression(&mut self, expression: &Expression) -> Type {
        let id = expression.id;
        let type_ = match &expression.kind {
            Kind::Literal(value) => value.type_(),
            Kind::Identifier(name) => self.identifier(id, name),
            Kind::Select(select) => self.select(expression, select),
            Kind::Call(call) => self.call(id, call),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::Object(object) => self.object(id, object),
            Kind::Fold(fold) => self.fold(id, fold),
            Kind::Bind(bind) => self.bind(id, bind),
        };
        if let Some(known) = self.types.get_mut(id) {
            known.clone_from(&type_);
        }
        type_
    }

    fn local(&self, name: &str) -> Option<&Type> {
        self.locals.iter().rev().find(|(local, _)| &**local == name).map(|(_, type_)| type_)
    }

    fn identifier(&mut self, id: usize, name: &str) -> Type {
        if let Some(type_) = self.local(name) {
            return type_.clone();
        }
        if let Some(schema) = self.environment.variable(name) {
            self.resolutions.insert(id, Resolution::Variable);
            return schema.type_.clone();
        }
        // `dyn` is a type only for those who check.
        if let Some(type_) = Type::named(name).filter(|type_| !type_.is_open()) {
            self.resolutions.insert(id, Resolution::Type(type_.clone()));
            return Type::type_of(type_);
        }
        self.undeclared(id, name)
    }

    fn undeclared(&mut self, id: usize, name: &str) -> Type {
        self.issue(id, format!("undeclared reference to '{name}' (in container '')"))
    }

    /// Whether the first word of a name with dots is a variable.
    fn begins_with_variable(&self, name: &str) -> bool {
        let first = name.split('.').next().unwrap_or(name);
        self.local(first).is_some() || self.environment.variable(first).is_some()
    }

    fn select(&mut self, expression: &Expression, select: &Select) -> Type {
        let name = qualified_name(expression).filter(|name| !self.begins_with_variable(name));
        if let Some(type_) = name.as_deref().and_then(Type::named) {
            self.resolutions.insert(expression.id, Resolution::Type(type_.clone()));
            return Type::type_of(type_);
        }
        let operand = self.expression(&select.operand);
        let operand = self.substitution.apply(&operand);
        let (inner, is_optional) = match operand {
            Type::Optional(inner) => ((*inner).clone(), true),
            other => (other, false),
        };
        let field = self.field(expression.id, &inner, &select.field);
        match select.presence {
            Presence::Test => Type::Bool,
            Presence::Value if !is_optional => field,
            Presence::Value | Presence::Optional => optional(field),
        }
    }

    fn field(&mut self, id: usize, operand: &Type, name: &str) -> Type {
        match operand {
            Type::Map(_, value) => (**value).clone(),
            Type::Object(object) => match object.fields.get(name) {
                Some(field) => field.schema.type_.clone(),
                None => self.issue(id, format!("undefined field '{name}'")),
            },
            Type::Dyn => Type::Dyn,
            Type::Error => Type::Error,
            Type::Parameter(_) => {
                self.substitution.fit(operand, &Type::Dyn);
                Type::Dyn
            }
            other => self.issue(id, format!("type '{other}' does not support field selection")),
        }
    }

    fn call(&mut self, id: usize, call: &Call) -> Type {
        if let Some(target) = &call.target {
            let name = qualified_name(target).filter(|name| !self.begins_with_variable(name));
            let name = name.map(|name| format!("{name}.{}", call.function));
            if let Some(name) = name.filter(|name| !library::overloads(name).is_empty()) {
                return self.namespaced_call(id, &name, call);
            }
        }
        let style = if call.target.is_some() { Style::Member } else { Style::Global };
        if library::overloads(&call.function).is_empty() {
            self.arguments(call.target.as_deref(), &call.arguments);
            return self.undeclared(id, &call.function);
        }
        let arguments = self.arguments(call.target.as_deref(), &call.arguments);
        let Some((type_, overloads)) = self.resolve(id, &call.function, style, arguments) else {
            return Type::Error;
        };
        self.resolutions.insert(id, Resolution::Overloads(overloads));
        self.check_literals(call);
        type_
    }

    /// The target is part of the function's name.
    fn namespaced_call(&mut self, id: usize, name: &str, call: &Call) -> Type {
        let arguments = self.arguments(None, &call.arguments);
        let Some((type_, overloads)) = self.resolve(id, name, Style::Global, arguments) else {
            return Type::Error;
        };
        self.resolutions.insert(id, Resolution::Namespaced(overloads));
        type_
    }

    fn arguments(&mut self, target: Option<&Expression>, arguments: &[Expression]) -> Vec<Type> {
        target.into_iter().chain(arguments).map(|argument| self.expression(argument)).collect()
    }

    /// All overloads that may be meant, and the type that they yield: `dyn` if they differ.
    fn resolve(
        &mut self,
        id: usize,
        function: &str,
        style: Style,
        arguments: Vec<Type>,
    ) -> Option<(Type, Vec<&'static Overload>)> {
        let mut fitting = Vec::new();
        let mut result: Option<Type> = None;
        for overload in library::overloads(function).iter().filter(|known| known.style == style) {
            let (parameters, yields) = self.instantiate(overload);
            if !self.substitution.fit_all(&arguments, &parameters) {
                continue;
            }
            fitting.push(overload);
            let yields = self.substitution.apply(&yields);
            result = Some(match result {
                Some(known) if known != yields => Type::Dyn,
                Some(known) => known,
                None => yields,
            });
        }
        if result.is_none() {
            let message = self.no_overload(function, style, &arguments);
            self.issue(id, message);
        }
        Some((result?, fitting))
    }

    /// The overload's types, with parameters of its own for this call.
    fn instantiate(&mut self, overload: &Overload) -> (Vec<Type>, Type) {
        let mut fresh = Substitution::default();
        for parameter in 0..FIRST_PARAMETER {
            let own = self.fresh();
            fresh.fit(&own, &Type::Parameter(parameter));
        }
        let parameters = overload.parameters.iter().map(|type_| fresh.apply(type_)).collect();
        (parameters, fresh.apply(&overload.result))
    }

    fn no_overload(&self, function: &str, style: Style, arguments: &[Type]) -> String {
        let arguments: Vec<String> =
            arguments.iter().map(|type_| self.substitution.settle(type_).to_string()).collect();
        let signature = match (style, arguments.split_first()) {
            (Style::Member, Some((target, rest))) => format!("{target}.({})", rest.join(", ")),
            (Style::Member | Style::Global, _) => format!("({})", arguments.join(", ")),
        };
        format!("found no matching overload for '{function}' applied to '{signature}'")
    }

    /// What is written out is checked now, not when the expression runs.
    fn check_literals(&mut self, call: &Call) {
        let Some(argument) = call.arguments.last() else { return };
        let Kind::Literal(Value::String(text)) = &argument.kind else { return };
        let is_valid = match &*call.function {
            "duration" => time::parse_duration(text).is_some(),
            "timestamp" => Moment::parse(text).is_some(),
            "matches" => library::regex::pattern(text).is_ok(),
            _ => return,
        };
        if !is_valid {
            self.issue(argument.id, format!("invalid {} argument", call.function));
        }
    }
}

/// Once is enough.
fn optional(type_: Type) -> Type {
    match type_ {
        optional @ (Type::Optional(_) | Type::Error) => optional,
        other => Type::optional(other),
    }
}
