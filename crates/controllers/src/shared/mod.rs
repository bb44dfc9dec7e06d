//! What two controllers need.

pub(crate) mod claims;
pub(crate) mod patch;
#[cfg(test)]
pub(crate) mod service_notation;
pub(crate) mod service_pods;
pub(crate) mod subsets;
pub(crate) mod trigger_times;
