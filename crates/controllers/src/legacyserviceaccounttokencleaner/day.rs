//! Days, as labels of secrets name them.

use std::fmt;

use meta::time::Time;

/// The midnight with which a day begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) Time);

impl Day {
    /// Reads `2006-01-02`; `None` for what is no day.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let day = Self(format!("{text}T00:00:00Z").parse().ok()?);
        (day.to_string() == text).then_some(day)
    }
    pub(super) fn of(time: Time) -> Self {
        let text: String = time.to_string().chars().take_while(|letter| *letter != 'T').collect();
        Self::parse(&text).unwrap_or(Self(time))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .to_string()
            .chars()
            .take_while(|letter| *letter != 'T')
            .try_for_each(|letter| write!(f, "{letter}"))
    }
}
