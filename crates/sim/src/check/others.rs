//! How objects of the other kinds must look when nothing goes on any more.

use api::views::{DaemonSet, Job, Phase, ResourceQuota, StatefulSet};
use meta::object::ObjectKey;

use super::{Promise, Verdict, expect, model::Model, rest::of};

pub(super) fn check(model: &Model) -> Verdict {
    let kinds = &model.others;
    kinds
        .stateful_sets
        .values()
        .try_for_each(|found| stateful_set(model, found))
        .map_err(of("statefulsets"))?;
    kinds
        .daemon_sets
        .values()
        .try_for_each(|found| daemon_set(model, found))
        .map_err(of("daemonsets"))?;
    kinds.jobs.values().try_for_each(|found| job(model, found)).map_err(of("jobs"))?;
    kinds.quotas.values().try_for_each(|found| quota(model, found)).map_err(of("resourcequotas"))
}

fn is_settled(key: &ObjectKey, deleting: bool, observed: bool) -> Verdict {
    expect(Promise::Rest, !deleting, || format!("{key} is still being deleted"))?;
    expect(Promise::Rest, observed, || format!("{key}: the newest spec was not observed"))
}

/// Each ordinal has its pod, and no other.
fn stateful_set(model: &Model, found: &StatefulSet) -> Verdict {
    let (metadata, status) = (&found.metadata, &found.status);
    let key = metadata.key();
    let observed = status.observed_generation == metadata.generation;
    is_settled(&key, metadata.is_deleting(), observed)?;
    let wanted = found.spec.replicas.unwrap_or(1);
    let pods: Vec<_> = model.pods_of(&metadata.uid).collect();
    let names: Vec<String> =
        (0..wanted).map(|ordinal| format!("{}-{ordinal}", metadata.name)).collect();
    let there = |name: &String| pods.iter().any(|pod| *pod.metadata.name == **name);
    let whole = i32::try_from(pods.len()) == Ok(wanted) && names.iter().all(there);
    expect(Promise::Rest, whole, || format!("{key} has {} pods of {wanted}", pods.len()))?;
    let counts = (status.replicas, status.ready_replicas, status.available_replicas);
    expect(Promise::Rest, counts == (wanted, wanted, wanted), || {
        format!("{key} shows {counts:?} of {wanted}")
    })?;
    expect(Promise::Rest, status.current_revision == status.update_revision, || {
        format!("{key} is at {} and not at {}", status.current_revision, status.update_revision)
    })
}

/// Each node has one pod.
fn daemon_set(model: &Model, found: &DaemonSet) -> Verdict {
    let (metadata, status) = (&found.metadata, &found.status);
    let key = metadata.key();
    let observed = status.observed_generation == metadata.generation;
    is_settled(&key, metadata.is_deleting(), observed)?;
    for node in model.nodes.keys() {
        let here = model.pods_of(&metadata.uid).filter(|pod| *pod.spec.node_name == **node).count();
        expect(Promise::Rest, here == 1, || format!("{key} has {here} pods on {node}"))?;
    }
    let wanted = i32::try_from(model.nodes.len()).unwrap_or(i32::MAX);
    let counts = (status.desired_number_scheduled, status.number_ready, status.number_available);
    expect(Promise::Rest, counts == (wanted, wanted, wanted), || {
        format!("{key} shows {counts:?} of {wanted}")
    })?;
    expect(Promise::Rest, status.updated_number_scheduled == wanted, || {
        format!("{key} is not updated")
    })
}

/// It has ended, or may have no pod.
fn job(model: &Model, found: &Job) -> Verdict {
    let (metadata, status) = (&found.metadata, &found.status);
    let key = metadata.key();
    is_settled(&key, metadata.is_deleting(), true)?;
    if found.spec.parallelism == Some(0) || found.spec.suspend == Some(true) {
        return Ok(());
    }
    let Some(finished) = found.finished() else {
        return expect(Promise::Rest, false, || format!("{key} has not ended: {status:?}"));
    };
    let active = model.pods_of(&metadata.uid).filter(|pod| pod.is_active()).count();
    expect(Promise::Rest, active == 0, || {
        format!("{key} is {} and has {active} pods", finished.kind)
    })?;
    expect(Promise::Rest, status.succeeded == found.spec.completions.unwrap_or(1), || {
        format!("{key} counts {} of {:?} completions", status.succeeded, found.spec.completions)
    })
}

/// What is used is what is there.
fn quota(model: &Model, found: &ResourceQuota) -> Verdict {
    let key = found.metadata.key();
    let used = found.status.used.as_ref().and_then(|used| {
        let pods = used.iter().find(|(name, _)| ***name == *"pods");
        pods.map(|(_, amount)| amount.to_string())
    });
    let lives = |phase: &Phase| !matches!(phase, Phase::Failed | Phase::Succeeded);
    let own = model.pods.values().filter(|pod| pod.metadata.namespace == found.metadata.namespace);
    let pods = own.filter(|pod| lives(&pod.status.phase)).count();
    expect(Promise::Rest, used == Some(pods.to_string()), || {
        format!("{key} counts {used:?} of {pods} pods")
    })
}
