//! What a call can cost, and how large its result can be.

use super::{Entries, Estimate, Origin, Sizes};
use crate::{
    cost::{AUTHORIZATION, Cost, FORMAT_PATTERN_LENGTH_MAX, Range, pattern},
    types::Type,
};

/// An address has four bytes or sixteen.
const ADDRESS: Range = Range { min: 4, max: 16 };

/// With the cost of the arguments.
pub(super) fn estimate<'e>(cost: Cost, arguments: &[Estimate<'e>]) -> (Range, Sizes<'e>) {
    let paid = arguments.iter().map(|argument| argument.cost).fold(Range::NOTHING, Range::add);
    match (cost, arguments) {
        (Cost::Logic, [left, right]) => {
            let max = left.cost.add(right.cost).max;
            (Range { min: left.cost.min, max }, Sizes::default())
        }
        (Cost::Choice, [condition, then, otherwise]) => {
            let cost = condition.cost.add(then.cost.union(otherwise.cost));
            let entries = Entries::union(then.sizes.entries, otherwise.sizes.entries);
            (cost, sized(then.size().union(otherwise.size()), entries))
        }
        (Cost::Transparent, [argument]) => (argument.cost.plus(1), argument.sizes),
        (Cost::Index, [container, _]) => (paid.plus(1), inside(container)),
        (Cost::Join, [left, right]) => {
            let entries = Entries::union(left.sizes.entries, right.sizes.entries);
            (paid.plus(1), sized(left.size().add(right.size()), entries))
        }
        (cost, arguments) => {
            let (own, size) = function(cost, arguments);
            (paid.add(own), Sizes { size, ..Sizes::default() })
        }
    }
}

/// Of what one overload yields, or another.
pub(super) fn either<'e>(left: Sizes<'e>, right: Sizes<'e>) -> Sizes<'e> {
    let size = left.size.zip(right.size).map(|(left, right)| left.union(right));
    Sizes { size, ..left }
}

const fn sized<'e>(size: Range, entries: Option<Entries>) -> Sizes<'e> {
    Sizes { size: Some(size), entries, origin: Origin::Made }
}

fn inside<'e>(container: &Estimate<'e>) -> Sizes<'e> {
    let size = container.sizes.entries.map(|entries| entries.value);
    let origin = match container.sizes.origin {
        Origin::Declared(schema) if schema.inner.is_some() => Origin::Declared(schema.inner()),
        Origin::Declared(_) | Origin::Made | Origin::Key => Origin::Made,
    };
    Sizes { size, entries: None, origin }
}

/// The call's own cost, and its result's size if that is known.
fn function(cost: Cost, arguments: &[Estimate<'_>]) -> (Range, Option<Range>) {
    let one = Range::exactly(1);
    let size = |index: usize| arguments.get(index).map_or(Range::UNKNOWN, Estimate::size);
    match cost {
        Cost::One
        | Cost::Parse
        | Cost::ParseTwice
        | Cost::Logic
        | Cost::Choice
        | Cost::Transparent
        | Cost::Index
        | Cost::Join => (one, None),
        Cost::Authorization => (Range::exactly(AUTHORIZATION), None),
        Cost::Concatenate => {
            let sum = size(0).add(size(1));
            (sum.scan(), Some(sum))
        }
        Cost::Compare => (compare(arguments), None),
        Cost::Search => (size(1), None),
        Cost::Encode => {
            let size = size(0);
            (size.scan(), Some(size.times(Range { min: 1, max: 4 })))
        }
        Cost::Decode => {
            let size = size(0);
            (size.scan(), Some(Range { min: size.min / 4, max: size.max }))
        }
        Cost::Quote => {
            let size = size(0);
            (size.scan(), Some(size.times(Range { min: 1, max: 2 }).plus(2)))
        }
        Cost::Contains => (size(0).scan().times(size(1).scan()), None),
        Cost::Affix => (size(1).scan(), None),
        Cost::Traverse => (traverse(arguments), None),
        Cost::JoinTexts => {
            let joined = joined(arguments);
            (joined.scan(), Some(joined))
        }
        Cost::Read | Cost::Rewrite => (size(0).scan(), Some(size(0))),
        Cost::Replace => (twice(size(0)), Some(replaced(size(0), size(1), size(2)))),
        Cost::Split => (twice(size(0)), Some(Range { min: 0, max: size(0).max })),
        Cost::Match => (size(0).plus(1).scan().times(size(1).pattern()), None),
        Cost::Find => {
            let found = Range { min: 0, max: size(0).max };
            (size(0).plus(1).scan().times(size(1).pattern()), Some(found))
        }
        Cost::ContainsIp => (twice(ADDRESS), None),
        Cost::ContainsIpText => (twice(ADDRESS).add(size(1).scan()), None),
        Cost::ContainsCidr => (twice(ADDRESS).add(ADDRESS.scan()).plus(1), None),
        Cost::ContainsCidrText => {
            (twice(ADDRESS).add(ADDRESS.scan()).plus(1).add(size(1).scan()), None)
        }
        Cost::Validate => {
            let pattern = Range::exactly(pattern(FORMAT_PATTERN_LENGTH_MAX));
            (size(1).scan().times(pattern), None)
        }
        Cost::Product(times) => (size(0).times(size(1)).times(Range::exactly(times)).plus(1), None),
    }
}

fn twice(size: Range) -> Range {
    size.times(Range::exactly(2)).scan()
}

fn compare(arguments: &[Estimate<'_>]) -> Range {
    let [left, right] = arguments else { return Range::UNKNOWN };
    if matches!((left.type_, right.type_), (Type::Opaque(_), Type::Opaque(_))) {
        return Range::exactly(1);
    }
    let max = left.size().max.min(right.size().max);
    Range { min: max.min(1), max }.scan()
}

/// A list of texts is as long as all of them.
fn traverse(arguments: &[Estimate<'_>]) -> Range {
    let Some(target) = arguments.first() else { return Range::UNKNOWN };
    let Type::List(element) = target.type_ else { return target.size().scan() };
    let mut each = Range::exactly(1);
    if matches!(**element, Type::String | Type::Bytes) {
        each = each.add(item_size(target).scan());
    }
    target.size().times(each)
}

/// Of the items of a declared list; others have any size.
fn item_size(list: &Estimate<'_>) -> Range {
    let inside = inside(list);
    inside.origin.size().unwrap_or(Range::UNKNOWN)
}

fn joined(arguments: &[Estimate<'_>]) -> Range {
    let Some(list) = arguments.first() else { return Range::UNKNOWN };
    let count = list.size();
    let texts = count.times(item_size(list));
    let Some(separator) = arguments.get(1) else { return texts };
    let between = Range { min: count.min.saturating_sub(1), max: count.max.saturating_sub(1) };
    texts.add(separator.size().times(between))
}

/// The shortest and the longest text that replacing can leave.
fn replaced(text: Range, old: Range, new: Range) -> Range {
    let longest = if old.min == 0 {
        (text.max.saturating_add(1), text.max)
    } else if new.max <= old.min {
        (0, text.max)
    } else {
        (text.max.div_ceil(old.min), 0)
    };
    let shortest = if old.max == 0 {
        (text.min.saturating_add(1), text.min)
    } else if old.max <= new.min {
        (0, text.min)
    } else {
        (text.min.div_ceil(old.max), 0)
    };
    let count = Range { min: shortest.0, max: longest.0 };
    count.times(new).add(Range { min: shortest.1, max: longest.1 })
}
