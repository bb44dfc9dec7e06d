//! Plans as files: JSON, durations in milliseconds.

use super::Plan;

/// A text is no plan.
#[derive(Debug, thiserror::Error)]
#[error("not a plan: {0}")]
pub struct PlanError(#[from] serde_json::Error);

impl Plan {
    /// The plan as a file holds it.
    pub fn to_text(&self) -> String {
        // Keys are strings and numbers finite: nothing in a plan can fail to be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads what [`Plan::to_text`] wrote; what is left out is as in [`Plan::calm`].
    ///
    /// # Errors
    /// The text is no JSON, or not that of a plan; the error names line and field.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        Ok(serde_json::from_str(text)?)
    }
}

/// Durations as whole milliseconds.
pub(super) mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(in crate::plan) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(in crate::plan) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
