//! Hints by the capacity of zones: each zone gets as large a part of the ready endpoints as it has of
//! the processors, of its own endpoints where it has enough, else of another zone's.

use std::{collections::BTreeMap, sync::Arc};

use api::views::{Endpoint, EndpointHints, EndpointSlice, Hint, Node, Status};
use meta::{quantity::Quantity, text::Text};

use super::{ZONE, reconcile::Changes};
use crate::shared::{
    float::{ceil, float},
    slices::Content,
};

/// Nodes that are not for workloads.
const CONTROL_PLANE: [&str; 2] =
    ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
/// A zone may be used so much more than its part.
const OVERLOAD: f64 = 0.2;
/// Less than this is not worth a hint.
const WHOLE: f64 = 1.0;
const HALF: f64 = 0.5;

const NO_CAPACITY: &str =
    "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes";
const NO_ZONE: &str = "One or more endpoints do not have a zone specified";

/// The part of the processors that each zone has; none if that cannot be said.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Capacity(BTreeMap<Text, f64>);

/// How many endpoints a zone may have.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Allocation {
    desired: f64,
    /// More would leave too few for the others.
    maximum: usize,
}

type Allocations = BTreeMap<Text, Allocation>;
type Counts = BTreeMap<Text, usize>;

impl Capacity {
    pub(super) fn of<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> Self {
        let mut zones: BTreeMap<Text, i64> = BTreeMap::new();
        for (zone, millis) in nodes.into_iter().filter_map(part) {
            if zone.is_empty() || millis <= 0 {
                return Self::default();
            }
            *zones.entry(zone).or_default() += millis;
        }
        let total: i64 = zones.values().sum();
        if zones.len() < 2 {
            return Self::default();
        }
        let share = |(zone, millis): (Text, i64)| (zone, float(millis) / float(total));
        Self(zones.into_iter().map(share).collect())
    }

    fn allocate(&self, endpoints: usize) -> Result<Allocations, String> {
        let zones = self.0.len();
        if zones == 0 {
            return Err(NO_CAPACITY.to_owned());
        }
        if zones > endpoints {
            return Err(format!(
                "Insufficient number of endpoints ({endpoints} endpoints, {zones} zones)"
            ));
        }
        let parts = self.0.iter().map(|(zone, share)| {
            let desired = share * number(endpoints);
            let least = usize::try_from(ceil(desired / (1.0 + OVERLOAD))).unwrap_or(0);
            (zone, desired.max(number(least)), least)
        });
        let parts: Vec<_> = parts.collect();
        let least: usize = parts.iter().map(|(_, _, least)| least).sum();
        let Some(spare) = endpoints.checked_sub(least) else {
            return Err(format!(
                "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ({endpoints} endpoints, {zones} zones)"
            ));
        };
        let allocation = |(zone, desired, least): (&Text, f64, usize)| {
            (zone.clone(), Allocation { desired, maximum: least + spare })
        };
        Ok(parts.into_iter().map(allocation).collect())
    }
}

/// Gives the ready endpoints of all slices of a type their hints; slices that were right but for these
/// join those that are updated. On an error nothing is done: the hints are to be taken away.
pub(super) fn spread(
    capacity: &Capacity,
    changes: &mut Changes,
    kept: &[Arc<EndpointSlice>],
) -> Result<(), String> {
    let stay = kept.iter().flat_map(|slice| &slice.endpoints);
    let ready = listed(changes).chain(stay).filter(|endpoint| is_ready(endpoint)).count();
    let allocations = capacity.allocate(ready)?;
    let mut counts = Counts::new();
    let mut joining = Vec::new();
    for slice in kept {
        match fits(slice, &counts, &allocations) {
            Some(more) => more.into_iter().for_each(|(zone, number)| {
                *counts.entry(zone).or_default() += number;
            }),
            None => joining.push(slice),
        }
    }
    let joined = joining.iter().flat_map(|slice| &slice.endpoints);
    if listed(changes).chain(joined).any(|endpoint| is_ready(endpoint) && is_nowhere(endpoint)) {
        return Err(NO_ZONE.to_owned());
    }
    let first = changes.update.len();
    let joined = joining.into_iter().map(|slice| (Arc::clone(slice), Content::of(slice)));
    changes.update.extend(joined);
    hint(changes, &allocations, counts);
    let joined = changes.update.split_off(first);
    let differs =
        |(slice, content): &(Arc<EndpointSlice>, Content)| slice.endpoints != content.endpoints;
    changes.update.extend(joined.into_iter().filter(differs));
    Ok(())
}

/// The endpoints of slices that are written.
fn listed(changes: &Changes) -> impl Iterator<Item = &Endpoint> {
    let updated = changes.update.iter().map(|(_, content)| content);
    changes.create.iter().chain(updated).flat_map(|content| &content.endpoints)
}

/// Hints all that is written: for its own zone first, then for whom that zone gives away to.
fn hint(changes: &mut Changes, allocations: &Allocations, mut counts: Counts) {
    let updated = changes.update.iter_mut().map(|(_, content)| content);
    let written = changes.create.iter_mut().chain(updated);
    let mut endpoints: Vec<&mut Endpoint> =
        written.flat_map(|content| &mut content.endpoints).collect();
    for endpoint in &mut endpoints {
        let zone = endpoint.zone.clone().filter(|_| is_ready(endpoint));
        endpoint.hints = zone.map(|zone| {
            *counts.entry(zone.clone()).or_default() += 1;
            for_zone(zone)
        });
    }
    lend(&mut endpoints, balance(allocations, &counts));
}

fn is_nowhere(endpoint: &Endpoint) -> bool {
    endpoint.zone.as_ref().is_none_or(|zone| zone.is_empty())
}

/// The hints of a slice that may stay as it is.
fn fits(slice: &EndpointSlice, counts: &Counts, allocations: &Allocations) -> Option<Counts> {
    let mut more = Counts::new();
    for endpoint in slice.endpoints.iter().filter(|endpoint| is_ready(endpoint)) {
        let zone = zone_of(endpoint)?;
        *more.entry(zone.clone()).or_default() += 1;
    }
    let is_room = |(zone, number): (&Text, &usize)| {
        let taken = counts.get(zone).copied().unwrap_or(0);
        allocations.get(zone).is_some_and(|allocation| taken + number <= allocation.maximum)
    };
    more.iter().all(is_room).then_some(more)
}

/// How many endpoints zones give away, and how many they get.
fn balance(allocations: &Allocations, counts: &Counts) -> (Counts, Counts) {
    let mut giving: Vec<(f64, &Text)> = Vec::new();
    let mut receiving: Vec<(f64, &Text)> = Vec::new();
    for (zone, allocation) in allocations {
        let surplus = number(counts.get(zone).copied().unwrap_or(0)) - allocation.desired;
        if surplus > 0.0 {
            giving.push((surplus, zone));
        } else if surplus < 0.0 {
            receiving.push((-surplus, zone));
        }
    }
    let (mut given, mut received) = (Counts::new(), Counts::new());
    while let (Some(giver), Some(receiver)) = (largest(&mut giving), largest(&mut receiving)) {
        let is_little = giver.0 < HALF || receiver.0 < HALF;
        if is_little || (giver.0 < WHOLE && receiver.0 < WHOLE) {
            break;
        }
        *given.entry(giver.1.clone()).or_default() += 1;
        *received.entry(receiver.1.clone()).or_default() += 1;
        giver.0 -= WHOLE;
        receiver.0 -= WHOLE;
    }
    (given, received)
}

fn largest<'a, 'z>(zones: &'a mut [(f64, &'z Text)]) -> Option<&'a mut (f64, &'z Text)> {
    zones.iter_mut().max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(one.1)))
}

/// Hints endpoints of giving zones to receiving ones, in the order in which they are listed.
fn lend(endpoints: &mut [&mut Endpoint], (mut given, mut received): (Counts, Counts)) {
    for endpoint in endpoints {
        let Some(left) = zone_of(endpoint).and_then(|zone| given.get_mut(zone)) else { continue };
        let taker = received.iter_mut().find(|(_, wanted)| **wanted > 0);
        let Some((zone, wanted)) = taker.filter(|_| *left > 0) else { continue };
        *left -= 1;
        *wanted -= 1;
        endpoint.hints = Some(for_zone(zone.clone()));
    }
}

/// A node's zone, and its processors in thousandths; `None` if it takes no workloads now.
pub(super) fn part(node: &Node) -> Option<(Text, i64)> {
    if !is_for_workloads(node) {
        return None;
    }
    let processors = node.status.allocatable.get("cpu");
    let processors = processors.and_then(|amount| amount.parse::<Quantity>().ok());
    let zone = node.metadata.labels.get(ZONE).cloned().unwrap_or_default();
    Some((zone, processors.map_or(0, |amount| amount.millis())))
}

fn is_for_workloads(node: &Node) -> bool {
    let is_ready = |condition: &api::views::Condition| {
        condition.kind == *"Ready" && condition.status == Status::True
    };
    let labels = &node.metadata.labels;
    node.status.conditions.iter().any(is_ready)
        && !CONTROL_PLANE.iter().any(|role| labels.contains_key(*role))
}

fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.ready != Some(false)
}

fn zone_of(endpoint: &Endpoint) -> Option<&Text> {
    let hints = endpoint.hints.as_ref()?;
    hints.for_zones.first().map(|hint| &hint.name)
}

fn for_zone(zone: Text) -> EndpointHints {
    EndpointHints { for_zones: vec![Hint { name: zone }], for_nodes: Vec::new() }
}

fn number(count: usize) -> f64 {
    float(i64::try_from(count).unwrap_or(i64::MAX))
}
