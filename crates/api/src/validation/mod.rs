//! What the rules of all kinds share: errors, paths, checks of names, numbers and metadata.

pub mod address;
pub mod difference;
mod error;
pub mod immutable;
pub mod metadata;
mod name;
pub mod ordered;
mod path;
pub mod rules;
pub mod schema;
pub mod selector;

pub use error::{ErrorKind, FieldError, Shown, invalid_message};
pub use path::Path;

/// What is wrong with an object so far, in the order in which clients see it.
pub type Errors = Vec<FieldError>;
