//! What objects of any kind report of themselves: how much of their spec was seen, and conditions.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Promise, Verdict, expect};

/// The last report of each object, by its key.
#[derive(Debug, Default)]
pub(super) struct Reports(BTreeMap<String, Report>);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Report {
    metadata: Metadata,
    status: Status,
}
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    generation: i64,
}
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    observed_generation: i64,
    conditions: Option<Vec<Condition>>,
}
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    last_transition_time: Option<String>,
}

impl Reports {
    /// A key was written, or is gone.
    pub(super) fn take(&mut self, key: &str, value: Option<&[u8]>) -> Verdict {
        let report = value.and_then(|value| serde_json::from_slice::<Report>(value).ok());
        let Some(now) = report else {
            self.0.remove(key);
            return Ok(());
        };
        let (observed, generation) = (now.status.observed_generation, now.metadata.generation);
        expect(Promise::ObservedGenerations, observed <= generation, || {
            format!(
                "{key} has observed generation {observed} before there was more than {generation}"
            )
        })?;
        if let Some(before) = self.0.get(key) {
            follows(key, &before.status, &now.status)?;
        }
        self.0.insert(key.to_owned(), now);
        Ok(())
    }
}

fn follows(key: &str, before: &Status, now: &Status) -> Verdict {
    let (was, is) = (before.observed_generation, now.observed_generation);
    expect(Promise::ObservedGenerations, was <= is, || {
        format!("{key}: observed generation falls from {was} to {is}")
    })?;
    for condition in now.conditions.iter().flatten() {
        let mut earlier = before.conditions.iter().flatten();
        let Some(old) = earlier.find(|old| old.kind == condition.kind) else { continue };
        let same = old.status == condition.status;
        expect(
            Promise::ConditionTimes,
            !same || old.last_transition_time == condition.last_transition_time,
            || {
                let Condition { kind, status, .. } = condition;
                format!("{key}: the condition {kind} is still {status} and changes its time")
            },
        )?;
    }
    Ok(())
}
