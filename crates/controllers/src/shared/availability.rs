//! Since when a pod serves, and how long until that counts.

use std::time::Duration;

use api::views::Pod;
use meta::time::Time;

/// How long until a ready pod has been ready for `min_ready_seconds`; zero if it has, `None` if it is not
/// ready.
pub(crate) fn available_in(pod: &Pod, min_ready_seconds: i32, now: Time) -> Option<Duration> {
    if !pod.is_ready() {
        return None;
    }
    let needed = Duration::from_secs(u64::try_from(min_ready_seconds).unwrap_or(0));
    if needed.is_zero() {
        return Some(needed);
    }
    let since = pod.condition("Ready").and_then(|ready| ready.last_transition_time);
    Some(since.map_or(needed, |since| needed.saturating_sub(now.since(since))))
}

/// Whether a pod has been ready for `min_ready_seconds`.
pub(crate) fn is_available(pod: &Pod, min_ready_seconds: i32, now: Time) -> bool {
    available_in(pod, min_ready_seconds, now).is_some_and(|rest| rest.is_zero())
}

/// How long until the next of the ready pods becomes available.
pub(crate) fn next_available<'a>(
    pods: impl IntoIterator<Item = &'a Pod>,
    min_ready_seconds: i32,
    now: Time,
) -> Option<Duration> {
    let waits = pods.into_iter().filter_map(|pod| available_in(pod, min_ready_seconds, now));
    waits.filter(|rest| !rest.is_zero()).min()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(ready: &str, min_ready_seconds: i32, expected: Option<u64>) {
        let condition =
            json!({"type": "Ready", "status": ready, "lastTransitionTime": "2026-11-24T08:00:00Z"});
        let pod = json!({"status": {"conditions": [condition]}});
        let pod: Pod = serde_json::from_value(pod).expect("a pod");
        let now: Time = "2026-11-24T08:00:04Z".parse().expect("a time");
        let rest = available_in(&pod, min_ready_seconds, now);
        assert_eq!(rest, expected.map(Duration::from_secs));
    }

    #[test]
    fn a_ready_pod_is_available_after_its_time() {
        check("True", 0, Some(0));
        check("True", 4, Some(0));
        check("True", 10, Some(6));
    }
    #[test]
    fn a_pod_that_is_not_ready_is_not_on_its_way() {
        check("False", 0, None);
    }
}
