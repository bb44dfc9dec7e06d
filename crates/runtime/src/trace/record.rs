//! What is told of one look at a key.

use std::time::Duration;

use api::views::Object;
use serde::{Deserialize, Serialize};

use crate::{Change, Target};

/// One look at a key: from the changes that asked for it to what came of it. Times are in microseconds,
/// as recordings keep them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Counts up; unique in the process.
    pub number: u64,
    /// Who looked, such as `deployment-controller`.
    pub component: String,
    /// At which key.
    pub key: String,
    /// The first changes since the last look; none where time, a retry or the start asked for it.
    pub causes: Vec<Cause>,
    /// In the queue.
    pub waited: u64,
    /// Since the epoch.
    pub began: i64,
    /// From the begin until the caches showed what was written.
    pub took: u64,
    /// What was done, in the order in which it was through.
    pub writes: Vec<Write>,
    /// What comes next if nothing changes.
    pub next: String,
}

/// The answer to one who follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The number of the last record there was.
    pub last: u64,
    /// Those that were asked for.
    pub records: Vec<Record>,
}

/// An object's place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Such as `deployments.apps`.
    pub resource: String,
    /// `namespace/name`, or `name`.
    pub key: String,
}

/// A change that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Of what.
    #[serde(flatten)]
    pub place: Place,
    /// What happened.
    pub what: What,
    /// The object's version after it, or before if it is gone.
    pub version: u64,
}

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It is there now.
    Appeared,
    /// It is another now.
    Changed,
    /// It is gone.
    Gone,
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// What was written.
    #[serde(flatten)]
    pub place: Place,
    /// In one line, with its verb.
    pub action: String,
    /// The reason.
    pub why: String,
    /// After the look had begun, in microseconds.
    pub after: u64,
    /// Until the answer, in microseconds.
    pub took: u64,
    /// The version that was written; zero where none was.
    pub version: u64,
    /// Why it was not done; empty if it was.
    pub refusal: String,
}

impl Cause {
    pub(crate) fn of<K: Object>(resource: &impl ToString, change: &Change<K>) -> Option<Self> {
        let metadata = change.latest()?.metadata();
        let what = match (&change.old, &change.new) {
            (_, None) => What::Gone,
            (None, Some(_)) => What::Appeared,
            (Some(_), Some(_)) => What::Changed,
        };
        let place = Place { resource: resource.to_string(), key: metadata.key().to_string() };
        Some(Self { place, what, version: metadata.resource_version.0 })
    }
}

impl Place {
    pub(crate) fn of(target: &Target) -> Self {
        Self { resource: target.resource.to_string(), key: target.key.to_string() }
    }
}

pub(super) fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
