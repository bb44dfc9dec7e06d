//! A pod's status as a kubelet writes it, from the states of its containers.

use api::views::{Condition, Container, ContainerState, ContainerStatus, Phase, Pod, Status};
use meta::{text::Text, time::Time};
use serde_json::{Map, Value, json};

/// The states of all containers of a pod, and where it is.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) pod: &'a Pod,
    pub(crate) init: Vec<ContainerStatus>,
    pub(crate) containers: Vec<ContainerStatus>,
    pub(crate) phase: Phase,
    /// Why the pod as a whole failed, if it did.
    pub(crate) ended: Option<Ended>,
    pub(crate) initialized: bool,
    pub(crate) address: String,
    pub(crate) host: String,
    pub(crate) started: Time,
}

/// Why a pod failed that was ended as a whole.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

/// The status as a patch, without what others own.
pub(crate) fn compose(scene: &Scene<'_>, now: Time) -> Value {
    let mut status = json!({
        "phase": format!("{:?}", scene.phase),
        "hostIP": scene.host,
        "hostIPs": [{"ip": scene.host}],
        "startTime": scene.started.to_string(),
        "observedGeneration": scene.pod.metadata.generation,
        "conditions": conditions(scene, now),
        "containerStatuses": statuses(&scene.pod.spec.containers, &scene.containers),
    });
    if !scene.init.is_empty() {
        status["initContainerStatuses"] = statuses(&scene.pod.spec.init_containers, &scene.init);
    }
    if !scene.address.is_empty() {
        status["podIP"] = scene.address.as_str().into();
        status["podIPs"] = json!([{"ip": scene.address}]);
    }
    if let Some(Ended { reason, message }) = &scene.ended {
        set(&mut status, "reason", reason);
        set(&mut status, "message", message);
    }
    json!({ "status": status })
}

fn conditions(scene: &Scene<'_>, now: Time) -> Value {
    let finished = matches!(scene.phase, Phase::Succeeded | Phase::Failed);
    let unready = unready(scene);
    let wanted = [
        ("PodReadyToStartContainers", judge(!finished, "", String::new())),
        ("Initialized", initialized(scene)),
        ("Ready", readiness(scene, &unready)),
        ("ContainersReady", readiness(scene, &unready)),
    ];
    let list = wanted.into_iter().map(|(kind, (status, reason, message))| {
        let known = scene.pod.condition(kind).filter(|known| known.status == status);
        let since = known.and_then(|known| known.last_transition_time).unwrap_or(now);
        let mut condition = json!({
            "type": kind, "status": status, "lastProbeTime": null,
            "lastTransitionTime": since.to_string(),
            "observedGeneration": scene.pod.metadata.generation,
        });
        set(&mut condition, "reason", reason);
        set(&mut condition, "message", &message);
        condition
    });
    Value::Array(list.collect())
}

type Judgement = (Status, &'static str, String);

fn judge(holds: bool, reason: &'static str, message: String) -> Judgement {
    if holds { (Status::True, "", String::new()) } else { (Status::False, reason, message) }
}

fn initialized(scene: &Scene<'_>) -> Judgement {
    if scene.phase == Phase::Succeeded {
        return (Status::True, "PodCompleted", String::new());
    }
    let open = scene.init.iter().filter(|status| status.state.terminated.is_none());
    let names: Vec<&str> = open.map(|status| &*status.name).collect();
    judge(
        scene.initialized,
        "ContainersNotInitialized",
        format!("containers with incomplete status: [{}]", names.join(" ")),
    )
}

fn unready(scene: &Scene<'_>) -> Vec<Text> {
    let unready = scene.containers.iter().filter(|status| !status.ready);
    unready.map(|status| status.name.clone()).collect()
}

fn readiness(scene: &Scene<'_>, unready: &[Text]) -> Judgement {
    match scene.phase {
        Phase::Succeeded => (Status::False, "PodCompleted", String::new()),
        Phase::Failed => (Status::False, "PodFailed", String::new()),
        Phase::Pending | Phase::Running | Phase::Unknown => judge(
            unready.is_empty(),
            "ContainersNotReady",
            format!("containers with unready status: [{}]", unready.join(" ")),
        ),
    }
}

/// Statuses in the order of names, as the kubelet sorts them.
fn statuses(containers: &[Container], states: &[ContainerStatus]) -> Value {
    let mut list: Vec<(&Text, Value)> = containers
        .iter()
        .filter_map(|container| {
            let state = states.iter().find(|state| state.name == container.name)?;
            Some((&container.name, status(container, state)))
        })
        .collect();
    list.sort_by_key(|(name, _)| *name);
    list.into_iter().map(|(_, status)| status).collect()
}

fn status(container: &Container, state: &ContainerStatus) -> Value {
    let has_run = state.restart_count > 0 || state.state.waiting.is_none();
    let id = format!("{:016x}", meta::hash::fnv32a(container.image.as_bytes()));
    json!({
        "name": container.name,
        "image": container.image,
        "imageID": if has_run { format!("{}@sha256:{}", container.image, id.repeat(4)) } else { String::new() },
        "containerID": if has_run { format!("pilothouse://{}-{}", container.name, id) } else { String::new() },
        "ready": state.ready,
        "started": state.state.running.is_some(),
        "restartCount": state.restart_count,
        "state": state_json(&state.state),
        "lastState": state_json(&state.last_state),
    })
}

fn state_json(state: &ContainerState) -> Value {
    let mut json = Map::new();
    if let Some(waiting) = &state.waiting {
        let mut value = json!({"reason": waiting.reason});
        set(&mut value, "message", &waiting.message);
        json.insert("waiting".into(), value);
    }
    if let Some(running) = &state.running {
        let since = running.started_at.map(|time| time.to_string());
        json.insert("running".into(), json!({"startedAt": since}));
    }
    if let Some(end) = &state.terminated {
        let time = |time: Option<Time>| time.map(|time| time.to_string());
        let value = json!({
            "exitCode": end.exit_code, "reason": end.reason,
            "startedAt": time(end.started_at), "finishedAt": time(end.finished_at),
        });
        json.insert("terminated".into(), value);
    }
    Value::Object(json)
}

/// Sets a text unless it is empty.
fn set(object: &mut Value, field: &str, text: &str) {
    if !text.is_empty() {
        object[field] = text.into();
    }
}

/// Whether writing would change anything that is read of a pod's status.
pub(crate) fn is_written(scene: &Scene<'_>) -> bool {
    let status = &scene.pod.status;
    let same_condition = |(kind, (wanted, reason, message)): (&str, Judgement)| {
        let known = scene.pod.condition(kind);
        known.is_some_and(|known: &Condition| {
            known.status == wanted && known.reason == *reason && known.message == message
        })
    };
    let unready = unready(scene);
    status.phase == scene.phase
        && status.start_time.is_some()
        && *status.pod_ip == *scene.address
        && status.container_statuses.len() == scene.containers.len()
        && scene.containers.iter().all(|wanted| status.container_statuses.contains(wanted))
        && scene.init.iter().all(|wanted| status.init_container_statuses.contains(wanted))
        && same_condition(("Ready", readiness(scene, &unready)))
        && same_condition(("Initialized", initialized(scene)))
}
