//! Prefers nodes that have the pod's images already, the more so the larger these are.

use api::views::{Container, Pod};
use meta::collections::HashMap;

use crate::{
    NodeInfo, Snapshot,
    framework::{CycleState, Plugin, Point, PreScore, Rejection, SCORE_MAX},
};

#[derive(Debug)]
pub(super) struct ImageLocality;

/// An image counts in the share of nodes that have it: one that is nearly nowhere should not draw all
/// pods to the same node.
struct Images {
    sizes: HashMap<String, i64>,
}

const MIB: i64 = 1024 * 1024;
/// Sums of sizes below count as nothing.
const SIZE_MIN: i64 = 23 * MIB;
/// Of each image no more than this counts.
const SIZE_MAX: i64 = 1000 * MIB;

impl Plugin for ImageLocality {
    fn name(&self) -> &'static str {
        "ImageLocality"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::PreScore, Point::Score]
    }
    fn pre_score(
        &self,
        state: &mut CycleState,
        pod: &Pod,
        snapshot: &Snapshot,
        _: &[&NodeInfo],
    ) -> Result<PreScore, Rejection> {
        let total = i64::try_from(snapshot.len()).unwrap_or(i64::MAX).max(1);
        let mut sizes = HashMap::default();
        for name in containers(pod).map(|container| full_name(&container.image)) {
            let having = snapshot.nodes().filter_map(|info| size(info, &name));
            let (count, size) =
                having.fold((0, None), |(count, first), size| (count + 1, first.or(Some(size))));
            if let Some(size) = size {
                sizes.insert(name, size / total * count + size % total * count / total);
            }
        }
        if sizes.is_empty() {
            return Ok(PreScore::Skip);
        }
        state.put(Images { sizes });
        Ok(PreScore::Score)
    }
    fn score(&self, state: &CycleState, pod: &Pod, info: &NodeInfo) -> Result<i64, Rejection> {
        let Some(images) = state.get::<Images>() else { return Ok(0) };
        let names = containers(pod).map(|container| full_name(&container.image));
        let here = names.filter(|name| size(info, name).is_some());
        let sum: i64 = here.filter_map(|name| images.sizes.get(&name)).sum();
        let highest = SIZE_MAX * i64::try_from(containers(pod).count()).unwrap_or(1);
        Ok(SCORE_MAX * (sum.clamp(SIZE_MIN, highest) - SIZE_MIN) / (highest - SIZE_MIN))
    }
}

fn containers(pod: &Pod) -> impl Iterator<Item = &Container> {
    pod.spec.init_containers.iter().chain(&pod.spec.containers)
}

fn size(info: &NodeInfo, name: &str) -> Option<i64> {
    let images = info.node.as_ref().map_or(&[][..], |node| &node.status.images);
    let image = images.iter().find(|image| image.names.iter().any(|known| **known == *name))?;
    Some(image.size_bytes)
}

/// With a tag, as nodes report it.
fn full_name(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or_default();
    if last.contains(':') || image.contains('@') {
        return image.to_owned();
    }
    format!("{image}:latest")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::super::shared::testing::{pod, scores};
    use super::*;

    #[test]
    fn a_large_image_that_is_there_counts() {
        let mut cluster = Snapshot::default();
        let image = json!({"names": ["nginx:latest"], "sizeBytes": 800 * MIB});
        for (name, images) in [("a", json!([image])), ("b", json!([]))] {
            let node = json!({"metadata": {"name": name}, "status": {"images": images}});
            cluster.set_node(&Arc::new(serde_json::from_value(node).expect("a node")));
        }
        let with = |image: &str| pod(json!({"containers": [{"image": image}]}));
        assert_eq!(scores(&ImageLocality, &with("nginx"), &cluster), "a: 38, b: 0");
        assert_eq!(scores(&ImageLocality, &with("nginx:2"), &cluster), "skip");
    }

    #[test]
    fn a_name_without_a_tag_means_the_latest() {
        let names = ["nginx", "localhost:5000/nginx", "a/b:1", "a@sha256:0"].map(full_name);
        let expected = ["nginx:latest", "localhost:5000/nginx:latest", "a/b:1", "a@sha256:0"];
        assert_eq!(names, expected);
    }
}
