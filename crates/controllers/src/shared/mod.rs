//! What two controllers need.

pub(crate) mod availability;
pub(crate) mod claims;
pub(crate) mod history;
pub(crate) mod patch;
pub(crate) mod pods;
pub(crate) mod tell;
