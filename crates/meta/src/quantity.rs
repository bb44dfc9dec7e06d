//! Amounts of resources.
