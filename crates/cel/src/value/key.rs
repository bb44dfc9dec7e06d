//! Keys of maps.

use std::cmp::Ordering;

use super::{Text, Value, double_to_int, double_to_uint, int_to_double, uint_to_double};

/// A key; whole numbers of both types are the same key if they are the same number.
#[derive(Debug, Clone)]
pub enum Key<'a> {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number without a sign.
    Uint(u64),
    /// A text.
    String(Text<'a>),
}

impl<'a> Key<'a> {
    /// `None` if the value can be no key. Doubles without a fraction find whole numbers.
    pub(crate) fn of(value: &Value<'a>) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(Self::Bool(*value)),
            Value::Int(value) => Some(Self::Int(*value)),
            Value::Uint(value) => Some(Self::Uint(*value)),
            Value::String(value) => Some(Self::String(value.clone())),
            Value::Double(value) => Self::of_double(*value),
            Value::Null
            | Value::Bytes(_)
            | Value::Timestamp(_)
            | Value::Duration(_)
            | Value::List(_)
            | Value::Map(_)
            | Value::Object(_)
            | Value::Optional(_)
            | Value::Type(_)
            | Value::Opaque(_) => None,
        }
    }

    #[expect(clippy::float_cmp, reason = "only exact numbers are keys")]
    fn of_double(value: f64) -> Option<Self> {
        let int = double_to_int(value).filter(|int| int_to_double(*int) == value);
        let uint = || double_to_uint(value).filter(|uint| uint_to_double(*uint) == value);
        int.map(Self::Int).or_else(|| uint().map(Self::Uint))
    }

    pub(crate) fn value(&self) -> Value<'a> {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Uint(value) => Value::Uint(*value),
            Self::String(value) => Value::String(value.clone()),
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Int(_) | Self::Uint(_) => 1,
            Self::String(_) => 2,
        }
    }

    fn number(&self) -> i128 {
        match self {
            Self::Int(value) => i128::from(*value),
            Self::Uint(value) => i128::from(*value),
            Self::Bool(value) => i128::from(*value),
            Self::String(_) => 0,
        }
    }
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Self::String(left), Self::String(right)) = (self, other) {
            return (**left).cmp(&**right);
        }
        self.rank().cmp(&other.rank()).then(self.number().cmp(&other.number()))
    }
}
impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Key<'_> {}
