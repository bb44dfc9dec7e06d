//! Tables about budgets.

mod notation;
mod plan;
mod stale;
mod wakes;
