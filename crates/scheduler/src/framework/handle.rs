//! What a plugin can tell the framework from outside a cycle.

use std::{collections::BTreeMap, sync::Arc};

use meta::{
    object::{ObjectKey, Uid},
    text::Text,
};
use parking_lot::Mutex;

/// A plugin's way to the framework, for what does not belong to the cycle under way. Clones are the
/// same. What is said here is heeded in the framework's next turn, which comes at once if it is said
/// during a turn or while a cache is fed.
#[derive(Debug, Clone, Default)]
pub struct Handle {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    requests: Vec<Request>,
    waiting: BTreeMap<Uid, WaitingPod>,
}

/// A pod that has a node and waits for a plugin's permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPod {
    /// Which pod.
    pub key: ObjectKey,
    /// Its node.
    pub node: Text,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    Allow { pod: Uid, plugin: &'static str },
    Reject { pod: Uid, plugin: &'static str, reason: String },
    Activate(ObjectKey),
}

impl Handle {
    /// `plugin` has nothing any more against binding the pod; others may have.
    pub fn allow(&self, pod: &Uid, plugin: &'static str) {
        self.shared.lock().requests.push(Request::Allow { pod: pod.clone(), plugin });
    }
    /// The waiting pod gives its node back.
    pub fn reject(&self, pod: &Uid, plugin: &'static str, reason: impl Into<String>) {
        let request = Request::Reject { pod: pod.clone(), plugin, reason: reason.into() };
        self.shared.lock().requests.push(request);
    }
    /// The queued pod is looked at again without waiting for an event or its back-off.
    pub fn activate(&self, pod: ObjectKey) {
        self.shared.lock().requests.push(Request::Activate(pod));
    }
    /// The pods that wait for a permission.
    pub fn waiting(&self) -> BTreeMap<Uid, WaitingPod> {
        self.shared.lock().waiting.clone()
    }

    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared.lock().requests)
    }
    pub(crate) fn has_requests(&self) -> bool {
        !self.shared.lock().requests.is_empty()
    }
    pub(crate) fn waits(&self, pod: &Uid, waiting: WaitingPod) {
        self.shared.lock().waiting.insert(pod.clone(), waiting);
    }
    pub(crate) fn waits_no_more(&self, pod: &Uid) {
        self.shared.lock().waiting.remove(pod);
    }
}
