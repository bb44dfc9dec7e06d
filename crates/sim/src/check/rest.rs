//! How the cluster must look when nothing goes on any more.

use std::sync::Arc;

use api::views::{Deployment, DeploymentCondition, Phase, Pod, ReplicaSet, Status};

use super::{
    Promise, Verdict, Violation, expect,
    model::{Model, controller, lacks_image},
    others,
};
use crate::{
    plan::NAMESPACE,
    scenario::{Expected, Told},
};

pub(super) fn check(model: &Model, told: &Told) -> Verdict {
    if told.namespace_deleted {
        return namespace_is_gone(model);
    }
    for (name, expected) in &told.deployments {
        as_told(model, name, expected).map_err(of("deployments"))?;
    }
    let deployments = model.deployments.values().filter_map(|track| track.now.as_deref());
    deployments
        .into_iter()
        .try_for_each(|found| deployment(model, found))
        .map_err(of("deployments"))?;
    let sets = model.replica_sets.values().filter_map(|track| track.now.as_deref());
    sets.into_iter().try_for_each(|found| replica_set(model, found)).map_err(of("replicasets"))?;
    model.pods.values().try_for_each(|found| pod(model, found)).map_err(of("pods"))?;
    others::check(model)
}

/// Names the kind that does not rest.
pub(super) fn of(kind: &'static str) -> impl Fn(Violation) -> Violation {
    move |violation| violation.of(kind)
}

fn namespace_is_gone(model: &Model) -> Verdict {
    let (own, within) = (format!("/registry/namespaces/{NAMESPACE}"), format!("/{NAMESPACE}/"));
    let left = model.keys.iter().find(|key| **key == own || key.contains(&within));
    expect(Promise::Rest, left.is_none(), || format!("{left:?} is left of the namespace"))
        .map_err(|violation| violation.of(left.map_or("", String::as_str)))
}

/// What the user was told is true.
fn as_told(model: &Model, name: &str, expected: &Expected) -> Verdict {
    let mut deployments = model.deployments.values().filter_map(|track| track.now.as_ref());
    let found = deployments.find(|found| found.metadata.name == *name);
    let shown = found.map_or(Expected::Missing, |found| Expected::There {
        image: image(&found.spec.template),
        replicas: found.spec.replicas.unwrap_or(1),
        paused: found.spec.paused,
    });
    expect(Promise::Rest, shown == *expected, || {
        format!("{name} is {shown:?} and should be {expected:?}")
    })
}

fn image(template: &api::views::Template) -> String {
    let image = template.json().pointer("/spec/containers/0/image");
    image.and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

fn deployment(model: &Model, found: &Deployment) -> Verdict {
    let (metadata, spec, status) = (&found.metadata, &found.spec, &found.status);
    let name = metadata.key();
    expect(Promise::Rest, !metadata.is_deleting(), || format!("{name} is still being deleted"))?;
    expect(Promise::Rest, status.observed_generation == metadata.generation, || {
        format!("{name}: the newest spec was not observed")
    })?;
    if spec.paused {
        return Ok(());
    }
    let desired = spec.replicas.unwrap_or(1);
    let counts = (status.updated_replicas, status.replicas, status.available_replicas);
    let reason = progress(found).map_or("", |progress| &*progress.reason);
    if image(&spec.template).contains("no-such") && desired > 0 {
        // One that was complete before it grew is not watched for progress again.
        let known = matches!(reason, "ProgressDeadlineExceeded" | "NewReplicaSetAvailable");
        return expect(Promise::Rest, known, || {
            format!("{name} can never run and says {reason:?}")
        });
    }
    expect(Promise::Rest, counts == (desired, desired, desired), || {
        format!("{name} has {counts:?} updated, all and available pods of {desired}")
    })?;
    let done = progress(found).is_some_and(|progress| progress.status == Status::True);
    expect(Promise::Rest, done && reason == "NewReplicaSetAvailable", || {
        format!("{name} says {reason:?}")
    })?;
    history(model, found)
}

fn progress(deployment: &Deployment) -> Option<&DeploymentCondition> {
    deployment.status.conditions.iter().find(|condition| condition.kind == *"Progressing")
}

fn history(model: &Model, found: &Deployment) -> Verdict {
    let old = |set: &&Arc<ReplicaSet>| set.spec.template != found.spec.template;
    let old = model.sets_of(&found.metadata.uid).filter(old).count();
    let limit = found.spec.revision_history_limit.and_then(|limit| usize::try_from(limit).ok());
    expect(Promise::Rest, limit.is_none_or(|limit| old <= limit), || {
        format!("{} keeps {old} old ReplicaSets of {limit:?}", found.metadata.key())
    })
}

fn replica_set(model: &Model, found: &ReplicaSet) -> Verdict {
    let (metadata, status) = (&found.metadata, &found.status);
    let name = metadata.key();
    expect(Promise::Rest, !metadata.is_deleting(), || format!("{name} is still being deleted"))?;
    has_owner(model, metadata)?;
    expect(Promise::Rest, status.observed_generation == metadata.generation, || {
        format!("{name}: the newest spec was not observed")
    })?;
    let wanted = usize::try_from(found.spec.replicas.unwrap_or(1)).unwrap_or(0);
    let pods: Vec<&Arc<Pod>> = model.pods_of(&metadata.uid).collect();
    let active = pods.iter().filter(|pod| pod.is_active()).count();
    let ready = pods.iter().filter(|pod| pod.is_active() && pod.is_ready()).count();
    expect(Promise::Rest, active == wanted, || format!("{name} has {active} pods of {wanted}"))?;
    let shown = (status.replicas, status.ready_replicas, status.available_replicas);
    let count = |pods: usize| i32::try_from(pods).unwrap_or(i32::MAX);
    expect(Promise::Rest, shown == (count(active), count(ready), count(ready)), || {
        format!("{name} shows {shown:?} of {active} pods, {ready} of them ready")
    })
}

/// What names an owner has it.
fn has_owner(model: &Model, metadata: &meta::object::ObjectMeta) -> Verdict {
    let lost = metadata.owner_references.iter().find(|owner| !model.uids.contains(&owner.uid));
    expect(Promise::Rest, lost.is_none(), || {
        let owner = lost.map(|owner| &owner.name);
        format!("{} is there and its owner {owner:?} is not", metadata.key())
    })
}

fn pod(model: &Model, found: &Pod) -> Verdict {
    let name = found.metadata.key();
    expect(Promise::Rest, !found.metadata.is_deleting(), || {
        format!("{name} is still being deleted")
    })?;
    expect(Promise::Rest, controller(&found.metadata).is_some(), || {
        format!("{name} belongs to nobody")
    })?;
    has_owner(model, &found.metadata)?;
    expect(Promise::Rest, !found.spec.node_name.is_empty(), || {
        format!("{name} was not scheduled")
    })?;
    if found.is_finished() {
        return Ok(());
    }
    let runs = found.status.phase == Phase::Running && found.is_ready();
    expect(Promise::Rest, runs != lacks_image(found), || {
        format!("{name} is {:?}, ready: {}", found.status.phase, found.is_ready())
    })
}
