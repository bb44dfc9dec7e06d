//! How much of each resource a pod asks for, in numbers that add up.

use std::collections::BTreeMap;

use api::views::{Container, Pod};
use meta::{quantity::Quantity, text::Text};

/// Amounts by resource name: `cpu` in thousandths, everything else in whole units.
pub type Requests = BTreeMap<Text, i64>;

/// What a container without a request counts as when nodes are scored.
const SCORED_CPU_MILLIS: i64 = 100;
const SCORED_MEMORY_BYTES: i64 = 200 * 1024 * 1024;

/// Numbers of quantities as written; what does not parse counts as nothing.
pub(crate) fn numbers(quantities: &BTreeMap<Text, Text>) -> Requests {
    let number = |(name, text): (&Text, &Text)| {
        let quantity: Quantity = text.parse().ok()?;
        let number = if *name == "cpu" { quantity.millis() } else { quantity.units() };
        Some((name.clone(), number))
    };
    quantities.iter().filter_map(number).collect()
}

/// The pod's effective request: the sum of its containers and sidecars, or its largest step of
/// initialisation, plus overhead.
pub fn of(pod: &Pod) -> Requests {
    effective(pod, |container| numbers(&container.resources.requests))
}

/// The same with the assumed amounts for containers that ask for no cpu or memory.
pub fn for_scoring(pod: &Pod) -> Requests {
    effective(pod, |container| {
        let mut requests = numbers(&container.resources.requests);
        requests.entry("cpu".into()).or_insert(SCORED_CPU_MILLIS);
        requests.entry("memory".into()).or_insert(SCORED_MEMORY_BYTES);
        requests
    })
}

fn effective(pod: &Pod, of_container: impl Fn(&Container) -> Requests) -> Requests {
    let mut total = Requests::new();
    for container in &pod.spec.containers {
        add(&mut total, &of_container(container));
    }
    let (mut sidecars, mut largest_step) = (Requests::new(), Requests::new());
    for container in &pod.spec.init_containers {
        let mut step = of_container(container);
        if container.restart_policy == "Always" {
            add(&mut total, &step);
            add(&mut sidecars, &step);
            step = sidecars.clone();
        } else {
            add(&mut step, &sidecars);
        }
        raise(&mut largest_step, &step);
    }
    raise(&mut total, &largest_step);
    // What is said of the pod as a whole counts, whatever its containers ask for.
    for (name, amount) in numbers(&pod.spec.resources.requests) {
        total.insert(name, amount);
    }
    add(&mut total, &numbers(&pod.spec.overhead));
    total
}

/// The amount of a resource; zero if there is none.
pub(crate) fn amount(requests: &Requests, name: &str) -> i64 {
    requests.get(name).copied().unwrap_or(0)
}

/// Adds `more` to `total`.
pub(crate) fn add(total: &mut Requests, more: &Requests) {
    for (name, amount) in more {
        let sum = total.entry(name.clone()).or_default();
        *sum = sum.saturating_add(*amount);
    }
}

/// Takes `less` away from `total`.
pub(crate) fn subtract(total: &mut Requests, less: &Requests) {
    for (name, amount) in less {
        if let Some(sum) = total.get_mut(name) {
            *sum = sum.saturating_sub(*amount);
        }
    }
}

fn raise(total: &mut Requests, other: &Requests) {
    for (name, amount) in other {
        let largest = total.entry(name.clone()).or_default();
        *largest = (*largest).max(*amount);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(spec: serde_json::Value, expected: &[(&str, i64)]) {
        let pod: Pod = serde_json::from_value(json!({ "spec": spec })).expect("a pod");
        let expected = expected.iter().map(|(name, amount)| (Text::from(*name), *amount)).collect();
        assert_eq!(of(&pod), expected);
    }

    #[test]
    fn containers_add_up() {
        let one = json!({"resources": {"requests": {"cpu": "250m", "memory": "1Ki"}}});
        check(json!({"containers": [one, one]}), &[("cpu", 500), ("memory", 2048)]);
    }

    #[test]
    fn what_is_said_of_the_pod_as_a_whole_counts() {
        let one = json!({"resources": {"requests": {"cpu": "250m", "example.com/x": "1"}}});
        let spec = json!({"containers": [one, one], "resources": {"requests": {"cpu": "1"}}});
        check(spec, &[("cpu", 1000), ("example.com/x", 2)]);
    }

    #[test]
    fn the_largest_step_of_initialisation_counts_if_it_is_more() {
        let asks = |cpu: &str| json!({"resources": {"requests": {"cpu": cpu}}});
        let spec = json!({"containers": [asks("1")], "initContainers": [asks("3"), asks("2")]});
        check(spec, &[("cpu", 3000)]);
    }

    #[test]
    fn sidecars_run_beside_everything_after_them() {
        let asks = |cpu: &str| json!({"resources": {"requests": {"cpu": cpu}}});
        let mut sidecar = asks("1");
        sidecar["restartPolicy"] = "Always".into();
        check(
            json!({"containers": [asks("1")], "initContainers": [sidecar, asks("3")]}),
            &[("cpu", 4000)],
        );
    }
}
