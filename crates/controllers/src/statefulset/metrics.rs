//! What is shown of sets, under the reference's names.

use api::views::PodManagement;
use meta::time::Time;
use runtime::{Gauge, Metric, Plan, When};

use super::{Why, members::Members, rolling::max_unavailable};

const MAX_UNAVAILABLE: Gauge<3> = Gauge::new(
    "statefulset_controller_statefulset_max_unavailable",
    "[ALPHA] Pods of a set that an update may make unavailable.",
    &["statefulset_namespace", "statefulset_name", "pod_management_policy"],
);
const UNAVAILABLE: Gauge<3> = Gauge::new(
    "statefulset_controller_statefulset_unavailable_replicas",
    "[ALPHA] Pods of a set that should be there and are not available.",
    &["statefulset_namespace", "statefulset_name", "pod_management_policy"],
);

pub(super) const METRICS: &[Metric] = &[MAX_UNAVAILABLE.metric(), UNAVAILABLE.metric()];

/// Shows how far a set is from whole.
pub(super) fn look(plan: &mut Plan<Why>, members: &Members, now: Time) {
    let (metadata, spec) = (&members.set.metadata, &members.set.spec);
    let policy = match spec.pod_management_policy {
        PodManagement::OrderedReady => "OrderedReady",
        PodManagement::Parallel => "Parallel",
    };
    let labels = [&*metadata.namespace, &*metadata.name, policy];
    let is_available = |pod: &std::sync::Arc<_>| members.is_available(pod, now);
    let slots = members.slots();
    let unavailable = slots.iter().filter(|slot| !slot.pod.as_ref().is_some_and(is_available));
    let number = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    plan.measure(When::Always, MAX_UNAVAILABLE.share(number(max_unavailable(members)), labels));
    plan.measure(When::Always, UNAVAILABLE.share(number(unavailable.count()), labels));
}
