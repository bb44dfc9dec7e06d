//! A figure as it is told: with what it may be, and with what the reference took.

use crate::say;

/// What a figure may be, and what the reference took on the same two cores.
pub(crate) struct Bound {
    pub(crate) most: f64,
    pub(crate) unit: &'static str,
    /// With its default settings; then, where that matters, with the limits of its clients raised.
    pub(crate) reference: &'static str,
}

impl Bound {
    pub(crate) const fn seconds(most: f64, reference: &'static str) -> Self {
        Self { most, unit: "s", reference }
    }
}

/// Tells a figure; `beside` is what explains it.
pub(crate) fn tell(what: &str, figure: f64, bound: &Bound, beside: &str) {
    let Bound { most, unit, reference } = bound;
    let verdict = if figure > *most { "MISSED: " } else { "" };
    let reference = match *reference {
        "" => String::new(),
        known => format!("; reference {known}"),
    };
    let beside = if beside.is_empty() { String::new() } else { format!("; {beside}") };
    say(&format!("{verdict}{what}: {figure:.2} {unit} (at most {most}{reference}){beside}"));
}
