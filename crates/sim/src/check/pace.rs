//! How much is made and taken away for one owner in one minute.

use std::{collections::BTreeMap, time::Duration};

use meta::object::Uid;
use world::Monotonic;

use super::{Verdict, expect, model::Change, model::controller, short};

/// Pods of one owner that may be made, and that may go, in a minute: several times what a user of a
/// run can ask for.
const PODS_A_MINUTE_MAX: u32 = 120;
const MINUTE: Duration = Duration::from_mins(1);

/// Counts of the present minute.
#[derive(Debug, Default)]
pub(super) struct Pace {
    minute: u64,
    made: BTreeMap<Uid, u32>,
    gone: BTreeMap<Uid, u32>,
}

impl Pace {
    pub(super) fn take(&mut self, change: &Change, now: Monotonic) -> Verdict {
        let minute = now.0.as_secs() / MINUTE.as_secs();
        if minute != self.minute {
            *self = Self { minute, ..Self::default() };
        }
        let Change::Pod(edge) = change else { return Ok(()) };
        let (counts, pod, what) = match (&edge.before, &edge.now) {
            (None, Some(pod)) => (&mut self.made, pod, "made"),
            (Some(pod), None) => (&mut self.gone, pod, "taken away"),
            (Some(_), Some(_)) | (None, None) => return Ok(()),
        };
        let Some(owner) = controller(&pod.metadata) else { return Ok(()) };
        let count = counts.entry(owner.clone()).or_default();
        *count += 1;
        expect(*count <= PODS_A_MINUTE_MAX, || {
            format!("{count} pods of {} were {what} within a minute", short(owner))
        })
    }
}
