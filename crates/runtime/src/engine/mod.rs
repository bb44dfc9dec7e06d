//! Runs controllers and machines: fences, live reads, acting on plans, retries.

mod act;
mod actor;
mod component;
mod fence;
mod gate;
mod gather;
mod machine;
mod manager;
mod marks;
mod measure;
mod pacing;
mod read;
mod report;
mod request;
mod rewrite;
mod runner;
mod running;
#[cfg(test)]
mod tests;
mod timely;
mod told;

pub use actor::{Accounts, Actor};
pub use component::KeysKept;
pub(crate) use fence::newest;
pub(crate) use gate::{Gate, Term};
pub(crate) use gather::within;
pub use manager::Manager;
pub(crate) use read::read;
pub(crate) use request::summary;
pub use running::Running;
