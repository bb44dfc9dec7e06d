//! Until when a pod may stay on its node.

use std::{collections::BTreeMap, time::Duration};

use api::views::{Pod, Taint};
use meta::{text::Text, time::Time};

use super::Why;

/// Since when taints are known here: one that does not say when it came, or says so by a clock that is
/// ahead, came then. Lost, the time that they give begins anew.
#[derive(Debug, Default)]
pub(super) struct Known(BTreeMap<(Text, Text), Time>);

/// When a pod is to go, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doom {
    pub(super) at: Time,
    pub(super) why: Why,
}

impl Known {
    /// Takes in the taints that there are now.
    pub(super) fn see(&mut self, taints: &[Taint], now: Time) {
        let name = |taint: &Taint| (taint.key.clone(), taint.value.clone());
        self.0.retain(|known, _| taints.iter().any(|taint| name(taint) == *known));
        for taint in taints {
            self.0.entry(name(taint)).or_insert(now);
        }
    }

    fn since(&self, taint: &Taint, now: Time) -> Time {
        let seen = self.0.get(&(taint.key.clone(), taint.value.clone())).copied().unwrap_or(now);
        taint.time_added.unwrap_or(seen).min(seen)
    }
}

/// The earliest time that one of the taints sets; `None` if the pod may stay for ever.
pub(super) fn doom(known: &Known, pod: &Pod, taints: &[Taint], now: Time) -> Option<Doom> {
    let came = came(pod);
    let dooms = taints.iter().filter_map(|taint| {
        // The first toleration that covers it counts.
        let mut covering = pod.spec.tolerations.iter().filter(|it| it.covers(taint));
        let Some(toleration) = covering.next() else {
            return Some(Doom { at: now, why: Why::Intolerant });
        };
        let seconds = u64::try_from(toleration.toleration_seconds?.max(0)).unwrap_or(0);
        // A pod that came later tolerates the taint from then on.
        let since = known.since(taint, now).max(came);
        Some(Doom { at: since + Duration::from_secs(seconds), why: Why::TimeIsUp })
    });
    dooms.min_by_key(|doom| doom.at)
}

/// When a pod came to its node.
fn came(pod: &Pod) -> Time {
    let scheduled = pod.condition("PodScheduled").and_then(|it| it.last_transition_time);
    scheduled.or(pod.metadata.creation_timestamp).unwrap_or_default()
}
