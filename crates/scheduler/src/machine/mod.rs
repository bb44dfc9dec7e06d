//! The scheduler as a state machine: changes in, bindings and conditions out.

#[cfg(test)]
mod tests;
mod why;

use std::{collections::BTreeMap, sync::Arc};

pub use why::Why;

use api::views::{Node, Pod, Status};
use meta::{
    mutants::mutant,
    object::{ObjectKey, Uid},
    text::Text,
    time::Time,
};
use parking_lot::Mutex;
use runtime::{
    Action, Change, Event, EventType, Guard, Informers, Machine, Outcome, PatchKind, Step, Target,
    Ticket, Turn,
};
use serde_json::json;

use crate::{
    QueuedPod, Snapshot,
    cycle::{self, Decision, Rotation},
    framework::{ClusterEvent, CycleState, Plugin},
    plugins,
    queue::Queue,
};

/// The name in pods' `spec.schedulerName` that this scheduler answers to.
const SCHEDULER_NAME: &str = "default-scheduler";
/// Pods looked at in one turn, so that changes are taken in between.
const PODS_PER_TURN_MAX: usize = 128;

/// The scheduler. See the crate's documentation.
pub struct Scheduler {
    inbox: Arc<Mutex<Vec<Noted>>>,
    plugins: Vec<Arc<dyn Plugin>>,
    snapshot: Snapshot,
    queue: Queue,
    rotation: Rotation,
    /// Our pods without a node, whether queued or being bound.
    waiting: BTreeMap<ObjectKey, Uid>,
    binding: BTreeMap<Ticket, Binding>,
    next_ticket: u64,
}

enum Noted {
    Pod(Change<Pod>),
    Node(Change<Node>),
}

/// A pod on its way to its node.
struct Binding {
    queued: QueuedPod,
    node: Text,
    state: CycleState,
}

impl Machine for Scheduler {
    const NAME: &'static str = SCHEDULER_NAME;
    type Why = Why;

    fn new(informers: &mut Informers) -> Self {
        let inbox = Arc::new(Mutex::new(Vec::new()));
        let (pods, nodes) = (Arc::clone(&inbox), Arc::clone(&inbox));
        informers
            .listen::<Node>(Box::new(move |change| nodes.lock().push(Noted::Node(change.clone()))));
        informers
            .listen::<Pod>(Box::new(move |change| pods.lock().push(Noted::Pod(change.clone()))));
        Self::with_plugins(inbox, plugins::default_profile())
    }

    fn turn(&mut self, now: Time) -> Turn<Why> {
        let noted = std::mem::take(&mut *self.inbox.lock());
        for change in noted {
            match change {
                Noted::Pod(change) => self.pod_changed(&change, now),
                Noted::Node(change) => self.node_changed(&change, now),
            }
        }
        self.queue.flush(now);
        let mut steps = Vec::new();
        for _ in 0..PODS_PER_TURN_MAX {
            let Some(queued) = self.queue.pop() else {
                break;
            };
            self.schedule(queued, now, &mut steps);
        }
        let wake_after = if self.queue.is_ready() {
            Some(std::time::Duration::ZERO)
        } else {
            self.queue.next_flush().map(|time| time.since(now))
        };
        Turn { steps, wake_after }
    }

    fn outcome(&mut self, ticket: Ticket, outcome: &Outcome, now: Time) {
        let Some(mut binding) = self.binding.remove(&ticket) else {
            return;
        };
        let pod = Arc::clone(&binding.queued.pod);
        match outcome {
            Ok(_) => {
                for plugin in &self.plugins {
                    plugin.post_bind(&binding.state, &pod, &binding.node);
                }
            }
            Err(error) => {
                for plugin in self.plugins.iter().rev() {
                    plugin.unreserve(&mut binding.state, &pod, &binding.node);
                }
                self.snapshot.forget(&pod.metadata.uid);
                self.queue.event(ClusterEvent::AssignedPodDelete, now);
                // Not a pod that is gone, nor one whose name another pod has by now.
                let waits = self.waiting.get(&pod.metadata.key()) == Some(&pod.metadata.uid);
                if waits && !error.is_not_found() && !mutant("hb_43") {
                    self.queue.give_back(binding.queued, None, now);
                }
            }
        }
    }
}

impl Scheduler {
    fn with_plugins(inbox: Arc<Mutex<Vec<Noted>>>, plugins: Vec<Arc<dyn Plugin>>) -> Self {
        Self {
            inbox,
            queue: Queue::new(plugins.clone()),
            plugins,
            snapshot: Snapshot::default(),
            rotation: Rotation::default(),
            waiting: BTreeMap::new(),
            binding: BTreeMap::new(),
            next_ticket: 0,
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
            return;
        }
        if !pod.spec.node_name.is_empty() {
            self.leaves_queue(pod);
            self.snapshot.place(pod);
            if change.old.as_ref().is_none_or(|old| old.spec.node_name.is_empty()) {
                self.queue.event(ClusterEvent::AssignedPodAdd, now);
            }
            return;
        }
        let ours = pod.spec.scheduler_name == SCHEDULER_NAME;
        if pod.metadata.is_deleting() {
            self.leaves_queue(pod);
        } else if ours && !self.snapshot.has(&pod.metadata.uid) && deserves_a_look(change) {
            self.waiting.insert(pod.metadata.key(), pod.metadata.uid.clone());
            self.queue.add(pod, now);
        }
    }

    fn leaves_queue(&mut self, pod: &Pod) {
        let key = pod.metadata.key();
        self.waiting.remove(&key);
        self.queue.remove(&key);
    }

    fn pod_gone(&mut self, pod: &Pod, now: Time) {
        self.leaves_queue(pod);
        if self.snapshot.has(&pod.metadata.uid) {
            self.snapshot.remove(&pod.metadata.uid);
            self.queue.event(ClusterEvent::AssignedPodDelete, now);
        }
    }

    fn node_changed(&mut self, change: &Change<Node>, now: Time) {
        let (old, Some(node)) = (&change.old, &change.new) else {
            if let Some(old) = &change.old {
                self.snapshot.remove_node(&old.metadata.key());
            }
            return;
        };
        self.snapshot.set_node(node);
        let Some(old) = old else {
            self.queue.event(ClusterEvent::NodeAdd, now);
            return;
        };
        let differs = [
            (ClusterEvent::NodeAllocatable, old.status.allocatable != node.status.allocatable),
            (ClusterEvent::NodeLabel, old.metadata.labels != node.metadata.labels),
            (ClusterEvent::NodeTaint, old.spec != node.spec),
        ];
        for (event, _) in differs.into_iter().filter(|(_, differs)| *differs) {
            self.queue.event(event, now);
        }
    }

    fn schedule(&mut self, queued: QueuedPod, now: Time, steps: &mut Vec<(Ticket, Step<Why>)>) {
        let pod = Arc::clone(&queued.pod);
        match cycle::run(&self.plugins, &self.snapshot, &mut self.rotation, &pod) {
            Decision::Bind { node, state } => self.bind(queued, node, state, steps),
            Decision::Unschedulable { message, rejected_by } => {
                let step = waits(&pod, &message, now);
                steps.push((self.ticket(), step));
                // Without any node there is nobody whose events could help but a new node's.
                let by =
                    if rejected_by.is_empty() { vec!["NodeResourcesFit"] } else { rejected_by };
                self.queue.give_back(queued, Some(by), now);
            }
        }
    }

    fn bind(
        &mut self,
        queued: QueuedPod,
        node: Text,
        state: CycleState,
        steps: &mut Vec<(Ticket, Step<Why>)>,
    ) {
        let pod = Arc::clone(&queued.pod);
        let before = self.plugins.iter().flat_map(|p| p.pre_bind(&state, &pod, &node));
        let before: Vec<Action> = before.collect();
        let binding = self.plugins.iter().find_map(|plugin| plugin.bind(&state, &pod, &node));
        for action in before {
            steps.push((self.ticket(), Step::new(action, Why::BestNode(node.clone()))));
        }
        let Some(action) = binding else {
            return;
        };
        self.snapshot.assume(&pod, &node);
        let mut step = Step::new(action, Why::BestNode(node.clone()));
        let text = format!("Successfully assigned {} to {node}", pod.metadata.key());
        step.on_success = Some(event(&pod, EventType::Normal, "Scheduled", text));
        let ticket = self.ticket();
        steps.push((ticket, step));
        self.binding.insert(ticket, Binding { queued, node, state });
    }

    fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(self.next_ticket)
    }
}

/// A change of the condition that we wrote ourselves is none.
fn deserves_a_look(change: &Change<Pod>) -> bool {
    let (Some(old), Some(new)) = (&change.old, &change.new) else {
        return true;
    };
    old.spec != new.spec
        || old.metadata.labels != new.metadata.labels
        || old.metadata.uid != new.metadata.uid
}

/// Says why the pod waits: an event each time, the condition when it changes.
fn waits(pod: &Arc<Pod>, message: &str, now: Time) -> Step<Why> {
    let known = pod.condition("PodScheduled").filter(|known| known.status == Status::False);
    let unchanged =
        known.is_some_and(|known| known.reason == "Unschedulable" && known.message == message);
    let action = if unchanged {
        Action::Announce
    } else {
        let since = known.and_then(|known| known.last_transition_time).unwrap_or(now);
        let condition = json!({
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
            "lastProbeTime": null, "lastTransitionTime": since.to_string(),
            "observedGeneration": pod.metadata.generation,
        });
        Action::Patch {
            target: Target::of(&**pod),
            kind: PatchKind::Strategic,
            patch: json!({"status": {"conditions": [condition]}}),
            subresource: "status",
            // Over a state that knows the condition already, its time would change and its status not.
            guard: Guard::Version,
        }
    };
    let mut step = Step::new(action, Why::NoNode(message.to_owned()));
    step.on_success = Some(event(pod, EventType::Warning, "FailedScheduling", message.to_owned()));
    step
}

fn event(pod: &Pod, kind: EventType, reason: &'static str, message: String) -> Event {
    let regarding = Target::of(pod);
    Event { regarding, kind, reason, message }
}
