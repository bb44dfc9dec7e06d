//! Events about the object that a controller looks after.

use api::views::Kind;
use runtime::{Action, Event, EventType, Step, Target};

/// An event about an object.
pub(crate) fn event<K: Kind>(
    regarding: &K,
    kind: EventType,
    reason: &'static str,
    message: impl Into<String>,
) -> Event {
    let regarding = Target::of(regarding);
    Event { regarding, kind, reason, message: message.into() }
}

/// A step that only tells.
pub(crate) fn announce<W>(event: Event, why: W) -> Step<W> {
    let mut step = Step::new(Action::Announce, why);
    step.on_success = Some(event);
    step
}
