//! One container as a state machine: waiting, running, ended, waiting to run again.

use std::time::Duration;

use api::views::{
    Container, ContainerState, ContainerStatus, RestartRule, Running, Terminated, Waiting,
};
use meta::{text::Text, time::Time};

use crate::{
    rules::{Probing, Pull, Rule},
    script::Exit,
};

/// First back-off of pulls and restarts, doubled each time up to the maximum, as the kubelet does.
const BACKOFF_MIN: Duration = Duration::from_secs(10);
const BACKOFF_MAX: Duration = Duration::from_mins(5);
/// A container that ran for so long is well: its next end is a first one again.
const WELL_AFTER: Duration = BACKOFF_MAX.saturating_mul(2);
/// What a process that was killed ends with.
pub(super) const KILLED: i32 = 137;
/// How long a failed pull shows as such before it shows as waiting for the next.
const PULL_ERROR_SHOWN: Duration = Duration::from_secs(2);

/// When a container that ended is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restart {
    Always,
    OnFailure,
    Never,
}

/// What a container does, apart from its state.
pub(crate) struct Scene<'a> {
    pub(crate) container: &'a Container,
    pub(crate) rule: Rule,
    /// How it ends by itself, if it does.
    pub(crate) exit: Option<Exit>,
    pub(crate) restart: Restart,
    /// Its turn has come: init containers before it are done.
    pub(crate) may_start: bool,
    /// An init container that nothing says how to end, ends at once.
    pub(crate) ends_by_default: bool,
    /// When the pod arrived at the node.
    pub(crate) arrived: Time,
}

/// What is remembered of a container beside its status; the kubelet, too, forgets it at a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Kept {
    pub(crate) pulls: Option<FailedPulls>,
    /// Restarts that it had when it last ran for long: they count no more.
    pub(crate) forgiven: i32,
    /// It was told that it does not become ready.
    pub(crate) unready_told: bool,
}

/// Failed pulls of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FailedPulls {
    pub(crate) count: u32,
    pub(crate) last: Time,
}

/// Something the kubelet tells about a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    PullFailed,
    PullBackedOff,
    RestartBackedOff,
    LivenessFailed,
    ReadinessFailed,
}

/// A container one or more transitions on.
#[derive(Debug)]
pub(crate) struct Advanced {
    pub(crate) status: ContainerStatus,
    pub(crate) kept: Kept,
    pub(crate) told: Vec<Told>,
    /// When something will happen by itself.
    pub(crate) next: Option<Time>,
}

enum Transition {
    To(Box<ContainerStatus>),
    At(Time),
    Never,
}

/// Transitions that can follow one another at one moment: more would be a loop.
const TRANSITIONS_MAX: usize = 8;

/// Takes every transition that is due at `now`.
pub(crate) fn advance(
    scene: &Scene<'_>,
    status: ContainerStatus,
    kept: Kept,
    now: Time,
) -> Advanced {
    let mut advanced = Advanced { status, kept, told: Vec::new(), next: None };
    for _ in 0..TRANSITIONS_MAX {
        match advanced.transition(scene, now) {
            Transition::To(status) => advanced.status = *status,
            Transition::At(time) => {
                advanced.next = Some(time);
                break;
            }
            Transition::Never => break,
        }
    }
    advanced.readiness(scene, now);
    advanced
}

/// Back-off before attempt `number`, counting from 1: 10 s, 20 s, … 5 min.
pub(crate) fn backoff(number: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(number.saturating_sub(1).min(16));
    BACKOFF_MIN.saturating_mul(doubled).min(BACKOFF_MAX)
}

impl Scene<'_> {
    /// Whether the container starts again after it ended so: its own rules say, or its policy.
    fn starts_again(&self, code: i32) -> bool {
        let rules = &self.container.restart_policy_rules;
        let is_meant = |rule: &&RestartRule| {
            let codes = rule.exit_codes.as_ref();
            codes.is_some_and(|codes| codes.values.contains(&code) == (codes.operator == *"In"))
        };
        if let Some(rule) = rules.iter().find(is_meant) {
            return rule.action == *"Restart";
        }
        match self.restart {
            Restart::Always => true,
            Restart::OnFailure => code != 0,
            Restart::Never => false,
        }
    }
}

impl Advanced {
    fn transition(&mut self, scene: &Scene<'_>, now: Time) -> Transition {
        let state = &self.status.state;
        if let Some(terminated) = &state.terminated {
            let terminated = terminated.clone();
            return self.after_end(scene, &terminated);
        }
        if let Some(running) = &state.running {
            let started = running.started_at.unwrap_or(now);
            return self.running(scene, started, now);
        }
        let reason = state.waiting.as_ref().map(|waiting| waiting.reason.clone());
        match reason.as_deref() {
            Some("ErrImagePull") => self.pull_failed(scene, now),
            Some("ImagePullBackOff") => self.pull_backed_off(scene, now),
            Some("CrashLoopBackOff") => self.restart_backed_off(scene, now),
            _ => self.start(scene, now),
        }
    }

    fn start(&mut self, scene: &Scene<'_>, now: Time) -> Transition {
        if !scene.may_start {
            return self.wait("PodInitializing", String::new());
        }
        let pulled = scene.arrived + scene.rule.pull_time;
        if now < pulled {
            return self.wait_until("ContainerCreating", pulled);
        }
        if scene.rule.pull == Pull::Missing {
            return self.fail_pull(scene, now);
        }
        let started = pulled + scene.rule.start_time;
        if now < started {
            return self.wait_until("ContainerCreating", started);
        }
        self.run(now)
    }

    fn fail_pull(&mut self, scene: &Scene<'_>, now: Time) -> Transition {
        let count = self.kept.pulls.map_or(1, |pulls| pulls.count.saturating_add(1));
        self.kept.pulls = Some(FailedPulls { count, last: now });
        self.told.push(Told::PullFailed);
        self.wait("ErrImagePull", pull_error(&scene.container.image))
    }

    fn pull_failed(&mut self, scene: &Scene<'_>, now: Time) -> Transition {
        let pulls = *self.kept.pulls.get_or_insert(FailedPulls { count: 1, last: now });
        let shown_until = pulls.last + PULL_ERROR_SHOWN;
        if now < shown_until {
            return Transition::At(shown_until);
        }
        self.told.push(Told::PullBackedOff);
        let image = &scene.container.image;
        self.wait(
            "ImagePullBackOff",
            format!("Back-off pulling image \"{image}\": ErrImagePull: {}", pull_error(image)),
        )
    }

    fn pull_backed_off(&mut self, scene: &Scene<'_>, now: Time) -> Transition {
        let pulls = *self.kept.pulls.get_or_insert(FailedPulls { count: 1, last: now });
        let again = pulls.last + backoff(pulls.count);
        if now < again {
            return Transition::At(again);
        }
        if scene.rule.pull == Pull::Missing {
            return self.fail_pull(scene, now);
        }
        self.run(now)
    }

    fn running(&mut self, scene: &Scene<'_>, started: Time, now: Time) -> Transition {
        let by_default = Exit { after: Duration::ZERO, code: 0 };
        let exit = scene.exit.or_else(|| scene.ends_by_default.then_some(by_default));
        let probed = scene.container.liveness_probe.as_ref();
        let killed = probed.and(scene.rule.liveness_fails_after);
        let is_killed = killed.is_some_and(|after| exit.is_none_or(|exit| after < exit.after));
        let killed = killed.filter(|_| is_killed).map(|after| Exit { after, code: KILLED });
        let Some(Exit { after, code }) = killed.or(exit) else {
            return Transition::Never;
        };
        let end = started + after;
        if now < end {
            return Transition::At(end);
        }
        if is_killed {
            self.told.push(Told::LivenessFailed);
        }
        self.become_state(ended(code, started, now))
    }

    fn after_end(&mut self, scene: &Scene<'_>, terminated: &Terminated) -> Transition {
        if !scene.starts_again(terminated.exit_code) {
            return Transition::Never;
        }
        let finished = terminated.finished_at.unwrap_or_default();
        if finished.since(terminated.started_at.unwrap_or(finished)) >= WELL_AFTER {
            self.kept.forgiven = self.status.restart_count;
        }
        // The first restart waits for nothing.
        if self.failures() == 0 {
            return self.restart(finished);
        }
        self.told.push(Told::RestartBackedOff);
        let delay = self.restart_delay().as_secs();
        let shown = if delay >= 60 {
            format!("{}m{}s", delay / 60, delay % 60)
        } else {
            format!("{delay}s")
        };
        self.status.last_state = ContainerState {
            terminated: Some(terminated.clone().into()),
            ..ContainerState::default()
        };
        self.wait(
            "CrashLoopBackOff",
            format!("back-off {shown} restarting failed container={}", scene.container.name),
        )
    }

    fn restart_backed_off(&mut self, _scene: &Scene<'_>, now: Time) -> Transition {
        let ended = self.status.last_state.terminated.as_ref().and_then(|end| end.finished_at);
        let again = ended.unwrap_or(now) + self.restart_delay();
        if now < again {
            return Transition::At(again);
        }
        self.restart(now)
    }

    /// Restarts in a row.
    fn failures(&self) -> u32 {
        u32::try_from(self.status.restart_count - self.kept.forgiven).unwrap_or(0)
    }

    fn restart_delay(&self) -> Duration {
        backoff(self.failures())
    }

    fn restart(&mut self, now: Time) -> Transition {
        let mut status = self.status.clone();
        if status.state.terminated.is_some() {
            status.last_state = std::mem::take(&mut status.state);
        }
        status.restart_count += 1;
        status.state = running_since(now);
        Transition::To(Box::new(status))
    }

    fn run(&mut self, now: Time) -> Transition {
        self.kept.pulls = None;
        self.become_state(running_since(now))
    }

    fn become_state(&self, state: ContainerState) -> Transition {
        Transition::To(Box::new(ContainerStatus { state, ready: false, ..self.status.clone() }))
    }

    fn wait_until(&mut self, reason: &str, time: Time) -> Transition {
        match self.wait(reason, String::new()) {
            Transition::To(status) => {
                self.status = *status;
                Transition::At(time)
            }
            Transition::At(_) | Transition::Never => Transition::At(time),
        }
    }

    /// Waits for that reason; no transition if it does already.
    fn wait(&mut self, reason: &str, message: String) -> Transition {
        let waiting = Waiting { reason: Text::from(reason), message: message.into() };
        if self.status.state.waiting.as_deref() == Some(&waiting) {
            return Transition::Never;
        }
        self.become_state(ContainerState {
            waiting: Some(waiting.into()),
            ..ContainerState::default()
        })
    }

    fn readiness(&mut self, scene: &Scene<'_>, now: Time) {
        self.status.ready = false;
        let Some(running) = &self.status.state.running else {
            return;
        };
        let probe = scene.container.readiness_probe.as_ref();
        let initial_delay = probe.map_or(0, |probe| probe.initial_delay_seconds);
        let initial_delay = Duration::from_secs(u64::try_from(initial_delay).unwrap_or(0));
        let ready_at = running.started_at.unwrap_or(now) + scene.rule.ready_time.max(initial_delay);
        let fails = probe.is_some() && scene.rule.readiness == Probing::Fails;
        if now >= ready_at && fails {
            if !std::mem::replace(&mut self.kept.unready_told, true) {
                self.told.push(Told::ReadinessFailed);
            }
            return;
        }
        if now >= ready_at {
            self.status.ready = true;
            return;
        }
        self.next = Some(self.next.map_or(ready_at, |next| next.min(ready_at)));
    }
}

/// A container that ended.
pub(super) fn ended(code: i32, started: Time, now: Time) -> ContainerState {
    let terminated = Terminated {
        exit_code: code,
        reason: Text::from(if code == 0 { "Completed" } else { "Error" }),
        started_at: Some(started),
        finished_at: Some(now),
    };
    ContainerState { terminated: Some(terminated.into()), ..ContainerState::default() }
}

fn running_since(now: Time) -> ContainerState {
    let running = Running { started_at: Some(now.whole_seconds()) };
    ContainerState { running: Some(running), ..ContainerState::default() }
}

/// What a container runtime says of an image that is not there.
pub(crate) fn pull_error(image: &str) -> String {
    format!(
        "rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": \
         failed to resolve reference \"{image}\": {image}: not found"
    )
}
