//! When what changed the endpoints of a service happened: clients measure by it how long a change
//! took to reach them.

use std::collections::BTreeMap;

use api::views::{Pod, Service};
use meta::{text::Text, time::Time};

/// The annotation that tells of it.
pub(crate) const LAST_CHANGE: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// What was seen at the last look; nothing before the first.
#[derive(Debug, Default)]
pub(crate) struct TriggerTimes {
    seen: Option<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    service: Option<Time>,
    /// When each pod's readiness last changed.
    pods: BTreeMap<Text, Time>,
}

impl TriggerTimes {
    /// The earliest of what happened since the last look; at the first look, the creation of the
    /// service. `None` if nothing that has a time did: the end of a pod has none.
    pub(crate) fn next<'a>(
        &mut self,
        service: &Service,
        pods: impl IntoIterator<Item = &'a Pod>,
    ) -> Option<Time> {
        let created = service.metadata.creation_timestamp;
        let changed = |pod: &Pod| Some((pod.metadata.name.clone(), ready_since(pod)?));
        let pods: BTreeMap<Text, Time> = pods.into_iter().filter_map(changed).collect();
        let Some(before) = self.seen.replace(Seen { service: created, pods }) else {
            return created;
        };
        let now = self.seen.iter().flat_map(|seen| &seen.pods);
        let news = now.filter(|(name, time)| before.pods.get(*name).is_none_or(|old| old < time));
        let service = created.filter(|_| created > before.service);
        news.map(|(_, time)| *time).chain(service).min()
    }
}

fn ready_since(pod: &Pod) -> Option<Time> {
    pod.condition("Ready").and_then(|ready| ready.last_transition_time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::service_notation::{pod, service};

    #[test]
    fn the_earliest_news_since_the_last_look_counts() {
        let mut times = TriggerTimes::default();
        let service = service("80");
        let mut next = |pods: &[&str]| {
            let pods: Vec<Pod> = pods.iter().map(|text| pod(text)).collect();
            times.next(&service, &pods).map(Time::seconds).map(|seconds| seconds % 3600)
        };
        assert_eq!(next(&["a since=10"]), Some(0));
        assert_eq!(next(&["a since=10"]), None);
        assert_eq!(next(&["a since=12", "b since=11", "c since=13"]), Some(11));
        assert_eq!(next(&["a since=12"]), None);
    }
}
