//! The scheduler as a state machine: changes in, bindings and conditions out.

mod attempt;
mod binding;
mod inputs;
mod numbers;
mod permit;
mod preempt;
#[cfg(test)]
mod tests;
mod told;
mod why;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

pub use why::Why;

use api::views::{Node, Pod};
use meta::{
    object::{ObjectKey, Uid},
    text::Text,
    time::Time,
};
use parking_lot::Mutex;
use runtime::{Action, Change, Informers, Machine, Outcome, Seed, Step, Stopwatch, Ticket, Turn};

use crate::{
    QueuedPod, Settings, Snapshot,
    config::Built,
    cycle::Chance,
    framework::{CycleState, EventInbox, Handle},
    metrics::{self, Meter},
    nominator::Nominator,
    plugins::Evictions,
    profiles::Profiles,
    queue::Queue,
};
use permit::Waiting;
use preempt::Preemption;

/// Pods looked at in one turn, so that changes are taken in between.
const PODS_PER_TURN_MAX: usize = 128;

/// The scheduler. See the crate's documentation; its [`Settings`] are a setting of the informers.
pub struct Scheduler {
    inbox: Inbox,
    events: EventInbox,
    handle: Handle,
    evictions: Evictions,
    profiles: Arc<Profiles>,
    snapshot: Snapshot,
    nominator: Nominator,
    queue: Queue,
    chance: Chance,
    meter: Meter,
    /// Our pods without a node, whether queued or being bound.
    waiting: BTreeMap<ObjectKey, Uid>,
    /// Pods with a node that wait for a permission.
    permitting: BTreeMap<Uid, Waiting>,
    /// Pods for which others are being evicted.
    preempting: BTreeMap<Uid, Preemption>,
    /// What to do when a step is through.
    errands: BTreeMap<Ticket, Errand>,
    /// Steps of the next turn.
    steps: Vec<(Ticket, Step<Why>)>,
    next_ticket: u64,
}

type Inbox = Arc<Mutex<Vec<Noted>>>;

enum Noted {
    Pod(Change<Pod>),
    Node(Change<Node>),
}

/// What follows a step.
enum Errand {
    /// The next write before the binding, or the binding.
    Prepare(Box<Binding>),
    /// The pod is bound.
    Bind(Box<Binding>),
    /// A victim has heard why; now it is deleted.
    Condemn { preemptor: Uid, victim: Arc<Pod>, node: Text },
    /// A victim is deleted.
    Evict { preemptor: Uid, victim: Uid },
}

/// A pod on its way to its node.
struct Binding {
    queued: QueuedPod,
    node: Text,
    state: CycleState,
    /// Writes that come first.
    before: std::collections::VecDeque<Action>,
    /// When its attempt began.
    began: Time,
}

impl Machine for Scheduler {
    const NAME: &'static str = crate::config::DEFAULT_SCHEDULER;
    const METRICS: &'static [runtime::Metric] = metrics::ALL;
    type Why = Why;

    fn new(informers: &mut Informers) -> Self {
        let inbox = Inbox::default();
        let (pods, nodes) = (Arc::clone(&inbox), Arc::clone(&inbox));
        informers
            .listen::<Node>(Box::new(move |change| nodes.lock().push(Noted::Node(change.clone()))));
        informers
            .listen::<Pod>(Box::new(move |change| pods.lock().push(Noted::Pod(change.clone()))));
        let settings = informers.setting::<Settings>().unwrap_or_default();
        let built = settings.build(informers).expect("settings are built once when they are made");
        let seed = informers.setting::<Seed>().map_or(0, |seed| seed.0);
        let stopwatch = informers.setting::<Stopwatch>().map(|stopwatch| (*stopwatch).clone());
        Self::of(inbox, built, (seed, stopwatch))
    }

    fn turn(&mut self, now: Time) -> Turn<Why> {
        self.take_in(now);
        self.heed(now);
        self.expire(now);
        self.queue.flush(now);
        for _ in 0..PODS_PER_TURN_MAX {
            let Some(queued) = self.queue.pop() else {
                break;
            };
            self.attempt(queued, now);
        }
        Turn {
            steps: std::mem::take(&mut self.steps),
            wake_after: self.wake_after(now),
            measurements: self.numbers(),
        }
    }

    fn outcome(&mut self, ticket: Ticket, outcome: &Outcome, now: Time) {
        match self.errands.remove(&ticket) {
            None => {}
            Some(Errand::Prepare(binding)) => self.prepared(*binding, outcome, now),
            Some(Errand::Bind(binding)) => self.bound(*binding, outcome, now),
            Some(Errand::Condemn { preemptor, victim, node }) => {
                self.condemned(preemptor, &victim, &node);
            }
            Some(Errand::Evict { preemptor, victim }) => self.evicted(&preemptor, &victim, now),
        }
    }
}

impl Scheduler {
    fn of(inbox: Inbox, built: Built, (seed, stopwatch): (u64, Option<Stopwatch>)) -> Self {
        Self {
            inbox,
            events: built.events,
            handle: built.handle,
            evictions: built.evictions,
            queue: Queue::new(Arc::clone(&built.profiles), built.backoff),
            profiles: built.profiles,
            snapshot: Snapshot::default(),
            nominator: Nominator::default(),
            chance: Chance::new(seed),
            meter: Meter::new(stopwatch),
            waiting: BTreeMap::new(),
            permitting: BTreeMap::new(),
            preempting: BTreeMap::new(),
            errands: BTreeMap::new(),
            steps: Vec::new(),
            next_ticket: 0,
        }
    }

    fn wake_after(&self, now: Time) -> Option<Duration> {
        if self.queue.is_ready() || self.handle.has_requests() {
            return Some(Duration::ZERO);
        }
        let next = self.queue.next_flush().into_iter().chain(self.next_expiry()).min()?;
        Some(next.since(now))
    }

    /// A step of the next turn, and what is to follow it.
    fn send(&mut self, step: Step<Why>, errand: Option<Errand>) {
        self.next_ticket += 1;
        let ticket = Ticket(self.next_ticket);
        self.steps.push((ticket, step));
        if let Some(errand) = errand {
            self.errands.insert(ticket, errand);
        }
    }

    /// Whether the very pod still waits for a node.
    fn still_waits(&self, pod: &Pod) -> bool {
        self.waiting.get(&pod.metadata.key()) == Some(&pod.metadata.uid)
    }

    /// Whether anybody could miss an event.
    fn anybody_waits(&self) -> bool {
        let depths = self.queue.depths();
        let bind = |errand: &Errand| matches!(errand, Errand::Prepare(_) | Errand::Bind(_));
        depths.unschedulable + depths.gated > 0
            || !self.permitting.is_empty()
            || self.errands.values().any(bind)
    }
}
