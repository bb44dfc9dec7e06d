//! What an expression is made of, after macros have been put in their long form.

use std::sync::Arc;

use crate::value::Value;

/// A name; cheap to copy.
pub(crate) type Name = Arc<str>;

/// An expression; its position and its type are looked up by `id`.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    pub(crate) id: usize,
    /// How deep the tree below it is; one for a leaf.
    pub(crate) height: usize,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Literal(Value<'static>),
    Identifier(Name),
    Select(Box<Select>),
    Call(Call),
    List(Vec<ListItem>),
    Map(Vec<MapEntry>),
    Object(ObjectLiteral),
    Fold(Box<Fold>),
    Bind(Box<Bind>),
}

/// `operand.field`, or with `presence` whether it is there.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    pub(crate) operand: Expression,
    pub(crate) field: Name,
    pub(crate) presence: Presence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// The value is wanted.
    Value,
    /// `has(…)`.
    Test,
    /// `operand.?field`.
    Optional,
}

/// A function on arguments; a member function has a target.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) function: Name,
    pub(crate) target: Option<Box<Expression>>,
    pub(crate) arguments: Vec<Expression>,
}

/// Whether an absent value leaves the entry out: `?`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Required,
    Optional,
}

#[derive(Debug, Clone)]
pub(crate) struct ListItem {
    pub(crate) entry: Entry,
    pub(crate) value: Expression,
}

#[derive(Debug, Clone)]
pub(crate) struct MapEntry {
    pub(crate) entry: Entry,
    pub(crate) key: Expression,
    pub(crate) value: Expression,
}

/// `Name{field: value}`.
#[derive(Debug, Clone)]
pub(crate) struct ObjectLiteral {
    pub(crate) name: Name,
    pub(crate) fields: Vec<ObjectField>,
}

#[derive(Debug, Clone)]
pub(crate) struct ObjectField {
    pub(crate) entry: Entry,
    pub(crate) name: Name,
    pub(crate) value: Expression,
    /// Of the field itself, for messages.
    pub(crate) id: usize,
}

/// One of the macros that go through a list or a map.
#[derive(Debug, Clone)]
pub(crate) struct Fold {
    pub(crate) kind: FoldKind,
    pub(crate) range: Expression,
    pub(crate) variable: Name,
    /// The value, if `variable` is the index or the key.
    pub(crate) second_variable: Option<Name>,
    pub(crate) filter: Option<Expression>,
    pub(crate) transform: Option<Expression>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FoldKind {
    All,
    Exists,
    ExistsOne,
    /// A list, also of `filter` and `transformList`.
    List,
    /// A map with the range's keys.
    Map,
    /// A map made of maps of one entry.
    MapEntry,
}

/// A name for a value; optional values are given to their macro this way.
#[derive(Debug, Clone)]
pub(crate) struct Bind {
    pub(crate) optional: Expression,
    pub(crate) variable: Name,
    pub(crate) body: Expression,
    pub(crate) result: BindResult,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BindResult {
    /// `optMap`: the body's value is made optional.
    Wrapped,
    /// `optFlatMap`: the body's value is optional already.
    Flat,
}

/// Where each expression begins, in code points, by id.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    offsets: Vec<usize>,
}

impl Positions {
    pub(crate) fn next(&mut self, offset: usize) -> usize {
        self.offsets.push(offset);
        self.offsets.len() - 1
    }
    pub(crate) fn offset(&self, id: usize) -> usize {
        self.offsets.get(id).copied().unwrap_or_default()
    }
    pub(crate) fn count(&self) -> usize {
        self.offsets.len()
    }
}

impl Kind {
    /// The expressions right below.
    pub(crate) fn children(&self) -> Vec<&Expression> {
        match self {
            Self::Literal(_) | Self::Identifier(_) => Vec::new(),
            Self::Select(select) => vec![&select.operand],
            Self::Call(call) => call.target.as_deref().into_iter().chain(&call.arguments).collect(),
            Self::List(items) => items.iter().map(|item| &item.value).collect(),
            Self::Map(entries) => entries.iter().flat_map(|e| [&e.key, &e.value]).collect(),
            Self::Object(object) => object.fields.iter().map(|field| &field.value).collect(),
            Self::Fold(fold) => [Some(&fold.range), fold.filter.as_ref(), fold.transform.as_ref()]
                .into_iter()
                .flatten()
                .collect(),
            Self::Bind(bind) => vec![&bind.optional, &bind.body],
        }
    }
}
