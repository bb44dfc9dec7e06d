//! Evicting pods for a more important one.

use std::{collections::BTreeSet, sync::Arc};

use api::views::Pod;
use meta::{
    object::{ObjectKey, Uid},
    text::Text,
    time::Time,
};

use super::{Errand, Scheduler, told};
use crate::{
    framework::Nomination,
    metrics::{VICTIMS, VIOLATIONS},
};

/// A pod for which others are being evicted.
pub(super) struct Preemption {
    key: ObjectKey,
    /// Those whose deletion is not yet answered.
    victims: BTreeSet<Uid>,
}

impl Scheduler {
    /// Nominates a pod, and tells its victims to go.
    pub(super) fn preempt(&mut self, pod: &Arc<Pod>, nomination: Nomination) {
        let Nomination { node, victims, violations, .. } = nomination;
        let count = u32::try_from(victims.len()).unwrap_or(u32::MAX);
        self.meter.note(VICTIMS.observe(f64::from(count), []));
        self.meter.note(VIOLATIONS.add(violations, ["pod"]));
        self.give_up_nominations(pod, &node);
        self.nominator.set(pod, &node);
        let preemptor = &pod.metadata.uid;
        let leaving = victims.into_iter().filter(|victim| !victim.metadata.is_deleting());
        let leaving: Vec<Arc<Pod>> = leaving.collect();
        if leaving.is_empty() {
            return;
        }
        let uids = leaving.iter().map(|victim| victim.metadata.uid.clone()).collect();
        let preemption = Preemption { key: pod.metadata.key(), victims: uids };
        self.preempting.insert(preemptor.clone(), preemption);
        self.evictions.begin(preemptor);
        for victim in leaving {
            let step = told::condemns(pod, &victim);
            let (preemptor, node) = (preemptor.clone(), node.clone());
            self.send(step, Some(Errand::Condemn { preemptor, victim, node }));
        }
    }

    /// Less important pods that were nominated to the node will not get it.
    fn give_up_nominations(&mut self, pod: &Arc<Pod>, node: &Text) {
        let lower = self.nominator.on(node).filter(|other| other.priority() < pod.priority());
        let lower: Vec<Arc<Pod>> = lower.cloned().collect();
        for other in lower {
            self.nominator.remove(&other.metadata.uid);
            self.send(told::gives_up(&other), None);
        }
    }

    /// A victim knows why it goes (or could not be told): it is deleted.
    pub(super) fn condemned(&mut self, preemptor: Uid, victim: &Arc<Pod>, node: &Text) {
        let step = told::evicts(&preemptor, victim, node);
        let victim = victim.metadata.uid.clone();
        self.send(step, Some(Errand::Evict { preemptor, victim }));
    }

    /// A victim is deleted, or cannot be. When all are, the pod is looked at again.
    pub(super) fn evicted(&mut self, preemptor: &Uid, victim: &Uid, now: Time) {
        let Some(preemption) = self.preempting.get_mut(preemptor) else { return };
        preemption.victims.remove(victim);
        if !preemption.victims.is_empty() {
            return;
        }
        self.evictions.end(preemptor);
        if let Some(Preemption { key, .. }) = self.preempting.remove(preemptor) {
            self.queue.force(&key, now);
        }
    }
}
