//! What the caches saw, as changes of the snapshot and the queue.

use api::views::{Node, Pod};
use meta::time::Time;
use runtime::Change;

use super::{Noted, Scheduler};
use crate::{
    changes,
    framework::{Actions, ClusterEvent, EventResource, Rejection, Subject},
};

impl Scheduler {
    /// Takes in what has happened since the last turn.
    pub(super) fn take_in(&mut self, now: Time) {
        let noted = std::mem::take(&mut *self.inbox.lock());
        for change in noted {
            match change {
                Noted::Pod(change) => self.pod_changed(&change, now),
                Noted::Node(change) => self.node_changed(&change, now),
            }
        }
        let events = std::mem::take(&mut *self.events.lock());
        for event in events {
            self.queue.event(&event, now);
        }
    }

    fn pod_changed(&mut self, change: &Change<Pod>, now: Time) {
        // Another object of the same name is another pod.
        if let Some(old) = &change.old {
            let replaced =
                change.new.as_ref().is_none_or(|new| new.metadata.uid != old.metadata.uid);
            if replaced {
                self.pod_gone(old, now);
            }
        }
        let Some(pod) = &change.new else {
            return;
        };
        if pod.is_finished() {
            self.pod_gone(pod, now);
        } else if !pod.spec.node_name.is_empty() {
            self.pod_assigned(change, now);
        } else if pod.metadata.is_deleting() {
            self.pod_leaves(pod, now);
        } else if self.profiles.of(pod).is_some() && !self.snapshot.has(&pod.metadata.uid) {
            self.waiting.insert(pod.metadata.key(), pod.metadata.uid.clone());
            self.nominator.saw(pod);
            let is_same = change.old.as_ref().is_some_and(|o| o.metadata.uid == pod.metadata.uid);
            if is_same {
                let events = changes::of_pod(change, EventResource::TargetPod);
                self.queue.update(pod, &events, now);
            } else {
                self.queue.add(pod, now);
            }
        }
    }

    fn pod_assigned(&mut self, change: &Change<Pod>, now: Time) {
        let Some(pod) = &change.new else { return };
        self.leaves_queue(pod);
        let was_here = self.snapshot.has(&pod.metadata.uid);
        let was_assumed = self.snapshot.assumes(&pod.metadata.uid);
        self.snapshot.place(pod);
        if !self.anybody_waits() {
            return;
        }
        if !was_here || was_assumed {
            self.tell(EventResource::AssignedPod, Actions::ADD, Subject::Pod(change.clone()), now);
            return;
        }
        for event in changes::of_pod(change, EventResource::AssignedPod) {
            self.queue.event(&event, now);
        }
    }

    /// The pod is on its way out and was never bound.
    fn pod_leaves(&mut self, pod: &Pod, now: Time) {
        self.leaves_queue(pod);
        self.reject_waiting(&pod.metadata.uid, now);
    }

    fn leaves_queue(&mut self, pod: &Pod) {
        let key = pod.metadata.key();
        self.waiting.remove(&key);
        self.queue.remove(&key);
        self.nominator.remove(&pod.metadata.uid);
    }

    fn pod_gone(&mut self, pod: &std::sync::Arc<Pod>, now: Time) {
        let was_nominated = self.nominator.node(&pod.metadata.uid).is_some();
        self.pod_leaves(pod, now);
        let was_here = self.snapshot.has(&pod.metadata.uid);
        self.snapshot.remove(&pod.metadata.uid);
        if was_here || was_nominated {
            let change = Change { old: Some(std::sync::Arc::clone(pod)), new: None };
            self.tell(EventResource::AssignedPod, Actions::DELETE, Subject::Pod(change), now);
        }
    }

    fn node_changed(&mut self, change: &Change<Node>, now: Time) {
        let subject = Subject::Node(change.clone());
        let (old, Some(node)) = (&change.old, &change.new) else {
            if let Some(old) = &change.old {
                self.snapshot.remove_node(&old.metadata.key());
                self.tell(EventResource::Node, Actions::DELETE, subject, now);
            }
            return;
        };
        self.snapshot.set_node(node);
        if old.is_none() {
            self.tell(EventResource::Node, Actions::ADD, subject, now);
            return;
        }
        for event in changes::of_node(change) {
            self.queue.event(&event, now);
        }
    }

    pub(super) fn tell(
        &mut self,
        resource: EventResource,
        action: Actions,
        subject: Subject,
        now: Time,
    ) {
        self.queue.event(&ClusterEvent { resource, action, subject }, now);
    }

    /// A pod that waits for a permission gets none any more.
    fn reject_waiting(&mut self, pod: &meta::object::Uid, now: Time) {
        if let Some(waiting) = self.permitting.remove(pod) {
            let code = crate::framework::Code::Unschedulable;
            let reason = "the pod is being deleted";
            self.refused(waiting.binding, &Rejection::new("", code, reason), now);
        }
    }
}
