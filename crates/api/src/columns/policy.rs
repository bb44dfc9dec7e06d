//! Disruption budgets.

use super::column::{Column, age, name, number, text_or};

pub(super) fn of(kind: &str) -> Option<&'static [Column]> {
    (kind == "PodDisruptionBudget").then_some(DISRUPTION_BUDGET)
}

const DISRUPTION_BUDGET: &[Column] = &[
    name(),
    text_or("Min Available", "spec.minAvailable", "N/A"),
    text_or("Max Unavailable", "spec.maxUnavailable", "N/A"),
    number("Allowed Disruptions", "status.disruptionsAllowed"),
    age(),
];
