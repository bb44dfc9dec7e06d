//! Addresses of nodes and pods: one for each, none twice among the living.

use std::{collections::BTreeMap, net::Ipv4Addr};

use meta::{hash::fnv32a, object::Uid, text::Text};
use parking_lot::Mutex;

/// Hosts of a node's /24 that pods get: .0 is the network, .1 the gateway, .255 the broadcast.
const FIRST_HOST: u32 = 2;
const HOSTS: u32 = 253;
/// Pod networks are /24 parts of 10.244.0.0/14.
const POD_NETWORKS: u32 = 1024;
const POD_NETWORK_BASE: u32 = u32::from_be_bytes([10, 244, 0, 0]);
/// Node addresses are in 192.168.0.0/16.
const NODE_BASE: u32 = u32::from_be_bytes([192, 168, 0, 0]);

/// The number at the end of a node's name, or one made of the name.
fn ordinal(node: &str) -> u32 {
    let digits = node.rsplit('-').next().and_then(|text| text.parse().ok());
    digits.unwrap_or_else(|| fnv32a(node.as_bytes()))
}

/// The internal address of a node.
pub fn node_address(node: &str) -> Ipv4Addr {
    let number = ordinal(node) % (256 * 254);
    Ipv4Addr::from(NODE_BASE + (number / 254) * 256 + number % 254 + 1)
}

/// The part of the pod network that a node has.
fn pod_network(node: &str) -> Ipv4Addr {
    Ipv4Addr::from(POD_NETWORK_BASE + (ordinal(node) % POD_NETWORKS) * 256)
}

/// Which pod has which address. Kept as pods are bound and go, so that two pods that start at the same
/// moment do not take the same one.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    by_pod: BTreeMap<Uid, Ipv4Addr>,
    taken: BTreeMap<Ipv4Addr, Uid>,
    next: BTreeMap<Text, u32>,
}

impl Addresses {
    /// The pod's address; a new one of its node's network if it has none.
    pub(crate) fn reserve(&self, pod: &Uid, node: &Text, known: &str) -> Option<Ipv4Addr> {
        let mut state = self.state.lock();
        if let Some(address) = state.by_pod.get(pod) {
            return Some(*address);
        }
        let address = known.parse().ok().or_else(|| state.free(node))?;
        state.by_pod.insert(pod.clone(), address);
        state.taken.insert(address, pod.clone());
        Some(address)
    }

    /// The pod's address.
    pub(crate) fn of(&self, pod: &Uid) -> Option<Ipv4Addr> {
        self.state.lock().by_pod.get(pod).copied()
    }

    /// Gives the pod's address back.
    pub(crate) fn release(&self, pod: &Uid) {
        let mut state = self.state.lock();
        if let Some(address) = state.by_pod.remove(pod) {
            state.taken.remove(&address);
        }
    }
}

impl State {
    /// The next free address of a node, going round so that one just given back rests.
    fn free(&mut self, node: &Text) -> Option<Ipv4Addr> {
        let network = u32::from(pod_network(node));
        let next = self.next.entry(node.clone()).or_default();
        for _ in 0..HOSTS {
            let address = Ipv4Addr::from(network + FIRST_HOST + *next);
            *next = (*next + 1) % HOSTS;
            if !self.taken.contains_key(&address) {
                return Some(address);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_is_given_twice_and_none_is_reused_at_once() {
        let addresses = Addresses::default();
        let node = Text::from("node-1");
        let first = addresses.reserve(&"a".into(), &node, "");
        assert_eq!(first, Some(Ipv4Addr::new(10, 244, 1, 2)));
        addresses.release(&"a".into());
        assert_eq!(addresses.reserve(&"b".into(), &node, ""), Some(Ipv4Addr::new(10, 244, 1, 3)));
        assert_eq!(addresses.reserve(&"b".into(), &node, ""), Some(Ipv4Addr::new(10, 244, 1, 3)));
    }

    #[test]
    fn a_full_node_has_no_address_left() {
        let addresses = Addresses::default();
        let node = Text::from("node-0");
        for number in 0..HOSTS {
            assert!(addresses.reserve(&number.to_string().as_str().into(), &node, "").is_some());
        }
        assert_eq!(addresses.reserve(&"more".into(), &node, ""), None);
    }
}
