//! The scheduling framework: the extension points at which plugins decide.
//!
//! A plugin is a value that implements [`Plugin`], names the [points](Point) at which it takes part, and
//! is put into a [`Registry`] under its name. A `KubeSchedulerConfiguration` turns it on in a profile and
//! gives it arguments. `docs/writing-a-scheduler-plugin.md` leads through a whole one.
//!
//! For each pod a cycle runs: `pre_filter` of every plugin, `filter` for node after node, `pre_score` and
//! `score` for the nodes that fit, then `reserve` and `permit` on the best one; where nothing fits,
//! `post_filter`. What follows are writes: those of `pre_bind`, the binding, and `post_bind` when it is
//! done. Cycles run one after the other; bindings overlap with them.
//!
//! A pod that a plugin rejected waits until one of that plugin's [events](Plugin::events) happens for
//! which its [hint](Plugin::hint) says that it may help.
//!
//! ```
//! use std::sync::Arc;
//! use api::views::Pod;
//! use scheduler::{
//!     NodeInfo,
//!     framework::{Actions, Arguments, Code, CycleState, EventResource, Interest, InvalidArguments,
//!                 Plugin, Point, Registry, Rejection, Setup, Verdict},
//! };
//!
//! /// Lets pods run only where a label says that lunch is served.
//! #[derive(Debug)]
//! struct Lunch;
//!
//! impl Plugin for Lunch {
//!     fn name(&self) -> &'static str {
//!         "Lunch"
//!     }
//!     fn points(&self) -> &'static [Point] {
//!         &[Point::Filter]
//!     }
//!     fn filter(&self, _: &CycleState, _: &Pod, node: &NodeInfo) -> Verdict {
//!         if node.labels().contains_key("lunch") {
//!             return Ok(());
//!         }
//!         let code = Code::UnschedulableAndUnresolvable;
//!         Err(Rejection::new(self.name(), code, "node(s) served no lunch"))
//!     }
//!     fn events(&self) -> &'static [Interest] {
//!         const { &[Interest::new(EventResource::Node, Actions::ADD.and(Actions::NODE_LABEL))] }
//!     }
//! }
//!
//! fn lunch(_: &mut Setup<'_>, _: &Arguments) -> Result<Arc<dyn Plugin>, InvalidArguments> {
//!     Ok(Arc::new(Lunch))
//! }
//! let registry = Registry::built_in().with("Lunch", lunch);
//! ```

mod answer;
mod event;
mod handle;
mod plugin;
mod point;
mod profile;
mod registry;
mod state;
mod trial;

pub use answer::{
    Bind, Code, Hint, NodeScore, Nomination, Permit, PostFilter, PreFilter, PreScore, Rejection,
    Verdict,
};
pub use event::{Actions, ClusterEvent, EventResource, Interest, Subject};
pub(crate) use handle::Request;
pub use handle::{Handle, WaitingPod};
pub use plugin::Plugin;
pub use point::Point;
pub use profile::{Profile, SCORE_MAX};
pub(crate) use registry::EventInbox;
pub use registry::{Arguments, Factory, InvalidArguments, Registry, Setup};
pub use state::CycleState;
pub(crate) use trial::Filters;
pub use trial::Trial;
