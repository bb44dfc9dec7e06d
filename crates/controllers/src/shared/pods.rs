//! How far a pod has come: what decides which of several goes first.

use api::views::{ContainerStatus, Phase, Pod};
use meta::time::Time;

/// More for a pod that is closer to serving.
pub(crate) const fn progress(pod: &Pod) -> u8 {
    match pod.status.phase {
        Phase::Pending | Phase::Succeeded | Phase::Failed => 0,
        Phase::Unknown => 1,
        Phase::Running => 2,
    }
}

/// When readiness last changed.
pub(crate) fn ready_since(pod: &Pod) -> Option<Time> {
    pod.condition("Ready")?.last_transition_time
}

/// The most restarts of a container, and of one that runs beside them.
pub(crate) fn restarts(pod: &Pod) -> (i32, i32) {
    let most = |count: &mut dyn Iterator<Item = &ContainerStatus>| {
        count.map(|status| status.restart_count).max().unwrap_or(0)
    };
    let beside = |status: &&ContainerStatus| runs_beside(pod, status);
    (
        most(&mut pod.status.container_statuses.iter()),
        most(&mut pod.status.init_container_statuses.iter().filter(beside)),
    )
}

/// Whether an init container is one that stays while the others run.
pub(crate) fn runs_beside(pod: &Pod, status: &ContainerStatus) -> bool {
    let containers = &pod.spec.init_containers;
    containers.iter().any(|c| c.name == status.name && c.restart_policy == *"Always")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_containers_that_stay_count_among_the_init_containers() {
        let pod: Pod = serde_json::from_value(json!({
            "spec": {"initContainers": [{"name": "once"}, {"name": "side", "restartPolicy": "Always"}]},
            "status": {
                "phase": "Running",
                "containerStatuses": [{"name": "a", "restartCount": 2}],
                "initContainerStatuses": [
                    {"name": "once", "restartCount": 9}, {"name": "side", "restartCount": 3},
                ],
            },
        }))
        .expect("a pod");
        assert_eq!((restarts(&pod), progress(&pod), ready_since(&pod)), ((2, 3), 2, None));
    }
}
