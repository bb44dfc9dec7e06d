//! Words of the notation: `name`, or `name=value`, parted by blanks.

use std::time::Duration;

use meta::time::Time;

/// The time at which every decision in a test is taken.
pub const NOW: &str = "2026-11-24T08:00:00Z";

/// [`NOW`], as a time.
pub const fn now() -> Time {
    Time::from_seconds(1_795_507_200)
}

/// The time so many seconds before [`NOW`].
pub(crate) fn ago(seconds: u64) -> String {
    (now() - Duration::from_secs(seconds)).to_string()
}

/// The words after the first ones of a part.
pub(crate) struct Words<'a> {
    words: Vec<&'a str>,
}

impl<'a> Words<'a> {
    pub(crate) fn new(words: impl Iterator<Item = &'a str>) -> Self {
        Self { words: words.collect() }
    }
    /// The first of the words.
    pub(crate) fn first(&self) -> &'a str {
        self.words.first().copied().unwrap_or_default()
    }
    /// Whether the word stands there alone.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.words.contains(&name)
    }
    /// What follows `name=`.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }
    /// The number that follows `name=`.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.text(name).map(|text| text.parse().expect("a number"))
    }
}

/// Numbers parted by slashes.
pub(crate) fn numbers(text: &str) -> Vec<i64> {
    text.split('/').map(|number| number.parse().expect("numbers parted by slashes")).collect()
}
