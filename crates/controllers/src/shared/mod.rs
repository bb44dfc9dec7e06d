//! What two controllers need.

pub(crate) mod claims;
pub(crate) mod patch;
