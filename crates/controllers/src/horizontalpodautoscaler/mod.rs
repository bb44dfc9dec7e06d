//! Gives scalable objects as many replicas as their metrics ask for. Each metric proposes a number from
//! the ratio of what is to what should be ([`proposal`]); the largest proposal counts, unless it would
//! scale down while some metric is unknown. Proposals are steadied over a window and limited in their
//! pace ([`stabilize`], [`limit`]) before the target's scale is written. History is kept in memory and
//! lost at a restart. Follows `pkg/controller/podautoscaler`.

mod condition;
mod count;
mod decide;
mod describe;
mod history;
mod limit;
mod measure;
mod observe;
mod plan;
mod proposal;
mod reading;
mod requests;
mod selectors;
mod source;
mod stabilize;
mod standing;
mod target;
#[cfg(test)]
mod tests;
mod why;

use std::time::Duration;

use api::{resources::HORIZONTAL_POD_AUTOSCALERS, views::HorizontalPodAutoscaler};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Action, Answers, Change, ClientError, Controller, Enqueue, Informers, Metric, Observation,
    Plan, Step, Watches,
};

pub use history::Memory;
pub use observe::{Observed, View};
pub use why::Why;

/// What the manager's flags say.
#[derive(Debug, Clone, PartialEq)]
pub struct AutoscalerSettings {
    /// Each autoscaler is looked at this often.
    pub sync_period: Duration,
    /// For so long the highest proposal counts when scaling down, unless an autoscaler says otherwise.
    pub downscale_stabilization: Duration,
    /// Share of the target that is no reason to scale, unless an autoscaler says otherwise.
    pub tolerance: f64,
    /// For so long after its start a pod's use of processors may be that of its start.
    pub cpu_initialization_period: Duration,
    /// A pod that became unready within this time of its start is taken for one that never was ready.
    pub initial_readiness_delay: Duration,
}

impl Default for AutoscalerSettings {
    fn default() -> Self {
        Self {
            sync_period: Duration::from_secs(15),
            downscale_stabilization: Duration::from_mins(5),
            tolerance: 0.1,
            cpu_initialization_period: Duration::from_mins(5),
            initial_readiness_delay: Duration::from_secs(30),
        }
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub struct HorizontalPodAutoscalerController;

impl Controller for HorizontalPodAutoscalerController {
    const NAME: &'static str = "horizontal-pod-autoscaler-controller";
    const QUEUE: &'static str = "horizontalpodautoscaler";
    const EVENT_SOURCE: &'static str = "horizontal-pod-autoscaler";
    const METRICS: &'static [Metric] = count::METRICS;
    type Key = ObjectKey;
    type Observed = Observed;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View::new(informers)
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_autoscaler);
    }
    fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Observed> {
        observe::observe(view, key, answers)
    }
    fn plan(memory: &mut Memory, observed: &Observed, now: Time) -> Plan<Why> {
        plan::plan(memory, observed, now)
    }
    fn failed(memory: &mut Memory, step: &Step<Why>, error: &ClientError) {
        if matches!(&step.action, Action::Replace { subresource: "scale", .. }) {
            memory.refuse(error.to_string());
        }
    }
    fn describe(observed: &Observed, now: Time) -> Vec<String> {
        describe::describe(observed, now)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == HORIZONTAL_POD_AUTOSCALERS).then(|| key.clone())
    }
}

/// What is new or was changed is looked at now; all else waits for its turn.
fn on_autoscaler(
    view: &View,
    change: &Change<HorizontalPodAutoscaler>,
    enqueue: &mut Enqueue<ObjectKey>,
) {
    let Some(autoscaler) = change.latest() else { return };
    let is_same = |old: &HorizontalPodAutoscaler, new: &HorizontalPodAutoscaler| {
        (&old.metadata.uid, old.metadata.generation) == (&new.metadata.uid, new.metadata.generation)
    };
    let delay = match (&change.old, &change.new) {
        (Some(old), Some(new)) if is_same(old, new) => view.settings().sync_period,
        _ => Duration::ZERO,
    };
    enqueue.add_after(autoscaler.metadata.key(), delay);
}
