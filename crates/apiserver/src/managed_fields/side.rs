//! Two values that are compared, where a struct may hold what its JSON leaves out.

use api::catalog::Field;
use serde_json::{Map, Value};

use super::schema;

/// One of two values.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side<'v> {
    Absent,
    /// Not in JSON, but there in a struct: the zero value of its type.
    Zero,
    Present(&'v Value),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'v> {
    pub(super) old: Side<'v>,
    pub(super) new: Side<'v>,
}

/// The value of a member that JSON lacks, where its parent is there.
pub(super) fn implied<'v>(side: Side<'v>, parent: Side<'v>, field: Option<&Field>) -> Side<'v> {
    match side {
        Side::Absent if parent.is_struct() && field.is_some_and(schema::is_implied) => Side::Zero,
        Side::Absent | Side::Zero | Side::Present(_) => side,
    }
}

pub(super) fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

impl<'v> Side<'v> {
    pub(super) fn object(self) -> Option<&'v Map<String, Value>> {
        match self {
            Self::Present(value) => value.as_object(),
            Self::Absent | Self::Zero => None,
        }
    }
    pub(super) fn list(self) -> &'v [Value] {
        match self {
            Self::Present(value) => value.as_array().map(Vec::as_slice).unwrap_or_default(),
            Self::Absent | Self::Zero => &[],
        }
    }
    /// Whether it has the fields that a struct cannot lack.
    pub(super) fn is_struct(self) -> bool {
        match self {
            Self::Absent => false,
            Self::Zero => true,
            Self::Present(value) => value.is_object(),
        }
    }
    pub(super) fn has(self, key: &str) -> bool {
        self.object().is_some_and(|members| members.contains_key(key))
    }
    /// A value that is there and not of the form; null has every form.
    pub(super) fn is_no(self, has_form: impl Fn(&Value) -> bool) -> bool {
        match self {
            Self::Present(value) => !value.is_null() && !has_form(value),
            Self::Absent | Self::Zero => false,
        }
    }
    pub(super) fn is_empty(self) -> bool {
        match self {
            Self::Present(value) => {
                value.is_null() || self.object().is_none_or(Map::is_empty) && self.list().is_empty()
            }
            Self::Absent | Self::Zero => true,
        }
    }
}

impl Pair<'_> {
    pub(super) fn is_one_sided(self) -> bool {
        matches!(self.old, Side::Absent) || matches!(self.new, Side::Absent)
    }
}

/// Walks the keys of both maps in order, leaving out those whose values are equal.
pub(super) fn for_each_key<'v>(pair: Pair<'v>, mut visit: impl FnMut(&'v str, Pair<'v>)) {
    let (old, new) = (pair.old.object(), pair.new.object());
    let side = |value: Option<&'v Value>| value.map_or(Side::Absent, Side::Present);
    for (key, old_value) in old.into_iter().flatten() {
        let new_value = new.and_then(|members| members.get(key));
        if new_value != Some(old_value) {
            visit(key, Pair { old: Side::Present(old_value), new: side(new_value) });
        }
    }
    for (key, new_value) in new.into_iter().flatten() {
        if !old.is_some_and(|members| members.contains_key(key)) {
            visit(key, Pair { old: Side::Absent, new: Side::Present(new_value) });
        }
    }
}
