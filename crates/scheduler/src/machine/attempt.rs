//! One attempt to find a node for a pod.

use std::{collections::VecDeque, sync::Arc};

use meta::{text::Text, time::Time};

use super::{Binding, Scheduler, told};
use crate::{
    QueuedPod,
    cycle::{Cycle, Decision, Nominated, Refusal},
    framework::CycleState,
    metrics::{ALGORITHM_TIME, ATTEMPT_TIME, ATTEMPTS, PREEMPTIONS},
    queue::Ending,
};

impl Scheduler {
    pub(super) fn attempt(&mut self, queued: QueuedPod, now: Time) {
        let pod = Arc::clone(&queued.pod);
        let profiles = Arc::clone(&self.profiles);
        let Some(profile) = profiles.of(&pod) else { return };
        self.meter.begin(&profile.name);
        let cycle =
            Cycle { profile, snapshot: &self.snapshot, nominator: &self.nominator, pod: &pod };
        let chance = &mut self.chance;
        let (decision, took) = self.meter.time(|meter| cycle.run(chance, meter));
        self.meter.note(ALGORITHM_TIME.observe(took.as_secs_f64(), []));
        let result = match &decision {
            Decision::Take { .. } => None,
            Decision::Unschedulable(_) => Some("unschedulable"),
            Decision::Failed { .. } => Some("error"),
        };
        if let Some(result) = result {
            self.meter.note(ATTEMPTS.add(1, [result, &profile.name]));
            self.meter.note(ATTEMPT_TIME.observe(took.as_secs_f64(), [result, &profile.name]));
        }
        self.follow(queued, decision, now);
    }

    fn follow(&mut self, queued: QueuedPod, decision: Decision, now: Time) {
        match decision {
            Decision::Take { node, state, waits } => {
                let binding = self.assume(queued, node, state, now);
                if waits.is_empty() {
                    self.prepare(binding, now);
                } else {
                    self.wait(binding, &waits, now);
                }
            }
            Decision::Unschedulable(refusal) => self.give_back(queued, refusal, now),
            Decision::Failed { message, reason } => self.failed(queued, (&message, reason), now),
        }
    }

    fn assume(&mut self, queued: QueuedPod, node: Text, state: CycleState, began: Time) -> Binding {
        self.snapshot.assume(&queued.pod, &node);
        self.nominator.remove(&queued.pod.metadata.uid);
        Binding { queued, node, state, before: VecDeque::new(), began }
    }

    /// The pod fits nowhere: it waits for events, perhaps after others were told to go.
    pub(super) fn give_back(&mut self, queued: QueuedPod, refusal: Refusal, now: Time) {
        let Refusal { message, by, pending, nominated } = refusal;
        let pod = Arc::clone(&queued.pod);
        let nomination = match nominated {
            Nominated::Keep => None,
            Nominated::Clear => {
                self.meter.note(PREEMPTIONS.add(1, []));
                self.nominator.remove(&pod.metadata.uid);
                Some(Text::from(""))
            }
            Nominated::Set(nomination) => {
                self.meter.note(PREEMPTIONS.add(1, []));
                let node = nomination.node.clone();
                self.preempt(&pod, nomination);
                Some(node)
            }
        };
        let nominated = nomination.as_ref().map(Text::as_str);
        self.send(told::waits(&pod, (&message, "Unschedulable"), nominated, now), None);
        self.queue.give_back(queued, Ending::Rejected { by, pending }, now);
    }

    /// Something failed, or there is no node: the pod is tried again after its back-off.
    pub(super) fn failed(&mut self, queued: QueuedPod, why: (&str, &'static str), now: Time) {
        let pod = Arc::clone(&queued.pod);
        self.nominator.remove(&pod.metadata.uid);
        self.send(told::waits(&pod, why, Some(""), now), None);
        self.queue.give_back(queued, Ending::Failed, now);
    }
}
