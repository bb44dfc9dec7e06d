//! How far a destination has got, kept on the disk.

use std::path::Path;

use serde::{Deserialize, Serialize};
use world::{Disk, DiskError};

/// Everything before it has arrived.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The file that is read; empty before the first.
    pub(crate) file: String,
    /// Bytes of its text that have arrived.
    pub(crate) offset: u64,
    /// How long it was when it was last looked at.
    pub(crate) length: u64,
    /// Whether it was put aside by then: it does not grow any more.
    #[serde(default)]
    pub(crate) is_closed: bool,
    /// Files that are to be read after it, when they were last looked at.
    pub(crate) waiting: Vec<Waiting>,
    #[serde(flatten)]
    pub(crate) lost: Lost,
}

/// A file that was not read yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) file: String,
    pub(crate) bytes: u64,
}

/// What could not be shipped, since there is a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lost {
    /// Files that were removed before they were read to their end.
    pub files: u64,
    /// What was unread of them, at least: as large as they were when they were last seen.
    pub bytes: u64,
    /// Lines that are no events: torn by a crash of who wrote them.
    pub torn_lines: u64,
    /// Events that a collector will not take.
    pub refused: u64,
}

/// A position that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PositionError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("{path} is no position ({reason}); remove it to ship the log anew")]
    Syntax { path: String, reason: String },
}

impl Position {
    /// What was stored; the beginning of the log if nothing was.
    pub(crate) fn load(disk: &dyn Disk, path: &Path) -> Result<Self, PositionError> {
        let bytes = match disk.read(path) {
            Ok(bytes) => bytes,
            Err(DiskError::Missing { .. }) => return Ok(Self::default()),
            Err(error) => return Err(error.into()),
        };
        serde_json::from_slice(&bytes).map_err(|error| PositionError::Syntax {
            path: path.display().to_string(),
            reason: error.to_string(),
        })
    }

    /// Durable on return.
    pub(crate) fn store(&self, disk: &dyn Disk, path: &Path) -> Result<(), DiskError> {
        let mut text = serde_json::to_vec(self).unwrap_or_default();
        text.push(b'\n');
        disk.replace(path, &text)
    }
}

impl Lost {
    /// Whether everything was shipped.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}
