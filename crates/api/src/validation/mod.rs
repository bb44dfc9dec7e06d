//! What the rules of all kinds share: errors, paths, checks of names, numbers and metadata.

mod error;
mod path;

pub use error::{ErrorKind, FieldError, Shown, invalid_message};
pub use path::Path;

/// What is wrong with an object so far, in the order in which clients see it.
pub type Errors = Vec<FieldError>;
