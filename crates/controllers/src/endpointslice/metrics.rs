//! What is measured of services and their slices, under the reference's names.

use std::collections::{BTreeMap, BTreeSet};

use api::views::{AddressType, Service};
use runtime::{Counter, Gauge, Histogram, Metric, Plan, Step, When, exponential};

use super::{
    desired::{Groups, Identity, identity},
    hints,
    observe::Backed,
    reconcile::Changes,
    why::Why,
};

const ADDED: Histogram<0> = Histogram::new(
    "endpoint_slice_controller_endpoints_added_per_sync",
    "[BETA] Endpoints that a look added.",
    &[],
    &exponential::<15>(2.0, 2.0),
);
const REMOVED: Histogram<0> = Histogram::new(
    "endpoint_slice_controller_endpoints_removed_per_sync",
    "[BETA] Endpoints that a look removed.",
    &[],
    &exponential::<15>(2.0, 2.0),
);
const ENDPOINTS: Gauge<0> = Gauge::new(
    "endpoint_slice_controller_endpoints_desired",
    "[BETA] Endpoints that are to be listed.",
    &[],
);
const SLICES: Gauge<0> = Gauge::new(
    "endpoint_slice_controller_num_endpoint_slices",
    "[BETA] Slices that there are.",
    &[],
);
const SLICES_DESIRED: Gauge<0> = Gauge::new(
    "endpoint_slice_controller_desired_endpoint_slices",
    "[BETA] Slices that there would be if all were as full as can be.",
    &[],
);
const SERVICES: Gauge<1> = Gauge::new(
    "endpoint_slice_controller_services_count_by_traffic_distribution",
    "[BETA] Services by the traffic distribution that they ask for.",
    &["traffic_distribution"],
);
pub(super) const CHANGES: Counter<1> = Counter::new(
    "endpoint_slice_controller_changes",
    "[ALPHA] Slices that were written.",
    &["operation"],
);
const CHANGED: Histogram<2> = Histogram::new(
    "endpoint_slice_controller_endpointslices_changed_per_sync",
    "[ALPHA] Slices that a look changed.",
    &["topology", "traffic_distribution"],
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0],
);
const SYNCS: Counter<1> =
    Counter::new("endpoint_slice_controller_syncs", "[ALPHA] Looks at services.", &["result"]);

pub(super) const METRICS: &[Metric] = &[
    ADDED.metric(),
    REMOVED.metric(),
    ENDPOINTS.metric(),
    SLICES.metric(),
    SLICES_DESIRED.metric(),
    SERVICES.metric(),
    CHANGES.metric(),
    CHANGED.metric(),
    SYNCS.metric(),
];

/// Measures a look before the desired endpoints are placed.
pub(super) fn endpoints(
    plan: &mut Plan<Why>,
    backed: &Backed,
    desired: &BTreeMap<AddressType, Groups>,
) {
    let (mut endpoints, mut slices) = (0, 0);
    let most = backed.settings.endpoints_max;
    for (address_type, groups) in desired {
        let wanted: BTreeSet<&Identity> = groups.values().flat_map(BTreeMap::keys).collect();
        let of_type = backed.slices.iter().filter(|slice| slice.address_type == *address_type);
        let listed: BTreeSet<Identity> =
            of_type.flat_map(|slice| &slice.endpoints).map(identity).collect();
        let added = wanted.iter().filter(|wanted| !listed.contains(**wanted)).count();
        let removed = listed.iter().filter(|listed| !wanted.contains(listed)).count();
        plan.measure(When::Success, ADDED.observe(number(added), []));
        plan.measure(When::Success, REMOVED.observe(number(removed), []));
        endpoints += wanted.len();
        let full = groups.values().map(|group| group.len().div_ceil(most)).sum::<usize>();
        // A service without endpoints has an empty slice.
        slices += full.max(1);
    }
    plan.measure(When::Always, ENDPOINTS.share(number(endpoints), []));
    plan.measure(When::Always, SLICES_DESIRED.share(number(slices), []));
}

/// Measures what a look does about slices.
pub(super) fn changes(plan: &mut Plan<Why>, backed: &Backed, changes: &Changes) {
    let slices = (backed.slices.len() + changes.create.len()).saturating_sub(changes.delete.len());
    plan.measure(When::Always, SLICES.share(number(slices), []));
    plan.measure(When::Success, SYNCS.add(1, ["success"]));
    plan.measure(When::Failure, SYNCS.add(1, ["error"]));
    let writes = changes.create.len() + changes.update.len() + changes.delete.len();
    let by_capacity = hints::by_capacity(&backed.service);
    let topology = if by_capacity { "Auto" } else { "Disabled" };
    let distribution = if by_capacity { "" } else { distribution(&backed.service) };
    let valid = if distribution == UNKNOWN { "" } else { distribution };
    plan.measure(When::Success, CHANGED.observe(number(writes), [topology, valid]));
    if !distribution.is_empty() {
        plan.measure(When::Always, SERVICES.share(1.0, [distribution]));
    }
}

/// Counts a write of a slice.
pub(super) fn written(step: &mut Step<Why>) {
    let operation = match step.why {
        Why::NoRoom => "create",
        Why::PodsDiffer => "update",
        Why::Superfluous => "delete",
        Why::NodeMissing | Why::Hinted => return,
    };
    step.measure(When::Success, CHANGES.add(1, [operation]));
}

/// Stands for distributions of later releases.
const UNKNOWN: &str = "ImplementationSpecific";

fn distribution(service: &Service) -> &'static str {
    match &*service.spec.traffic_distribution {
        "" => "",
        "PreferClose" => "PreferClose",
        "PreferSameZone" => "PreferSameZone",
        "PreferSameNode" => "PreferSameNode",
        _ => UNKNOWN,
    }
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
