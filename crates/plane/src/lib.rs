//! A whole control plane in one process: the API server over a store, and every component on top,
//! joined without sockets. The binary puts it on a port; the simulator puts faults in between; a
//! test of an operator starts it in milliseconds.
#![warn(missing_docs)]

mod components;
mod identities;
mod in_process;
mod metrics_api;
mod register;
mod server;
mod token_issuer;

pub use components::{Components, Part};
pub use identities::{Identities, Identity, identities_in_process};
pub use in_process::InProcess;
pub use metrics_api::metrics_api;
pub use register::register_nodes;
pub use server::{ServerSettings, serve};
pub use token_issuer::token_issuer;
