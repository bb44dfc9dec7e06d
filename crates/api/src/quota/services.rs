//! What a service counts as: itself, its node ports, its load balancer.

use super::{count_name, one, ones, whole};
use crate::{
    resources::SERVICES,
    views::{Amounts, Service},
};

const NODE_PORTS: &str = "services.nodeports";
const LOAD_BALANCERS: &str = "services.loadbalancers";
/// Beside `count/services`.
pub(super) const NAMES: [&str; 3] = ["services", NODE_PORTS, LOAD_BALANCERS];

pub(super) fn usage(service: &Service) -> Amounts {
    let mut usage = ones([count_name(&SERVICES).as_str(), "services"].into_iter());
    let spec = &service.spec;
    let ports = spec.ports.len();
    let named = || spec.ports.iter().filter(|port| port.node_port != 0).count();
    let node_ports = match &*spec.kind {
        // Without an allocation only what the user named takes a port.
        "LoadBalancer" if spec.allocate_load_balancer_node_ports == Some(false) => named(),
        "NodePort" | "LoadBalancer" => ports,
        _ => 0,
    };
    usage.insert(NODE_PORTS.into(), whole(i64::try_from(node_ports).unwrap_or(i64::MAX)));
    let balancers = if spec.kind == "LoadBalancer" { one() } else { whole(0) };
    usage.insert(LOAD_BALANCERS.into(), balancers);
    usage
}
