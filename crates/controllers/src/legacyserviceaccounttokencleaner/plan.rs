//! [`Observed`] → marks and deletions.

use std::{collections::BTreeSet, time::Duration};

use api::views::Secret;
use meta::{text::Text, time::Time};
use runtime::{Action, Guard, PatchKind, Plan, Stage, Step, Target};
use serde_json::json;

use super::{Observed, Why, day::Day, observe::pods_of};

const LAST_USED: &str = "kubernetes.io/legacy-token-last-used";
const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";
const DAY: Duration = Duration::from_hours(24);

pub(super) fn plan(observed: &Observed, now: Time) -> Plan<Why> {
    let mut plan = Plan::rest();
    plan.wake(DAY);
    let period = observed.period.0;
    // A day more: the one on which the notes began is not complete.
    let is_early = |since: Day| now < since.0 + DAY + period;
    if observed.tracked_since.is_none_or(is_early) {
        return plan;
    }
    let limit = now - period;
    let unused: Vec<&Secret> =
        observed.secrets.iter().map(|secret| &**secret).filter(|s| is_unused(s, limit)).collect();
    let namespaces: BTreeSet<&Text> = unused.iter().map(|s| &s.metadata.namespace).collect();
    let open: Vec<_> =
        namespaces.into_iter().filter(|place| !observed.asked.contains(*place)).collect();
    if !open.is_empty() {
        return Plan::ask(open.into_iter().map(pods_of).collect());
    }
    let free = unused.into_iter().filter(|secret| observed.is_free(secret));
    plan.stages.push(Stage::Together(free.filter_map(|s| step(s, now, limit)).collect()));
    plan
}

impl Observed {
    /// Whether no pod names it, as far as is known for certain.
    fn is_free(&self, secret: &Secret) -> bool {
        let named = self.named.get(&secret.metadata.namespace);
        named.is_some_and(|names| !names.contains(&*secret.metadata.name))
    }
}

/// Whether nobody has used the token since `limit`, and it was there before.
fn is_unused(secret: &Secret, limit: Time) -> bool {
    let metadata = &secret.metadata;
    let was_used = metadata.labels.get(LAST_USED);
    let used_before = |day: &Text| Day::parse(day).is_some_and(|day| day < Day::of(limit));
    !metadata.is_deleting()
        && metadata.creation_timestamp.is_some_and(|created| created < limit)
        && was_used.is_none_or(used_before)
}

/// Marks first, and deletes what was marked long ago.
fn step(secret: &Secret, now: Time, limit: Time) -> Option<Step<Why>> {
    let target = Target::of(secret);
    let marked = secret.metadata.labels.get(INVALID_SINCE).and_then(|day| Day::parse(day));
    let Some(marked) = marked else {
        let patch = json!({"metadata": {"labels": {INVALID_SINCE: Day::of(now).to_string()}}});
        let (kind, guard) = (PatchKind::Merge, Guard::Uid);
        let action = Action::Patch { target, kind, patch, subresource: "", guard };
        return Some(Step::new(action, Why::Unused));
    };
    if marked >= Day::of(limit) {
        return None;
    }
    cov_mark::hit!(legacy_tokens_go_only_after_they_were_marked);
    let (propagation, grace_period_seconds) = (None, None);
    let guard = Guard::Version;
    let action = Action::Delete { target, propagation, grace_period_seconds, guard };
    Some(Step::new(action, Why::Unmissed))
}
