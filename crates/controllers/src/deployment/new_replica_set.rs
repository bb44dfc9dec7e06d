//! The ReplicaSet of a template that has none yet.

use std::sync::Arc;

use api::{
    resources::DEPLOYMENTS,
    views::{Deployment, ReplicaSet, ReplicaSetSpec, ReplicaSetStatus, Template},
};
use meta::{
    object::{Labels, ObjectMeta},
    text::Text,
};
use runtime::owners::controller_reference;
use serde_json::{Value, json};

use super::{
    history::{self, DESIRED_REPLICAS, MAX_REPLICAS, REVISION},
    rolling,
    rollout::{Fleet, Rollout},
};
use crate::shared::template_hash;

/// The label that tells the pods of one ReplicaSet from those of the next.
const POD_TEMPLATE_HASH: &str = "pod-template-hash";
/// Longest name an object may have.
const NAME_LENGTH_MAX: usize = 253;

/// The name of the ReplicaSet for the current template.
pub(super) fn name(deployment: &Deployment) -> String {
    let hash = template_hash(deployment);
    let mut stem = deployment.metadata.name.to_string();
    stem.truncate(NAME_LENGTH_MAX - hash.len() - 1);
    format!("{stem}-{hash}")
}

fn template_hash(deployment: &Deployment) -> String {
    let collisions = deployment.status.collision_count;
    if collisions.is_some() {
        cov_mark::hit!(deployment_hash_depends_on_the_collision_count);
    }
    template_hash::template_hash(&deployment.spec.template, collisions)
}

/// The ReplicaSet to be made, as it will look at first.
pub(super) fn build(rollout: &Rollout, fleet: &Fleet) -> Arc<ReplicaSet> {
    let deployment = &rollout.deployment;
    let owner = &deployment.metadata;
    let hash = template_hash(deployment);
    let template = with_hash(deployment.spec.template.without_hash(), &hash);
    let mut annotations: Labels = history::copied(&owner.annotations)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    annotations.insert(REVISION.into(), history::next_revision(fleet).to_string().into());
    annotations.extend(size_annotations(rollout));
    let template = Template::from(template);
    Arc::new(ReplicaSet {
        metadata: ObjectMeta {
            name: name(deployment).into(),
            namespace: owner.namespace.clone(),
            labels: template.labels().clone().into(),
            annotations: annotations.into(),
            ..ObjectMeta::default()
        },
        spec: ReplicaSetSpec {
            replicas: Some(rolling::new_size(rollout, fleet.total(), 0)),
            min_ready_seconds: deployment.spec.min_ready_seconds,
            selector: selector_with_hash(&deployment.spec.selector, &hash),
            template,
        },
        status: ReplicaSetStatus::default(),
    })
}

/// The body that creates it.
pub(super) fn to_json(deployment: &Deployment, replica_set: &ReplicaSet) -> Value {
    let (metadata, spec) = (&replica_set.metadata, &replica_set.spec);
    let mut object = json!({
        "metadata": {
            "name": metadata.name,
            "namespace": metadata.namespace,
            "labels": metadata.labels,
            "annotations": metadata.annotations,
            "ownerReferences": [controller_reference(&DEPLOYMENTS, &deployment.metadata)],
        },
        "spec": {
            "replicas": spec.replicas,
            "selector": spec.selector,
            "template": spec.template.json(),
        },
    });
    if spec.min_ready_seconds != 0 {
        object["spec"]["minReadySeconds"] = spec.min_ready_seconds.into();
    }
    object
}

/// The sizes that a ReplicaSet was scaled for: what the next proportional scaling starts from.
pub(super) fn size_annotations(rollout: &Rollout) -> [(Text, Text); 2] {
    [
        (DESIRED_REPLICAS.into(), rollout.desired().to_string().into()),
        (MAX_REPLICAS.into(), rollout.max_total().to_string().into()),
    ]
}

fn with_hash(mut template: Value, hash: &str) -> Value {
    template["metadata"]["labels"][POD_TEMPLATE_HASH] = hash.into();
    template
}

fn selector_with_hash(selector: &Value, hash: &str) -> Value {
    let mut selector = selector.clone();
    selector["matchLabels"][POD_TEMPLATE_HASH] = hash.into();
    selector
}
