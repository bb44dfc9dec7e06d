//! Back to an earlier revision by annotation: the way of clients of long ago.

use std::sync::Arc;

use api::views::ReplicaSet;
use meta::object::Labels;
use runtime::{EventType, PatchKind, Plan, Step};
use serde_json::json;

use super::{
    Why,
    draft::{event, patch_deployment},
    history::{self, ROLLBACK_TO},
    rollout::{Fleet, Rollout},
};

const NOT_FOUND: &str = "DeploymentRollbackRevisionNotFound";

/// The revision asked for; zero means the one before the newest.
pub(super) fn requested(rollout: &Rollout) -> Option<i64> {
    rollout.deployment.metadata.annotations.get(ROLLBACK_TO)?.parse().ok()
}

/// Takes template and annotations from the revision, and the request away: all in one write.
pub(super) fn plan(rollout: &Rollout, fleet: &Fleet, requested: i64) -> Plan<Why> {
    let name = &rollout.deployment.metadata.name;
    let target = if requested == 0 { last_revision(fleet) } else { Some(requested) };
    let Some(target) = target else {
        let message = "Unable to find last revision.".to_owned();
        return write(rollout, None, (EventType::Warning, NOT_FOUND, message));
    };
    let Some(source) = find(fleet, target) else {
        let message = "Unable to find the revision to rollback to.".to_owned();
        return write(rollout, None, (EventType::Warning, NOT_FOUND, message));
    };
    if source.spec.template == rollout.deployment.spec.template {
        let message = format!(
            "The rollback revision contains the same template as current deployment \"{name}\""
        );
        let reason = "DeploymentRollbackTemplateUnchanged";
        return write(rollout, None, (EventType::Warning, reason, message));
    }
    let message = format!("Rolled back deployment \"{name}\" to revision {target}");
    write(rollout, Some(&source), (EventType::Normal, "DeploymentRollback", message))
}

/// The second highest revision.
fn last_revision(fleet: &Fleet) -> Option<i64> {
    let mut revisions: Vec<i64> =
        fleet.all().filter_map(|set| history::revision(&set.metadata)).collect();
    revisions.sort_unstable();
    revisions.dedup();
    revisions.pop();
    revisions.pop()
}

fn find(fleet: &Fleet, revision: i64) -> Option<Arc<ReplicaSet>> {
    fleet.all().find(|set| history::revision(&set.metadata) == Some(revision)).cloned()
}

fn write(
    rollout: &Rollout,
    source: Option<&ReplicaSet>,
    (kind, reason, message): (EventType, &'static str, String),
) -> Plan<Why> {
    let metadata = &rollout.deployment.metadata;
    let mut annotations = Labels::clone(&metadata.annotations);
    annotations.remove(ROLLBACK_TO);
    if let Some(source) = source {
        annotations.retain(|key, _| history::is_private(key));
        annotations.extend(
            history::copied(&source.metadata.annotations)
                .map(|(key, value)| (key.clone(), value.clone())),
        );
    }
    let mut patch =
        vec![json!({"op": "replace", "path": "/metadata/annotations", "value": annotations})];
    if let Some(source) = source {
        let template = source.spec.template.without_hash();
        patch.push(json!({"op": "replace", "path": "/spec/template", "value": template}));
    }
    let action = patch_deployment(rollout, PatchKind::Json, patch.into(), "");
    let mut step = Step::new(action, Why::RollbackRequested);
    step.on_success = Some(event(metadata, kind, reason, message));
    let mut plan = Plan::rest();
    plan.step(step);
    plan
}
