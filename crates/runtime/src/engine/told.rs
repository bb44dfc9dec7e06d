//! Tells whoever follows the trace of looks and steps.

use std::{fmt, time::Duration};

use meta::{object::ObjectKey, text::Text};
use world::Monotonic;

use super::{
    act::{Acting, Performed},
    fence::Mark,
    report::Verdict,
    request::summary,
};
use crate::{
    Action, Outcome,
    trace::{Place, Write},
};

impl Acting {
    /// Tells of a step of a look at `key`; `name` is that of what was written.
    pub(super) fn tell(
        &self,
        key: &str,
        (action, why): (&Action, &impl fmt::Display),
        (performed, name): (&Performed, &Text),
        began: Monotonic,
    ) {
        if !self.trace.is_followed() {
            return;
        }
        let version = performed.marks.iter().find_map(|mark| match mark {
            Mark::Reached { version, .. } => Some(version.0),
            Mark::Going { .. } => None,
        });
        let refusal = match &performed.verdict {
            Verdict::Done => String::new(),
            Verdict::Stopped => "the term is over".to_owned(),
            Verdict::Terminating => "the namespace goes".to_owned(),
            Verdict::Conflict => "somebody else wrote first".to_owned(),
            Verdict::Unknown(error) => format!("nobody knows: {error}"),
            Verdict::Refused(error) => error.to_string(),
        };
        let now = self.world.clock.monotonic();
        let write = write(action, why, name, (version.unwrap_or(0), refusal));
        self.trace.write(self.component, key, write, (began, now));
    }
    /// Tells of a step of a component that has no keys.
    pub(super) fn tell_alone(
        &self,
        (action, why): (&Action, &impl fmt::Display),
        (outcome, name): (&Outcome, &str),
        began: Monotonic,
    ) {
        if !self.trace.is_followed() {
            return;
        }
        let refusal = outcome.as_ref().err().map(ToString::to_string).unwrap_or_default();
        let version = outcome.as_ref().ok().and_then(|object| {
            object.pointer("/metadata/resourceVersion")?.as_str()?.parse::<u64>().ok()
        });
        let write = write(action, why, &Text::from(name), (version.unwrap_or(0), refusal));
        self.trace.alone(self.component, write, began, &*self.world.clock);
    }
    /// What follows a look that went well.
    pub(super) fn rest(wake: Option<Duration>) -> String {
        wake.map_or_else(
            || "rests".to_owned(),
            |wake| format!("looks again in {:.1} s", wake.as_secs_f64()),
        )
    }
}

fn write(
    action: &Action,
    why: &impl fmt::Display,
    name: &Text,
    (version, refusal): (u64, String),
) -> Write {
    let place = match action {
        Action::Create { resource, namespace, .. } => Place {
            resource: resource.to_string(),
            key: ObjectKey { namespace: namespace.clone(), name: name.clone() }.to_string(),
        },
        Action::Patch { target, .. }
        | Action::CreateSubresource { target, .. }
        | Action::Replace { target, .. }
        | Action::Delete { target, .. } => Place::of(target),
        Action::DeleteCollection { resource, namespace, .. } => {
            Place { resource: resource.to_string(), key: namespace.to_string() }
        }
        Action::Announce => Place { resource: String::new(), key: String::new() },
    };
    let (action, why) = (summary(action), why.to_string());
    Write { place, action, why, after: 0, took: 0, version, refusal }
}
