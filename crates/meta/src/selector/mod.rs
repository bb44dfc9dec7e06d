//! Which objects are meant: by their labels, or by some of their fields.

mod field;
mod label;
mod parse;

pub use field::{FieldSelector, FieldTerm, InvalidFieldSelector};
pub use label::{InvalidSelector, Operator, Requirement, Selector};
