//! What every component of the binary needs around it: logs, signals, the environment.

pub mod environment;
pub mod logs;
pub mod signals;
