//! What every component of the binary needs around it: flags, logs, metrics as text, signals, the
//! environment, and a port of its own for those who watch over it.

pub mod environment;
pub mod flags;
pub mod gates;
pub mod logs;
pub mod metrics;
pub mod selection;
pub mod serve;
pub mod signals;
