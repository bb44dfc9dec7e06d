//! Pods that wait for a node: ready to be looked at, backing off, or unschedulable until something
//! changes.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc, time::Duration};

use api::views::Pod;
use meta::{object::ObjectKey, time::Time};

use crate::framework::{ClusterEvent, Plugin};

/// Back-off of a pod's first failed attempt, doubled up to the maximum.
const BACKOFF_MIN: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// After this long an unschedulable pod is looked at again whatever happened.
const UNSCHEDULABLE_MAX: Duration = Duration::from_mins(5);

/// A waiting pod with its history.
#[derive(Debug, Clone)]
pub struct QueuedPod {
    /// The pod as last seen.
    pub pod: Arc<Pod>,
    /// When it last entered the queue.
    pub queued_at: Time,
    /// Breaks ties of time.
    pub sequence: u64,
    attempts: u32,
    attempted_at: Time,
    /// Plugins that rejected it; empty if no node was there or something failed.
    rejected_by: Vec<&'static str>,
}

/// Where a pod waits.
#[derive(Debug)]
pub(crate) struct Queue {
    plugins: Vec<Arc<dyn Plugin>>,
    /// The next pod is the last.
    active: Vec<QueuedPod>,
    backoff: BTreeMap<ObjectKey, QueuedPod>,
    unschedulable: BTreeMap<ObjectKey, QueuedPod>,
    sequence: u64,
}

impl Queue {
    pub(crate) const fn new(plugins: Vec<Arc<dyn Plugin>>) -> Self {
        Self {
            plugins,
            active: Vec::new(),
            backoff: BTreeMap::new(),
            unschedulable: BTreeMap::new(),
            sequence: 0,
        }
    }

    /// A pod that appeared or changed.
    pub(crate) fn add(&mut self, pod: &Arc<Pod>, now: Time) {
        let key = pod.metadata.key();
        if let Some(waiting) = self.unschedulable.get_mut(&key) {
            waiting.pod = Arc::clone(pod);
            self.wake(&key, ClusterEvent::PodUpdate, now);
            return;
        }
        if let Some(waiting) = self.backoff.get_mut(&key) {
            waiting.pod = Arc::clone(pod);
            return;
        }
        let known = self.remove_active(&key);
        self.sequence += 1;
        let fresh = QueuedPod {
            pod: Arc::clone(pod),
            queued_at: now,
            sequence: self.sequence,
            attempts: 0,
            attempted_at: Time::default(),
            rejected_by: Vec::new(),
        };
        self.enter(QueuedPod { pod: Arc::clone(pod), ..known.unwrap_or(fresh) });
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
        if let Some(next) = self.active.pop() {
            return Some(next);
        }
        let rejected = self.backoff.values().filter(|waiting| !waiting.rejected_by.is_empty());
        let earliest = rejected.min_by_key(|waiting| waiting.ready_at())?;
        let key = earliest.pod.metadata.key();
        self.backoff.remove(&key)
    }

    /// Puts a pod back that did not fit; `rejected_by` says whose events may help. `None` means that
    /// something failed: the pod is tried again after its back-off.
    pub(crate) fn give_back(
        &mut self,
        mut queued: QueuedPod,
        rejected_by: Option<Vec<&'static str>>,
        now: Time,
    ) {
        queued.attempts += 1;
        queued.attempted_at = now;
        queued.queued_at = now;
        let key = queued.pod.metadata.key();
        if let Some(plugins) = rejected_by {
            queued.rejected_by = plugins;
            self.unschedulable.insert(key, queued);
            return;
        }
        queued.rejected_by.clear();
        self.backoff.insert(key, queued);
    }

    /// Moves the pods that an event may help.
    pub(crate) fn event(&mut self, event: ClusterEvent, now: Time) {
        let keys: Vec<ObjectKey> = self.unschedulable.keys().cloned().collect();
        for key in keys {
            self.wake(&key, event, now);
        }
    }

    /// Moves the pods whose time has come.
    pub(crate) fn flush(&mut self, now: Time) {
        let ready = |waiting: &QueuedPod| waiting.ready_at() <= now;
        let keys: Vec<ObjectKey> =
            self.backoff.iter().filter(|(_, w)| ready(w)).map(|(key, _)| key.clone()).collect();
        for key in keys {
            if let Some(waiting) = self.backoff.remove(&key) {
                self.activate(waiting);
            }
        }
        let stale = |waiting: &QueuedPod| now.since(waiting.queued_at) >= UNSCHEDULABLE_MAX;
        let keys: Vec<ObjectKey> = self
            .unschedulable
            .iter()
            .filter(|(_, waiting)| stale(waiting))
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            if let Some(waiting) = self.unschedulable.remove(&key) {
                self.enter(QueuedPod { queued_at: now, ..waiting });
            }
        }
    }

    /// When `flush` will next move a pod.
    pub(crate) fn next_flush(&self) -> Option<Time> {
        let backoff = self.backoff.values().map(QueuedPod::ready_at).min();
        let stale = self.unschedulable.values().map(|w| w.queued_at + UNSCHEDULABLE_MAX).min();
        backoff.into_iter().chain(stale).min()
    }

    /// Whether a pod is ready to be looked at.
    pub(crate) const fn is_ready(&self) -> bool {
        !self.active.is_empty()
    }

    fn wake(&mut self, key: &ObjectKey, event: ClusterEvent, now: Time) {
        let Some(waiting) = self.unschedulable.get(key) else {
            return;
        };
        let asked = |plugin: &&Arc<dyn Plugin>| waiting.rejected_by.contains(&plugin.name());
        let mut asked = self.plugins.iter().filter(asked);
        if !asked.any(|plugin| plugin.is_worth_retrying(event, &waiting.pod)) {
            return;
        }
        let Some(waiting) = self.unschedulable.remove(key) else {
            return;
        };
        if waiting.ready_at() > now {
            self.backoff.insert(key.clone(), waiting);
        } else {
            self.enter(waiting);
        }
    }

    /// To the active pods, unless a plugin keeps it out.
    fn enter(&mut self, mut queued: QueuedPod) {
        let kept_out = self.plugins.iter().find_map(|plugin| plugin.pre_enqueue(&queued.pod).err());
        if let Some(rejection) = kept_out {
            queued.rejected_by = vec![rejection.plugin];
            self.unschedulable.insert(queued.pod.metadata.key(), queued);
            return;
        }
        self.activate(queued);
    }

    fn activate(&mut self, queued: QueuedPod) {
        let later = |other: &QueuedPod| self.order(other, &queued) == Ordering::Greater;
        let at = self.active.partition_point(later);
        self.active.insert(at, queued);
    }

    fn order(&self, one: &QueuedPod, other: &QueuedPod) -> Ordering {
        let decided = self.plugins.iter().find_map(|plugin| plugin.order(one, other));
        decided.unwrap_or_else(|| one.sequence.cmp(&other.sequence))
    }

    fn remove_active(&mut self, key: &ObjectKey) -> Option<QueuedPod> {
        let at = self.active.iter().position(|queued| queued.pod.metadata.key() == *key)?;
        Some(self.active.remove(at))
    }
}

impl QueuedPod {
    fn ready_at(&self) -> Time {
        if self.attempts == 0 {
            return self.attempted_at;
        }
        let doubled = 2_u32.saturating_pow((self.attempts - 1).min(16));
        self.attempted_at + BACKOFF_MIN.saturating_mul(doubled).min(BACKOFF_MAX)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plugins::default_profile;

    fn pod(name: &str, priority: i32) -> Arc<Pod> {
        let metadata = json!({"name": name, "namespace": "n", "uid": name});
        let pod = json!({"metadata": metadata, "spec": {"priority": priority}});
        Arc::new(serde_json::from_value(pod).expect("a pod"))
    }
    fn at(seconds: i64) -> Time {
        Time::from_seconds(seconds)
    }
    fn pop(queue: &mut Queue) -> String {
        queue.pop().map_or("-".to_owned(), |queued| queued.pod.metadata.name.to_string())
    }

    #[test]
    fn the_highest_priority_goes_first_then_the_longest_wait() {
        let mut queue = Queue::new(default_profile());
        for (name, priority) in [("a", 0), ("b", 0), ("c", 10)] {
            queue.add(&pod(name, priority), at(1));
        }
        assert_eq!([pop(&mut queue), pop(&mut queue), pop(&mut queue)], ["c", "a", "b"]);
    }

    #[test]
    fn a_rejected_pod_waits_for_an_event_that_helps_and_for_its_back_off() {
        let mut queue = Queue::new(default_profile());
        queue.add(&pod("a", 0), at(0));
        let queued = queue.pop().expect("a pod");
        queue.give_back(queued, Some(vec!["NodeResourcesFit"]), at(0));
        queue.event(ClusterEvent::NodeLabel, at(5));
        assert_eq!(pop(&mut queue), "-");
        queue.event(ClusterEvent::AssignedPodDelete, at(5));
        assert_eq!(pop(&mut queue), "a");
    }

    #[test]
    fn a_failed_pod_is_tried_again_after_its_back_off() {
        let mut queue = Queue::new(default_profile());
        queue.add(&pod("a", 0), at(0));
        let queued = queue.pop().expect("a pod");
        queue.give_back(queued, None, at(0));
        queue.flush(at(0));
        assert!(!queue.is_ready());
        assert_eq!(pop(&mut queue), "-");
        assert_eq!(queue.next_flush(), Some(at(1)));
        queue.flush(at(1));
        assert!(queue.is_ready());
    }

    #[test]
    fn an_unschedulable_pod_is_looked_at_again_after_five_minutes() {
        let mut queue = Queue::new(default_profile());
        queue.add(&pod("a", 0), at(0));
        let queued = queue.pop().expect("a pod");
        queue.give_back(queued, Some(vec!["NodeAffinity"]), at(0));
        queue.flush(at(299));
        assert!(!queue.is_ready());
        queue.flush(at(300));
        assert!(queue.is_ready());
    }
}
