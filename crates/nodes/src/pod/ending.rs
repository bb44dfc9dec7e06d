//! Pods that the node does not take, or ends before their containers do.

use std::time::Duration;

use api::views::{ContainerState, ContainerStatus, Phase, Pod};
use meta::time::Time;
use runtime::{Action, Event, EventType, Guard, PatchKind, Plan, Step, Target};

use super::{
    container::{KILLED, ended},
    observe::PodOnNode,
    plan::known_status,
    status::{Ended, Scene, compose},
    why::Why,
};

/// The pod is refused, if a rule says so and it has not begun.
pub(super) fn rejected(observed: &PodOnNode, now: Time) -> Option<Plan<Why>> {
    let pod = &*observed.pod;
    if pod.status.start_time.is_some() {
        return None;
    }
    let mut containers = pod.spec.init_containers.iter().chain(&pod.spec.containers);
    let rejection = containers.find_map(|container| observed.rules.of(pod, container).reject)?;
    let message = "Pod was rejected: a rule of this node refuses it".to_owned();
    let how = Ended { reason: rejection.reason(), message };
    let scene = Scene { started: now.whole_seconds(), ..scene(observed, how, None) };
    Some(end(scene, Why::Rejected, EventType::Warning, now))
}

/// When a pod that may run only so long must end.
pub(super) fn deadline(pod: &Pod, now: Time) -> Option<Time> {
    let seconds = u64::try_from(pod.spec.active_deadline_seconds?).ok()?;
    Some(pod.status.start_time.unwrap_or(now.whole_seconds()) + Duration::from_secs(seconds))
}

/// The pod is ended, if its time is over.
pub(super) fn overdue(observed: &PodOnNode, now: Time) -> Option<Plan<Why>> {
    if now < deadline(&observed.pod, now)? {
        return None;
    }
    let ended = Ended {
        reason: "DeadlineExceeded",
        message: "Pod was active on the node longer than the specified deadline".to_owned(),
    };
    Some(end(scene(observed, ended, Some(now)), Why::Overdue, EventType::Normal, now))
}

/// What stays beside the others ends with them.
pub(super) fn stop_sidecars(init: &mut [ContainerStatus], now: Time) {
    for status in init {
        if let Some(running) = status.state.running.take() {
            status.state = ended(0, running.started_at.unwrap_or(now), now);
            status.ready = false;
        }
    }
}

/// A pod that failed as a whole; its containers are killed `at` that time, or never were.
fn scene(observed: &PodOnNode, how: Ended, at: Option<Time>) -> Scene<'_> {
    let pod = &*observed.pod;
    let states = |containers: &[api::views::Container], is_init: bool| {
        let known = containers.iter().map(|container| known_status(observed, container, is_init));
        match at {
            Some(now) => known.map(|status| killed(status, now)).collect(),
            None => Vec::new(),
        }
    };
    Scene {
        pod,
        init: states(&pod.spec.init_containers, true),
        containers: states(&pod.spec.containers, false),
        phase: Phase::Failed,
        ended: Some(how),
        initialized: false,
        address: pod.status.pod_ip.to_string(),
        host: observed.host.clone(),
        started: pod.status.start_time.unwrap_or_default(),
    }
}

fn killed(status: ContainerStatus, now: Time) -> ContainerStatus {
    let started = match &status.state {
        ContainerState { terminated: Some(_), .. } => return status,
        ContainerState { running, .. } => running.as_ref().and_then(|running| running.started_at),
    };
    let state = ended(KILLED, started.unwrap_or(now), now);
    ContainerStatus { ready: false, state, ..status }
}

fn end(scene: Scene<'_>, why: Why, kind: EventType, now: Time) -> Plan<Why> {
    let action = Action::Patch {
        target: Target::of(scene.pod),
        kind: PatchKind::Strategic,
        patch: compose(&scene, now),
        subresource: "status",
        guard: Guard::Uid,
    };
    let mut step = Step::new(action, why);
    let regarding = Target::of(scene.pod);
    step.on_success =
        scene.ended.map(|Ended { reason, message }| Event { regarding, kind, reason, message });
    let mut plan = Plan::rest();
    plan.step(step);
    plan
}
