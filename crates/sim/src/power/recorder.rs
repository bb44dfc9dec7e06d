//! A disk that writes down all that is done to it, and on which syncs may fail.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use world::{Dice, Disk, DiskError, File};

use crate::world::forget_pages;

/// Of so many syncs one fails.
const SYNCS_A_FAILURE: u64 = 50;
const BEYOND: &str = "beyond the end";

/// What was done to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operation {
    Write {
        path: PathBuf,
        offset: usize,
        data: Vec<u8>,
    },
    Resize {
        path: PathBuf,
        length: usize,
    },
    /// All of a file, durable at once.
    Replace {
        path: PathBuf,
        data: Vec<u8>,
    },
    /// Of a whole file, durable at once.
    Remove {
        path: PathBuf,
    },
    Sync {
        path: PathBuf,
    },
    /// Of what was written before, this is on the disk, and what is not never will be.
    FailedSync {
        path: PathBuf,
        kept: Vec<bool>,
    },
}

impl Operation {
    fn path(&self) -> &Path {
        match self {
            Self::Write { path, .. }
            | Self::Resize { path, .. }
            | Self::Replace { path, .. }
            | Self::Remove { path }
            | Self::Sync { path }
            | Self::FailedSync { path, .. } => path,
        }
    }

    pub(super) const fn is_failed_sync(&self) -> bool {
        matches!(self, Self::FailedSync { .. })
    }

    /// A write as one of each sector; nothing of anything else.
    pub(super) fn sectors(&self, size: usize) -> Vec<Self> {
        let Self::Write { path, offset, data } = self else { return Vec::new() };
        let sector = |(number, part): (usize, &[u8])| Self::Write {
            path: path.clone(),
            offset: offset + number * size,
            data: part.to_vec(),
        };
        data.chunks(size).enumerate().map(sector).collect()
    }
}

/// Files as they are, and as a sync has left them.
#[derive(Debug, Clone, Default)]
pub(super) struct Image {
    durable: BTreeMap<PathBuf, Vec<u8>>,
    pending: Vec<Operation>,
}

impl Image {
    pub(super) fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::Write { .. } | Operation::Resize { .. } => {
                self.pending.push(operation.clone());
            }
            Operation::Replace { path, .. } | Operation::Remove { path } => {
                self.pending.retain(|pending| pending.path() != path);
                change(&mut self.durable, operation);
            }
            Operation::Sync { path } => {
                let synced = self.pending.extract_if(.., |pending| pending.path() == path);
                synced.for_each(|operation| change(&mut self.durable, &operation));
            }
            Operation::FailedSync { path, kept } => {
                let synced = self.pending.extract_if(.., |pending| pending.path() == path);
                let kept = synced.zip(kept).filter(|(_, kept)| **kept);
                kept.for_each(|(operation, _)| change(&mut self.durable, &operation));
            }
        }
    }

    /// What no power cut takes.
    pub(super) fn synced(&self) -> Self {
        Self { durable: self.durable.clone(), pending: Vec::new() }
    }

    pub(super) fn pending(&self) -> &[Operation] {
        &self.pending
    }

    /// Everything is as if synced.
    pub(super) fn settle(&mut self) {
        for operation in std::mem::take(&mut self.pending) {
            change(&mut self.durable, &operation);
        }
    }
}

fn change(files: &mut BTreeMap<PathBuf, Vec<u8>>, operation: &Operation) {
    if let Operation::Remove { path } = operation {
        files.remove(path);
        return;
    }
    let file = files.entry(operation.path().to_owned()).or_default();
    match operation {
        Operation::Write { offset, data, .. } => {
            let end = offset + data.len();
            if file.len() < end {
                file.resize(end, 0);
            }
            file[*offset..end].copy_from_slice(data);
        }
        Operation::Resize { length, .. } => file.resize(*length, 0),
        Operation::Replace { data, .. } => file.clone_from(data),
        Operation::Remove { .. } | Operation::Sync { .. } | Operation::FailedSync { .. } => {}
    }
}

/// The disk. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Recorder {
    state: Arc<Mutex<State>>,
    /// Whether a sync fails; none do without.
    chance: Option<Arc<dyn Dice>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// What would be left of them.
    image: Image,
    operations: Vec<Operation>,
}

impl Recorder {
    /// An empty disk of which now and then a sync fails.
    pub(super) fn failing(chance: Arc<dyn Dice>) -> Self {
        Self { chance: Some(chance), ..Self::default() }
    }

    /// A disk with the files of an image.
    pub(super) fn holding(image: Image) -> Self {
        let state = State { files: image.durable, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)), chance: None }
    }

    /// How many operations there were.
    pub(super) fn count(&self) -> usize {
        self.state.lock().operations.len()
    }

    pub(super) fn operations(&self) -> Vec<Operation> {
        self.state.lock().operations.clone()
    }

    fn note(&self, operation: Operation) {
        let mut state = self.state.lock();
        change(&mut state.files, &operation);
        // A disk of which nothing fails is not asked what would be left.
        if self.chance.is_some() {
            state.image.apply(&operation);
        }
        state.operations.push(operation);
    }

    fn sync(&self, path: &Path) -> Result<(), DiskError> {
        let failing = self.chance.as_ref().filter(|chance| chance.below(SYNCS_A_FAILURE) == 0);
        let Some(chance) = failing else {
            self.note(Operation::Sync { path: path.to_owned() });
            return Ok(());
        };
        let written = self.state.lock().image.pending.len();
        let kept = (0..written).map(|_| chance.below(2) == 0).collect();
        self.note(Operation::FailedSync { path: path.to_owned(), kept });
        let State { files, image, .. } = &mut *self.state.lock();
        if let (Some(current), Some(durable)) = (files.get_mut(path), image.durable.get(path)) {
            forget_pages(current, durable, &**chance);
        }
        Err(failed("sync", path, "input/output error"))
    }
}

fn failed(action: &'static str, path: &Path, reason: &str) -> DiskError {
    DiskError::Failed { action, path: path.display().to_string(), reason: reason.to_owned() }
}

/// Stores keep to the files that they have.
fn not_tried(action: &'static str, path: &Path) -> DiskError {
    let reason = "no power cut is tried on this operation".to_owned();
    DiskError::Failed { action, path: path.display().to_string(), reason }
}

impl Disk for Recorder {
    fn open(&self, path: &Path) -> Result<Arc<dyn File>, DiskError> {
        self.state.lock().files.entry(path.to_owned()).or_default();
        Ok(Arc::new(OpenFile { disk: self.clone(), path: path.to_owned() }))
    }
    fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        let missing = || DiskError::Missing { path: path.display().to_string() };
        self.state.lock().files.get(path).cloned().ok_or_else(missing)
    }
    fn replace(&self, path: &Path, data: &[u8]) -> Result<(), DiskError> {
        self.note(Operation::Replace { path: path.to_owned(), data: data.to_vec() });
        Ok(())
    }
    fn rename(&self, from: &Path, _: &Path) -> Result<(), DiskError> {
        Err(not_tried("rename", from))
    }
    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        self.note(Operation::Remove { path: path.to_owned() });
        Ok(())
    }
    fn list(&self, folder: &Path) -> Result<Vec<String>, DiskError> {
        Err(not_tried("list", folder))
    }
    fn create_folder(&self, _: &Path) -> Result<(), DiskError> {
        Ok(())
    }
    fn lock_folder(&self, _: &Path) -> Result<Box<dyn Send + Sync>, DiskError> {
        Ok(Box::new(()))
    }
}

struct OpenFile {
    disk: Recorder,
    path: PathBuf,
}

impl OpenFile {
    fn place(&self, action: &'static str, number: u64) -> Result<usize, DiskError> {
        usize::try_from(number).map_err(|_| failed(action, &self.path, BEYOND))
    }
}

impl File for OpenFile {
    fn len(&self) -> Result<u64, DiskError> {
        let state = self.disk.state.lock();
        let length = state.files.get(&self.path).map(Vec::len);
        let length = length.and_then(|length| u64::try_from(length).ok());
        length.ok_or_else(|| failed("measure", &self.path, BEYOND))
    }
    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DiskError> {
        let start = self.place("read", offset)?;
        let state = self.disk.state.lock();
        let file = state.files.get(&self.path);
        let bytes = file.and_then(|file| file.get(start..start.checked_add(buffer.len())?));
        buffer.copy_from_slice(bytes.ok_or_else(|| failed("read", &self.path, BEYOND))?);
        Ok(())
    }
    fn write(&self, offset: u64, data: &[u8]) -> Result<(), DiskError> {
        let (path, offset) = (self.path.clone(), self.place("write", offset)?);
        self.disk.note(Operation::Write { path, offset, data: data.to_vec() });
        Ok(())
    }
    fn set_len(&self, length: u64) -> Result<(), DiskError> {
        let (path, length) = (self.path.clone(), self.place("resize", length)?);
        self.disk.note(Operation::Resize { path, length });
        Ok(())
    }
    fn sync(&self) -> Result<(), DiskError> {
        self.disk.sync(&self.path)
    }
}
