//! Pods → the endpoints that are to be listed, by address type and ports.

use std::collections::BTreeMap;

use api::views::{AddressType, Endpoint, EndpointConditions, EndpointPort, IpFamily, Pod, Service};
use meta::text::Text;

use super::observe::Backed;
use crate::shared::service_pods;

/// What makes two endpoints the same one: addresses, host name, namespace and name of the pod.
pub(super) type Identity = (Vec<Text>, Text, Option<(Text, Text)>);
/// Endpoints in a fixed order.
pub(super) type Endpoints = BTreeMap<Identity, Endpoint>;
/// Endpoints by the ports they have in common.
pub(super) type Groups = BTreeMap<Vec<EndpointPort>, Endpoints>;

/// What is to be listed.
#[derive(Debug, Default)]
pub(super) struct Desired {
    pub(super) groups: BTreeMap<AddressType, Groups>,
    /// Pods that are left out because their node is not there.
    pub(super) skipped: Vec<Skipped>,
}

/// A pod on a node that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Skipped {
    pub(super) pod: Text,
    pub(super) node: Text,
}

pub(super) fn desired(backed: &Backed) -> Desired {
    let service = &backed.service;
    let families = families(service);
    let mut desired = Desired::default();
    for family in &families {
        desired.groups.insert((*family).into(), Groups::new());
    }
    for pod in &backed.pods {
        let zone = backed.zones.get(&pod.spec.node_name);
        if zone.is_none() && !service.spec.publish_not_ready_addresses {
            let (pod, node) = (pod.metadata.name.clone(), pod.spec.node_name.clone());
            desired.skipped.push(Skipped { pod, node });
            continue;
        }
        let ports = ports(service, pod);
        for family in &families {
            let addresses = service_pods::addresses(pod, *family);
            if addresses.is_empty() {
                continue;
            }
            let endpoint = Endpoint { addresses, ..endpoint(service, pod, zone) };
            let groups = desired.groups.entry((*family).into()).or_default();
            groups.entry(ports.clone()).or_default().insert(identity(&endpoint), endpoint);
        }
    }
    desired
}

/// The families whose addresses are listed.
fn families(service: &Service) -> Vec<IpFamily> {
    if !service.spec.ip_families.is_empty() {
        return service.spec.ip_families.clone();
    }
    if service.is_headless() {
        return vec![IpFamily::V4, IpFamily::V6];
    }
    vec![service_pods::family(&service.spec.cluster_ip).unwrap_or_default()]
}

/// Ports that cannot be found are left out, the endpoint is listed all the same.
fn ports(service: &Service, pod: &Pod) -> Vec<EndpointPort> {
    let port = |port: &api::views::ServicePort| {
        Some(EndpointPort {
            name: port.name.clone(),
            protocol: port.protocol.clone(),
            port: Some(service_pods::target_port(pod, port)?),
            app_protocol: port.app_protocol.clone(),
        })
    };
    let mut ports: Vec<EndpointPort> = service.spec.ports.iter().filter_map(port).collect();
    ports.sort();
    ports
}

fn endpoint(service: &Service, pod: &Pod, zone: Option<&Text>) -> Endpoint {
    let serving = pod.is_ready();
    let terminating = pod.metadata.is_deleting();
    let ready = service.spec.publish_not_ready_addresses || (serving && !terminating);
    let node = &pod.spec.node_name;
    Endpoint {
        addresses: Vec::new(),
        conditions: EndpointConditions {
            ready: Some(ready),
            serving: Some(serving),
            terminating: Some(terminating),
        },
        hostname: service_pods::hostname(pod, service),
        target_ref: Some(service_pods::reference(pod)),
        node_name: (!node.is_empty()).then(|| node.clone()),
        zone: zone.filter(|zone| !zone.is_empty()).cloned(),
        hints: None,
    }
}

pub(super) fn identity(endpoint: &Endpoint) -> Identity {
    let mut addresses = endpoint.addresses.clone();
    addresses.sort();
    let target = endpoint.target_ref.as_ref();
    let target = target.map(|target| (target.namespace.clone(), target.name.clone()));
    (addresses, endpoint.hostname.clone(), target)
}
