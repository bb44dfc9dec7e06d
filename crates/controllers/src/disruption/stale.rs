//! Takes back the word that a pod is about to be disturbed: who does not go within two minutes stays.

use std::{fmt, sync::Arc, time::Duration};

use api::{
    resources::PODS,
    views::{Condition, Pod, Status},
};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Action, Answers, Cache, Change, Controller, Enqueue, Guard, Informers, Observation, PatchKind,
    Plan, Step, Target, Watches,
};
use serde_json::json;

use super::why::Why;

const DISRUPTION_TARGET: &str = "DisruptionTarget";
/// Of the node's own accord: the node sees to it.
const BY_THE_NODE: &str = "TerminationByKubelet";
/// Whoever announces a disruption may take so long.
const PATIENCE: Duration = Duration::from_mins(2);

/// See the module's documentation.
#[derive(Debug)]
pub struct StaleDisruptions;

/// A pod of which it was said that it would be disturbed.
pub struct Announced {
    pod: Arc<Pod>,
    since: Time,
}

impl fmt::Debug for Announced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "to be disturbed, said at {}", self.since)
    }
}

impl Controller for StaleDisruptions {
    const NAME: &'static str = "disruption-controller";
    const QUEUE: &'static str = "stale_pod_disruption";
    const EVENT_SOURCE: &'static str = "controllermanager";
    type Key = ObjectKey;
    type Observed = Announced;
    type Memory = ();
    type Why = Why;
    type View = Arc<Cache<Pod>>;

    fn view(informers: &mut Informers) -> Arc<Cache<Pod>> {
        informers.cache()
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_pod);
    }
    fn observe(
        pods: &Arc<Cache<Pod>>,
        key: &ObjectKey,
        _answers: &Answers,
    ) -> Observation<Announced> {
        let Some(pod) = pods.get(key) else { return Observation::Gone };
        match announced(&pod) {
            Some(condition) => {
                let since = condition.last_transition_time.unwrap_or_default();
                Observation::Ready(Announced { pod, since })
            }
            None => Observation::Gone,
        }
    }
    fn plan(_memory: &mut (), announced: &Announced, now: Time) -> Plan<Why> {
        plan(announced, now)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == PODS).then(|| key.clone())
    }
}

pub(super) fn on_pod(_: &Arc<Cache<Pod>>, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    let (old, new) = (change.old.as_deref(), change.new.as_deref());
    if let Some(pod) = new.filter(|pod| announced(pod).is_some())
        && old.and_then(announced) != announced(pod)
    {
        enqueue.add(pod.metadata.key());
    }
}

/// The word that a pod, which lives, is to be disturbed.
fn announced(pod: &Pod) -> Option<&Condition> {
    let condition = pod.condition(DISRUPTION_TARGET)?;
    let holds = condition.status == Status::True && condition.reason != *BY_THE_NODE;
    (holds && pod.is_active()).then_some(condition)
}

fn plan(announced: &Announced, now: Time) -> Plan<Why> {
    let mut plan = Plan::rest();
    let due = announced.since + PATIENCE;
    if now < due {
        plan.wake(due.since(now));
        return plan;
    }
    let metadata = &announced.pod.metadata;
    let condition = json!({
        "type": DISRUPTION_TARGET, "status": "False", "reason": null, "message": null,
        "lastTransitionTime": now.to_string(), "observedGeneration": metadata.generation,
    });
    let action = Action::Patch {
        target: Target::of(&*announced.pod),
        kind: PatchKind::Strategic,
        patch: json!({"status": {"conditions": [condition]}}),
        subresource: "status",
        guard: Guard::Version,
    };
    plan.step(Step::new(action, Why::LivesOn));
    plan
}
