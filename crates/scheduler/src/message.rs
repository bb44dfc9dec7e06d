//! The texts that tell why a pod waits.

use std::collections::BTreeMap;

use meta::text::Text;

use crate::framework::Rejection;

/// What is said when there is no node at all.
pub(crate) const NO_NODES: &str = "no nodes available to schedule pods";

/// `0/N nodes are available: ` with the reasons counted and sorted as texts.
pub(crate) fn unavailable(nodes: usize, reasons: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    let mut parts: Vec<String> =
        counts.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.sort();
    if parts.is_empty() {
        return format!("0/{nodes} nodes are available.");
    }
    format!("0/{nodes} nodes are available: {}.", parts.join(", "))
}

/// The same with one reason against all nodes.
pub(crate) fn whole(nodes: usize, reason: &str) -> String {
    format!("0/{nodes} nodes are available: {reason}.")
}

/// The same for rejected nodes, each with its reasons.
pub(crate) fn fit_error(nodes: usize, rejected: &[(Text, Rejection)]) -> String {
    let reasons: Vec<String> =
        rejected.iter().flat_map(|(_, rejection)| rejection.reasons.clone()).collect();
    unavailable(nodes, &reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_and_sorted_as_texts() {
        let mut reasons = vec!["a".to_owned(); 10];
        reasons.extend(vec!["b".to_owned(); 2]);
        assert_eq!(unavailable(12, &reasons), "0/12 nodes are available: 10 a, 2 b.");
    }
}
