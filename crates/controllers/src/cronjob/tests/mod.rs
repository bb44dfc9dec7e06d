//! Tables of decisions, of schedules and of times.

mod notation;
mod plan;
mod schedule;
mod times;
