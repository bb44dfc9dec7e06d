//! Files: named, random access, durable only after a sync.

use std::{path::Path, sync::Arc};

/// A disk operation failed. `missing` and `locked` are told apart because callers act on them.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DiskError {
    #[error("{path}: no such file")]
    Missing { path: String },
    #[error("{path}: another process holds the lock")]
    Locked { path: String },
    #[error("{action} {path}: {reason}")]
    Failed { action: &'static str, path: String, reason: String },
}

/// An open file. Writes are visible at once and durable after [`File::sync`].
pub trait File: Send + Sync {
    /// # Errors
    /// The disk failed.
    fn len(&self) -> Result<u64, DiskError>;
    /// Fills `buffer` from `offset`.
    /// # Errors
    /// The disk failed, or the file ends before the buffer is full.
    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DiskError>;
    /// # Errors
    /// The disk failed or is full.
    fn write(&self, offset: u64, data: &[u8]) -> Result<(), DiskError>;
    /// Cuts or extends with zeros.
    /// # Errors
    /// The disk failed or is full.
    fn set_len(&self, length: u64) -> Result<(), DiskError>;
    /// Returns when everything written before is durable.
    /// # Errors
    /// The disk failed: what was written since the last sync may be lost.
    fn sync(&self) -> Result<(), DiskError>;
    /// # Errors
    /// The disk failed.
    fn is_empty(&self) -> Result<bool, DiskError> {
        self.len().map(|length| length == 0)
    }
}

/// A place for files. New files are readable by their owner alone (mode 0600), folders 0700.
pub trait Disk: Send + Sync {
    /// Opens for reading and writing, creating the file if it is missing.
    /// # Errors
    /// The disk failed, or the path cannot be made.
    fn open(&self, path: &Path) -> Result<Arc<dyn File>, DiskError>;
    /// Opens a file that is there, and makes none.
    /// # Errors
    /// [`DiskError::Missing`] if there is no such file, or the disk failed.
    fn open_present(&self, path: &Path) -> Result<Arc<dyn File>, DiskError> {
        let name = path.file_name().unwrap_or_default();
        let names = self.list(path.parent().unwrap_or(Path::new(".")))?;
        if !names.iter().any(|known| name == known.as_str()) {
            return Err(DiskError::Missing { path: path.display().to_string() });
        }
        self.open(path)
    }
    /// The whole content.
    /// # Errors
    /// [`DiskError::Missing`] if there is no such file.
    fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError>;
    /// Replaces the whole file or leaves it as it was; durable on return.
    /// # Errors
    /// The disk failed or is full.
    fn replace(&self, path: &Path, data: &[u8]) -> Result<(), DiskError>;
    /// Gives a file another name in the same folder, in place of one that has it; durable on return.
    /// # Errors
    /// [`DiskError::Missing`] if there is no such file, or the disk failed.
    fn rename(&self, from: &Path, to: &Path) -> Result<(), DiskError>;
    /// Removes a file; one that is not there is as good as removed.
    /// # Errors
    /// The disk failed.
    fn remove(&self, path: &Path) -> Result<(), DiskError>;
    /// The names of the files in a folder, in order.
    /// # Errors
    /// [`DiskError::Missing`] if there is no such folder, or the disk failed.
    fn list(&self, folder: &Path) -> Result<Vec<String>, DiskError>;
    /// Creates the folder and its parents.
    /// # Errors
    /// The disk failed.
    fn create_folder(&self, path: &Path) -> Result<(), DiskError>;
    /// Takes the folder for this process alone, until the answer is dropped.
    /// # Errors
    /// [`DiskError::Locked`] if another process has it.
    fn lock_folder(&self, path: &Path) -> Result<Box<dyn Send + Sync>, DiskError>;
}
