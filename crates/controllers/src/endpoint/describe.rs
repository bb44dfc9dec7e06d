//! What is seen of a service and its Endpoints, for a person who asks.

use api::views::Endpoints;

use super::observe::{Backed, Observed};

/// One fact a line.
pub(super) fn lines(observed: &Observed) -> Vec<String> {
    match observed {
        Observed::Selecting(backed) => selecting(backed),
        Observed::Foreign => {
            vec!["the service selects no pods: its endpoints are others'".to_owned()]
        }
        Observed::Leftover(endpoints) => {
            vec!["there is no such service".to_owned(), published(endpoints)]
        }
    }
}

fn selecting(backed: &Backed) -> Vec<String> {
    let ready = backed.pods.iter().filter(|pod| pod.is_ready()).count();
    let pods = format!("pods: {} have an address, {ready} ready", backed.pods.len());
    let there = backed.endpoints.as_deref().map_or_else(|| "endpoints: none".to_owned(), published);
    vec![pods, there]
}

fn published(endpoints: &Endpoints) -> String {
    let ready: usize = endpoints.subsets.iter().map(|subset| subset.addresses.len()).sum();
    let others: usize = endpoints.subsets.iter().map(|s| s.not_ready_addresses.len()).sum();
    format!("endpoints: {ready} ready, {others} not")
}
