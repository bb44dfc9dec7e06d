//! A file that knows which of its bytes may not be on the disk, whatever reading it shows.
//!
//! After a sync that failed, the system may have dropped what it was to keep, show it all the same, and
//! let the next sync pass: a second try proves nothing. So what was written since the last good sync is
//! doubtful until it is written again, as it now reads, and synced. That must come before anything is
//! built on it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use world::{Disk, DiskError, File};

/// Beside the file while it is in doubt, for a process that opens it next: the system shows that one the
/// same bytes. It need not outlive a power cut, after which reading shows what is there.
const MARK: &str = "doubt";
const DOUBTFUL: &[u8] = b"a sync has failed\n";
/// Written again in one go.
const PORTION: u64 = 1 << 20;

/// See the module.
pub(super) struct CarefulFile {
    disk: Arc<dyn Disk>,
    file: Arc<dyn File>,
    mark: PathBuf,
    /// Start → end of what was written since the last good sync; they may overlap.
    unsynced: Mutex<BTreeMap<u64, u64>>,
}

impl CarefulFile {
    /// Opens or creates `name` in `folder`, and settles what the last process left in doubt.
    pub(super) fn open(disk: &Arc<dyn Disk>, folder: &Path, name: &str) -> Result<Self, DiskError> {
        let file = disk.open(&folder.join(name))?;
        let mark = folder.join(MARK);
        let unsynced = Mutex::default();
        let opened = Self { disk: Arc::clone(disk), file, mark, unsynced };
        if opened.is_marked()? {
            opened.note(0, opened.len()?);
            opened.settle()?;
        }
        Ok(opened)
    }

    pub(super) fn len(&self) -> Result<u64, DiskError> {
        self.file.len()
    }

    pub(super) fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DiskError> {
        self.file.read(offset, buffer)
    }

    pub(super) fn write(&self, offset: u64, data: &[u8]) -> Result<(), DiskError> {
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.note(offset, offset.saturating_add(length));
        self.file.write(offset, data)
    }

    pub(super) fn set_len(&self, length: u64) -> Result<(), DiskError> {
        // What it grows by reads as zeros, and they must come to lie there as well.
        self.note(self.len()?, length);
        self.file.set_len(length)
    }

    pub(super) fn sync(&self) -> Result<(), DiskError> {
        let written = std::mem::take(&mut *self.unsynced.lock());
        let synced = self.file.sync();
        if synced.is_err() {
            for (start, end) in written {
                self.note(start, end);
            }
            // If this fails as well, only a process that starts before the power goes is deceived.
            let _ = self.disk.replace(&self.mark, DOUBTFUL);
        }
        synced
    }

    /// Brings to the disk what reading shows. Until this has worked, nothing that is read may be trusted
    /// to outlive a power cut.
    ///
    /// # Errors
    /// The disk failed; everything is as doubtful as before.
    pub(super) fn settle(&self) -> Result<(), DiskError> {
        let length = self.len()?;
        self.file.set_len(length)?;
        let doubtful = self.unsynced.lock().clone();
        for (start, end) in doubtful {
            self.write_again(start, end.min(length))?;
        }
        self.sync()?;
        if self.is_marked()? { self.disk.remove(&self.mark) } else { Ok(()) }
    }

    fn write_again(&self, mut start: u64, end: u64) -> Result<(), DiskError> {
        while start < end {
            let length = PORTION.min(end - start);
            let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
            self.file.read(start, &mut bytes)?;
            self.file.write(start, &bytes)?;
            start += length;
        }
        Ok(())
    }

    fn is_marked(&self) -> Result<bool, DiskError> {
        match self.disk.read(&self.mark) {
            Ok(_) => Ok(true),
            Err(DiskError::Missing { .. }) => Ok(false),
            Err(error @ (DiskError::Locked { .. } | DiskError::Failed { .. })) => Err(error),
        }
    }

    fn note(&self, start: u64, end: u64) {
        if start < end {
            let mut unsynced = self.unsynced.lock();
            let known = unsynced.entry(start).or_insert(end);
            *known = end.max(*known);
        }
    }
}
