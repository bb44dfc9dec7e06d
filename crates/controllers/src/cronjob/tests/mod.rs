//! Tables of decisions, of schedules and of times.

mod plan;
mod schedule;
mod times;
