//! A plan in the making: gathers what the rules ask for, so that each object is written once.

use std::{collections::BTreeMap, sync::Arc};

use api::{
    resources::{DEPLOYMENTS, REPLICA_SETS},
    views::{DeploymentCondition, DeploymentStatus, ReplicaSet, Status},
};
use meta::{object::ObjectMeta, text::Text, time::Time};
use runtime::{Action, Event, EventType, Guard, PatchKind, Plan, Step, Target};
use serde_json::{Value, json};

use super::{
    Why, cleanup,
    conditions::{self, CREATED, FOUND, PROGRESSING},
    history::{self, REVISION},
    new_replica_set, progress,
    rollout::{Fleet, Resize, Rollout, size},
    status,
};

pub(super) struct Draft<'a> {
    rollout: &'a Rollout,
    now: Time,
    pub(super) fleet: Fleet,
    plan: Plan<Why>,
    edits: Vec<Edit>,
    conditions: Vec<DeploymentCondition>,
    /// The Deployment's own revision annotation, where it must change.
    revision: Option<Text>,
}

/// Which part of the status a path of the plan is entitled to write.
#[derive(Debug, Clone, Copy)]
pub(super) enum Report {
    /// Counts and availability.
    Counts,
    /// Progress and failures, too.
    Rollout,
}

/// All that changes in one ReplicaSet.
struct Edit {
    replica_set: Arc<ReplicaSet>,
    annotations: BTreeMap<Text, Text>,
    min_ready_seconds: Option<i32>,
    size: Option<i32>,
    why: Why,
}

impl<'a> Draft<'a> {
    pub(super) fn new(rollout: &'a Rollout, now: Time) -> Self {
        Self {
            rollout,
            now,
            fleet: Fleet::of(rollout),
            plan: Plan::rest(),
            edits: Vec::new(),
            conditions: rollout.deployment.status.conditions.clone(),
            revision: None,
        }
    }

    /// Lets an existing new ReplicaSet follow the Deployment, and the Deployment show its revision.
    pub(super) fn sync_new(&mut self) {
        let Some(new) = self.fleet.new.clone() else { return };
        let deployment = &self.rollout.deployment;
        let target = history::next_revision(&self.fleet);
        let missing = history::missing_annotations(&deployment.metadata, &new.metadata, target);
        let revision = missing.get(REVISION).or(new.metadata.annotations.get(REVISION)).cloned();
        let min_ready_seconds = deployment.spec.min_ready_seconds;
        if !missing.is_empty() || new.spec.min_ready_seconds != min_ready_seconds {
            cov_mark::hit!(deployment_new_replica_set_follows);
            let edit = self.edit(&new, Why::NewIsBehind);
            edit.annotations = missing;
            edit.min_ready_seconds = Some(min_ready_seconds);
        }
        self.show_revision(revision);
        let known = conditions::find(&self.conditions, PROGRESSING).is_some();
        if self.rollout.deadline_seconds().is_some() && !known {
            let message = format!("Found new replica set \"{}\"", new.metadata.name);
            self.progressing(Status::True, FOUND, message);
        }
    }

    /// Makes the new ReplicaSet.
    pub(super) fn create_new(&mut self) {
        let new = new_replica_set::build(self.rollout, &self.fleet);
        let metadata = &new.metadata;
        let action = Action::Create {
            resource: REPLICA_SETS,
            namespace: metadata.namespace.clone(),
            object: new_replica_set::to_json(&self.rollout.deployment, &new),
        };
        let mut step = Step::new(action, Why::NewTemplate);
        step.on_success = (size(&new) > 0).then(|| self.scaled(&metadata.name, 0, size(&new)));
        self.plan.step(step);
        self.show_revision(metadata.annotations.get(REVISION).cloned());
        if self.rollout.deadline_seconds().is_some() {
            let message = format!("Created new replica set \"{}\"", metadata.name);
            self.progressing(Status::True, CREATED, message);
        }
        self.fleet.new = Some(new);
    }

    /// Asks for other sizes; answers whether any ReplicaSet will be written for it.
    pub(super) fn resize(&mut self, resizes: impl IntoIterator<Item = Resize>) -> bool {
        let mut changed = false;
        for Resize { replica_set, size: wanted, why } in resizes {
            let present = &replica_set.metadata.annotations;
            let stale: Vec<_> = new_replica_set::size_annotations(self.rollout)
                .into_iter()
                .filter(|(key, value)| present.get(key) != Some(value))
                .collect();
            let differs = wanted != size(&replica_set);
            if !differs && stale.is_empty() {
                continue;
            }
            let edit = self.edit(&replica_set, why);
            edit.annotations.extend(stale);
            edit.size = differs.then_some(wanted);
            changed = true;
        }
        changed
    }

    /// Deletes the history beyond its limit.
    pub(super) fn clean_up(&mut self) {
        self.flush();
        let limit = self.rollout.history_limit().unwrap_or_default();
        for old in cleanup::superfluous(self.rollout, &self.fleet) {
            let action = Action::Delete {
                target: Target::of(&*old),
                propagation: None,
                grace_period_seconds: None,
                guard: Guard::Version,
            };
            self.plan.step(Step::new(action, Why::BeyondHistoryLimit { limit }));
        }
    }

    /// Sets the Progressing condition.
    pub(super) fn progressing(&mut self, state: Status, reason: &str, message: String) {
        let condition = conditions::new(PROGRESSING, state, reason, message, self.now);
        conditions::set(&mut self.conditions, condition);
    }

    /// Tells of something besides.
    pub(super) fn announce(&mut self, step: Step<Why>) {
        self.plan.step(step);
    }

    /// A write of the conditions so far, and of nothing else.
    pub(super) fn conditions_step(&self, why: Why) -> Option<Step<Why>> {
        let mut status = self.rollout.deployment.status.clone();
        status.conditions.clone_from(&self.conditions);
        status_step(self.rollout, &status, None, why)
    }

    /// The plan, with the status that goes with it.
    pub(super) fn finish(mut self, report: Report) -> Plan<Why> {
        self.flush();
        let make = match report {
            Report::Counts => status::plain,
            Report::Rollout => status::full,
        };
        let status = make(self.rollout, &self.fleet, self.conditions, self.now);
        let mut plan = self.plan;
        if let Some(step) = status_step(self.rollout, &status, self.revision, Why::StatusChanged) {
            plan.step(step);
        }
        if matches!(report, Report::Rollout)
            && let Some(delay) = progress::wake_after(self.rollout, &status, self.now)
        {
            plan.wake(delay);
        }
        plan
    }

    /// The steps asked for so far become part of the plan.
    fn flush(&mut self) {
        for edit in std::mem::take(&mut self.edits) {
            let mut step = Step::new(edit.action(), edit.why);
            let (from, name) = (size(&edit.replica_set), &edit.replica_set.metadata.name);
            step.on_success = edit.size.map(|to| self.scaled(name, from, to));
            self.plan.step(step);
        }
    }

    fn edit(&mut self, replica_set: &Arc<ReplicaSet>, why: Why) -> &mut Edit {
        let known = self.edits.iter().position(|edit| Arc::ptr_eq(&edit.replica_set, replica_set));
        let at = known.unwrap_or(self.edits.len());
        if known.is_none() {
            self.edits.push(Edit {
                replica_set: Arc::clone(replica_set),
                annotations: BTreeMap::new(),
                min_ready_seconds: None,
                size: None,
                why: why.clone(),
            });
        }
        let edit = &mut self.edits[at];
        edit.why = why;
        edit
    }

    fn show_revision(&mut self, revision: Option<Text>) {
        let shown = self.rollout.deployment.metadata.annotations.get(REVISION);
        self.revision = revision.filter(|revision| shown != Some(revision));
    }

    fn scaled(&self, name: &str, from: i32, to: i32) -> Event {
        let direction = if to > from { "up" } else { "down" };
        let message = format!("Scaled {direction} replica set {name} from {from} to {to}");
        event(&self.rollout.deployment.metadata, EventType::Normal, "ScalingReplicaSet", message)
    }
}

impl Edit {
    fn action(&self) -> Action {
        let mut patch = json!({});
        if !self.annotations.is_empty() {
            patch["metadata"]["annotations"] = json!(self.annotations);
        }
        if let Some(size) = self.size {
            patch["spec"]["replicas"] = size.into();
        }
        let min_ready_seconds = self.min_ready_seconds;
        let behind = min_ready_seconds.filter(|s| *s != self.replica_set.spec.min_ready_seconds);
        if let Some(seconds) = behind {
            patch["spec"]["minReadySeconds"] = seconds.into();
        }
        Action::Patch {
            target: Target::of(&*self.replica_set),
            kind: PatchKind::Merge,
            patch,
            subresource: "",
            guard: Guard::Version,
        }
    }
}

/// Writes the status, and the revision with it: the status endpoint keeps annotations.
pub(super) fn status_step(
    rollout: &Rollout,
    status: &DeploymentStatus,
    revision: Option<Text>,
    why: Why,
) -> Option<Step<Why>> {
    let deployment = &rollout.deployment;
    let mut patch = json!({});
    if let Some(changed) = status::patch(&deployment.status, status) {
        patch["status"] = changed;
    }
    if let Some(revision) = revision {
        patch["metadata"]["annotations"] = json!({ REVISION: revision });
    }
    if patch.as_object().is_none_or(serde_json::Map::is_empty) {
        return None;
    }
    Some(Step::new(patch_deployment(rollout, PatchKind::Merge, patch, "status"), why))
}

pub(super) fn patch_deployment(
    rollout: &Rollout,
    kind: PatchKind,
    patch: Value,
    subresource: &'static str,
) -> Action {
    let target = Target::of(&*rollout.deployment);
    Action::Patch { target, kind, patch, subresource, guard: Guard::Version }
}

/// An event about the Deployment.
pub(super) fn event(
    deployment: &ObjectMeta,
    kind: EventType,
    reason: &'static str,
    message: String,
) -> Event {
    let regarding = Target::new(DEPLOYMENTS, deployment);
    Event { regarding, kind, reason, message }
}
