//! Pods that wait for a node: ready to be looked at, backing off, or unschedulable until something
//! changes.

mod pod;
#[cfg(test)]
mod tests;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use api::views::Pod;
use meta::{object::ObjectKey, time::Time};

pub use pod::QueuedPod;

use crate::{
    framework::{ClusterEvent, Hint, Point},
    profiles::Profiles,
};

/// After this long an unschedulable pod is looked at again whatever happened.
const UNSCHEDULABLE_MAX: Duration = Duration::from_mins(5);

/// How long a pod waits after a failed attempt: doubled with each, up to the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backoff {
    pub(crate) initial: Duration,
    pub(crate) max: Duration,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// These plugins found no node; those of `pending` wait for what they have begun.
    Rejected { by: BTreeSet<&'static str>, pending: BTreeSet<&'static str> },
    /// Something failed, or there was no node at all.
    Failed,
}

/// Where pods wait.
#[derive(Debug)]
pub(crate) struct Queue {
    profiles: Arc<Profiles>,
    backoff_times: Backoff,
    /// The next pod is the first.
    active: VecDeque<QueuedPod>,
    active_keys: BTreeSet<ObjectKey>,
    backoff: BTreeMap<ObjectKey, QueuedPod>,
    unschedulable: BTreeMap<ObjectKey, QueuedPod>,
    sequence: u64,
    /// Events so far: a pod that was being looked at when one came may have missed it.
    events: u64,
    /// Pods that went into each part, by event, since last asked.
    incoming: BTreeMap<(&'static str, String), usize>,
}

/// How many pods wait where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Depths {
    pub(crate) active: usize,
    pub(crate) backoff: usize,
    pub(crate) unschedulable: usize,
    pub(crate) gated: usize,
}

/// Whether a pod is looked at again after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    Nothing,
    AfterBackoff,
    AtOnce,
}

impl Queue {
    pub(crate) const fn new(profiles: Arc<Profiles>, backoff_times: Backoff) -> Self {
        Self {
            profiles,
            backoff_times,
            active: VecDeque::new(),
            active_keys: BTreeSet::new(),
            backoff: BTreeMap::new(),
            unschedulable: BTreeMap::new(),
            sequence: 0,
            events: 0,
            incoming: BTreeMap::new(),
        }
    }

    /// A pod that appeared.
    pub(crate) fn add(&mut self, pod: &Arc<Pod>, now: Time) {
        self.sequence += 1;
        let fresh = QueuedPod::new(pod, now, self.sequence);
        self.remove(&pod.metadata.key());
        self.enter(fresh, Worth::AtOnce, "PodAdd", now);
    }

    /// A pod that changed, and what that means; one that is not waiting is taken for new.
    pub(crate) fn update(&mut self, pod: &Arc<Pod>, events: &[ClusterEvent], now: Time) {
        let key = pod.metadata.key();
        if let Some(waiting) = self.unschedulable.get_mut(&key) {
            waiting.pod = Arc::clone(pod);
            for event in events {
                self.wake(&key, event, now);
            }
        } else if let Some(waiting) = self.backoff.get_mut(&key) {
            waiting.pod = Arc::clone(pod);
        } else if let Some(known) = self.remove_active(&key) {
            self.activate(QueuedPod { pod: Arc::clone(pod), ..known });
        } else {
            self.add(pod, now);
        }
    }

    /// A pod that was bound elsewhere or is gone.
    pub(crate) fn remove(&mut self, key: &ObjectKey) {
        self.backoff.remove(key);
        self.unschedulable.remove(key);
        self.remove_active(key);
    }

    /// The pod to look at next. One that backs off is taken early if no other waits, unless something
    /// failed: trying that again at once would never end.
    pub(crate) fn pop(&mut self) -> Option<QueuedPod> {
        let mut next = match self.active.pop_front() {
            Some(next) => next,
            None => self.pop_early()?,
        };
        self.active_keys.remove(&next.pod.metadata.key());
        next.attempts += 1;
        next.events = self.events;
        Some(next)
    }

    /// Puts a pod back that was not bound.
    pub(crate) fn give_back(&mut self, mut queued: QueuedPod, ending: Ending, now: Time) {
        queued.attempted_at = now;
        queued.queued_at = now;
        queued.flushed = false;
        let missed = queued.events != self.events;
        let key = queued.pod.metadata.key();
        match ending {
            Ending::Rejected { by, pending } => {
                queued.rejections += 1;
                queued.errors = 0;
                (queued.rejected_by, queued.pending_by) = (by, pending);
                if missed {
                    self.enter(queued, Worth::AfterBackoff, "ScheduleAttemptFailure", now);
                } else {
                    self.count("unschedulable", "ScheduleAttemptFailure");
                    self.unschedulable.insert(key, queued);
                }
            }
            Ending::Failed => {
                queued.errors += 1;
                queued.rejected_by.clear();
                queued.pending_by.clear();
                self.count("backoff", "ScheduleAttemptFailure");
                self.backoff.insert(key, queued);
            }
        }
    }

    /// Moves the pods that an event may help.
    pub(crate) fn event(&mut self, event: &ClusterEvent, now: Time) {
        self.events += 1;
        let keys: Vec<ObjectKey> = self.unschedulable.keys().cloned().collect();
        for key in keys {
            self.wake(&key, event, now);
        }
    }

    /// Makes a pod ready at once, if no plugin gates it.
    pub(crate) fn force(&mut self, key: &ObjectKey, now: Time) {
        let waiting = self.unschedulable.remove(key).or_else(|| self.backoff.remove(key));
        if let Some(waiting) = waiting {
            self.enter(waiting, Worth::AtOnce, "ForceActivate", now);
        }
    }

    /// Moves the pods whose time has come.
    pub(crate) fn flush(&mut self, now: Time) {
        let times = self.backoff_times;
        let ready = self.backoff.extract_if(.., |_, waiting| waiting.ready_at(times) <= now);
        let ready: Vec<_> = ready.map(|(_, waiting)| waiting).collect();
        for waiting in ready {
            self.count("active", "BackoffComplete");
            self.activate(waiting);
        }
        let is_stale = |waiting: &QueuedPod| now.since(waiting.queued_at) >= UNSCHEDULABLE_MAX;
        let stale = self.unschedulable.extract_if(.., |_, waiting| is_stale(waiting));
        let stale: Vec<_> = stale.map(|(_, waiting)| waiting).collect();
        for waiting in stale {
            let waiting = QueuedPod { queued_at: now, flushed: true, ..waiting };
            self.enter(waiting, Worth::AfterBackoff, "UnschedulableTimeout", now);
        }
    }

    /// When `flush` will next move a pod.
    pub(crate) fn next_flush(&self) -> Option<Time> {
        let backoff = self.backoff.values().map(|waiting| waiting.ready_at(self.backoff_times));
        // A gated pod moves when its plugin says so.
        let ungated = self.unschedulable.values().filter(|waiting| waiting.gated_by.is_none());
        let stale = ungated.map(|waiting| waiting.queued_at + UNSCHEDULABLE_MAX);
        backoff.chain(stale).min()
    }

    /// Whether a pod is ready to be looked at.
    pub(crate) fn is_ready(&self) -> bool {
        !self.active.is_empty()
            || self.backoff.values().any(|waiting| !waiting.rejected_by.is_empty())
    }

    pub(crate) fn depths(&self) -> Depths {
        let gated = self.unschedulable.values().filter(|waiting| waiting.gated_by.is_some());
        let gated = gated.count();
        Depths {
            active: self.active.len(),
            backoff: self.backoff.len(),
            unschedulable: self.unschedulable.len() - gated,
            gated,
        }
    }

    /// The pods that wait for an event or their back-off, with the plugins that rejected them.
    pub(crate) fn rejected(&self) -> impl Iterator<Item = (&Pod, &BTreeSet<&'static str>)> {
        let waiting = self.unschedulable.values().chain(self.backoff.values());
        waiting.map(|waiting| (&*waiting.pod, &waiting.rejected_by))
    }

    /// Pods that went into each part, by event, since this was last asked.
    pub(crate) fn take_incoming(&mut self) -> BTreeMap<(&'static str, String), usize> {
        std::mem::take(&mut self.incoming)
    }

    fn pop_early(&mut self) -> Option<QueuedPod> {
        let times = self.backoff_times;
        let rejected = self.backoff.values().filter(|waiting| !waiting.rejected_by.is_empty());
        let earliest = rejected.min_by_key(|waiting| waiting.ready_at(times))?;
        let key = earliest.pod.metadata.key();
        self.backoff.remove(&key)
    }

    fn wake(&mut self, key: &ObjectKey, event: &ClusterEvent, now: Time) {
        let Some(waiting) = self.unschedulable.get(key) else { return };
        let worth = self.worth(waiting, event);
        if worth == Worth::Nothing {
            return;
        }
        if let Some(waiting) = self.unschedulable.remove(key) {
            self.enter(waiting, worth, &event.label(), now);
        }
    }

    /// What the plugins that rejected a pod say to an event.
    fn worth(&self, waiting: &QueuedPod, event: &ClusterEvent) -> Worth {
        let Some(profile) = self.profiles.of(&waiting.pod) else { return Worth::Nothing };
        if waiting.rejected_by.is_empty() {
            return Worth::AfterBackoff;
        }
        let asked = waiting
            .rejected_by
            .iter()
            .filter(|name| profile.interests(name).iter().any(|interest| interest.covers(event)));
        let helped = asked.filter(|name| {
            let plugin = profile.plugin(name);
            plugin.is_some_and(|plugin| plugin.hint(&waiting.pod, event) == Hint::Queue)
        });
        let worth = helped.map(|name| {
            if waiting.pending_by.contains(name) { Worth::AtOnce } else { Worth::AfterBackoff }
        });
        worth.max().unwrap_or(Worth::Nothing)
    }

    /// To the active pods or those that back off, unless a plugin keeps it out.
    fn enter(&mut self, mut queued: QueuedPod, worth: Worth, event: &str, now: Time) {
        let key = queued.pod.metadata.key();
        if let Some(gate) = self.gate(&queued.pod) {
            queued.rejected_by.insert(gate);
            queued.gated_by = Some(gate);
            self.count("unschedulable", event);
            self.unschedulable.insert(key, queued);
            return;
        }
        if let Some(gate) = queued.gated_by.take() {
            queued.rejected_by.remove(gate);
        }
        if worth == Worth::AfterBackoff && queued.ready_at(self.backoff_times) > now {
            self.count("backoff", event);
            self.backoff.insert(key, queued);
            return;
        }
        self.count("active", event);
        queued.first_active_at.get_or_insert(now);
        self.activate(queued);
    }

    /// The plugin that keeps a pod out.
    fn gate(&self, pod: &Pod) -> Option<&'static str> {
        let plugins = self.profiles.of(pod)?.at(Point::PreEnqueue);
        plugins.iter().find(|plugin| plugin.pre_enqueue(pod).is_err()).map(|plugin| plugin.name())
    }

    fn activate(&mut self, queued: QueuedPod) {
        self.active_keys.insert(queued.pod.metadata.key());
        let sooner = |other: &QueuedPod| self.order(other, &queued) == Ordering::Less;
        let at = self.active.partition_point(sooner);
        self.active.insert(at, queued);
    }

    fn order(&self, one: &QueuedPod, other: &QueuedPod) -> Ordering {
        let decided = self.profiles.sort().map_or(Ordering::Equal, |sort| sort.order(one, other));
        decided.then(one.sequence.cmp(&other.sequence))
    }

    fn remove_active(&mut self, key: &ObjectKey) -> Option<QueuedPod> {
        if !self.active_keys.remove(key) {
            return None;
        }
        let at = self.active.iter().position(|queued| queued.pod.metadata.key() == *key)?;
        self.active.remove(at)
    }

    fn count(&mut self, part: &'static str, event: &str) {
        *self.incoming.entry((part, event.to_owned())).or_default() += 1;
    }
}
