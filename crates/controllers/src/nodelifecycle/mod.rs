//! Tells nodes that live from nodes that are silent, and keeps pods away from those in trouble.
//!
//! Each node is followed by itself ([`NodeHealth`]): a lease renewed or a status posted is a sign of life,
//! and a node without one for too long is marked as unknown, after a live read of its lease. Its
//! conditions become taints that keep new pods away. The pods of a silent node are marked as not ready
//! ([`PodMarking`]). Whether the pods of a node in trouble are to leave it is decided for all nodes together
//! ([`Zones`]): one node after the other, fewer when much of a zone is down, and none when everything is,
//! since then it is more likely that this controller sees nothing. Follows
//! `pkg/controller/nodelifecycle`.

mod health;
mod marking;
mod metrics;
mod settings;
#[cfg(test)]
mod tests;
mod zones;

pub use health::NodeHealth;
pub use marking::PodMarking;
pub use settings::{EvictionRate, NodeMonitor};
pub use zones::Zones;

const NAME: &str = "node-lifecycle-controller";
const EVENT_SOURCE: &str = "node-controller";
