//! A run as values: who takes part, what the user does, and what goes wrong.
//!
//! A [`Plan`] decides a run wholly, together with the commit. It comes from a seed, from a
//! file ([`Plan::parse`], [`Plan::to_text`]), or is written down where it is used:
//!
//! ```
//! use std::time::Duration;
//! use sim::plan::{Component::*, Plan, Request, Verb, What};
//!
//! let seconds = Duration::from_secs;
//! let plan = Plan::calm(7)
//!     .does(seconds(1), Verb::Scale { name: "web".to_owned(), replicas: 3 })
//!     .at(seconds(5), What::Lag { api: Api2, revisions: 40 })
//!     .at(seconds(6), What::Hold { component: Controllers1, resource: "pods".to_owned() })
//!     .at(seconds(9), What::Release { component: Controllers1, resource: "pods".to_owned() })
//!     .after_write(Controllers1, 7, What::Crash { component: Controllers1, down: seconds(3) });
//! assert_eq!(Plan::parse(&plan.to_text()).unwrap(), plan);
//! ```
#![allow(missing_docs, reason = "the fields of the vocabulary say it themselves")]

mod draft;
mod faults;
mod text;
mod user;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

pub use self::{
    faults::{Fault, PerThousand, Rates, Request, RequestVerb, Sabotage, Ways, What, When},
    text::PlanError,
    user::{Action, Draft, Propagation, Strategy, Verb},
};

/// Where the user's objects are.
pub const NAMESPACE: &str = "shop";

/// A machine of the simulated cluster. Messages between two of them can be cut or delayed; each has a
/// wall clock of its own, and its tasks stop and end together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// API servers over one store, each with a watch cache of its own.
    Api1,
    Api2,
    /// Has the disk.
    Store,
    /// Controller managers; with two of them a lease decides who acts.
    Controllers1,
    Controllers2,
    Scheduler,
    /// All simulated kubelets.
    Nodes,
    /// A person with kubectl, whose line is good.
    User,
}

impl Component {
    /// Every machine.
    pub const ALL: [Self; 8] = [
        Self::Api1,
        Self::Api2,
        Self::Store,
        Self::Controllers1,
        Self::Controllers2,
        Self::Scheduler,
        Self::Nodes,
        Self::User,
    ];
    /// Clients that act by themselves.
    pub const PARTS: [Self; 4] =
        [Self::Controllers1, Self::Controllers2, Self::Scheduler, Self::Nodes];
    /// The API servers.
    pub const APIS: [Self; 2] = [Self::Api1, Self::Api2];

    /// The name of its machine.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api1 => "api-1",
            Self::Api2 => "api-2",
            Self::Store => "store",
            Self::Controllers1 => "controllers-1",
            Self::Controllers2 => "controllers-2",
            Self::Scheduler => "scheduler",
            Self::Nodes => "nodes",
            Self::User => "user",
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// The store is on a disk that forgets what was not synced; else it is in memory, and does not crash.
    pub disk: bool,
    /// One or two.
    pub api_servers: u8,
    /// One, which acts without a lease, or two with one.
    pub controller_managers: u8,
    pub nodes: u32,
}

impl Default for Cluster {
    fn default() -> Self {
        Self { disk: false, api_servers: 2, controller_managers: 2, nodes: 3 }
    }
}

impl Cluster {
    /// Whether `component` takes part.
    pub const fn has(self, component: Component) -> bool {
        match component {
            Component::Api2 => self.api_servers > 1,
            Component::Controllers2 => self.controller_managers > 1,
            Component::Api1
            | Component::Store
            | Component::Controllers1
            | Component::Scheduler
            | Component::Nodes
            | Component::User => true,
        }
    }
}

/// Everything that decides a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Of all chance that is left: the order of tasks, names, jitter.
    pub seed: u64,
    #[serde(default)]
    pub cluster: Cluster,
    /// What goes wrong now and then.
    #[serde(default)]
    pub rates: Rates,
    /// What goes wrong at a point.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// What the user does, one after the other.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// Who ends with the faults and never comes back; the others must do.
    #[serde(default)]
    pub lost_for_ever: Vec<Component>,
}

impl Plan {
    /// A whole cluster to which nothing happens.
    pub fn calm(seed: u64) -> Self {
        Self {
            seed,
            cluster: Cluster::default(),
            rates: Rates::default(),
            faults: Vec::new(),
            actions: Vec::new(),
            lost_for_ever: Vec::new(),
        }
    }

    /// With a fault so long after the start.
    #[must_use]
    pub fn at(self, time: Duration, what: What) -> Self {
        self.with(Fault { when: When::At { time }, what })
    }

    /// With a fault right after the store has applied the so many-th write of a component, counted from 1
    /// over all its lives; writes of leases and Events do not count.
    #[must_use]
    pub fn after_write(self, of: Component, write: u64, what: What) -> Self {
        self.with(Fault { when: When::AfterWrite { of, write }, what })
    }

    /// With something that the user does so long after the last thing.
    #[must_use]
    pub fn does(mut self, wait: Duration, verb: Verb) -> Self {
        self.actions.push(Action { wait, verb });
        self
    }

    /// How old what a part decides on may be: holds, and the back-off after lost watches.
    pub(crate) fn staleness(&self) -> Duration {
        let Rates { drops, refusals, lost, holds, coalesces, .. } = self.rates;
        if drops + refusals + lost + holds + coalesces > 0 || !self.faults.is_empty() {
            return Duration::from_mins(2);
        }
        Duration::from_secs(10)
    }

    fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cluster { disk, api_servers, controller_managers, nodes } = self.cluster;
        f.write_str(if disk { "store on disk" } else { "store in memory" })?;
        write!(f, ", {api_servers} API servers, {controller_managers} controller managers")?;
        write!(f, ", {nodes} nodes{}", self.rates)?;
        self.faults.iter().try_for_each(|fault| write!(f, "; {fault}"))?;
        self.lost_for_ever.iter().try_for_each(|lost| write!(f, "; in the end {lost} is gone"))
    }
}
