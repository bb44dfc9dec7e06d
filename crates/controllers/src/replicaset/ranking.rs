//! Which pods go first when there are too many: those that serve least, then those that are spared least.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use api::views::Pod;
use meta::{object::Uid, text::Text, time::Time};

use crate::shared::pods::{progress, ready_since, restarts};

const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// What the order of pods depends on beside the two that are compared.
pub(super) struct Ranking<'a> {
    related_by_node: &'a BTreeMap<Text, usize>,
    now: Time,
    /// The least UID of the pods that became ready at a time, and of those created at a time.
    ready: BTreeMap<Option<Time>, &'a Uid>,
    created: BTreeMap<Option<Time>, &'a Uid>,
}

impl<'a> Ranking<'a> {
    pub(super) fn new(
        pods: &'a [Arc<Pod>],
        related_by_node: &'a BTreeMap<Text, usize>,
        now: Time,
    ) -> Self {
        let (ready, created) = (least_uids(pods, ready_since), least_uids(pods, created));
        Self { related_by_node, now, ready, created }
    }
    /// Less means that it goes first.
    pub(super) fn compare(&self, left: &Pod, right: &Pod) -> Ordering {
        let assigned = |pod: &Pod| !pod.spec.node_name.is_empty();
        let related =
            |pod: &Pod| self.related_by_node.get(&pod.spec.node_name).copied().unwrap_or(0);
        assigned(left)
            .cmp(&assigned(right))
            .then_with(|| progress(left).cmp(&progress(right)))
            .then_with(|| left.is_ready().cmp(&right.is_ready()))
            .then_with(|| cost(left).cmp(&cost(right)))
            .then_with(|| related(right).cmp(&related(left)))
            .then_with(|| self.by_ready_time(left, right))
            .then_with(|| restarts(right).cmp(&restarts(left)))
            .then_with(|| self.by_age(&self.created, created(left), created(right)))
    }

    fn by_ready_time(&self, left: &Pod, right: &Pod) -> Ordering {
        if !left.is_ready() || !right.is_ready() {
            return Ordering::Equal;
        }
        self.by_age(&self.ready, ready_since(left), ready_since(right))
    }
    /// The younger goes first; different ages within a factor of two are alike, and chance (a UID)
    /// decides, so that not always the last ones placed are the first to go. Pods of the same age share
    /// one UID here: else the order would go round in circles.
    fn by_age(
        &self,
        uids: &BTreeMap<Option<Time>, &Uid>,
        left: Option<Time>,
        right: Option<Time>,
    ) -> Ordering {
        if left == right {
            return Ordering::Equal;
        }
        let (Some(left_since), Some(right_since)) = (left, right) else {
            return left.is_some().cmp(&right.is_some());
        };
        magnitude(self.now, left_since)
            .cmp(&magnitude(self.now, right_since))
            .then_with(|| uids.get(&left).cmp(&uids.get(&right)))
    }
}

fn least_uids(
    pods: &[Arc<Pod>],
    time: impl Fn(&Pod) -> Option<Time>,
) -> BTreeMap<Option<Time>, &Uid> {
    let mut least = BTreeMap::new();
    for pod in pods {
        let uid = &pod.metadata.uid;
        let known = least.entry(time(pod)).or_insert(uid);
        *known = uid.min(*known);
    }
    least
}

fn cost(pod: &Pod) -> i32 {
    let cost = pod.metadata.annotations.get(DELETION_COST);
    cost.and_then(|cost| cost.parse().ok()).unwrap_or(0)
}

/// The binary logarithm of an age in nanoseconds; `None`, the least, for none.
fn magnitude(now: Time, since: Time) -> Option<u32> {
    now.since(since).as_nanos().checked_ilog2()
}

const fn created(pod: &Pod) -> Option<Time> {
    pod.metadata.creation_timestamp
}

#[cfg(test)]
mod tests {
    use meta::hash::fnv32a;
    use serde_json::json;

    use super::*;

    fn pod(number: u32) -> Arc<Pod> {
        let chance = |salt: u8| fnv32a(&[number.to_le_bytes().as_slice(), &[salt]].concat());
        let at = |salt| Time::from_seconds(i64::from(chance(salt) % 4)).to_string();
        let pod = json!({
            "metadata": {"uid": chance(1).to_string(), "creationTimestamp": at(2)},
            "spec": {"nodeName": "n"},
            "status": {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at(3)}],
                "containerStatuses": [{"restartCount": chance(4) % 3}],
            },
        });
        Arc::new(serde_json::from_value(pod).expect("a pod"))
    }

    #[test]
    fn the_order_of_many_pods_never_goes_round_in_circles() {
        let (pods, related): (Vec<_>, _) = ((0..60).map(pod).collect(), BTreeMap::new());
        let ranking = Ranking::new(&pods, &related, Time::from_seconds(100));
        for (a, b) in pods.iter().flat_map(|a| pods.iter().map(move |b| (a, b))) {
            let before = ranking.compare(a, b);
            assert_eq!(before, ranking.compare(b, a).reverse());
            let circles = pods.iter().filter(|c| {
                before.is_le() && ranking.compare(b, c).is_le() && ranking.compare(a, c).is_gt()
            });
            assert_eq!(circles.count(), 0);
        }
    }
}
