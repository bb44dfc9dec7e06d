//! What caches must show once an action has happened.

use meta::{object::ResourceVersion, resource::Resource};

use super::fence::Mark;
use crate::Action;

/// `version` is that of the answer; zero where it had none.
pub(super) fn marks(action: &Action, version: ResourceVersion) -> Vec<Mark> {
    match action {
        Action::Create { resource, .. } => reached(resource, version),
        Action::Patch { target, .. } | Action::Replace { target, .. } => {
            reached(&target.resource, version)
        }
        Action::Delete { .. } => going(action).into_iter().collect(),
        Action::CreateSubresource { .. } | Action::DeleteCollection { .. } | Action::Announce => {
            Vec::new()
        }
    }
}

fn reached(resource: &Resource, version: ResourceVersion) -> Vec<Mark> {
    if version == ResourceVersion(0) {
        return Vec::new();
    }
    vec![Mark::Reached { resource: resource.clone(), version }]
}

/// The end of the object that an action was about.
pub(super) fn going(action: &Action) -> Option<Mark> {
    match action {
        Action::Patch { target, .. }
        | Action::CreateSubresource { target, .. }
        | Action::Replace { target, .. }
        | Action::Delete { target, .. } => Some(Mark::Going {
            resource: target.resource.clone(),
            key: target.key.clone(),
            uid: target.uid.clone(),
        }),
        Action::Create { .. } | Action::DeleteCollection { .. } | Action::Announce => None,
    }
}
