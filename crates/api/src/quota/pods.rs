//! What a pod counts as: itself, and what its containers may use while it runs.

use std::{collections::BTreeMap, time::Duration};

use meta::{quantity::Quantity, text::Text, time::Time};

use super::{count_name, one, ones};
use crate::{
    resources::PODS,
    views::{Amounts, Pod, Resources},
};

/// Standard names; hugepages and extended resources come on top.
const NAMES: [&str; 10] = [
    "pods",
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
];
/// Where a quota names these, every container has to state them.
const TO_STATE: [&str; 6] =
    ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
/// Resources that a pod can state as a whole.
const OF_WHOLE_PODS: [&str; 2] = ["cpu", "memory"];
const NATIVE: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
const REQUESTS: &str = "requests.";
const LIMITS: &str = "limits.";
const HUGE_PAGES: &str = "hugepages-";

pub(super) fn counts(name: &str) -> bool {
    let requested = name.strip_prefix(REQUESTS);
    NAMES.contains(&name)
        || name.starts_with(HUGE_PAGES)
        || requested.is_some_and(|name| name.starts_with(HUGE_PAGES) || is_extended(name))
}

/// Whether its resources count: it is not finished, and has not outlived its deletion.
pub fn is_counted(pod: &Pod, now: Time) -> bool {
    let outlived = pod.metadata.deletion_timestamp.is_some_and(|deletion| {
        let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
        now.since(deletion) > Duration::from_secs(u64::try_from(grace).unwrap_or(0))
    });
    !pod.is_finished() && !outlived
}

pub(super) fn usage(pod: &Pod, now: Time) -> Amounts {
    let mut usage = ones([count_name(&PODS).as_str()].into_iter());
    if !is_counted(pod, now) {
        return usage;
    }
    usage.insert("pods".into(), one());
    usage.extend(named(&requests(pod), &limits(pod)));
    usage
}

/// What the whole pod asks for.
pub fn requests(pod: &Pod) -> Amounts {
    effective(pod, Side::Requests)
}

/// What the whole pod may use at most, where that is limited.
pub fn limits(pod: &Pod) -> Amounts {
    effective(pod, Side::Limits)
}

/// What some container leaves open though a quota limits it, as `cpu for: a,b; memory for: a`. A pod
/// that states its resources as a whole is free to.
pub fn unstated(pod: &Pod, hard: &Amounts) -> Option<String> {
    let whole = &pod.spec.resources;
    if !whole.requests.is_empty() || !whole.limits.is_empty() {
        return None;
    }
    let containers = || pod.spec.containers.iter().chain(&pod.spec.init_containers);
    let missing = TO_STATE.iter().filter(|name| hard.contains_key(**name)).filter_map(|name| {
        let mut open: Vec<&str> = containers()
            .filter(|container| !states(&container.resources, name))
            .map(|container| &*container.name)
            .collect();
        open.sort_unstable();
        (!open.is_empty()).then(|| format!("{name} for: {}", open.join(",")))
    });
    let mut missing: Vec<String> = missing.collect();
    missing.sort_unstable();
    (!missing.is_empty()).then(|| missing.join("; "))
}

fn states(resources: &Resources, name: &str) -> bool {
    named(&parsed(&resources.requests), &parsed(&resources.limits)).contains_key(name)
}

/// Amounts under the names that quotas have for them.
fn named(requests: &Amounts, limits: &Amounts) -> Amounts {
    let mut amounts = Amounts::new();
    for (name, amount) in requests {
        let is_known = NATIVE.contains(&&**name) || name.starts_with(HUGE_PAGES);
        if is_known {
            amounts.insert(name.clone(), *amount);
        }
        if is_known || is_extended(name) {
            amounts.insert(format!("{REQUESTS}{name}").into(), *amount);
        }
    }
    for (name, amount) in limits.iter().filter(|(name, _)| NATIVE.contains(&&***name)) {
        amounts.insert(format!("{LIMITS}{name}").into(), *amount);
    }
    amounts
}

/// With a domain of its own.
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.starts_with("kubernetes.io/") && !name.starts_with(REQUESTS)
}

/// Which amounts of a container are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Requests,
    Limits,
}

impl Side {
    fn of(self, resources: &Resources) -> Amounts {
        match self {
            Self::Requests => parsed(&resources.requests),
            Self::Limits => parsed(&resources.limits),
        }
    }
}

/// The containers and sidecars together, or the largest step of initialisation; the pod's own word
/// goes before; overhead comes on top.
fn effective(pod: &Pod, side: Side) -> Amounts {
    let mut total = Amounts::new();
    for container in &pod.spec.containers {
        add(&mut total, &side.of(&container.resources));
    }
    let (mut sidecars, mut largest_step) = (Amounts::new(), Amounts::new());
    for container in &pod.spec.init_containers {
        let mut step = side.of(&container.resources);
        if container.restart_policy == "Always" {
            add(&mut total, &step);
            add(&mut sidecars, &step);
            step.clone_from(&sidecars);
        } else {
            add(&mut step, &sidecars);
        }
        raise(&mut largest_step, &step);
    }
    raise(&mut total, &largest_step);
    let own = side.of(&pod.spec.resources).into_iter();
    total.extend(own.filter(|(name, _)| is_of_whole_pods(name)));
    let mut overhead = parsed(&pod.spec.overhead);
    if side == Side::Limits {
        // It raises a limit, but sets none.
        overhead.retain(|name, _| total.contains_key(name));
    }
    add(&mut total, &overhead);
    total
}

fn is_of_whole_pods(name: &str) -> bool {
    OF_WHOLE_PODS.contains(&name) || name.starts_with(HUGE_PAGES)
}

/// What does not parse counts as nothing.
fn parsed(written: &BTreeMap<Text, Text>) -> Amounts {
    let amounts = written.iter().map(|(name, text)| (name, text.parse::<Quantity>()));
    amounts.filter_map(|(name, amount)| Some((name.clone(), amount.ok()?))).collect()
}

fn add(total: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        *total.entry(name.clone()).or_default() += *amount;
    }
}

fn raise(total: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        let largest = total.entry(name.clone()).or_default();
        if *amount > *largest {
            *largest = *amount;
        }
    }
}
