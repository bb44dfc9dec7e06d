//! What tests of controllers share: a notation for objects that fits one line, and helpers that run
//! `observe` and `plan` on it and print what was decided. No server, no clock.

mod daemon;
mod decide;
mod notation;
mod refusal;
mod scene;
mod show;
mod stateful;

pub use decide::{decide, fill, view};
pub use notation::{NOW, now};
pub use refusal::{not_found, refusal};
pub use scene::Scene;
pub use show::{measures, show, sizes};
