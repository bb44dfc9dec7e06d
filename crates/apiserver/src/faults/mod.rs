//! Faults for the clients of a running server: stale, late, lost and refused answers, by rules that a
//! user writes. What strikes is decided by [`decide`], a function of the rules, the seed and what was
//! counted so far; [`stream`] makes the events of a watch late or lost; [`journal`] remembers it all.

mod decide;
mod forgotten;
mod journal;
mod page;
mod parse;
mod plan;
mod stream;

use std::sync::Arc;

use parking_lot::Mutex;
use prometheus::{IntCounterVec, Opts, Registry};
use tokio::sync::{Notify, mpsc};
use world::{Monotonic, World};

pub use parse::PlanError;
pub use plan::Plan;
pub(crate) use plan::{Asked, RequestFault};

use crate::{Extension, Object, ObjectEvent, Status};
use decide::{Counts, Struck, Subject};
use forgotten::Forgotten;
use journal::{Journal, Record};
use plan::{EventFault, EventType, Fault};
use stream::Stream;

/// The faults of one server. Clones share all.
#[derive(Clone)]
pub struct Faults(Arc<Shared>);

struct Shared {
    plan: Plan,
    seed: u64,
    world: World,
    began: Monotonic,
    state: Mutex<State>,
    /// Wakes those who wait for the next fault.
    injected: Notify,
    metric: IntCounterVec,
}

struct State {
    counts: Counts,
    journal: Journal,
    forgotten: Forgotten,
    over: bool,
}

impl Faults {
    /// Faults by a plan; the same seed and the same order of requests and events give the same
    /// faults. Times in the plan count from now.
    pub fn new(plan: Plan, seed: u64, world: &World) -> Self {
        let counts = Counts::of(&plan);
        let state = State {
            counts,
            journal: Journal::default(),
            forgotten: Forgotten::default(),
            over: false,
        };
        Self(Arc::new(Shared {
            plan,
            seed,
            world: world.clone(),
            began: world.clock.monotonic(),
            state: Mutex::new(state),
            injected: Notify::new(),
            metric: metric(),
        }))
    }

    /// Lets a registry gather what is injected.
    ///
    /// # Errors
    /// The registry knows other faults already.
    pub fn register_metrics(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.0.metric.clone()))
    }

    /// Nothing is injected from now on.
    pub fn stop(&self) {
        self.0.state.lock().over = true;
    }

    /// How many faults have been injected.
    pub fn injected(&self) -> u64 {
        self.0.state.lock().journal.last()
    }

    /// What was injected, as a path of the server: see `pilothouse faults`.
    pub fn page(&self) -> Extension {
        page::extension(self.clone())
    }

    /// What happens to a request, other than its being answered.
    pub(crate) fn meet(&self, asked: &Asked) -> Option<RequestFault> {
        match self.strike(Subject::Request(asked))? {
            Fault::Request(fault) => Some(fault),
            Fault::Event(_) => None,
        }
    }

    /// The events of a watch with what happens to them. `asked` is the watch.
    pub(crate) fn between(
        &self,
        asked: Asked,
        events: mpsc::Receiver<Result<ObjectEvent, Status>>,
    ) -> mpsc::Receiver<Result<ObjectEvent, Status>> {
        if !self.0.plan.may_strike_events_of(&asked) {
            return events;
        }
        let (sender, passed_on) = mpsc::channel(stream::EVENTS_AHEAD_MAX);
        if self.0.state.lock().forgotten.holds(&asked) {
            // The channel is new and has room.
            let _ = sender.try_send(Err(stream::expired()));
            return passed_on;
        }
        let passing = pass_on(self.clone(), asked, events, sender);
        self.0.world.tasks.spawn("faults of a watch", Box::pin(passing));
        passed_on
    }

    fn meet_event(&self, asked: &Asked, event: &ObjectEvent) -> Option<EventFault> {
        let (kind, object) = match event {
            ObjectEvent::Added(object) => (EventType::Added, object),
            ObjectEvent::Modified(object) => (EventType::Modified, object),
            ObjectEvent::Deleted(object) => (EventType::Deleted, object),
            ObjectEvent::Bookmark { .. } => return None,
        };
        let object: &Object = object;
        match self.strike(Subject::Event { watch: asked, kind, key: &object.key })? {
            Fault::Event(EventFault::Expire) => {
                self.0.state.lock().forgotten.forget(asked, object.version.0);
                Some(EventFault::Expire)
            }
            Fault::Event(fault) => Some(fault),
            Fault::Request(_) => None,
        }
    }

    fn strike(&self, subject: Subject<'_>) -> Option<Fault> {
        let shared = &*self.0;
        let passed = shared.world.clock.monotonic().since(shared.began);
        let mut state = shared.state.lock();
        if state.over {
            return None;
        }
        let Struck { rule, fault } =
            decide::decide(&shared.plan, shared.seed, &mut state.counts, &subject, passed)?;
        let name = &shared.plan.rules[rule].name;
        state.journal.push(Record::of(name, fault, &subject, shared.world.clock.wall()));
        drop(state);
        shared.metric.with_label_values(&[name, fault.name()]).inc();
        shared.injected.notify_waiters();
        Some(fault)
    }
}

fn metric() -> IntCounterVec {
    let options = Opts::new(
        "pilothouse_faults_injected_total",
        "[ALPHA] Faults that were injected, by the rule that asked for them.",
    );
    IntCounterVec::new(options, &["rule", "fault"]).expect("names in this file are valid")
}

/// Passes events on until the watch or its reader ends.
async fn pass_on(
    faults: Faults,
    asked: Asked,
    mut events: mpsc::Receiver<Result<ObjectEvent, Status>>,
    sender: mpsc::Sender<Result<ObjectEvent, Status>>,
) {
    let clock = Arc::clone(&faults.0.world.clock);
    let mut stream = Stream::default();
    loop {
        let due = stream.next_release().map(|at| clock.sleep_until(at));
        let due = async move {
            match due {
                Some(due) => due.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = sender.closed() => return,
            () = due => {}
            event = events.recv(), if stream.has_room() => {
                let event = match event {
                    Some(Ok(event)) => event,
                    Some(Err(end)) => {
                        // Nobody left to tell is as good as told.
                        let _ = sender.send(Err(end)).await;
                        return;
                    }
                    None => return,
                };
                let fault = faults.meet_event(&asked, &event);
                if let Some(end) = stream.take(event, fault, clock.monotonic()) {
                    let _ = match end {
                        stream::End::Silent => return,
                        stream::End::Expired(status) => sender.send(Err(status)).await,
                    };
                    return;
                }
            }
        }
        for event in stream.release(clock.monotonic()) {
            if sender.send(Ok(event)).await.is_err() {
                return;
            }
        }
    }
}
