//! What a kubelet does with a pod now: start it, follow it, stop it.

use std::{collections::BTreeMap, time::Duration};

use api::views::{Container, ContainerStatus, Phase};
use meta::{text::Text, time::Time};
use runtime::{Action, Event, EventType, Guard, ObjectReference, PatchKind, Plan, Step, Target};

use super::{
    container::{self, Advanced, FailedPulls, Restart, Told},
    observe::PodOnNode,
    status,
    why::Why,
};

/// Failed pulls by container. Lost at a restart, as the kubelet's are.
#[derive(Debug, Default)]
pub struct Memory {
    pulls: BTreeMap<Text, FailedPulls>,
}

pub(super) fn plan(memory: &mut Memory, observed: &PodOnNode, now: Time) -> Plan<Why> {
    let pod = &observed.pod;
    if pod.metadata.is_deleting() {
        return stop(observed, now);
    }
    if pod.is_finished() {
        return Plan::rest();
    }
    follow(memory, observed, now)
}

/// Stops the containers and lets the pod go. A pod that others hold with finalizers first shows how
/// its containers ended.
fn stop(observed: &PodOnNode, now: Time) -> Plan<Why> {
    let (pod, metadata) = (&observed.pod, &observed.pod.metadata);
    let mut plan = Plan::rest();
    let grace = metadata.deletion_grace_period_seconds.unwrap_or(0);
    let grace = Duration::from_secs(u64::try_from(grace).unwrap_or(0));
    let asked = metadata.deletion_timestamp.unwrap_or(now) - grace;
    let rules = pod.spec.containers.iter().map(|container| observed.rules.of(pod, container));
    let stop_time = rules.map(|rule| rule.stop_time).max().unwrap_or_default().min(grace);
    if now < asked + stop_time {
        plan.wake((asked + stop_time).since(now));
        return plan;
    }
    if !metadata.finalizers.is_empty() && !pod.is_finished() {
        plan.step(Step::new(ended(observed), Why::Stopped));
    }
    if !grace.is_zero() || metadata.finalizers.is_empty() {
        let action = Action::Delete {
            target: Target::of(&**pod),
            propagation: None,
            grace_period_seconds: Some(0),
            guard: Guard::Uid,
        };
        plan.step(Step::new(action, Why::Gone));
    }
    plan
}

fn ended(observed: &PodOnNode) -> Action {
    Action::Patch {
        target: Target::of(&*observed.pod),
        kind: PatchKind::Merge,
        patch: serde_json::json!({"status": {"phase": "Failed"}}),
        subresource: "status",
        guard: Guard::Uid,
    }
}

fn follow(memory: &mut Memory, observed: &PodOnNode, now: Time) -> Plan<Why> {
    let mut plan = Plan::rest();
    let advanced = advance_all(memory, observed, now);
    let next = advanced.iter().filter_map(|(_, advanced)| advanced.next).min();
    if let Some(next) = next {
        // Times in the API have whole seconds: waking in between would find nothing due.
        plan.wake(next.since(now).max(WAKE_MIN));
    }
    let told: Vec<(Text, Told)> = advanced
        .iter()
        .flat_map(|(container, advanced)| {
            advanced.told.iter().map(|told| (container.name.clone(), *told))
        })
        .collect();
    let scene = compose_scene(observed, advanced, now);
    if status::is_written(&scene) {
        return plan;
    }
    let why = Why::Became(scene.phase);
    let action = Action::Patch {
        target: Target::of(&*observed.pod),
        kind: PatchKind::Strategic,
        patch: status::compose(&scene, now),
        subresource: "status",
        guard: Guard::Uid,
    };
    plan.step(Step::new(action, why));
    for (container, told) in told {
        announce(&mut plan, observed, &container, told);
    }
    plan
}

/// Shorter waits than this are not worth waking for.
const WAKE_MIN: Duration = Duration::from_millis(1);

/// Every container, init containers first, each moved on as far as `now` allows.
fn advance_all<'a>(
    memory: &mut Memory,
    observed: &'a PodOnNode,
    now: Time,
) -> Vec<(&'a Container, Advanced)> {
    let pod = &observed.pod;
    let arrived = pod.status.start_time.unwrap_or(now);
    let policy = restart_policy(&pod.spec.restart_policy);
    let mut may_start = true;
    let mut all = Vec::new();
    let init = pod.spec.init_containers.iter().map(|container| (container, true));
    for (container, is_init) in init.chain(pod.spec.containers.iter().map(|c| (c, false))) {
        let sidecar = is_init && container.restart_policy == "Always";
        let init_policy =
            if policy == Restart::Never { Restart::Never } else { Restart::OnFailure };
        let scene = container::Scene {
            container,
            rule: observed.rules.of(pod, container),
            restart: match (sidecar, is_init) {
                (true, _) => Restart::Always,
                (false, true) => init_policy,
                (false, false) => policy,
            },
            may_start,
            ends_by_default: is_init && !sidecar,
            arrived,
        };
        let known = known_status(observed, container, is_init);
        let pulls = memory.pulls.get(&container.name).copied();
        let advanced = container::advance(&scene, known, pulls, now);
        match advanced.pulls {
            Some(pulls) => memory.pulls.insert(container.name.clone(), pulls),
            None => memory.pulls.remove(&container.name),
        };
        if is_init {
            may_start &= is_done(&advanced.status, sidecar);
        }
        all.push((container, advanced));
    }
    all
}

/// Whether the containers after an init container may start.
fn is_done(status: &ContainerStatus, sidecar: bool) -> bool {
    if sidecar {
        return status.state.running.is_some();
    }
    status.state.terminated.as_ref().is_some_and(|end| end.exit_code == 0)
}

fn known_status(observed: &PodOnNode, container: &Container, is_init: bool) -> ContainerStatus {
    let status = &observed.pod.status;
    let list = if is_init { &status.init_container_statuses } else { &status.container_statuses };
    let known = list.iter().find(|known| known.name == container.name).cloned();
    known.unwrap_or_else(|| ContainerStatus {
        name: container.name.clone(),
        ..ContainerStatus::default()
    })
}

fn restart_policy(text: &str) -> Restart {
    match text {
        "Never" => Restart::Never,
        "OnFailure" => Restart::OnFailure,
        _ => Restart::Always,
    }
}

fn compose_scene<'a>(
    observed: &'a PodOnNode,
    advanced: Vec<(&Container, Advanced)>,
    now: Time,
) -> status::Scene<'a> {
    let pod = &*observed.pod;
    let count = pod.spec.init_containers.len();
    let mut init: Vec<ContainerStatus> =
        advanced.into_iter().map(|(_, advanced)| advanced.status).collect();
    let containers = init.split_off(count);
    let sidecar = |index: usize| pod.spec.init_containers[index].restart_policy == "Always";
    let initialized =
        init.iter().enumerate().all(|(index, status)| is_done(status, sidecar(index)));
    let address =
        if pod.spec.host_network { observed.host.clone() } else { observed.address.clone() };
    status::Scene {
        pod,
        phase: phase(&init, &containers, restart_policy(&pod.spec.restart_policy)),
        init,
        containers,
        initialized,
        address,
        host: observed.host.clone(),
        started: pod.status.start_time.unwrap_or(now).whole_seconds(),
    }
}

/// The phase that the containers' states make.
fn phase(init: &[ContainerStatus], containers: &[ContainerStatus], restart: Restart) -> Phase {
    let failed = |status: &ContainerStatus| {
        status.state.terminated.as_ref().is_some_and(|end| end.exit_code != 0)
    };
    if restart == Restart::Never && init.iter().any(failed) {
        return Phase::Failed;
    }
    let ended = containers.iter().filter(|status| status.state.terminated.is_some()).count();
    if ended == containers.len() && restart != Restart::Always {
        return if containers.iter().any(failed) { Phase::Failed } else { Phase::Succeeded };
    }
    let waits_first =
        |status: &ContainerStatus| status.state.waiting.is_some() && status.restart_count == 0;
    if containers.iter().any(waits_first) {
        return Phase::Pending;
    }
    Phase::Running
}

fn announce(plan: &mut Plan<Why>, observed: &PodOnNode, container: &Text, told: Told) {
    let image = observed.pod.spec.containers.iter().chain(&observed.pod.spec.init_containers);
    let image = image.filter(|known| known.name == *container).map(|known| &known.image).next();
    let image = image.map_or("", |image| &**image);
    let events = match told {
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
    };
    for (kind, reason, message) in events {
        let regarding = ObjectReference::of(&*observed.pod);
        let mut step = Step::new(Action::Announce, Why::Told(told));
        step.on_success = Some(Event { regarding, kind, reason, message });
        plan.step(step);
    }
}
