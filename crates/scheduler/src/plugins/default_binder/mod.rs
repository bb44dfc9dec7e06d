//! Binds a pod to its node through the binding subresource.

use api::views::Pod;
use meta::text::Text;
use runtime::{Action, Target};
use serde_json::json;

use crate::framework::{Bind, CycleState, Plugin, Point};

#[derive(Debug)]
pub(super) struct DefaultBinder;

impl Plugin for DefaultBinder {
    fn name(&self) -> &'static str {
        "DefaultBinder"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::Bind]
    }
    fn bind(&self, _state: &CycleState, pod: &Pod, node: &Text) -> Bind {
        let metadata = &pod.metadata;
        Bind::With(Action::CreateSubresource {
            target: Target::of(pod),
            subresource: "binding",
            object: json!({
                "apiVersion": "v1", "kind": "Binding",
                "metadata": {
                    "name": metadata.name, "namespace": metadata.namespace, "uid": metadata.uid,
                },
                "target": {"kind": "Node", "name": node},
            }),
        })
    }
}
