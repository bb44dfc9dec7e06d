//! Controllers of one's own in the simulator.
//!
//! A [`Lab`] is an experiment: what is tested, what a user does meanwhile, what goes wrong, and the laws
//! that must hold. Each seed is one run of it: a whole control plane in one thread under a virtual clock,
//! with the controllers on a machine of their own that may crash at any write. Minutes pass in
//! milliseconds, and the same seed gives the same run.
//!
//! ```
//! use client::{Request, WriteOptions};
//! use serde_json::json;
//! use sim::lab::{Lab, Machine};
//!
//! // What is tested: nothing yet. `machine.run_controllers(|manager| manager.add::<Fleet>())`
//! let lab = Lab::of(|_: &Machine| {})
//!     .with_user(|machine| {
//!         let settings = json!({"metadata": {"name": "web"}, "data": {"size": "3"}});
//!         let options = WriteOptions::default();
//!         let create =
//!             Request::create(&api::resources::CONFIG_MAPS, "default", &settings, &options);
//!         Box::pin(async move { machine.transport.send(create).await.map(drop) })
//!     })
//!     .always("settings have a size", |state| {
//!         let settings = state.all::<api::views::ConfigMap>();
//!         settings.iter().all(|settings| settings.metadata.name != "web" || !settings.data.is_empty())
//!     });
//! lab.run_seeds(0..3).unwrap();
//! ```
//!
//! `crates/sim/tests/own_controller.rs` is an example with a controller that has a bug.

mod run;
mod state;

use std::{ops::Range, sync::Arc, time::Duration};

use apiserver::faults::Plan;
use client::{ClientError, Transport};
use runtime::{Actor, Manager, Metrics};
use world::{BoxFuture, World};

pub use state::State;

/// The user agent of what is tested, for rules of faults that name it.
pub const USER_AGENT: &str = "own";

/// See the module.
pub struct Lab {
    start: Box<dyn Fn(&Machine)>,
    user: Option<Box<User>>,
    faults: Plan,
    crashes: u64,
    always: Vec<Law>,
    at_rest: Vec<Law>,
}

type User = dyn Fn(Machine) -> BoxFuture<Result<(), ClientError>>;

/// A machine in the cluster, in its present life.
#[derive(Clone)]
pub struct Machine {
    /// Its clock, dice, tasks and disk. Tasks end when the machine crashes.
    pub world: World,
    /// The way to the API server, as a member of `system:masters`.
    pub transport: Arc<dyn Transport>,
}

/// What must hold of the objects of a cluster.
struct Law {
    name: String,
    holds: Box<dyn Fn(&State) -> bool>,
}

/// A run in which every law held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Revisions of the store.
    pub revisions: u64,
    /// Faults and crashes that happened.
    pub faults: u64,
    /// Steps of tasks and their order: equal for equal runs.
    pub fingerprint: (u64, u64),
}

/// A run went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed}: {reason} (at {at:.3?})")]
pub struct Failure {
    /// Gives the same run again.
    pub seed: u64,
    /// The law that was broken, or what else may not happen: no rest, an error in the log, a user whose
    /// requests fail.
    pub reason: String,
    /// Time since the start of the run.
    pub at: Duration,
}

impl Lab {
    /// An experiment with what `start` starts on its machine, again after each crash.
    pub fn of(start: impl Fn(&Machine) + 'static) -> Self {
        Self {
            start: Box::new(start),
            user: None,
            faults: Plan::default(),
            crashes: 0,
            always: Vec::new(),
            at_rest: Vec::new(),
        }
    }

    /// Somebody who does something meanwhile, on a machine that never crashes and has no faults.
    #[must_use]
    pub fn with_user(
        mut self,
        user: impl Fn(Machine) -> BoxFuture<Result<(), ClientError>> + 'static,
    ) -> Self {
        self.user = Some(Box::new(user));
        self
    }

    /// Faults as in the files of `pilothouse up --faults`. They end before the cluster has to rest.
    #[must_use]
    pub fn with_faults(mut self, plan: Plan) -> Self {
        self.faults = plan;
        self
    }

    /// So many crashes of what is tested, each right after one of its writes, in the first minute.
    #[must_use]
    pub fn with_crashes(mut self, count: u64) -> Self {
        self.crashes = count;
        self
    }

    /// A law for every revision.
    #[must_use]
    pub fn always(mut self, law: &str, holds: impl Fn(&State) -> bool + 'static) -> Self {
        self.always.push(Law { name: law.to_owned(), holds: Box::new(holds) });
        self
    }

    /// A law for the end: when the user and the faults are done, it must hold within five minutes and
    /// stay so, and then nobody may write anything but leases, events and the reports of nodes.
    #[must_use]
    pub fn at_rest(mut self, law: &str, holds: impl Fn(&State) -> bool + 'static) -> Self {
        self.at_rest.push(Law { name: law.to_owned(), holds: Box::new(holds) });
        self
    }

    /// One run.
    ///
    /// # Errors
    /// What went wrong first.
    pub fn run(&self, seed: u64) -> Result<Report, Failure> {
        run::run(self, seed)
    }

    /// A run for each seed; how many there were.
    ///
    /// # Errors
    /// The first run that went wrong.
    pub fn run_seeds(&self, seeds: Range<u64>) -> Result<u64, Failure> {
        let mut count = 0;
        for seed in seeds {
            self.run(seed)?;
            count += 1;
        }
        Ok(count)
    }
}

impl Machine {
    /// Starts controllers of the `runtime` crate, as `add` adds them. They end with the machine.
    pub fn run_controllers(&self, add: impl FnOnce(&mut Manager)) {
        let actor = Actor { transport: Arc::clone(&self.transport), field_manager: USER_AGENT };
        let mut manager = Manager::new(self.world.clone(), actor, Arc::new(Metrics::default()));
        add(&mut manager);
        drop(manager.start());
    }
}
