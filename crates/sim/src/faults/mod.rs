//! Faults: the plan of a run, and the line between a part and the API server where they happen.

mod agenda;
mod line;
mod plan;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use plane::Part;
use world::World;

use self::plan::{DELAY_MAX, HOLD_MAX, LATE_MAX, up_to};
pub(crate) use self::{
    agenda::{Agenda, Due},
    line::{Acknowledged, Caller, Line},
    plan::Plan,
};

/// Decides what happens to each request and event. Clones share all.
#[derive(Clone)]
pub(crate) struct Faults(Arc<Shared>);

struct Shared {
    plan: Plan,
    /// Chance of its own; late writes live here.
    world: World,
    over: AtomicBool,
    writes: Mutex<BTreeMap<Part, u64>>,
    /// Crashes to carry out.
    due: Mutex<VecDeque<(Part, Duration)>>,
    injected: Mutex<u64>,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrives,
    /// Answered with a code, and nothing else.
    Refused(u16),
    /// Done, and the answer is lost.
    Unanswered,
    /// No answer, and done only after a while.
    Late(Duration),
}

impl Faults {
    pub(crate) fn new(plan: Plan, world: World) -> Self {
        Self(Arc::new(Shared {
            plan,
            world,
            over: AtomicBool::new(false),
            writes: Mutex::default(),
            due: Mutex::default(),
            injected: Mutex::default(),
        }))
    }

    /// Nothing goes wrong from now on.
    pub(crate) fn stop(&self) {
        self.0.over.store(true, Ordering::Relaxed);
    }

    /// How many faults have happened.
    pub(crate) fn injected(&self) -> u64 {
        *self.0.injected.lock()
    }

    /// The next crash to carry out: who, and for how long.
    pub(crate) fn next_crash(&self) -> Option<(Part, Duration)> {
        self.0.due.lock().pop_front()
    }

    /// A write of `part` was applied; answers whether the part is to end here.
    fn wrote(&self, part: Part) -> bool {
        let mut writes = self.0.writes.lock();
        let count = writes.entry(part).or_default();
        *count += 1;
        if self.over() {
            return false;
        }
        let mut crashes = self.0.plan.crashes.iter();
        let due = crashes.find(|crash| crash.part == part && crash.after_writes == *count);
        let Some(crash) = due else { return false };
        self.0.due.lock().push_back((part, crash.down));
        *self.0.injected.lock() += 1;
        true
    }

    fn over(&self) -> bool {
        self.0.over.load(Ordering::Relaxed)
    }

    /// Whether something that happens so often happens now.
    fn strikes(&self, per_thousand: u64) -> bool {
        let strikes =
            per_thousand > 0 && !self.over() && self.0.world.dice.below(1000) < per_thousand;
        *self.0.injected.lock() += u64::from(strikes);
        strikes
    }

    fn delay(&self) -> Option<Duration> {
        self.strikes(self.0.plan.delays).then(|| up_to(&*self.0.world.dice, DELAY_MAX))
    }

    fn hold(&self) -> Option<Duration> {
        self.strikes(self.0.plan.holds).then(|| up_to(&*self.0.world.dice, HOLD_MAX))
    }

    fn drops_watch(&self) -> bool {
        self.strikes(self.0.plan.drops)
    }

    fn fate_of_read(&self) -> Fate {
        if self.strikes(self.0.plan.refusals) {
            return Fate::Refused(self.code());
        }
        if self.strikes(self.0.plan.lost) { Fate::Unanswered } else { Fate::Arrives }
    }

    fn fate_of_write(&self) -> Fate {
        if self.strikes(self.0.plan.conflicts) {
            return Fate::Refused(409);
        }
        if self.strikes(self.0.plan.late) {
            return Fate::Late(up_to(&*self.0.world.dice, LATE_MAX));
        }
        self.fate_of_read()
    }

    fn code(&self) -> u16 {
        match self.0.world.dice.below(3) {
            0 => 429,
            1 => 500,
            _ => 503,
        }
    }
}
