//! Text that is borrowed from the input, or shared.

use std::{ops::Deref, sync::Arc};

/// A text; cheap to copy.
#[derive(Debug, Clone)]
pub enum Text<'a> {
    /// Part of the input.
    Borrowed(&'a str),
    /// Made by an expression.
    Shared(Arc<str>),
}

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}
