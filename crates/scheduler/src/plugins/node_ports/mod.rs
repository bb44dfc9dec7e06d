//! A port of the host can be taken once.

use std::sync::Arc;

use api::views::{ContainerPort, Pod};

use crate::{
    NodeInfo, Snapshot,
    framework::{
        Actions, ClusterEvent, Code, CycleState, EventResource, Hint, Interest, Plugin, Point,
        PreFilter, Rejection, Verdict,
    },
};

#[derive(Debug)]
pub(super) struct NodePorts;

impl Plugin for NodePorts {
    fn name(&self) -> &'static str {
        "NodePorts"
    }
    fn points(&self) -> &'static [Point] {
        &[Point::PreFilter, Point::Filter]
    }
    fn pre_filter(
        &self,
        _state: &mut CycleState,
        pod: &Arc<Pod>,
        _snapshot: &Snapshot,
    ) -> Result<PreFilter, Rejection> {
        let wants = host_ports(pod).next().is_some();
        Ok(if wants { PreFilter::All } else { PreFilter::Skip })
    }
    fn filter(&self, _: &CycleState, pod: &Pod, info: &NodeInfo) -> Verdict {
        if !info.pods().any(|other| collide(pod, other)) {
            return Ok(());
        }
        Err(Rejection::new(
            self.name(),
            Code::Unschedulable,
            "node(s) didn't have free ports for the requested pod ports",
        ))
    }
    fn events(&self) -> &'static [Interest] {
        const {
            &[
                Interest::new(EventResource::Node, Actions::ADD),
                Interest::new(EventResource::AssignedPod, Actions::DELETE),
            ]
        }
    }
    fn hint(&self, pod: &Pod, event: &ClusterEvent) -> Hint {
        let gone = event.pod().and_then(|change| change.old.as_ref());
        Hint::queue_if(gone.is_none_or(|gone| collide(pod, gone)))
    }
}

fn collide(pod: &Pod, other: &Pod) -> bool {
    host_ports(other).any(|taken| host_ports(pod).any(|wanted| conflict(taken, wanted)))
}

fn host_ports(pod: &Pod) -> impl Iterator<Item = &ContainerPort> {
    let sidecars = pod.spec.init_containers.iter().filter(|c| c.restart_policy == "Always");
    let ports = pod.spec.containers.iter().chain(sidecars).flat_map(|container| &container.ports);
    ports.filter(|port| port.host_port > 0)
}

fn conflict(one: &ContainerPort, other: &ContainerPort) -> bool {
    let protocol = |port: &ContainerPort| {
        if port.protocol.is_empty() { "TCP".into() } else { port.protocol.clone() }
    };
    let any = |port: &ContainerPort| matches!(&*port.host_ip, "" | "0.0.0.0");
    one.host_port == other.host_port
        && protocol(one) == protocol(other)
        && (any(one) || any(other) || one.host_ip == other.host_ip)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::shared::testing::{node, pod, verdict};
    use super::*;

    fn check(port: Value, expected: &str) {
        let with = |port: Value| pod(json!({"containers": [{"ports": [port]}]}));
        let info =
            node(json!({}), json!({}), &[with(json!({"hostPort": 80, "hostIP": "10.0.0.1"}))]);
        assert_eq!(verdict(&NodePorts, &with(port), &info), expected);
    }

    #[test]
    fn a_host_port_is_free_on_another_address_or_protocol() {
        let taken = "node(s) didn't have free ports for the requested pod ports";
        check(json!({"hostPort": 80}), taken);
        check(json!({"hostPort": 80, "hostIP": "10.0.0.2"}), "fits");
        check(json!({"hostPort": 80, "protocol": "UDP"}), "fits");
        check(json!({"containerPort": 80}), "fits");
    }
}
