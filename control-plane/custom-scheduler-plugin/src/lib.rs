//! `RackSpread`: a scheduler plugin that keeps the replicas of one owner on different racks, and prefers
//! cheap nodes.
//!
//! Racks and costs are labels of nodes; which ones, and how many replicas a rack may have, are the
//! plugin's [arguments](Arguments). `docs/writing-a-scheduler-plugin.md` leads through this crate.

mod arguments;
mod plugin;
mod racks;

use std::sync::Arc;

use scheduler::framework::{Arguments as Given, InvalidArguments, Plugin, Registry, Setup};

pub use arguments::Arguments;
pub use plugin::{NAME, RackSpread};

/// The built-in plugins and this one.
pub fn registry() -> Registry {
    Registry::built_in().with(NAME, make)
}

fn make(_: &mut Setup<'_>, given: &Given) -> Result<Arc<dyn Plugin>, InvalidArguments> {
    let arguments: Arguments = given.read()?;
    arguments.validate()?;
    Ok(Arc::new(RackSpread::new(arguments)))
}
