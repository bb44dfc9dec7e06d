//! Pods that have a node and wait for the permission of plugins.

use std::{collections::BTreeMap, time::Duration};

use meta::{object::Uid, time::Time};

use super::{Binding, Scheduler, told};
use crate::{
    framework::{Code, Rejection, Request, WaitingPod},
    metrics::PERMIT_WAIT,
};

/// A pod that waits.
pub(super) struct Waiting {
    pub(super) binding: Binding,
    /// Who has not allowed it yet, how long each may take, and until when.
    plugins: BTreeMap<&'static str, (Duration, Time)>,
    since: Time,
}

impl Scheduler {
    pub(super) fn wait(&mut self, binding: Binding, waits: &[(&'static str, Duration)], now: Time) {
        let pod = &binding.queued.pod;
        let plugins = waits.iter().map(|(plugin, wait)| (*plugin, (*wait, now + *wait)));
        let uid = pod.metadata.uid.clone();
        self.handle.waits(&uid, WaitingPod { key: pod.metadata.key(), node: binding.node.clone() });
        let step = told::takes(pod, &binding.node);
        let waiting = Waiting { plugins: plugins.collect(), since: now, binding };
        self.permitting.insert(uid, waiting);
        self.send(step, None);
    }

    /// Does what plugins have said outside a cycle.
    pub(super) fn heed(&mut self, now: Time) {
        for request in self.handle.take() {
            match request {
                Request::Allow { pod, plugin } => self.allow(&pod, plugin, now),
                Request::Reject { pod, plugin, reason } => {
                    let rejection = Rejection::new(plugin, Code::Unschedulable, reason);
                    self.reject(&pod, &rejection, now);
                }
                Request::Activate(key) => self.queue.force(&key, now),
            }
        }
    }

    /// Takes the nodes back for which a permission came too late.
    pub(super) fn expire(&mut self, now: Time) {
        let late = self.permitting.iter().filter_map(|(pod, waiting)| {
            let late = waiting.plugins.iter().find(|(_, (_, until))| *until <= now);
            late.map(|(plugin, (wait, _))| (pod.clone(), *plugin, *wait))
        });
        for (pod, plugin, wait) in late.collect::<Vec<_>>() {
            let reason =
                format!("rejected due to timeout after waiting {wait:?} at plugin {plugin}");
            self.reject(&pod, &Rejection::new(plugin, Code::Unschedulable, reason), now);
        }
    }

    pub(super) fn next_expiry(&self) -> Option<Time> {
        let plugins = self.permitting.values().flat_map(|waiting| waiting.plugins.values());
        plugins.map(|(_, until)| *until).min()
    }

    fn allow(&mut self, pod: &Uid, plugin: &'static str, now: Time) {
        let Some(waiting) = self.permitting.get_mut(pod) else { return };
        waiting.plugins.remove(plugin);
        if waiting.plugins.is_empty()
            && let Some(waiting) = self.permitting.remove(pod)
        {
            self.waited(pod, "allowed", now.since(waiting.since));
            self.prepare(waiting.binding, now);
        }
    }

    fn reject(&mut self, pod: &Uid, rejection: &Rejection, now: Time) {
        if let Some(waiting) = self.permitting.remove(pod) {
            self.waited(pod, "rejected", now.since(waiting.since));
            self.refused(waiting.binding, rejection, now);
        }
    }

    fn waited(&mut self, pod: &Uid, result: &str, time: Duration) {
        self.handle.waits_no_more(pod);
        self.meter.note(PERMIT_WAIT.observe(time.as_secs_f64(), [result]));
    }
}
