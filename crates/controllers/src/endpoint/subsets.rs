//! Pods of a service → subsets of addresses by port.

use api::views::{Address, IpFamily, Pod, Service, Subset, SubsetPort};

use super::observe::Backed;
use crate::shared::{service_pods, subsets::canonical};

/// What is to be published, in canonical form.
pub(super) fn subsets(backed: &Backed) -> Vec<Subset> {
    let service = &backed.service;
    let offered = backed.pods.iter().filter_map(|pod| subset(service, pod));
    canonical(&offered.collect::<Vec<_>>())
}

/// What one pod offers; `None` if it is nothing.
fn subset(service: &Service, pod: &Pod) -> Option<Subset> {
    let publishes_unready = service.spec.publish_not_ready_addresses;
    if pod.metadata.is_deleting() && !publishes_unready {
        return None;
    }
    let ports = ports(service, pod);
    let needs_no_port = service.is_headless() && service.spec.ports.is_empty();
    if ports.is_empty() && !needs_no_port {
        return None;
    }
    let address = vec![address(service, pod)?];
    if publishes_unready || pod.is_ready() {
        return Some(Subset { addresses: address, ports, ..Subset::default() });
    }
    Some(Subset { not_ready_addresses: address, ports, ..Subset::default() })
}

fn ports(service: &Service, pod: &Pod) -> Vec<SubsetPort> {
    let port = |port: &api::views::ServicePort| {
        Some(SubsetPort {
            name: port.name.clone(),
            port: service_pods::target_port(pod, port)?,
            protocol: port.protocol.clone(),
            app_protocol: port.app_protocol.clone(),
        })
    };
    service.spec.ports.iter().filter_map(port).collect()
}

fn address(service: &Service, pod: &Pod) -> Option<Address> {
    let ip = service_pods::addresses(pod, family(service, pod)?).into_iter().next()?;
    Some(Address {
        ip,
        hostname: service_pods::hostname(pod, service),
        node_name: Some(pod.spec.node_name.clone()),
        target_ref: Some(service_pods::reference(pod)),
    })
}

fn family(service: &Service, pod: &Pod) -> Option<IpFamily> {
    let first = service.spec.ip_families.first().copied();
    let of_cluster_ip = || service_pods::family(&service.spec.cluster_ip);
    first.or_else(of_cluster_ip).or_else(|| service_pods::family(&pod.status.pod_ip))
}
