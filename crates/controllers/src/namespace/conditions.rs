//! The five conditions that tell how far a deletion is.

use std::collections::BTreeMap;

use api::views::{Condition, Status};
use meta::{text::Text, time::Time};

use super::observe::Content;

/// All five as they should be, or `None` if they are so already.
pub(super) fn wanted(content: &Content, now: Time) -> Option<Vec<Condition>> {
    let known = &content.namespace.status.conditions;
    let find = |kind: &str| known.iter().find(|condition| condition.kind == *kind);
    let mut differs = false;
    let mut conditions = Vec::new();
    for (kind, status, reason, message) in judgements(content) {
        let before = find(kind);
        differs |= before.is_none_or(|before| {
            before.status != status || before.reason != *reason || before.message != message
        });
        let since = before.filter(|before| before.status == status);
        let since = since.and_then(|before| before.last_transition_time).unwrap_or(now);
        conditions.push(Condition {
            kind: Text::from(kind),
            status,
            last_heartbeat_time: None,
            last_transition_time: Some(since),
            reason: Text::from(reason),
            message: message.into(),
        });
    }
    let ours = |condition: &&Condition| conditions.iter().any(|c| c.kind == condition.kind);
    let foreign: Vec<Condition> = known.iter().filter(|c| !ours(c)).cloned().collect();
    conditions.extend(foreign);
    differs.then_some(conditions)
}

type Judgement = (&'static str, Status, &'static str, String);

fn judgements(content: &Content) -> [Judgement; 5] {
    [
        discovery(content),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            Status::False,
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed".to_owned(),
        ),
        deletion(content),
        remaining(content),
        finalizers(content),
    ]
}

fn discovery(content: &Content) -> Judgement {
    let kind = "NamespaceDeletionDiscoveryFailure";
    let errors = &content.discovery_errors;
    if errors.is_empty() {
        let text = "All resources successfully discovered".to_owned();
        return (kind, Status::False, "ResourcesDiscovered", text);
    }
    let (count, all) = (errors.len(), errors.join(", "));
    let text = format!("Discovery failed for some groups, {count} failing: {all}");
    (kind, Status::True, "DiscoveryFailed", text)
}

fn deletion(content: &Content) -> Judgement {
    let kind = "NamespaceDeletionContentFailure";
    let mut errors = content.read_errors.clone();
    if errors.is_empty() {
        let text = "All content successfully deleted, may be waiting on finalization".to_owned();
        return (kind, Status::False, "ContentDeleted", text);
    }
    errors.sort();
    let (count, all) = (errors.len(), errors.join(", "));
    let text = format!("Failed to delete all resource types, {count} remaining: {all}");
    (kind, Status::True, "ContentDeletionFailed", text)
}

/// Only what stays on although it was asked to go counts as remaining.
fn remaining(content: &Content) -> Judgement {
    let kind = "NamespaceContentRemaining";
    let counts = content.left.iter().map(|left| {
        let staying = left.objects.iter().filter(|object| object.metadata.is_deleting()).count();
        (format!("{}.{}", left.resource.plural, left.resource.group), staying)
    });
    let mut entries: Vec<String> = counts
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{name} has {count} resource instances"))
        .collect();
    if entries.is_empty() {
        let text = "All content successfully removed".to_owned();
        return (kind, Status::False, "ContentRemoved", text);
    }
    entries.sort();
    let text = format!("Some resources are remaining: {}", entries.join(", "));
    (kind, Status::True, "SomeResourcesRemain", text)
}

fn finalizers(content: &Content) -> Judgement {
    let kind = "NamespaceFinalizersRemaining";
    let mut counts: BTreeMap<&Text, usize> = BTreeMap::new();
    let objects = content.left.iter().flat_map(|left| &left.objects);
    for object in objects.filter(|object| object.metadata.is_deleting()) {
        for finalizer in &object.metadata.finalizers {
            *counts.entry(finalizer).or_default() += 1;
        }
    }
    if counts.is_empty() {
        let text = "All content-preserving finalizers finished".to_owned();
        return (kind, Status::False, "ContentHasNoFinalizers", text);
    }
    let entries =
        counts.iter().map(|(name, count)| format!("{name} in {count} resource instances"));
    let entries: Vec<String> = entries.collect();
    let text =
        format!("Some content in the namespace has finalizers remaining: {}", entries.join(", "));
    (kind, Status::True, "SomeFinalizersRemain", text)
}
