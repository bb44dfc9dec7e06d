//! The one form in which subsets of Endpoints are compared and written.

use std::collections::BTreeMap;

use api::views::{Address, Subset, SubsetPort};
use meta::{object::Uid, text::Text};

type Identity = (Text, Uid);
/// Addresses, and whether they are ready.
type Offering = BTreeMap<Identity, bool>;

/// The same addresses and ports, so that equal contents make equal lists: each port is in one subset,
/// with all addresses that offer it. Of an address that is there as ready and as not, the latter counts.
pub(crate) fn canonical(subsets: &[Subset]) -> Vec<Subset> {
    let mut addresses = BTreeMap::<Identity, &Address>::new();
    // No port stands for subsets without any.
    let mut by_port = BTreeMap::<Option<&SubsetPort>, Offering>::new();
    for subset in subsets {
        let portless = subset.ports.is_empty().then_some(None);
        for port in subset.ports.iter().map(Some).chain(portless) {
            let offering = by_port.entry(port).or_default();
            for (address, is_ready) in listed(subset) {
                let identity = identity(address);
                addresses.entry(identity.clone()).or_insert(address);
                *offering.entry(identity).or_insert(true) &= is_ready;
            }
        }
    }
    let mut by_offering = BTreeMap::<Offering, Vec<SubsetPort>>::new();
    for (port, offering) in by_port {
        if !offering.is_empty() {
            by_offering.entry(offering).or_default().extend(port.cloned());
        }
    }
    let pick = |offering: &Offering, wanted: bool| -> Vec<Address> {
        let picked = offering.iter().filter(|(_, is_ready)| **is_ready == wanted);
        picked.filter_map(|(identity, _)| addresses.get(identity)).copied().cloned().collect()
    };
    let mut canonical: Vec<Subset> = by_offering
        .into_iter()
        .map(|(offering, ports)| Subset {
            addresses: pick(&offering, true),
            not_ready_addresses: pick(&offering, false),
            ports,
        })
        .collect();
    canonical.sort_by(|left, right| left.ports.cmp(&right.ports));
    canonical
}

fn listed(subset: &Subset) -> impl Iterator<Item = (&Address, bool)> {
    let ready = subset.addresses.iter().map(|address| (address, true));
    ready.chain(subset.not_ready_addresses.iter().map(|address| (address, false)))
}

fn identity(address: &Address) -> Identity {
    let uid = address.target_ref.as_ref().map(|target| target.uid.clone());
    (address.ip.clone(), uid.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// Subsets parted by `|`: ready addresses, `!` before one that is not, `:` before a port.
    fn check(text: &str, expected: Expect) {
        let subset = |text: &str| {
            let words = |wanted: fn(char) -> bool| -> Vec<&str> {
                let words = text.split_whitespace();
                words
                    .filter(|word| word.starts_with(wanted))
                    .map(|w| w.trim_matches(['!', ':']))
                    .collect()
            };
            let address = |ip: &str| Address { ip: ip.into(), ..Address::default() };
            let number = |port: &str| port.parse().expect("a port");
            let port = |port: &str| SubsetPort { port: number(port), ..SubsetPort::default() };
            Subset {
                addresses: words(|c| c.is_ascii_digit()).into_iter().map(address).collect(),
                not_ready_addresses: words(|c| c == '!').into_iter().map(address).collect(),
                ports: words(|c| c == ':').into_iter().map(port).collect(),
            }
        };
        let subsets: Vec<Subset> = text.split('|').map(subset).collect();
        expected.assert_eq(&canonical(&subsets).iter().map(show).collect::<Vec<_>>().join(" | "));
    }
    fn show(subset: &Subset) -> String {
        let ready = subset.addresses.iter().map(|address| address.ip.to_string());
        let others = subset.not_ready_addresses.iter().map(|address| format!("!{}", address.ip));
        let ports = subset.ports.iter().map(|port| format!(":{}", port.port));
        ready.chain(others).chain(ports).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn addresses_with_the_same_ports_share_a_subset_in_order() {
        check(
            "10.0.0.2 :80 | 10.0.0.1 :80 | !10.0.0.3 :80",
            expect!["10.0.0.1 10.0.0.2 !10.0.0.3 :80"],
        );
        check("10.0.0.1 :81 :80", expect!["10.0.0.1 :80 :81"]);
    }
    #[test]
    fn a_port_that_fewer_offer_has_a_subset_of_its_own() {
        check("10.0.0.1 :80 :81 | 10.0.0.2 :80", expect!["10.0.0.1 10.0.0.2 :80 | 10.0.0.1 :81"]);
    }
    #[test]
    fn an_address_twice_is_one_and_not_ready_if_one_says_so() {
        check("10.0.0.1 :80 | !10.0.0.1 :80 | 10.0.0.1 :80", expect!["!10.0.0.1 :80"]);
    }
    #[test]
    fn addresses_without_ports_stay_and_subsets_without_addresses_go() {
        check("10.0.0.1", expect!["10.0.0.1"]);
        check(":80 | 10.0.0.1 :81", expect!["10.0.0.1 :81"]);
    }
}
