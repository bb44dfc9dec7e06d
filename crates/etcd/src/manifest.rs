//! What is told of a backup beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The file beside a backup, `NAME.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The newest revision that is in it.
    pub revision: u64,
    /// When it was made, RFC 3339.
    pub time: String,
    /// Name and version of the members that answered.
    pub members: BTreeMap<String, String>,
    /// Keys by kind of object, at the revision.
    pub keys: BTreeMap<String, u64>,
    pub bytes: u64,
    /// Of the whole file, in hexadecimal.
    pub sha256: String,
}
