//! The user of a run: does what the plan says, and knows what they have been told.

mod objects;
mod told;
mod user;

pub(crate) use self::{
    told::{Expected, Told},
    user::{User, act},
};

/// Processor time that each pod asks for, in thousandths; a node has 8,000.
pub(crate) const POD_MILLICORES: u32 = 500;
