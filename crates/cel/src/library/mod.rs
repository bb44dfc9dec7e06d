//! All functions, in one table: their signatures, what they cost, and what they do.

pub(crate) mod authorizer;
pub(crate) mod cidr;
mod conversions;
pub(crate) mod format;
mod ip;
mod lists;
mod operators;
mod optional;
mod order;
mod quantity;
pub(crate) mod regex;
pub(crate) mod semver;
mod sets;
mod signature;
mod string_format;
mod strings;
mod time;
pub(crate) mod url;

use std::{collections::BTreeMap, sync::LazyLock};

pub(crate) use self::operators::key_text;
use crate::{cost::Cost, error::EvaluationError, types::Type, value::Value};

/// What a function yields.
pub(crate) type Answer<'a> = Result<Value<'a>, EvaluationError>;
/// A function; it gets as many values as its signature says, the target first.
pub(crate) type Function = for<'a> fn(&[Value<'a>]) -> Answer<'a>;

/// Whether a function is called on a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Global,
    Member,
}

/// One line of the table; the signature is read once.
struct Row {
    style: Style,
    name: &'static str,
    signature: &'static str,
    cost: Cost,
    call: Function,
}

const fn global(name: &'static str, signature: &'static str, cost: Cost, call: Function) -> Row {
    Row { style: Style::Global, name, signature, cost, call }
}

const fn member(name: &'static str, signature: &'static str, cost: Cost, call: Function) -> Row {
    Row { style: Style::Member, name, signature, cost, call }
}

/// A function for one list of types.
#[derive(Debug)]
pub(crate) struct Overload {
    pub(crate) style: Style,
    pub(crate) parameters: Vec<Type>,
    pub(crate) result: Type,
    pub(crate) cost: Cost,
    pub(crate) call: Function,
}

type Table = BTreeMap<&'static str, Vec<Overload>>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    for row in ROWS.iter().copied().flatten() {
        let Some((parameters, result)) = signature::parse(row.signature) else { continue };
        let overload =
            Overload { style: row.style, parameters, result, cost: row.cost, call: row.call };
        table.entry(row.name).or_default().push(overload);
    }
    table
});

const ROWS: &[&[Row]] = &[
    operators::ROWS,
    conversions::ROWS,
    strings::ROWS,
    string_format::ROWS,
    time::ROWS,
    lists::ROWS,
    sets::ROWS,
    optional::ROWS,
    regex::ROWS,
    url::ROWS,
    quantity::ROWS,
    ip::ROWS,
    cidr::ROWS,
    format::ROWS,
    semver::ROWS,
    authorizer::ROWS,
];

/// All overloads of a function, in the order in which they are tried.
pub(crate) fn overloads(name: &str) -> &'static [Overload] {
    TABLE.get(name).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_can_be_read() {
        for row in ROWS.iter().copied().flatten() {
            assert!(signature::parse(row.signature).is_some(), "{}: {}", row.name, row.signature);
        }
    }
}
