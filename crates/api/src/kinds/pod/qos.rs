//! How much a pod can rely on its resources: the class that eviction goes by.

use std::collections::BTreeMap;

use meta::quantity::Quantity;
use serde_json::Value;

use crate::json;

type Amounts<'a> = BTreeMap<&'a str, Quantity>;

/// `Guaranteed`, `Burstable` or `BestEffort`.
pub(crate) fn class(spec: &Value) -> &'static str {
    let own = json::field(spec, "resources").filter(|resources| {
        !json::is_empty(resources, "requests") || !json::is_empty(resources, "limits")
    });
    let containers =
        json::list(spec, "containers").iter().chain(json::list(spec, "initContainers"));
    let resources: Vec<&Value> = match own {
        Some(own) => vec![own],
        None => containers.map(|container| &container["resources"]).collect(),
    };
    let (mut requests, mut limits) = (Amounts::new(), Amounts::new());
    let mut all_limited = true;
    for resources in resources {
        add(&mut requests, resources, "requests");
        all_limited &= add(&mut limits, resources, "limits") == 2;
    }
    if requests.is_empty() && limits.is_empty() {
        return "BestEffort";
    }
    if all_limited && requests == limits { "Guaranteed" } else { "Burstable" }
}

/// Adds what is above zero of processors and memory; how many of the two there were.
fn add(sums: &mut Amounts<'_>, resources: &Value, field: &str) -> usize {
    let mut found = 0;
    for resource in ["cpu", "memory"] {
        let amount = resources.get(field).map(|amounts| json::text(amounts, resource));
        let amount = amount.and_then(|text| text.parse::<Quantity>().ok());
        if let Some(amount) = amount.filter(|amount| *amount > Quantity::ZERO) {
            *sums.entry(resource).or_default() += amount;
            found += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_is_guaranteed_if_all_it_uses_is_asked_for_and_limited() {
        let both = json!({"cpu": "1", "memory": "1Gi"});
        let rows = [
            (json!({}), "BestEffort"),
            (json!({"requests": {"cpu": "0"}}), "BestEffort"),
            (json!({"requests": {"cpu": "1"}}), "Burstable"),
            (json!({"requests": both, "limits": both}), "Guaranteed"),
            (json!({"requests": {"cpu": "1000m", "memory": "1Gi"}, "limits": both}), "Guaranteed"),
            (json!({"requests": {"cpu": "1"}, "limits": both}), "Burstable"),
            (json!({"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}), "Burstable"),
        ];
        for (resources, expected) in rows {
            assert_eq!(class(&json!({"containers": [{"resources": resources}]})), expected);
        }
        let mixed = json!({"containers": [{"resources": {"requests": both, "limits": both}}, {}]});
        assert_eq!(class(&mixed), "Burstable");
    }
}
