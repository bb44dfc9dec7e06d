//! What expressions cost: the rules, and ranges of what is to be expected.

mod actual;
mod estimate;

pub(crate) use self::actual::actual;
pub(crate) use self::estimate::estimate;

/// Of a name and of a field.
pub(crate) const SELECT: u64 = 1;
/// Of a list, besides its items.
pub(crate) const LIST: u64 = 10;
/// Of a map, besides its entries.
pub(crate) const MAP: u64 = 30;
/// Of an object, besides its fields.
pub(crate) const OBJECT: u64 = 40;
/// Of asking the authorizer: two questions fit into one expression.
const AUTHORIZATION: u64 = 350_000;
/// So many code points are gone through for one unit.
const CODE_POINTS_PER_UNIT: u64 = 10;
/// A pattern is as long as so many characters for one unit.
const PATTERN_CHARACTERS_PER_UNIT: u64 = 4;
/// The longest pattern of a named format.
const FORMAT_PATTERN_LENGTH_MAX: u64 = 128;

/// How a function's cost follows from the sizes of its arguments; the target is the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Always one.
    One,
    /// A question to the authorizer.
    Authorization,
    /// The longer both texts, the more: a new one is made of them.
    Concatenate,
    /// Two lists become one.
    Join,
    /// The shorter of both is gone through.
    Compare,
    /// The list that is searched is gone through.
    Search,
    /// Something is taken out of what is indexed.
    Index,
    /// The value itself; only its type is forgotten.
    Transparent,
    /// A text becomes bytes.
    Encode,
    /// Bytes become a text.
    Decode,
    /// One text is searched for another.
    Contains,
    /// The end of a text is compared.
    Affix,
    /// The whole is gone through, with the texts inside a list.
    Traverse,
    /// Texts become one text.
    JoinTexts,
    /// A text becomes another one that is not longer.
    Rewrite,
    /// Parts of a text are replaced.
    Replace,
    /// A text becomes a list.
    Split,
    /// A text gets quotes and escapes.
    Quote,
    /// A pattern is looked for in a text.
    Match,
    /// The same, and what is found is kept.
    Find,
    /// A text is read, and the estimate knows its length.
    Read,
    /// A text is read; the reference's estimate takes one for it.
    Parse,
    /// A text is read and written.
    ParseTwice,
    /// Is an address in a range?
    ContainsIp,
    /// Is an address that must be read in a range?
    ContainsIpText,
    /// Is a range in a range?
    ContainsCidr,
    /// Is a range that must be read in a range?
    ContainsCidrText,
    /// A named format's pattern is looked for in a text.
    Validate,
    /// Each item of the one with each of the other, so many times.
    Product(u64),
    /// The right side may not be looked at.
    Logic,
    /// One of two sides is looked at.
    Choice,
}

/// The least and the most that something costs, or how large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The least.
    pub min: u64,
    /// The most; `u64::MAX` if there is no limit.
    pub max: u64,
}

impl Range {
    pub(crate) const UNKNOWN: Self = Self { min: 0, max: u64::MAX };
    pub(crate) const NOTHING: Self = Self::exactly(0);

    pub(crate) const fn exactly(value: u64) -> Self {
        Self { min: value, max: value }
    }
    pub(crate) const fn add(self, other: Self) -> Self {
        Self { min: self.min.saturating_add(other.min), max: self.max.saturating_add(other.max) }
    }
    pub(crate) const fn plus(self, value: u64) -> Self {
        self.add(Self::exactly(value))
    }
    pub(crate) const fn times(self, other: Self) -> Self {
        Self { min: self.min.saturating_mul(other.min), max: self.max.saturating_mul(other.max) }
    }
    pub(crate) fn union(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
    /// The cost of going through so many code points.
    pub(crate) const fn scan(self) -> Self {
        Self { min: scan(self.min), max: scan(self.max) }
    }
    /// The cost of a pattern of that length.
    pub(crate) const fn pattern(self) -> Self {
        Self { min: pattern(self.min), max: pattern(self.max) }
    }
}

/// Without a limit stays without one.
const fn per_unit(size: u64, units: u64) -> u64 {
    if size == u64::MAX { u64::MAX } else { size.div_ceil(units) }
}
const fn scan(size: u64) -> u64 {
    per_unit(size, CODE_POINTS_PER_UNIT)
}
const fn pattern(length: u64) -> u64 {
    per_unit(length, PATTERN_CHARACTERS_PER_UNIT)
}
