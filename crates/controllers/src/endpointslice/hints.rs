//! From where an endpoint should be used, by the traffic distribution that the service asks for.

use api::views::{Endpoint, EndpointHints, Hint, Service};
use meta::text::Text;

/// Either switches to hints by capacity, which then decide instead.
const TOPOLOGY_MODES: [&str; 2] =
    ["service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"];

/// What traffic should stay close to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Distribution {
    /// It goes anywhere.
    Anywhere,
    /// Its zone.
    SameZone,
    /// Its node, else its zone.
    SameNode,
}

pub(super) fn distribution(service: &Service) -> Distribution {
    if by_capacity(service) {
        // Where capacity does not allow hints, traffic goes everywhere.
        return Distribution::Anywhere;
    }
    match &*service.spec.traffic_distribution {
        "PreferClose" | "PreferSameZone" => Distribution::SameZone,
        "PreferSameNode" => Distribution::SameNode,
        _ => Distribution::Anywhere,
    }
}

/// Whether the service asks for hints by the capacity of zones.
pub(super) fn by_capacity(service: &Service) -> bool {
    let annotations = &service.metadata.annotations;
    let mode = TOPOLOGY_MODES.iter().find_map(|name| annotations.get(*name));
    mode.is_some_and(|mode| *mode == "Auto" || *mode == "auto")
}

/// The hints an endpoint is to have. Those of one that is not ready stay while there are any.
pub(super) fn wanted(distribution: Distribution, endpoint: &Endpoint) -> Option<EndpointHints> {
    let hint = |name: &Option<Text>| -> Vec<Hint> {
        name.iter().map(|name| Hint { name: name.clone() }).collect()
    };
    let for_nodes = match distribution {
        Distribution::Anywhere => return None,
        Distribution::SameZone => Vec::new(),
        Distribution::SameNode => hint(&endpoint.node_name),
    };
    if endpoint.conditions.ready == Some(false) {
        return endpoint.hints.clone();
    }
    let hints = EndpointHints { for_zones: hint(&endpoint.zone), for_nodes };
    (hints != EndpointHints::default()).then_some(hints)
}
