//! One container as a state machine: waiting, running, ended, waiting to run again.

use std::time::Duration;

use api::views::{Container, ContainerState, ContainerStatus, Running, Terminated, Waiting};
use meta::{text::Text, time::Time};

use crate::rules::{Pull, Rule};

/// First back-off of pulls and restarts, doubled each time up to the maximum, as the kubelet does.
const BACKOFF_MIN: Duration = Duration::from_secs(10);
const BACKOFF_MAX: Duration = Duration::from_mins(5);
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
    pub(crate) restart: Restart,
    /// Its turn has come: init containers before it are done.
    pub(crate) may_start: bool,
    /// An init container that nothing says how to end, ends at once.
    pub(crate) ends_by_default: bool,
    /// When the pod arrived at the node.
    pub(crate) arrived: Time,
}

/// Failed pulls of an image; the kubelet, too, forgets them at a restart.
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
}

/// A container one or more transitions on.
#[derive(Debug)]
pub(crate) struct Advanced {
    pub(crate) status: ContainerStatus,
    pub(crate) pulls: Option<FailedPulls>,
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
    pulls: Option<FailedPulls>,
    now: Time,
) -> Advanced {
    let mut advanced = Advanced { status, pulls, told: Vec::new(), next: None };
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
        let count = self.pulls.map_or(1, |pulls| pulls.count.saturating_add(1));
        self.pulls = Some(FailedPulls { count, last: now });
        self.told.push(Told::PullFailed);
        self.wait("ErrImagePull", pull_error(&scene.container.image))
    }

    fn pull_failed(&mut self, scene: &Scene<'_>, now: Time) -> Transition {
        let pulls = *self.pulls.get_or_insert(FailedPulls { count: 1, last: now });
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
        let pulls = *self.pulls.get_or_insert(FailedPulls { count: 1, last: now });
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
        let by_default = scene.ends_by_default.then_some((Duration::ZERO, 0));
        let exit = scene.rule.exit(scene.container).map(|exit| (exit.after, exit.code));
        let Some((after, code)) = exit.or(by_default) else {
            return Transition::Never;
        };
        let end = started + after;
        if now < end {
            return Transition::At(end);
        }
        let reason = if code == 0 { "Completed" } else { "Error" };
        let terminated = Terminated {
            exit_code: code,
            reason: Text::from(reason),
            started_at: Some(started),
            finished_at: Some(now),
        };
        self.become_state(ContainerState {
            terminated: Some(terminated),
            ..ContainerState::default()
        })
    }

    fn after_end(&mut self, scene: &Scene<'_>, terminated: &Terminated) -> Transition {
        let again = match scene.restart {
            Restart::Always => true,
            Restart::OnFailure => terminated.exit_code != 0,
            Restart::Never => false,
        };
        if !again {
            return Transition::Never;
        }
        // The first restart waits for nothing.
        if self.status.restart_count == 0 {
            return self.restart(terminated.finished_at.unwrap_or_default());
        }
        self.told.push(Told::RestartBackedOff);
        let delay = self.restart_delay().as_secs();
        let shown = if delay >= 60 {
            format!("{}m{}s", delay / 60, delay % 60)
        } else {
            format!("{delay}s")
        };
        self.status.last_state =
            ContainerState { terminated: Some(terminated.clone()), ..ContainerState::default() };
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

    fn restart_delay(&self) -> Duration {
        backoff(u32::try_from(self.status.restart_count).unwrap_or(1))
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
        self.pulls = None;
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
        let waiting = Waiting { reason: Text::from(reason), message };
        if self.status.state.waiting.as_ref() == Some(&waiting) {
            return Transition::Never;
        }
        self.become_state(ContainerState { waiting: Some(waiting), ..ContainerState::default() })
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
        if now >= ready_at {
            self.status.ready = true;
            return;
        }
        self.next = Some(self.next.map_or(ready_at, |next| next.min(ready_at)));
    }
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
