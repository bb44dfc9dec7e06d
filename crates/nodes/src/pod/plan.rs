//! What a kubelet does with a pod now: start it, follow it, stop it.

use std::{collections::BTreeMap, time::Duration};

use api::views::{Container, ContainerStatus, Phase};
use meta::{text::Text, time::Time};
use runtime::{Action, Guard, PatchKind, Plan, Step, Target};

use super::{
    container::{self, Advanced, Kept, Restart, Told},
    ending,
    observe::PodOnNode,
    status, told,
    why::Why,
};

/// What is remembered by container. Lost at a restart, as the kubelet's is.
#[derive(Debug, Default)]
pub struct Memory {
    containers: BTreeMap<Text, Kept>,
}

pub(super) fn plan(memory: &mut Memory, observed: &PodOnNode, now: Time) -> Plan<Why> {
    let pod = &observed.pod;
    if pod.metadata.is_deleting() {
        return stop(observed, now);
    }
    if pod.is_finished() {
        return Plan::rest();
    }
    ending::rejected(observed, now)
        .or_else(|| ending::overdue(observed, now))
        .unwrap_or_else(|| follow(memory, observed, now))
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
    if let Some(deadline) = ending::deadline(&observed.pod, now) {
        plan.wake(deadline.since(now).max(WAKE_MIN));
    }
    let scene = compose_scene(observed, advanced, now);
    if !status::is_written(&scene) {
        let why = Why::Became(scene.phase);
        let action = Action::Patch {
            target: Target::of(&*observed.pod),
            kind: PatchKind::Strategic,
            patch: status::compose(&scene, now),
            subresource: "status",
            guard: Guard::Uid,
        };
        plan.step(Step::new(action, why));
    }
    for (container, told) in told {
        plan.stages.extend(told::announce(observed, &container, told));
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
        let rule = observed.rules.of(pod, container);
        let scene = container::Scene {
            container,
            exit: rule.exit(pod, container),
            rule,
            restart: restart(policy, container, is_init),
            may_start,
            ends_by_default: is_init && !sidecar,
            arrived,
        };
        let known = known_status(observed, container, is_init);
        let kept = memory.containers.get(&container.name).copied().unwrap_or_default();
        let advanced = container::advance(&scene, known, kept, now);
        if advanced.kept == Kept::default() {
            memory.containers.remove(&container.name);
        } else {
            memory.containers.insert(container.name.clone(), advanced.kept);
        }
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

pub(super) fn known_status(
    observed: &PodOnNode,
    container: &Container,
    is_init: bool,
) -> ContainerStatus {
    let status = &observed.pod.status;
    let list = if is_init { &status.init_container_statuses } else { &status.container_statuses };
    let known = list.iter().find(|known| known.name == container.name).cloned();
    known.unwrap_or_else(|| ContainerStatus {
        name: container.name.clone(),
        ..ContainerStatus::default()
    })
}

/// When a container starts again: its own word goes before the pod's.
fn restart(policy: Restart, container: &Container, is_init: bool) -> Restart {
    if !container.restart_policy.is_empty() {
        return restart_policy(&container.restart_policy);
    }
    // An init container that succeeded is done.
    if is_init && policy == Restart::Always { Restart::OnFailure } else { policy }
}

fn restart_policy(text: &str) -> Restart {
    match text {
        "Never" => Restart::Never,
        "OnFailure" => Restart::OnFailure,
        _ => Restart::Always,
    }
}

pub(super) fn compose_scene<'a>(
    observed: &'a PodOnNode,
    advanced: Vec<(&Container, Advanced)>,
    now: Time,
) -> status::Scene<'a> {
    let pod = &*observed.pod;
    let count = pod.spec.init_containers.len();
    let mut init: Vec<ContainerStatus> =
        advanced.into_iter().map(|(_, advanced)| advanced.status).collect();
    let containers = init.split_off(count);
    let phase = phase(&init, &containers);
    if matches!(phase, Phase::Succeeded | Phase::Failed) {
        ending::stop_sidecars(&mut init, now);
    }
    let sidecar = |index: usize| pod.spec.init_containers[index].restart_policy == "Always";
    let initialized =
        init.iter().enumerate().all(|(index, status)| is_done(status, sidecar(index)));
    let address =
        if pod.spec.host_network { observed.host.clone() } else { observed.address.clone() };
    status::Scene {
        pod,
        phase,
        ended: None,
        init,
        containers,
        initialized,
        address,
        host: observed.host.clone(),
        started: pod.status.start_time.unwrap_or(now).whole_seconds(),
    }
}

/// The phase that the containers' states make; one that ended and starts again does not show as ended.
fn phase(init: &[ContainerStatus], containers: &[ContainerStatus]) -> Phase {
    let failed = |status: &ContainerStatus| {
        status.state.terminated.as_ref().is_some_and(|end| end.exit_code != 0)
    };
    if init.iter().any(failed) {
        return Phase::Failed;
    }
    if containers.iter().all(|status| status.state.terminated.is_some()) {
        return if containers.iter().any(failed) { Phase::Failed } else { Phase::Succeeded };
    }
    let waits_first =
        |status: &ContainerStatus| status.state.waiting.is_some() && status.restart_count == 0;
    if containers.iter().any(waits_first) {
        return Phase::Pending;
    }
    Phase::Running
}
