//! The write that makes a job's status what it should be.

use api::views::{Job, JobStatus, UncountedPods};
use meta::time::Time;
use runtime::{Action, Guard, PatchKind, Step, Target};
use serde_json::{Map, Value, json};

use super::Why;
use crate::shared::patch::Difference;

/// Writes the status, if it differs.
pub(super) fn step(job: &Job, new: &JobStatus) -> Option<Step<Why>> {
    let old = &job.status;
    let mut patch = Difference::default();
    let time = |time: Option<Time>| time.map(|time| time.to_string());
    let text = |text: &String| (!text.is_empty()).then(|| text.clone());
    patch.optional("startTime", time(old.start_time), time(new.start_time));
    patch.optional("completionTime", time(old.completion_time), time(new.completion_time));
    patch.count("active", old.active, new.active);
    patch.optional("ready", old.ready, new.ready);
    patch.optional("terminating", old.terminating, new.terminating);
    patch.count("succeeded", old.succeeded, new.succeeded);
    patch.count("failed", old.failed, new.failed);
    let (old_completed, new_completed) =
        (text(&old.completed_indexes), text(&new.completed_indexes));
    patch.optional("completedIndexes", old_completed, new_completed);
    patch.optional("failedIndexes", old.failed_indexes.clone(), new.failed_indexes.clone());
    let (old_uncounted, new_uncounted) =
        (&old.uncounted_terminated_pods, &new.uncounted_terminated_pods);
    if old_uncounted != new_uncounted {
        let change = uncounted(old_uncounted.as_ref(), new_uncounted.as_ref());
        patch.optional("uncountedTerminatedPods", None, Some(change));
    }
    patch.list("conditions", &old.conditions, &new.conditions);
    let action = Action::Patch {
        target: Target::of(job),
        kind: PatchKind::Merge,
        patch: json!({"status": patch.into_patch()?}),
        subresource: "status",
        guard: Guard::Version,
    };
    Some(Step::new(action, Why::StatusChanged))
}

/// A merge patch keeps what it does not name: an emptied list is taken out by name.
fn uncounted(old: Option<&UncountedPods>, new: Option<&UncountedPods>) -> Value {
    let (old, new) = (old.cloned().unwrap_or_default(), new.cloned().unwrap_or_default());
    let mut change = Map::new();
    for (field, old, new) in
        [("succeeded", old.succeeded, new.succeeded), ("failed", old.failed, new.failed)]
    {
        if old != new {
            let value = if new.is_empty() { Value::Null } else { json!(new) };
            change.insert(field.to_owned(), value);
        }
    }
    Value::Object(change)
}
