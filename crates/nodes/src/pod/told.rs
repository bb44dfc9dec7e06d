//! The events that tell of a container's life.

use runtime::{Action, Event, EventType, Stage, Step, Target};

use super::{
    container::{self, Told},
    observe::PodOnNode,
    why::Why,
};

/// One step for each event.
pub(super) fn announce(
    observed: &PodOnNode,
    container: &str,
    told: Told,
) -> impl Iterator<Item = Stage<Why>> {
    let regarding = Target::of(&*observed.pod);
    events(observed, container, told).into_iter().map(move |(kind, reason, message)| {
        let mut step = Step::new(Action::Announce, Why::Told(told));
        let regarding = regarding.clone();
        step.on_success = Some(Event { regarding, kind, reason, message });
        Stage::One(step)
    })
}

fn events(
    observed: &PodOnNode,
    container: &str,
    told: Told,
) -> Vec<(EventType, &'static str, String)> {
    let spec = &observed.pod.spec;
    let mut all = spec.containers.iter().chain(&spec.init_containers);
    let image = all.find(|known| known.name == *container).map_or("", |known| &*known.image);
    match told {
        Told::PullFailed => vec![
            (EventType::Normal, "Pulling", format!("Pulling image \"{image}\"")),
            (
                EventType::Warning,
                "Failed",
                format!("Failed to pull image \"{image}\": {}", container::pull_error(image)),
            ),
            (EventType::Warning, "Failed", "Error: ErrImagePull".to_owned()),
        ],
        Told::PullBackedOff => vec![
            (EventType::Normal, "BackOff", format!("Back-off pulling image \"{image}\"")),
            (EventType::Warning, "Failed", "Error: ImagePullBackOff".to_owned()),
        ],
        Told::RestartBackedOff => {
            let pod = observed.pod.metadata.key();
            let uid = &observed.pod.metadata.uid;
            let text = format!(
                "Back-off restarting failed container {container} in pod {}_{}({uid})",
                pod.name, pod.namespace
            );
            vec![(EventType::Warning, "BackOff", text)]
        }
        Told::LivenessFailed => vec![
            (EventType::Warning, "Unhealthy", "Liveness probe failed: simulated".to_owned()),
            (
                EventType::Normal,
                "Killing",
                format!("Container {container} failed liveness probe, will be restarted"),
            ),
        ],
        Told::ReadinessFailed => {
            vec![(EventType::Warning, "Unhealthy", "Readiness probe failed: simulated".to_owned())]
        }
    }
}
