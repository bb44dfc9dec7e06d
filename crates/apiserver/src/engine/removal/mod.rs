//! What a delete does to an object: nothing yet, a mark, or its end. Pure decisions.

use std::time::Duration;

use api::{
    catalog::{DeleteDefault, ResourceFacts},
    json,
    validation::{FieldError, Path},
};
use meta::time::Time;
use serde_json::Value;

use super::{body, failure};
use crate::{DeleteOptions, Status};

/// Holds the owner until its dependents are gone.
const FOREGROUND: &str = "foregroundDeletion";
/// Has the collector cut dependents loose first.
const ORPHAN: &str = "orphan";
/// Grace of a pod that does not say.
const GRACE_SECONDS_DEFAULT: i64 = 30;

/// What a delete does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Removal {
    /// The object stays as it is; its deletion is under way.
    Keep,
    /// The object stays, marked as being deleted.
    Mark(Value),
    /// The object goes; this is its last state.
    Remove(Value),
}

/// What becomes of dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    Background,
    Foreground,
    Orphan,
    /// Finalizers are not looked at.
    Untouched,
}

/// The refusal of options that no delete may have.
pub(super) fn check_options(options: &DeleteOptions) -> Result<(), Status> {
    let path = Path::new("propagationPolicy");
    let policy = options.propagation_policy.as_deref();
    let error = match policy {
        Some(policy) if options.orphan_dependents.is_some() => {
            let text = "orphanDependents and deletionPropagation cannot be both set";
            FieldError::invalid(&path, policy, text)
        }
        None | Some("Foreground" | "Background" | "Orphan") => return Ok(()),
        Some(unknown) => FieldError::not_supported(
            &path,
            unknown,
            &["Foreground", "Background", "Orphan", "nil"],
        ),
    };
    Err(failure::invalid_kind("DeleteOptions", "meta.k8s.io", "", &[error]))
}

/// The client's uid and version must be those of the object; a failure names the kind.
pub(super) fn check_preconditions(
    facts: &ResourceFacts,
    options: &DeleteOptions,
    present: &Value,
) -> Result<(), Status> {
    let name = body::text(present, "name");
    let refuse = |what: &str, wanted: &str, found: &str, end: &str| {
        let text = format!(
            "the {what} in the precondition ({wanted}) does not match the {what} in record ({found}). The object might have been {end}"
        );
        let resource = &facts.resource;
        let message =
            format!("Operation cannot be fulfilled on {} {name:?}: {text}", resource.kind);
        Status::new(409, crate::Reason::Conflict, message).about(
            &resource.group,
            &resource.kind,
            name,
        )
    };
    let (uid, version) = (body::text(present, "uid"), body::text(present, "resourceVersion"));
    if let Some(wanted) = options.uid.as_deref().filter(|wanted| *wanted != uid) {
        return Err(refuse("UID", wanted, uid, "deleted and then recreated"));
    }
    if let Some(wanted) = options.resource_version.as_deref().filter(|wanted| *wanted != version) {
        return Err(refuse("ResourceVersion", wanted, version, "modified"));
    }
    Ok(())
}

/// What the delete does to the present state.
pub(super) fn decide(
    facts: &ResourceFacts,
    present: &Value,
    options: &DeleteOptions,
    now: Time,
) -> Removal {
    if is_namespace(facts) {
        return namespace(facts, present, options, now);
    }
    let mut next = present.clone();
    if !facts.graceful_delete {
        return settle(facts, next, options, now);
    }
    let Some(deadline) = Deadline::of(present) else {
        let seconds = grace_seconds(present, options);
        Deadline { at: now.whole_seconds() + duration(seconds), seconds }.mark(&mut next);
        return settle(facts, next, options, now);
    };
    if deadline.seconds == 0 {
        return settle(facts, next, options, now);
    }
    let asked = options.grace_period_seconds.map(|seconds| if seconds < 0 { 1 } else { seconds });
    match asked {
        Some(seconds) if seconds < deadline.seconds => {
            let begun = deadline.at - duration(deadline.seconds);
            Deadline { at: begun + duration(seconds), seconds }.mark(&mut next);
            settle(facts, next, options, now)
        }
        // A second delete may only shorten.
        Some(_) | None => Removal::Keep,
    }
}

/// Whether an object that is being deleted has nothing left to wait for.
pub(super) fn is_ready_to_go(facts: &ResourceFacts, value: &Value) -> bool {
    let grace_is_over = Deadline::of(value).is_some_and(|deadline| deadline.seconds == 0);
    grace_is_over
        && json::list(&value["metadata"], "finalizers").is_empty()
        && (!is_namespace(facts) || json::list(&value["spec"], "finalizers").is_empty())
}

/// Sets finalizers, then lets the object go or wait for them.
fn settle(facts: &ResourceFacts, mut next: Value, options: &DeleteOptions, now: Time) -> Removal {
    set_finalizers(facts, &mut next, options);
    let waits_for_grace = Deadline::of(&next).is_some_and(|deadline| deadline.seconds > 0);
    let waits = !json::list(&next["metadata"], "finalizers").is_empty();
    if waits && !waits_for_grace {
        let at = Deadline::of(&next)
            .map_or(now.whole_seconds(), |deadline| deadline.at.min(now.whole_seconds()));
        Deadline { at, seconds: 0 }.mark(&mut next);
    }
    if waits || waits_for_grace { Removal::Mark(next) } else { Removal::Remove(next) }
}

/// The first delete marks; the object goes when its content is gone, or with a later delete.
fn namespace(
    facts: &ResourceFacts,
    present: &Value,
    options: &DeleteOptions,
    now: Time,
) -> Removal {
    let mut next = present.clone();
    if Deadline::of(present).is_none() {
        set_finalizers(facts, &mut next, options);
        next["status"]["phase"] = "Terminating".into();
        Deadline { at: now.whole_seconds(), seconds: 0 }.mark(&mut next);
        body::metadata(&mut next).remove("deletionGracePeriodSeconds");
        return Removal::Mark(next);
    }
    if !json::list(&present["spec"], "finalizers").is_empty() {
        return Removal::Keep;
    }
    settle(facts, next, options, now)
}

fn set_finalizers(facts: &ResourceFacts, next: &mut Value, options: &DeleteOptions) {
    let wanted = match policy(facts, next, options) {
        Policy::Untouched => return,
        Policy::Background => None,
        Policy::Foreground => Some(FOREGROUND),
        Policy::Orphan => Some(ORPHAN),
    };
    let old = json::list(&next["metadata"], "finalizers").to_vec();
    let mut finalizers: Vec<Value> =
        old.iter().filter(|known| **known != FOREGROUND && **known != ORPHAN).cloned().collect();
    finalizers.extend(wanted.map(Value::from));
    let same = old.len() == finalizers.len() && finalizers.iter().all(|one| old.contains(one));
    if same {
        return;
    }
    let metadata = body::metadata(next);
    if finalizers.is_empty() {
        metadata.remove("finalizers");
    } else {
        metadata.insert("finalizers".to_owned(), finalizers.into());
    }
}

/// What the client says, else what an earlier delete said, else what the kind says.
fn policy(facts: &ResourceFacts, present: &Value, options: &DeleteOptions) -> Policy {
    if facts.delete_default == DeleteDefault::Unsupported {
        return Policy::Untouched;
    }
    match (options.orphan_dependents, options.propagation_policy.as_deref()) {
        (Some(true), _) | (None, Some("Orphan")) => return Policy::Orphan,
        // A namespace's content goes first whatever the policy.
        (Some(false), _) if is_namespace(facts) => return Policy::Foreground,
        (Some(false), _) | (None, Some("Background")) => return Policy::Background,
        (None, Some("Foreground")) => return Policy::Foreground,
        (None, Some(_) | None) => {}
    }
    for finalizer in json::list(&present["metadata"], "finalizers") {
        match finalizer.as_str() {
            Some(ORPHAN) => return Policy::Orphan,
            Some(FOREGROUND) => return Policy::Foreground,
            Some(_) | None => {}
        }
    }
    match facts.delete_default {
        DeleteDefault::Background => Policy::Background,
        DeleteDefault::Orphan => Policy::Orphan,
        DeleteDefault::Unsupported => Policy::Untouched,
    }
}

/// Seconds a pod is given. One that no kubelet knows, or that has finished, needs none.
fn grace_seconds(pod: &Value, options: &DeleteOptions) -> i64 {
    let is_scheduled = !json::text(&pod["spec"], "nodeName").is_empty();
    let is_finished = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    if !is_scheduled || is_finished {
        return 0;
    }
    let own = json::number(&pod["spec"], "terminationGracePeriodSeconds");
    let seconds = options.grace_period_seconds.or(own).unwrap_or(GRACE_SECONDS_DEFAULT);
    if seconds < 0 { 1 } else { seconds }
}

fn is_namespace(facts: &ResourceFacts) -> bool {
    facts.resource.plural == "namespaces" && facts.resource.group.is_empty()
}

fn duration(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// When a deletion that has begun is to be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Deadline {
    at: Time,
    seconds: i64,
}

impl Deadline {
    fn of(value: &Value) -> Option<Self> {
        let at = body::text(value, "deletionTimestamp").parse().ok()?;
        let seconds = json::number(&value["metadata"], "deletionGracePeriodSeconds").unwrap_or(0);
        Some(Self { at, seconds })
    }

    /// A mark that is new counts as a change of the object.
    fn mark(self, value: &mut Value) {
        let is_new = Self::of(value).is_none();
        let metadata = body::metadata(value);
        metadata.insert("deletionTimestamp".to_owned(), self.at.to_string().into());
        metadata.insert("deletionGracePeriodSeconds".to_owned(), self.seconds.into());
        let generation = metadata.get("generation").and_then(Value::as_i64).unwrap_or(0);
        if is_new && generation > 0 {
            metadata.insert("generation".to_owned(), (generation + 1).into());
        }
    }
}

#[cfg(test)]
mod tests;
