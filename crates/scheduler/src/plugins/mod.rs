//! The built-in plugins, in the order of the default profile.

mod default_binder;
mod default_preemption;
mod image_locality;
mod inter_pod_affinity;
mod node_affinity;
mod node_name;
mod node_ports;
mod node_resources_balanced_allocation;
mod node_resources_fit;
mod node_unschedulable;
mod pod_topology_spread;
mod priority_sort;
mod scheduling_gates;
pub(crate) mod shared;
mod taint_toleration;

pub(crate) use default_preemption::Evictions;

use std::sync::Arc;

use crate::framework::{Arguments, Factory, InvalidArguments, Plugin};

/// The plugins that every profile has at all their points unless it turns them off, in call order, with
/// the weights of their scores.
pub(crate) const MULTI_POINT: [(&str, i64); 14] = [
    ("SchedulingGates", 1),
    ("PrioritySort", 1),
    ("NodeName", 1),
    ("NodeUnschedulable", 1),
    ("TaintToleration", 3),
    ("NodeAffinity", 2),
    ("NodePorts", 1),
    ("NodeResourcesFit", 1),
    ("PodTopologySpread", 2),
    ("InterPodAffinity", 2),
    ("DefaultPreemption", 1),
    ("NodeResourcesBalancedAllocation", 1),
    ("ImageLocality", 1),
    ("DefaultBinder", 1),
];

/// How each is made.
pub(crate) const FACTORIES: [(&str, Factory); 14] = [
    ("SchedulingGates", |_, given| plain(given, scheduling_gates::SchedulingGates)),
    ("PrioritySort", |_, given| plain(given, priority_sort::PrioritySort)),
    ("NodeName", |_, given| plain(given, node_name::NodeName)),
    ("NodeUnschedulable", |_, given| plain(given, node_unschedulable::NodeUnschedulable)),
    ("TaintToleration", |_, given| plain(given, taint_toleration::TaintToleration)),
    ("NodeAffinity", node_affinity::make),
    ("NodePorts", |_, given| plain(given, node_ports::NodePorts)),
    ("NodeResourcesFit", node_resources_fit::make),
    ("PodTopologySpread", pod_topology_spread::make),
    ("InterPodAffinity", inter_pod_affinity::make),
    ("DefaultPreemption", default_preemption::make),
    ("NodeResourcesBalancedAllocation", node_resources_balanced_allocation::make),
    ("ImageLocality", |_, given| plain(given, image_locality::ImageLocality)),
    ("DefaultBinder", |_, given| plain(given, default_binder::DefaultBinder)),
];

/// No arguments.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn plain(
    given: &Arguments,
    plugin: impl Plugin + 'static,
) -> Result<Arc<dyn Plugin>, InvalidArguments> {
    given.read::<Nothing>()?;
    Ok(Arc::new(plugin))
}
