//! How much is made, taken away and told of for one owner in one minute.

use std::{collections::BTreeMap, time::Duration};

use meta::object::Uid;
use serde::Deserialize;
use world::Monotonic;

use super::{Promise, Verdict, Violation, expect, model::Change, model::controller, short};
use crate::tally::Most;

/// Objects of one owner that may be made, and that may go, in a minute: several times what a user of a
/// run can ask for.
const OBJECTS_A_MINUTE_MAX: u32 = 120;
/// Events that may be written of one object in a minute: what each source may say at once of it, in a
/// few lives.
const EVENTS_A_MINUTE_MAX: u32 = 120;
const MINUTE: Duration = Duration::from_mins(1);
/// Where Events lie.
const EVENTS: &str = "/registry/events/";

/// Counts of the present minute.
#[derive(Debug, Default)]
pub(super) struct Pace {
    minute: u64,
    made: BTreeMap<Uid, u32>,
    gone: BTreeMap<Uid, u32>,
    told: BTreeMap<String, u32>,
    /// Of all minutes.
    pub(super) most: Most,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Told {
    involved_object: Involved,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct Involved {
    kind: String,
    namespace: String,
    name: String,
}

impl Pace {
    /// An object comes or goes.
    pub(super) fn take(&mut self, change: &Change, now: Monotonic) -> Verdict {
        self.turn(now);
        let most = &mut self.most;
        let (counts, most, metadata, what) = match change.metadata() {
            (None, Some(metadata)) => (&mut self.made, &mut most.made, metadata, "made"),
            (Some(metadata), None) => (&mut self.gone, &mut most.gone, metadata, "taken away"),
            (Some(_), Some(_)) | (None, None) => return Ok(()),
        };
        let Some(owner) = controller(metadata) else { return Ok(()) };
        let count = counts.entry(owner.clone()).or_default();
        *count += 1;
        *most = (*most).max(*count);
        expect(Promise::Pace, *count <= OBJECTS_A_MINUTE_MAX, || {
            format!("{count} objects of {} were {what} within a minute", short(owner))
        })
    }

    /// A key was written: perhaps an Event.
    pub(super) fn tell(&mut self, key: &str, value: &[u8], now: Monotonic) -> Verdict {
        if !key.starts_with(EVENTS) {
            return Ok(());
        }
        self.turn(now);
        let Told { involved_object: about } = serde_json::from_slice(value).map_err(|error| {
            Violation::new(Promise::Readable, format!("{key} is no Event: {error}"))
        })?;
        let about = format!("{} {}/{}", about.kind, about.namespace, about.name);
        let count = self.told.entry(about.clone()).or_default();
        *count += 1;
        self.most.told = self.most.told.max(*count);
        expect(Promise::Pace, *count <= EVENTS_A_MINUTE_MAX, || {
            format!("{count} Events of {about} were written within a minute")
        })
    }

    fn turn(&mut self, now: Monotonic) {
        let minute = now.0.as_secs() / MINUTE.as_secs();
        if minute != self.minute {
            *self = Self { minute, most: self.most, ..Self::default() };
        }
    }
}
