//! Makes a failing plan small: without most of its faults, actions and objects it fails all the same, and
//! in the same way.

use crate::{
    plan::{Plan, Rates},
    run::{Failure, run},
    trace::Detail,
};

/// Runs that shrinking may take.
const RUNS_MAX: u32 = 400;

/// The smallest plan found that fails in the same way: it breaks the same promise about the same kind of
/// object.
pub fn shrunk(failure: Failure) -> Failure {
    let mut shrinking = Shrinking { smallest: failure, runs: 0 };
    loop {
        let before = shrinking.smallest.plan.clone();
        shrinking.drop_rates();
        shrinking.drop_faults();
        shrinking.drop_actions();
        shrinking.drop_machines();
        if shrinking.smallest.plan == before || shrinking.runs >= RUNS_MAX {
            return shrinking.smallest;
        }
    }
}

struct Shrinking {
    smallest: Failure,
    runs: u32,
}

impl Shrinking {
    /// Keeps a smaller plan if it fails in the same way; answers whether it does.
    fn attempt(&mut self, plan: Plan) -> bool {
        if self.runs >= RUNS_MAX || plan == self.smallest.plan {
            return false;
        }
        self.runs += 1;
        let Err(failure) = run(&plan, Detail::Silent) else { return false };
        let way = |failure: &Failure| (failure.promise, failure.kind.clone());
        let same = way(&failure) == way(&self.smallest);
        if same {
            self.smallest = failure;
        }
        same
    }

    fn drop_rates(&mut self) {
        let plan = self.smallest.plan.clone();
        if self.attempt(Plan { rates: Rates::default(), ..plan }) {
            return;
        }
        let zeros: [fn(&mut Rates) -> &mut u64; 8] = [
            |rates| &mut rates.conflicts,
            |rates| &mut rates.refusals,
            |rates| &mut rates.lost,
            |rates| &mut rates.late,
            |rates| &mut rates.delays,
            |rates| &mut rates.holds,
            |rates| &mut rates.coalesces,
            |rates| &mut rates.drops,
        ];
        for rate in zeros {
            let mut plan = self.smallest.plan.clone();
            *rate(&mut plan.rates) = 0;
            self.attempt(plan);
        }
    }

    fn drop_faults(&mut self) {
        self.drop_parts(|plan| &mut plan.faults);
        self.drop_parts(|plan| &mut plan.lost_for_ever);
    }

    fn drop_actions(&mut self) {
        self.drop_parts(|plan| &mut plan.actions);
    }

    /// Halves first, then quarters, and so on down to one.
    fn drop_parts<T: Clone>(&mut self, of: fn(&mut Plan) -> &mut Vec<T>) {
        let mut size = of(&mut self.smallest.plan.clone()).len().div_ceil(2);
        while size > 0 {
            self.drop_runs(of, size);
            size /= 2;
        }
    }

    /// So many parts at a time.
    fn drop_runs<T: Clone>(&mut self, of: fn(&mut Plan) -> &mut Vec<T>, size: usize) {
        let mut from = 0;
        loop {
            let mut plan = self.smallest.plan.clone();
            let parts = of(&mut plan);
            if from >= parts.len() {
                return;
            }
            parts.drain(from..(from + size).min(parts.len()));
            if !self.attempt(plan) {
                from += size;
            }
        }
    }

    fn drop_machines(&mut self) {
        let mut plan = self.smallest.plan.clone();
        plan.cluster.api_servers = 1;
        self.attempt(plan);
        let mut plan = self.smallest.plan.clone();
        plan.cluster.controller_managers = 1;
        self.attempt(plan);
        let mut plan = self.smallest.plan.clone();
        plan.cluster.disk = false;
        self.attempt(plan);
    }
}
