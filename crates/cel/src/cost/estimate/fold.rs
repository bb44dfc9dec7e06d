//! What macros cost that go through a list or a map: as much as what they stand for.

use super::{Entries, Estimate, Estimator, Origin, Sizes};
use crate::{
    ast::{Bind, BindResult, Fold, FoldKind, Name},
    cost::{LIST, MAP, Range, SELECT},
    types::Type,
};

/// Of a call that is nothing but a call.
const CALL: u64 = 1;

impl<'e> Estimator<'e> {
    pub(super) fn fold(&mut self, fold: &Fold) -> (Range, Sizes<'e>) {
        let range = self.expression(&fold.range);
        let depth = self.locals.len();
        let is_list = matches!(range.type_, Type::List(_));
        let (key, value) = (key_sizes(&range, is_list), value_sizes(&range));
        let first = if is_list && fold.second_variable.is_none() { value } else { key };
        self.locals.push((Name::clone(&fold.variable), first));
        if let Some(second) = &fold.second_variable {
            self.locals.push((Name::clone(second), value));
        }
        let filter = fold.filter.as_ref().map(|filter| self.expression(filter).cost);
        let made = fold.transform.as_ref().map(|made| self.expression(made));
        self.locals.truncate(depth);

        let made_cost = made.as_ref().map_or(Range::exactly(SELECT), |made| made.cost);
        let steps = steps(fold.kind, filter.unwrap_or(Range::NOTHING), made_cost, filter.is_some());
        let count = range.size();
        let cost = range.cost.add(count.times(steps.each)).plus(steps.once);
        let made_size = made.as_ref().map_or(first.size, |made| made.sizes.size);
        (cost, result_sizes(fold.kind, count, made_size))
    }

    pub(super) fn bind(&mut self, bind: &Bind) -> (Range, Sizes<'e>) {
        let optional = self.expression(&bind.optional);
        self.locals.push((Name::clone(&bind.variable), optional.sizes));
        let body = self.expression(&bind.body);
        self.locals.pop();
        let wrapped = match bind.result {
            BindResult::Wrapped => CALL,
            BindResult::Flat => 0,
        };
        // It is looked at, then taken out and named, which the reference does with an empty list.
        let present = optional.cost.plus(CALL + LIST + wrapped).add(body.cost);
        let cost = optional.cost.plus(CALL).add(present.union(Range::exactly(CALL)));
        (cost, Sizes { origin: Origin::Made, ..body.sizes })
    }
}

fn key_sizes<'e>(range: &Estimate<'e>, is_list: bool) -> Sizes<'e> {
    let origin = match range.sizes.origin {
        Origin::Declared(_) if !is_list => Origin::Key,
        Origin::Declared(_) | Origin::Made | Origin::Key => Origin::Made,
    };
    Sizes { size: range.sizes.entries.map(|entries| entries.key), entries: None, origin }
}

fn value_sizes<'e>(range: &Estimate<'e>) -> Sizes<'e> {
    let origin = match range.sizes.origin {
        Origin::Declared(schema) if schema.inner.is_some() => Origin::Declared(schema.inner()),
        Origin::Declared(_) | Origin::Made | Origin::Key => Origin::Made,
    };
    Sizes { size: range.sizes.entries.map(|entries| entries.value), entries: None, origin }
}

/// The cost of one round and of what comes before and after all.
struct Steps {
    each: Range,
    once: u64,
}

fn steps(kind: FoldKind, filter: Range, made: Range, filters: bool) -> Steps {
    // The result so far is named, and joined with a list of one.
    let appended = made.plus(CALL + SELECT + LIST);
    let inserted = made.plus(CALL + SELECT + SELECT);
    let filtered = |kept: Range| {
        if filters { filter.add(kept.union(Range::exactly(SELECT))) } else { kept }
    };
    let logic = Range { min: SELECT, max: filter.max.saturating_add(SELECT) };
    match kind {
        // Whether to go on is a call on the result so far; `exists` negates it.
        FoldKind::All => Steps { each: logic.plus(CALL + SELECT), once: SELECT },
        FoldKind::Exists => Steps { each: logic.plus(CALL + CALL + SELECT), once: SELECT },
        FoldKind::ExistsOne => {
            let counted = Range { min: SELECT, max: CALL + SELECT };
            Steps { each: filter.add(counted), once: CALL + SELECT }
        }
        FoldKind::List => Steps { each: filtered(appended), once: LIST + SELECT },
        FoldKind::Map | FoldKind::MapEntry => {
            Steps { each: filtered(inserted), once: MAP + SELECT }
        }
    }
}

fn result_sizes<'e>(kind: FoldKind, count: Range, made: Option<Range>) -> Sizes<'e> {
    match kind {
        FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne => {
            Sizes { size: Some(Range::exactly(1)), ..Sizes::default() }
        }
        FoldKind::List | FoldKind::Map | FoldKind::MapEntry => {
            let value = Range { min: 0, ..made.unwrap_or(Range::UNKNOWN) };
            let entries = Entries { key: Range::UNKNOWN, value };
            Sizes { size: Some(count), entries: Some(entries), origin: Origin::Made }
        }
    }
}
