//! An expression in the form in which it runs: names are places, calls are functions.

use std::sync::Arc;

use regex::Regex;

use crate::{
    ast::{
        Bind, BindResult, Call, Entry, Expression, Fold, FoldKind, Kind, Name, Presence, Select,
    },
    check::{Checked, Resolution},
    environment::Environment,
    library::{self, Overload, regex::Prepared},
    schema::{ObjectType, Schema},
    value::Value,
};

/// One step of a program.
#[derive(Debug)]
pub(crate) enum Node {
    Literal(Value<'static>),
    /// The place among the program's variables.
    Variable(usize),
    /// The place among the names that macros give.
    Local(usize),
    Select(Box<SelectNode>),
    Call(CallNode),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    Choice(Box<[Node; 3]>),
    /// An optional value, or what stands for it.
    Otherwise(Box<[Node; 2]>, BindResult),
    List(Vec<(Entry, Node)>),
    Map(Vec<(Entry, Node, Node)>),
    Object(Arc<ObjectType>, Vec<(Entry, Name, Node)>),
    Fold(Box<FoldNode>),
    Bind(Box<BindNode>),
}

#[derive(Debug)]
pub(crate) struct SelectNode {
    pub(crate) operand: Node,
    pub(crate) field: Name,
    pub(crate) presence: Presence,
}

#[derive(Debug)]
pub(crate) struct CallNode {
    pub(crate) overloads: Vec<&'static Overload>,
    pub(crate) arguments: Vec<Node>,
    /// A pattern that was written out is read once.
    pub(crate) pattern: Option<(Regex, Prepared)>,
}

#[derive(Debug)]
pub(crate) struct FoldNode {
    pub(crate) kind: FoldKind,
    pub(crate) range: Node,
    pub(crate) has_second: bool,
    pub(crate) filter: Option<Node>,
    pub(crate) transform: Option<Node>,
}

#[derive(Debug)]
pub(crate) struct BindNode {
    pub(crate) optional: Node,
    pub(crate) body: Node,
    pub(crate) result: BindResult,
}

/// A variable that a program uses.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) schema: Arc<Schema>,
}

/// The steps, and the variables that they use.
pub(crate) fn plan(
    root: &Expression,
    checked: &Checked,
    environment: &Environment,
) -> (Node, Vec<Variable>) {
    let mut planner = Planner { checked, environment, variables: Vec::new(), locals: Vec::new() };
    let node = planner.node(root);
    (node, planner.variables)
}

struct Planner<'p> {
    checked: &'p Checked,
    environment: &'p Environment,
    variables: Vec<Variable>,
    locals: Vec<Name>,
}

impl Planner<'_> {
    fn node(&mut self, expression: &Expression) -> Node {
        if let Some(Resolution::Type(type_)) = self.checked.resolutions.get(&expression.id) {
            return Node::Literal(Value::Type(type_.clone()));
        }
        match &expression.kind {
            Kind::Literal(value) => Node::Literal(value.clone()),
            Kind::Identifier(name) => self.identifier(name),
            Kind::Select(select) => self.select(select),
            Kind::Call(call) => self.call(expression.id, call),
            Kind::List(items) => {
                Node::List(items.iter().map(|item| (item.entry, self.node(&item.value))).collect())
            }
            Kind::Map(entries) => {
                let entries = entries.iter();
                Node::Map(
                    entries.map(|e| (e.entry, self.node(&e.key), self.node(&e.value))).collect(),
                )
            }
            Kind::Object(object) => {
                let fields = object
                    .fields
                    .iter()
                    .map(|field| (field.entry, Name::clone(&field.name), self.node(&field.value)));
                let fields = fields.collect();
                match self.environment.object_type(&object.name) {
                    Some(type_) => Node::Object(type_, fields),
                    // The check has refused it.
                    None => Node::Literal(Value::Null),
                }
            }
            Kind::Fold(fold) => self.fold(fold),
            Kind::Bind(bind) => self.bind(bind),
        }
    }

    fn identifier(&mut self, name: &Name) -> Node {
        if let Some(place) = self.locals.iter().rposition(|local| local == name) {
            return Node::Local(place);
        }
        let known = self.variables.iter().position(|variable| variable.name == **name);
        if let Some(place) = known {
            return Node::Variable(place);
        }
        if let Some(schema) = self.environment.variables().get(&**name) {
            let schema = Arc::clone(schema);
            self.variables.push(Variable { name: name.to_string(), schema });
        }
        Node::Variable(self.variables.len().saturating_sub(1))
    }

    fn select(&mut self, select: &Select) -> Node {
        let operand = self.node(&select.operand);
        let field = Name::clone(&select.field);
        Node::Select(Box::new(SelectNode { operand, field, presence: select.presence }))
    }

    fn call(&mut self, id: usize, call: &Call) -> Node {
        let (overloads, target) = match self.checked.resolutions.get(&id) {
            Some(Resolution::Overloads(overloads)) => (overloads.clone(), call.target.as_deref()),
            Some(Resolution::Namespaced(overloads)) => (overloads.clone(), None),
            Some(Resolution::Variable | Resolution::Type(_)) | None => (Vec::new(), None),
        };
        let arguments: Vec<Node> =
            target.into_iter().chain(&call.arguments).map(|part| self.node(part)).collect();
        let arguments = match <[Node; 2]>::try_from(arguments) {
            Ok(pair) => match &*call.function {
                "_&&_" => return Node::And(Box::new(pair)),
                "_||_" => return Node::Or(Box::new(pair)),
                "or" => return Node::Otherwise(Box::new(pair), BindResult::Wrapped),
                "orValue" => return Node::Otherwise(Box::new(pair), BindResult::Flat),
                _ => Vec::from(pair),
            },
            Err(arguments) => arguments,
        };
        let arguments = match <[Node; 3]>::try_from(arguments) {
            Ok(parts) if &*call.function == "_?_:_" => return Node::Choice(Box::new(parts)),
            Ok(parts) => Vec::from(parts),
            Err(arguments) => arguments,
        };
        let pattern = prepared_pattern(&call.function, &arguments);
        Node::Call(CallNode { overloads, arguments, pattern })
    }

    fn fold(&mut self, fold: &Fold) -> Node {
        let range = self.node(&fold.range);
        let depth = self.locals.len();
        self.locals.push(Name::clone(&fold.variable));
        self.locals.extend(fold.second_variable.clone());
        let filter = fold.filter.as_ref().map(|filter| self.node(filter));
        let transform = fold.transform.as_ref().map(|made| self.node(made));
        self.locals.truncate(depth);
        let has_second = fold.second_variable.is_some();
        Node::Fold(Box::new(FoldNode { kind: fold.kind, range, has_second, filter, transform }))
    }

    fn bind(&mut self, bind: &Bind) -> Node {
        let optional = self.node(&bind.optional);
        self.locals.push(Name::clone(&bind.variable));
        let body = self.node(&bind.body);
        self.locals.pop();
        Node::Bind(Box::new(BindNode { optional, body, result: bind.result }))
    }
}

/// A pattern that cannot be read fails when the expression runs.
fn prepared_pattern(function: &str, arguments: &[Node]) -> Option<(Regex, Prepared)> {
    let prepared = library::regex::prepared(function)?;
    let Node::Literal(Value::String(text)) = arguments.get(1)? else { return None };
    Some((library::regex::pattern(text).ok()?, prepared))
}
