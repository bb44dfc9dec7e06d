//! Runs the steps of a program, and stops when they cost too much.

mod fold;

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    ast::{BindResult, Entry, Name, Presence},
    cost,
    error::{EvaluationError, failed, no_overload},
    library::Overload,
    plan::{BindNode, CallNode, Node, SelectNode, Variable},
    schema::ObjectType,
    value::{Key, Map, Object, Text, Value},
};

type Answer<'a> = Result<Value<'a>, EvaluationError>;

/// One run of a program.
pub(crate) struct Evaluation<'a> {
    names: &'a [Variable],
    variables: Vec<Option<Value<'a>>>,
    locals: Vec<Value<'a>>,
    spent: u64,
    budget: u64,
}

impl<'a> Evaluation<'a> {
    pub(crate) const fn new(
        names: &'a [Variable],
        variables: Vec<Option<Value<'a>>>,
        budget: u64,
    ) -> Self {
        Self { names, variables, locals: Vec::new(), spent: 0, budget }
    }

    /// What has been spent so far.
    pub(crate) const fn spent(&self) -> u64 {
        self.spent
    }

    fn charge(&mut self, cost: u64) -> Result<(), EvaluationError> {
        self.spent = self.spent.saturating_add(cost);
        if self.spent > self.budget {
            return Err(EvaluationError::CostExceeded);
        }
        Ok(())
    }

    pub(crate) fn evaluate(&mut self, node: &'a Node) -> Answer<'a> {
        match node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Variable(place) => self.variable(*place),
            Node::Local(place) => {
                self.charge(cost::SELECT)?;
                self.locals.get(*place).cloned().ok_or(EvaluationError::NoSuchOverload)
            }
            Node::Select(select) => self.select(select),
            Node::Call(call) => self.call(call),
            Node::And(sides) => self.logic(sides, false),
            Node::Or(sides) => self.logic(sides, true),
            Node::Choice(parts) => self.choice(parts),
            Node::Otherwise(sides, result) => self.otherwise(sides, *result),
            Node::List(items) => self.list(items),
            Node::Map(entries) => self.map(entries),
            Node::Object(type_, fields) => self.object(type_, fields),
            Node::Fold(fold) => self.fold(fold),
            Node::Bind(bind) => self.bind(bind),
        }
    }

    fn variable(&mut self, place: usize) -> Answer<'a> {
        self.charge(cost::SELECT)?;
        if let Some(Some(value)) = self.variables.get(place) {
            return Ok(value.clone());
        }
        let name = self.names.get(place).map(|variable| variable.name.clone());
        Err(EvaluationError::NoSuchAttribute(name.unwrap_or_default()))
    }

    fn select(&mut self, select: &'a SelectNode) -> Answer<'a> {
        let operand = self.evaluate(&select.operand)?;
        if select.presence != Presence::Test {
            self.charge(cost::SELECT)?;
        }
        let (container, is_optional) = match &operand {
            Value::Optional(None) => {
                let is_test = select.presence == Presence::Test;
                return Ok(if is_test { Value::Bool(false) } else { Value::none() });
            }
            Value::Optional(Some(inner)) => (&**inner, true),
            other => (other, false),
        };
        let found = match container {
            Value::Map(map) => map.get(&Key::String(Text::Borrowed(&select.field))),
            Value::Object(object) => object.get(&select.field),
            _ => return no_overload(),
        };
        match select.presence {
            Presence::Test => Ok(Value::Bool(found.is_some())),
            Presence::Value if !is_optional => {
                found.ok_or_else(|| EvaluationError::NoSuchKey(select.field.to_string()))
            }
            Presence::Value | Presence::Optional => Ok(found.map_or_else(Value::none, Value::some)),
        }
    }

    fn call(&mut self, call: &'a CallNode) -> Answer<'a> {
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.evaluate(argument)?);
        }
        let Some(overload) = chosen(&call.overloads, &arguments) else { return no_overload() };
        // What costs too much is not begun.
        self.charge(cost::actual(overload.cost, &arguments))?;
        match &call.pattern {
            Some((pattern, prepared)) => prepared(pattern, &arguments),
            None => (overload.call)(&arguments),
        }
    }

    /// One side may decide alone, even if the other one fails.
    fn logic(&mut self, sides: &'a [Node; 2], decisive: bool) -> Answer<'a> {
        let left = self.evaluate(&sides[0]);
        if matches!(left, Ok(Value::Bool(value)) if value == decisive)
            || matches!(left, Err(EvaluationError::CostExceeded))
        {
            return left;
        }
        let right = self.evaluate(&sides[1]);
        if matches!(right, Ok(Value::Bool(value)) if value == decisive)
            || matches!(right, Err(EvaluationError::CostExceeded))
        {
            return right;
        }
        match (left?, right?) {
            (Value::Bool(_), Value::Bool(_)) => Ok(Value::Bool(!decisive)),
            _ => no_overload(),
        }
    }

    fn choice(&mut self, parts: &'a [Node; 3]) -> Answer<'a> {
        match self.evaluate(&parts[0])? {
            Value::Bool(true) => self.evaluate(&parts[1]),
            Value::Bool(false) => self.evaluate(&parts[2]),
            _ => no_overload(),
        }
    }

    fn otherwise(&mut self, sides: &'a [Node; 2], result: BindResult) -> Answer<'a> {
        let optional = self.evaluate(&sides[0])?;
        self.charge(1)?;
        match (&optional, result) {
            (Value::Optional(Some(_)), BindResult::Wrapped) => Ok(optional),
            (Value::Optional(Some(value)), BindResult::Flat) => Ok((**value).clone()),
            (Value::Optional(None), BindResult::Wrapped | BindResult::Flat) => {
                self.evaluate(&sides[1])
            }
            _ => no_overload(),
        }
    }

    /// The value of an entry; `None` if it has a `?` and is absent.
    fn entry(
        &mut self,
        entry: Entry,
        node: &'a Node,
    ) -> Result<Option<Value<'a>>, EvaluationError> {
        let value = self.evaluate(node)?;
        match (entry, value) {
            (Entry::Required, value) => Ok(Some(value)),
            (Entry::Optional, Value::Optional(inner)) => Ok(inner.map(|inner| (*inner).clone())),
            (Entry::Optional, _) => no_overload(),
        }
    }

    fn list(&mut self, items: &'a [(Entry, Node)]) -> Answer<'a> {
        let mut values = Vec::with_capacity(items.len());
        for (entry, node) in items {
            values.extend(self.entry(*entry, node)?);
        }
        self.charge(cost::LIST)?;
        Ok(Value::list(values))
    }

    fn map(&mut self, entries: &'a [(Entry, Node, Node)]) -> Answer<'a> {
        let mut map = BTreeMap::new();
        for (entry, key, value) in entries {
            let key = self.evaluate(key)?;
            let Some(value) = self.entry(*entry, value)? else { continue };
            insert(&mut map, &key, value)?;
        }
        self.charge(cost::MAP)?;
        Ok(Value::Map(Map::Made(Arc::new(map))))
    }

    fn object(&mut self, type_: &Arc<ObjectType>, fields: &'a [(Entry, Name, Node)]) -> Answer<'a> {
        let mut values = BTreeMap::new();
        for (entry, name, node) in fields {
            let Some(value) = self.entry(*entry, node)? else { continue };
            values.insert(Name::clone(name), value);
        }
        self.charge(cost::OBJECT)?;
        Ok(Value::Object(Object::Made(Arc::clone(type_), Arc::new(values))))
    }

    fn bind(&mut self, bind: &'a BindNode) -> Answer<'a> {
        let optional = self.evaluate(&bind.optional)?;
        self.charge(1)?;
        let value = match optional {
            Value::Optional(Some(value)) => (*value).clone(),
            Value::Optional(None) => return Ok(Value::none()),
            _ => return no_overload(),
        };
        self.charge(cost::LIST)?;
        self.locals.push(value);
        let body = self.evaluate(&bind.body);
        self.locals.pop();
        Ok(match bind.result {
            BindResult::Wrapped => Value::some(body?),
            BindResult::Flat => body?,
        })
    }
}

/// The overload that takes these values. One that takes the first of them looks at the others by itself, as an index
/// that is any number.
fn chosen(overloads: &[&'static Overload], arguments: &[Value<'_>]) -> Option<&'static Overload> {
    let fits = |overload: &Overload, count: usize| {
        overload.parameters.len() == arguments.len()
            && overload.parameters.iter().zip(arguments).take(count).all(|(t, v)| v.fits(t))
    };
    let found = overloads.iter().find(|overload| fits(overload, arguments.len()));
    found.or_else(|| overloads.iter().find(|overload| fits(overload, 1))).copied()
}

/// A key may be given once, and only some values are keys.
fn insert<'a>(
    map: &mut BTreeMap<Key<'a>, Value<'a>>,
    key: &Value<'a>,
    value: Value<'a>,
) -> Result<(), EvaluationError> {
    let is_key = !matches!(key, Value::Double(_));
    let Some(known) = Key::of(key).filter(|_| is_key) else {
        return failed(format!("unsupported key type: {}", key.type_().runtime_name()));
    };
    let text = crate::library::key_text(key);
    if map.insert(known, value).is_some() {
        return failed(format!("Failed with repeated key: {text}"));
    }
    Ok(())
}
