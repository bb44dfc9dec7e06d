//! What is measured of a turn.

use std::collections::BTreeMap;

use runtime::Measurement;

use super::{Errand, Scheduler};
use crate::metrics::{CACHE_SIZE, INCOMING, PENDING, UNSCHEDULABLE};

impl Scheduler {
    pub(super) fn numbers(&mut self) -> Vec<Measurement> {
        let mut measured = std::mem::take(&mut self.meter.measured);
        for ((part, event), count) in self.queue.take_incoming() {
            measured.push(INCOMING.add(count, [part, &event]));
        }
        let depths = self.queue.depths();
        for (part, depth) in [
            ("active", depths.active),
            ("backoff", depths.backoff),
            ("unschedulable", depths.unschedulable),
            ("gated", depths.gated),
        ] {
            measured.push(PENDING.share(number(depth), [part]));
        }
        let bind = |errand: &&Errand| matches!(errand, Errand::Prepare(_) | Errand::Bind(_));
        let assumed = self.errands.values().filter(bind).count() + self.permitting.len();
        for (kind, size) in [
            ("nodes", self.snapshot.len()),
            ("pods", self.snapshot.pods()),
            ("assumed_pods", assumed),
        ] {
            measured.push(CACHE_SIZE.share(number(size), [kind]));
        }
        let mut rejected: BTreeMap<(&'static str, &str), usize> = BTreeMap::new();
        for (pod, plugins) in self.queue.rejected() {
            for plugin in plugins {
                *rejected.entry((plugin, &pod.spec.scheduler_name)).or_default() += 1;
            }
        }
        for ((plugin, profile), count) in rejected {
            measured.push(UNSCHEDULABLE.share(number(count), [plugin, profile]));
        }
        measured
    }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
