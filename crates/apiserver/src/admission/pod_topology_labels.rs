//! `PodTopologyLabels`: a pod tells in which zone and region its node is.

use api::{
    json,
    resources::{NODES, PODS},
};
use serde_json::Value;

use super::{Link, Seen};

pub(super) const LINK: Link = Link {
    name: "PodTopologyLabels",
    reads: &[NODES],
    concerns: |attributes| attributes.is_about(&PODS),
    mutate: |_, seen, pod| {
        let node = json::text(&pod["spec"], "nodeName").to_owned();
        if !node.is_empty() {
            copy(seen, &node, pod);
        }
        Ok(())
    },
    ..Link::IDLE
};

const COPIED: [&str; 2] = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

/// Gives an object what its node has; what it says itself stays.
pub(super) fn copy(seen: &Seen, node: &str, object: &mut Value) {
    let Some(node) = seen.get(&NODES, "", node) else { return };
    for label in COPIED {
        let Some(value) = node.labels.get(label) else { continue };
        let labels = json::object_mut(json::object_mut(object, "metadata"), "labels");
        if labels.get(label).is_none() {
            labels[label] = value.as_str().into();
        }
    }
}
