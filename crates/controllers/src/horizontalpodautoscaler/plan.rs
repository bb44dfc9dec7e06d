//! An autoscaler and its target → the target's new size, and what the status tells.

use std::cmp::Ordering;

use api::views::{Condition, HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus};
use meta::time::Time;
use runtime::{Action, Event, EventType, Guard, PatchKind, Plan, Step, Target};
use serde_json::{Value, json};

use super::{
    condition::{self, ABLE_TO_SCALE, SCALED_TO_ZERO, SCALING_ACTIVE, Word},
    count::{self, Direction, Look, Trouble},
    decide,
    history::Memory,
    limit::{self, Bounds},
    observe::Observed,
    stabilize,
    standing::{self, Standing},
    target::Scale,
    why::Why,
};
use crate::shared::{
    patch::Difference,
    tell::{announce, event},
};

pub(super) fn plan(memory: &mut Memory, observed: &Observed, now: Time) -> Plan<Why> {
    let mut draft = Draft::new(observed, now);
    match &observed.scale {
        Err(error) => draft.lost(error),
        Ok(scale) => draft.sized(memory, scale),
    }
    let look = std::mem::take(&mut draft.look);
    let mut plan = draft.finish();
    count::measure(&mut plan, observed, &look);
    plan.wake(observed.settings.sync_period);
    plan
}

/// A size that the target should have, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    replicas: i32,
    reason: String,
}

/// A plan in the making.
struct Draft<'a> {
    observed: &'a Observed,
    now: Time,
    conditions: Vec<Condition>,
    status: HorizontalPodAutoscalerStatus,
    warnings: Vec<Event>,
    rescale: Option<Step<Why>>,
    look: Look,
    /// Told once the status is written.
    failure: Option<Event>,
}

impl<'a> Draft<'a> {
    fn new(observed: &'a Observed, now: Time) -> Self {
        let status = observed.autoscaler.status.clone();
        Self {
            observed,
            now,
            conditions: status.conditions.clone(),
            status,
            warnings: Vec::new(),
            rescale: None,
            look: Look { desired: observed.autoscaler.status.desired_replicas, ..Look::default() },
            failure: None,
        }
    }

    fn autoscaler(&self) -> &'a HorizontalPodAutoscaler {
        &self.observed.autoscaler
    }
    fn say(&mut self, word: Word) {
        condition::say(&mut self.conditions, word, self.now);
    }
    fn warning(&self, reason: &'static str, text: impl Into<String>) -> Event {
        event(self.autoscaler(), EventType::Warning, reason, text)
    }

    /// There is no target, or none with a scale.
    fn lost(&mut self, error: &str) {
        self.look.trouble = Trouble::Internal;
        let message =
            format!("the HPA controller was unable to get the target's current scale: {error}");
        self.say(Word::fails(ABLE_TO_SCALE, "FailedGetScale", message));
        let warning = self.warning("FailedGetScale", error);
        self.warnings.push(warning);
    }

    fn sized(&mut self, memory: &mut Memory, scale: &Scale) {
        let autoscaler = self.autoscaler();
        memory.see(scale.replicas, autoscaler.spec.behavior.as_ref());
        memory.begin(scale.replicas, self.now);
        let message = "the HPA controller was able to get the target's current scale";
        self.say(Word::holds(ABLE_TO_SCALE, "SucceededGetScale", message));
        let refusal = memory.take_refusal();
        let wanted = match Standing::of(autoscaler, scale.replicas) {
            Standing::Disabled => {
                let message = "scaling is disabled since the replica count of the target is zero";
                self.say(Word::fails(SCALING_ACTIVE, "ScalingDisabled", message));
                self.observe_size(scale, Vec::new());
                None
            }
            Standing::AboveMax => {
                self.observe_size(scale, Vec::new());
                let reason = "Current number of replicas above Spec.MaxReplicas".to_owned();
                Some(Wanted { replicas: autoscaler.spec.max_replicas, reason })
            }
            Standing::BelowMin => {
                self.observe_size(scale, Vec::new());
                Some(below_min(autoscaler))
            }
            Standing::Measured => self.measured(memory, scale),
        };
        match (wanted, refusal) {
            (None, _) => {}
            (Some(_), Some(refusal)) => {
                self.look.trouble = Trouble::Internal;
                let message = format!(
                    "the HPA controller was unable to update the target scale: {}",
                    refusal.error
                );
                self.status.desired_replicas = autoscaler.status.desired_replicas;
                self.say(Word::fails(ABLE_TO_SCALE, "FailedUpdateScale", message));
            }
            (Some(wanted), None) => self.rescale(memory, scale, wanted),
        }
    }

    /// What metrics make of the target; `None` if it keeps its size.
    fn measured(&mut self, memory: &mut Memory, scale: &Scale) -> Option<Wanted> {
        let verdict = decide::verdict(self.observed, scale, self.now);
        let warn = |(reason, text)| event(self.autoscaler(), EventType::Warning, reason, text);
        let warnings: Vec<Event> = verdict.warnings.into_iter().map(warn).collect();
        self.warnings.extend(warnings);
        let mut troubles = verdict.computed.iter().map(|computed| computed.trouble);
        let first = troubles.find(|trouble| *trouble != Trouble::None);
        self.look.trouble = match (&verdict.wanted, first) {
            (_, Some(trouble)) => trouble,
            (Err(_), None) => Trouble::Internal,
            (Ok(_), None) => Trouble::None,
        };
        self.look.metrics = verdict.computed;
        self.say(verdict.word);
        self.observe_size(scale, verdict.statuses);
        let (proposal, metric) = match verdict.wanted {
            Ok(wanted) => wanted,
            Err(error) => {
                self.status.desired_replicas = self.autoscaler().status.desired_replicas;
                self.failure = Some(self.warning("FailedComputeMetricsReplicas", error));
                return None;
            }
        };
        let replicas = self.normalize(memory, scale.replicas, proposal);
        if scale.replicas == 0 && proposal < standing::least(self.autoscaler()) {
            return Some(below_min(self.autoscaler()));
        }
        let reason = match proposal.cmp(&scale.replicas) {
            Ordering::Greater => format!("{metric} above target"),
            Ordering::Less => "All metrics below target".to_owned(),
            // An earlier proposal takes effect now.
            Ordering::Equal => String::new(),
        };
        (replicas != scale.replicas).then_some(Wanted { replicas, reason })
    }

    /// A proposal, steadied and kept within its bounds.
    fn normalize(&mut self, memory: &mut Memory, current: i32, proposal: i32) -> i32 {
        let spec = &self.autoscaler().spec;
        let settings = &self.observed.settings;
        let step = stabilize::Step {
            current,
            proposal,
            behavior: spec.behavior.as_ref(),
            settings,
            now: self.now,
        };
        let (proposal, word) = stabilize::stabilize(memory, step);
        self.say(word);
        let bounds = Bounds { least: standing::least(self.autoscaler()), most: spec.max_replicas };
        let (replicas, word) = limit::limit(memory, stabilize::Step { proposal, ..step }, bounds);
        self.say(word);
        replicas
    }

    fn observe_size(&mut self, scale: &Scale, metrics: Vec<Value>) {
        self.status.observed_generation = Some(self.autoscaler().metadata.generation);
        self.status.current_replicas = scale.replicas;
        self.status.desired_replicas = scale.replicas;
        self.status.current_metrics = metrics;
    }

    fn rescale(&mut self, memory: &mut Memory, scale: &Scale, wanted: Wanted) {
        let autoscaler = self.autoscaler();
        let Wanted { replicas, reason } = wanted;
        self.look.direction = Direction::of(scale.replicas, replicas);
        self.look.desired = replicas;
        memory.ask(scale.replicas, replicas, autoscaler.spec.behavior.as_ref(), self.now);
        let message =
            format!("the HPA controller was able to update the target scale to {replicas}");
        self.say(Word::holds(ABLE_TO_SCALE, "SucceededRescale", message));
        self.say(scaled_to_zero(autoscaler, scale.replicas, replicas));
        self.status.desired_replicas = replicas;
        self.status.last_scale_time = Some(self.now.whole_seconds());
        // The whole scale: nothing else of it can be written, and few may patch one.
        let action = Action::Replace {
            target: scale.target.clone(),
            subresource: "scale",
            object: json!({"spec": {"replicas": replicas}}),
        };
        let size = format!("New size: {replicas}; reason: {reason}");
        let mut step = Step::new(action, Why::Rescale(reason));
        let refused = format!("{size}; error: {{error}}");
        step.on_success = Some(event(autoscaler, EventType::Normal, "SuccessfulRescale", size));
        step.on_failure = Some(event(autoscaler, EventType::Warning, "FailedRescale", refused));
        self.rescale = Some(step);
    }

    fn finish(mut self) -> Plan<Why> {
        let mut plan = Plan::rest();
        for warning in std::mem::take(&mut self.warnings) {
            plan.step(announce(warning, Why::Told));
        }
        if let Some(rescale) = self.rescale.take() {
            plan.step(rescale);
        }
        if let Some(patch) = self.difference() {
            let action = Action::Patch {
                target: Target::of(self.autoscaler()),
                kind: PatchKind::Merge,
                patch: json!({"status": patch}),
                subresource: "status",
                guard: Guard::Version,
            };
            let mut step = Step::new(action, Why::StatusChanged);
            step.on_failure = Some(self.warning("FailedUpdateStatus", "{error}"));
            plan.step(step);
        }
        if let Some(failure) = self.failure.take() {
            plan.step(announce(failure, Why::Told));
        }
        plan
    }

    fn difference(&self) -> Option<Value> {
        let (old, new) = (&self.autoscaler().status, &self.status);
        let time = |time: Option<Time>| time.map(|time| time.to_string());
        let mut patch = Difference::default();
        patch.optional("observedGeneration", old.observed_generation, new.observed_generation);
        patch.optional("lastScaleTime", time(old.last_scale_time), time(new.last_scale_time));
        let (was, is) = (Some(old.current_replicas), Some(new.current_replicas));
        patch.optional("currentReplicas", was, is);
        let (was, is) = (Some(old.desired_replicas), Some(new.desired_replicas));
        patch.optional("desiredReplicas", was, is);
        patch.list("currentMetrics", &old.current_metrics, &new.current_metrics);
        patch.list("conditions", &old.conditions, &self.conditions);
        patch.into_patch()
    }
}

fn below_min(autoscaler: &HorizontalPodAutoscaler) -> Wanted {
    let reason = "Current number of replicas below Spec.MinReplicas".to_owned();
    Wanted { replicas: standing::least(autoscaler), reason }
}

/// Whether it is us who took the last replica away: what somebody else scales to zero stays there.
fn scaled_to_zero(autoscaler: &HorizontalPodAutoscaler, from: i32, to: i32) -> Word {
    let may_be_zero = standing::least(autoscaler) == 0 && standing::may_be_zero(autoscaler);
    if from > 0 && to == 0 && may_be_zero {
        let message = "the HPA controller scaled the workload to zero";
        return Word::holds(SCALED_TO_ZERO, "ScaledToZero", message);
    }
    let message = "the HPA controller did not scale the workload to zero";
    Word::fails(SCALED_TO_ZERO, "NotScaledToZero", message)
}
