//! What two controllers need.

pub(crate) mod account_tokens;
pub(crate) mod availability;
pub(crate) mod bootstrap_tokens;
pub(crate) mod claims;
pub(crate) mod duration;
pub(crate) mod float;
pub(crate) mod go_text;
pub(crate) mod history;
pub(crate) mod nodes;
pub(crate) mod patch;
pub(crate) mod pods;
pub mod root_ca;
#[cfg(test)]
pub(crate) mod service_notation;
pub(crate) mod service_pods;
pub(crate) mod slices;
pub(crate) mod subsets;
pub(crate) mod tell;
pub(crate) mod template_hash;
pub(crate) mod trigger_times;
