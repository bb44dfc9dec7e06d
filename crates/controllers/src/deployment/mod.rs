//! Rolls pod templates out: each template of a Deployment has a ReplicaSet, the newest grows while the
//! others shrink. How far and how fast is the strategy's business ([`rolling`], [`recreate`]); a change
//! of size alone is spread over all ([`scaling`]). Old ReplicaSets are kept as history to go back to.
//! Progress and availability are reported as conditions; a deadline reports, it never rolls back.
//! Pods are never touched: ReplicaSets do that.

mod cleanup;
mod conditions;
mod describe;
mod draft;
mod history;
mod new_replica_set;
mod observe;
mod plan;
mod progress;
mod recreate;
mod rollback;
mod rolling;
mod rollout;
mod scaling;
mod status;
#[cfg(test)]
mod tests;
mod why;

use std::sync::Arc;

use api::views::{Deployment, Pod, ReplicaSet, StrategyType};
use meta::{mutants::mutant, object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Answers, Cache, Change, ClientError, Controller, Enqueue, Informers, Observation, Plan, Step,
    Watches,
};

use crate::shared::claims::{self, PODS_BY_OWNER, REPLICA_SETS_BY_OWNER};

pub use plan::Memory;
pub use rollout::Rollout;
pub use why::Why;

/// The Deployment controller.
#[derive(Debug)]
pub struct DeploymentController;

/// What it reads.
pub struct View {
    deployments: Arc<Cache<Deployment>>,
    replica_sets: Arc<Cache<ReplicaSet>>,
    pods: Arc<Cache<Pod>>,
}

impl Controller for DeploymentController {
    const NAME: &'static str = "deployment-controller";
    const QUEUE: &'static str = "deployment";
    const EVENT_SOURCE: &'static str = "deployment-controller";
    type Key = ObjectKey;
    type Observed = Rollout;
    type Memory = Memory;
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View {
            deployments: informers.cache(),
            replica_sets: informers.index(&REPLICA_SETS_BY_OWNER),
            pods: informers.index(&PODS_BY_OWNER),
        }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_deployment);
        watches.on(on_replica_set);
        watches.on(on_pod);
    }
    fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Rollout> {
        observe::observe(view, key, answers)
    }
    fn plan(memory: &mut Memory, rollout: &Rollout, now: Time) -> Plan<Why> {
        plan::plan(memory, rollout, now)
    }
    fn failed(memory: &mut Memory, step: &Step<Why>, error: &ClientError) {
        memory.note_failure(step, error);
    }
    fn describe(rollout: &Rollout, now: Time) -> Vec<String> {
        describe::lines(rollout, now)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == api::resources::DEPLOYMENTS).then(|| key.clone())
    }
}

fn on_deployment(_: &View, change: &Change<Deployment>, enqueue: &mut Enqueue<ObjectKey>) {
    if let Some(deployment) = change.latest() {
        enqueue.add(deployment.metadata.key());
    }
}

fn on_replica_set(view: &View, change: &Change<ReplicaSet>, enqueue: &mut Enqueue<ObjectKey>) {
    if mutant("hb_17") {
        return;
    }
    for key in claims::concerned(&view.deployments, |owner| &owner.spec.selector, change) {
        enqueue.add(key);
    }
}

/// Only the end of a pod matters, and only to Recreate: it waits for the last old one.
fn on_pod(view: &View, change: &Change<Pod>, enqueue: &mut Enqueue<ObjectKey>) {
    let (Some(pod), None) = (&change.old, &change.new) else { return };
    let owner = claims::resolve(&view.replica_sets, &pod.metadata)
        .and_then(|replica_set| claims::resolve(&view.deployments, &replica_set.metadata));
    if let Some(deployment) = owner
        && deployment.spec.strategy.kind == StrategyType::Recreate
    {
        enqueue.add(deployment.metadata.key());
    }
}
