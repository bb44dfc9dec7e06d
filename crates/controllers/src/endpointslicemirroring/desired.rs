//! Endpoints → what the slices are to list.

use std::collections::BTreeMap;

use api::views::{
    Address, AddressType, Endpoint, EndpointConditions, EndpointPort, Endpoints, Subset, SubsetPort,
};

use crate::shared::{service_pods, slices::Content, subsets};

/// More addresses of one subset do not fit into a slice.
pub(super) const ADDRESSES_MAX: usize = 1000;

/// What is to be listed, and how many addresses are not.
#[derive(Debug, Default)]
pub(super) struct Desired {
    /// One for each address type and set of ports.
    pub(super) contents: Vec<Content>,
    /// Addresses that are none.
    pub(super) invalid: usize,
    /// Addresses that are left out, the invalid ones included.
    pub(super) skipped: usize,
}

pub(super) fn desired(endpoints: &Endpoints) -> Desired {
    let mut desired = Desired::default();
    let mut listed = BTreeMap::<(AddressType, Vec<EndpointPort>), Vec<Endpoint>>::new();
    for subset in subsets::canonical(&endpoints.subsets) {
        let ports: Vec<EndpointPort> = subset.ports.iter().map(port).collect();
        for (address_type, endpoint) in desired.pick(&subset) {
            listed.entry((address_type, ports.clone())).or_default().push(endpoint);
        }
    }
    let content = |((address_type, ports), endpoints)| Content { address_type, ports, endpoints };
    desired.contents = listed.into_iter().map(content).collect();
    desired
}

impl Desired {
    /// As many addresses of a subset as fit, ready ones first.
    fn pick(&mut self, subset: &Subset) -> Vec<(AddressType, Endpoint)> {
        let ready = subset.addresses.iter().map(|address| (address, true));
        let others = subset.not_ready_addresses.iter().map(|address| (address, false));
        let mut picked = Vec::new();
        for (address, is_ready) in ready.chain(others) {
            if picked.len() == ADDRESSES_MAX {
                break;
            }
            match endpoint(address, is_ready) {
                Some(endpoint) => picked.push(endpoint),
                None => self.invalid += 1,
            }
        }
        self.skipped += subset.addresses.len() + subset.not_ready_addresses.len() - picked.len();
        picked
    }
}

fn endpoint(address: &Address, is_ready: bool) -> Option<(AddressType, Endpoint)> {
    let (family, _) = service_pods::canonical(&address.ip)?;
    let endpoint = Endpoint {
        addresses: vec![address.ip.clone()],
        conditions: EndpointConditions { ready: Some(is_ready), ..EndpointConditions::default() },
        hostname: address.hostname.clone(),
        target_ref: address.target_ref.clone(),
        node_name: address.node_name.clone(),
        ..Endpoint::default()
    };
    Some((family.into(), endpoint))
}

fn port(port: &SubsetPort) -> EndpointPort {
    EndpointPort {
        name: port.name.clone(),
        protocol: port.protocol.clone(),
        port: Some(port.port),
        app_protocol: port.app_protocol.clone(),
    }
}
