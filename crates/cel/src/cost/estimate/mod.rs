//! What an expression can cost, from the sizes that schemas allow.

mod call;
mod fold;

use super::{LIST, MAP, OBJECT, Range, SELECT};
use crate::{
    ast::{Call, Expression, Kind, ListItem, MapEntry, Name, Presence, Select},
    check::{Checked, Resolution},
    environment::Environment,
    schema::Schema,
    types::Type,
    value::Value,
};

/// The least and the most that an expression costs.
pub(crate) fn estimate(root: &Expression, checked: &Checked, environment: &Environment) -> Range {
    Estimator { checked, environment, locals: Vec::new() }.expression(root).cost
}

struct Estimator<'e> {
    checked: &'e Checked,
    environment: &'e Environment,
    locals: Vec<(Name, Sizes<'e>)>,
}

/// What is known of a value's size.
#[derive(Debug, Clone, Copy, Default)]
struct Sizes<'e> {
    /// Of the value itself.
    size: Option<Range>,
    /// Of what is inside a list or a map.
    entries: Option<Entries>,
    /// Where the value comes from.
    origin: Origin<'e>,
}

#[derive(Debug, Clone, Copy)]
struct Entries {
    key: Range,
    value: Range,
}

impl Entries {
    fn union(left: Option<Self>, right: Option<Self>) -> Option<Self> {
        let (left, right) = (left?, right?);
        Some(Self { key: left.key.union(right.key), value: left.value.union(right.value) })
    }
}

#[derive(Debug, Clone, Copy, Default)]
enum Origin<'e> {
    /// It is made by the expression.
    #[default]
    Made,
    /// Data with a schema.
    Declared(&'e Schema),
    /// The key of a declared map; the reference takes its size for nothing.
    Key,
}

impl Origin<'_> {
    /// The size that is declared. What has no size takes none, as in the reference.
    fn size(self) -> Option<Range> {
        match self {
            Self::Made => None,
            Self::Key => Some(Range::NOTHING),
            Self::Declared(schema) => match (schema.size_max, &schema.type_) {
                (Some(max), _) => Some(Range { min: 0, max }),
                (None, Type::Dyn | Type::String | Type::Bytes | Type::Opaque(_)) => None,
                (None, _) => Some(Range::NOTHING),
            },
        }
    }
}

/// A part of an expression with its cost.
struct Estimate<'e> {
    cost: Range,
    sizes: Sizes<'e>,
    type_: &'e Type,
}

impl Estimate<'_> {
    fn size(&self) -> Range {
        self.sizes.size.unwrap_or(Range::UNKNOWN)
    }
}

impl<'e> Estimator<'e> {
    fn expression(&mut self, expression: &Expression) -> Estimate<'e> {
        let checked: &'e Checked = self.checked;
        let type_ = checked.types.get(expression.id).unwrap_or(&Type::Dyn);
        let (cost, mut sizes) = match &expression.kind {
            Kind::Literal(value) => (Range::NOTHING, literal(value)),
            Kind::Identifier(name) => (Range::exactly(SELECT), self.identifier(name)),
            Kind::Select(select) => self.select(expression.id, select),
            Kind::Call(call) => self.call(expression.id, call),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::Object(object) => {
                let fields = object.fields.iter().map(|field| self.expression(&field.value).cost);
                let cost = fields.fold(Range::exactly(OBJECT), Range::add);
                (cost, Sizes::default())
            }
            Kind::Fold(fold) => self.fold(fold),
            Kind::Bind(bind) => self.bind(bind),
        };
        let scalar = || type_.is_scalar().then_some(Range::exactly(1));
        sizes.size = sizes.origin.size().or(sizes.size).or_else(scalar);
        Estimate { cost, sizes, type_ }
    }

    fn identifier(&self, name: &str) -> Sizes<'e> {
        if let Some((_, sizes)) = self.locals.iter().rev().find(|(local, _)| &**local == name) {
            return *sizes;
        }
        let origin = self.environment.variable(name).map_or(Origin::Made, Origin::Declared);
        Sizes { origin, ..Sizes::default() }
    }

    fn select(&mut self, id: usize, select: &Select) -> (Range, Sizes<'e>) {
        // The name of a type is no selection.
        if self.checked.resolutions.contains_key(&id) {
            return (Range::exactly(SELECT), Sizes::default());
        }
        let operand = self.expression(&select.operand);
        // The reference forgets where values of maps come from if they are selected like fields.
        let field = match operand.sizes.origin {
            Origin::Declared(schema) => schema.field(&select.field),
            Origin::Made | Origin::Key => None,
        };
        let origin = field.map_or(Origin::Made, Origin::Declared);
        let sizes = Sizes { origin, ..Sizes::default() };
        match select.presence {
            Presence::Test => (operand.cost, Sizes::default()),
            Presence::Optional => (operand.cost.plus(SELECT), sizes),
            Presence::Value => {
                let counts = matches!(operand.type_, Type::Map(_, _) | Type::Object(_));
                (operand.cost.plus(if counts { SELECT } else { 0 }), sizes)
            }
        }
    }

    fn list(&mut self, items: &[ListItem]) -> (Range, Sizes<'e>) {
        let mut cost = Range::exactly(LIST);
        let mut value = None;
        for item in items {
            let item = self.expression(&item.value);
            cost = cost.add(item.cost);
            value = Some(widen(value, item.size()));
        }
        let entries = Entries { key: Range::exactly(1), value: value.unwrap_or(Range::NOTHING) };
        (cost, counted(items.len(), entries))
    }

    fn map(&mut self, entries: &[MapEntry]) -> (Range, Sizes<'e>) {
        let mut cost = Range::exactly(MAP);
        let (mut keys, mut values) = (None, None);
        for entry in entries {
            let key = self.expression(&entry.key);
            let value = self.expression(&entry.value);
            cost = cost.add(key.cost).add(value.cost);
            keys = Some(widen(keys, key.size()));
            values = Some(widen(values, value.size()));
        }
        let inside = Entries {
            key: keys.unwrap_or(Range::NOTHING),
            value: values.unwrap_or(Range::NOTHING),
        };
        (cost, counted(entries.len(), inside))
    }

    fn call(&mut self, id: usize, call: &Call) -> (Range, Sizes<'e>) {
        let checked: &'e Checked = self.checked;
        let (overloads, target) = match checked.resolutions.get(&id) {
            Some(Resolution::Overloads(overloads)) => (overloads, call.target.as_deref()),
            Some(Resolution::Namespaced(overloads)) => (overloads, None),
            Some(Resolution::Variable | Resolution::Type(_)) | None => {
                return (Range::NOTHING, Sizes::default());
            }
        };
        let arguments: Vec<Estimate<'e>> =
            target.into_iter().chain(&call.arguments).map(|part| self.expression(part)).collect();
        let mut total: Option<(Range, Sizes<'e>)> = None;
        for overload in overloads {
            let (cost, sizes) = call::estimate(overload.cost, &arguments);
            total = Some(match total {
                None => (cost, sizes),
                Some((known, known_sizes)) => (known.union(cost), call::either(known_sizes, sizes)),
            });
        }
        total.unwrap_or((Range::NOTHING, Sizes::default()))
    }
}

fn widen(known: Option<Range>, found: Range) -> Range {
    known.map_or(found, |known| known.union(found))
}

fn counted<'e>(count: usize, entries: Entries) -> Sizes<'e> {
    let size = Range::exactly(crate::value::sizes(count));
    Sizes { size: Some(size), entries: Some(entries), origin: Origin::Made }
}

fn literal<'e>(value: &Value<'_>) -> Sizes<'e> {
    Sizes { size: Some(Range::exactly(value.size())), ..Sizes::default() }
}
