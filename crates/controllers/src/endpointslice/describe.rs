//! What is seen of a service and its slices, for a person who asks.

use api::views::EndpointSlice;

use super::observe::Backed;

/// One fact a line.
pub(super) fn lines(backed: &Backed) -> Vec<String> {
    let ready = backed.pods.iter().filter(|pod| pod.is_ready()).count();
    let mut lines = vec![format!("pods: {} have an address, {ready} ready", backed.pods.len())];
    let lost = backed.pods.iter().filter(|pod| !backed.zones.contains_key(&pod.spec.node_name));
    lines.extend(lost.map(|pod| {
        format!("pod {}: its node {} is not known", pod.metadata.name, pod.spec.node_name)
    }));
    lines.extend(backed.slices.iter().map(|slice| slice_line(slice)));
    lines
}

fn slice_line(slice: &EndpointSlice) -> String {
    let ports: Vec<String> =
        slice.ports.iter().filter_map(|port| Some(port.port?.to_string())).collect();
    let ready = slice.endpoints.iter().filter(|e| e.conditions.ready != Some(false)).count();
    format!(
        "slice {}: {:?} with {} endpoints, {ready} ready; ports {}",
        slice.metadata.name,
        slice.address_type,
        slice.endpoints.len(),
        if ports.is_empty() { "none".to_owned() } else { ports.join(" ") }
    )
}
