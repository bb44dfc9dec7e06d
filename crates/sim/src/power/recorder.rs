//! A disk that writes down all that is done to it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use world::{Disk, DiskError, File};

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
    Sync {
        path: PathBuf,
    },
}

impl Operation {
    fn path(&self) -> &Path {
        match self {
            Self::Write { path, .. }
            | Self::Resize { path, .. }
            | Self::Replace { path, .. }
            | Self::Sync { path } => path,
        }
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
            Operation::Replace { path, data } => {
                self.pending.retain(|pending| pending.path() != path);
                self.durable.insert(path.clone(), data.clone());
            }
            Operation::Sync { path } => {
                let synced = self.pending.extract_if(.., |pending| pending.path() == path);
                synced.for_each(|operation| change(&mut self.durable, &operation));
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
        Operation::Sync { .. } => {}
    }
}

/// The disk. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Recorder(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    files: BTreeMap<PathBuf, Vec<u8>>,
    operations: Vec<Operation>,
}

impl Recorder {
    /// A disk with the files of an image.
    pub(super) fn holding(image: Image) -> Self {
        let state = State { files: image.durable, operations: Vec::new() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// How many operations there were.
    pub(super) fn count(&self) -> usize {
        self.0.lock().operations.len()
    }

    pub(super) fn operations(&self) -> Vec<Operation> {
        self.0.lock().operations.clone()
    }

    fn note(&self, operation: Operation) {
        let mut state = self.0.lock();
        change(&mut state.files, &operation);
        state.operations.push(operation);
    }
}

fn failed(action: &'static str, path: &Path) -> DiskError {
    let reason = "beyond the end".to_owned();
    DiskError::Failed { action, path: path.display().to_string(), reason }
}

/// Stores keep to the files that they have.
fn not_tried(action: &'static str, path: &Path) -> DiskError {
    let reason = "no power cut is tried on this operation".to_owned();
    DiskError::Failed { action, path: path.display().to_string(), reason }
}

impl Disk for Recorder {
    fn open(&self, path: &Path) -> Result<Arc<dyn File>, DiskError> {
        self.0.lock().files.entry(path.to_owned()).or_default();
        Ok(Arc::new(OpenFile { disk: self.clone(), path: path.to_owned() }))
    }
    fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        let missing = || DiskError::Missing { path: path.display().to_string() };
        self.0.lock().files.get(path).cloned().ok_or_else(missing)
    }
    fn replace(&self, path: &Path, data: &[u8]) -> Result<(), DiskError> {
        self.note(Operation::Replace { path: path.to_owned(), data: data.to_vec() });
        Ok(())
    }
    fn rename(&self, from: &Path, _: &Path) -> Result<(), DiskError> {
        Err(not_tried("rename", from))
    }
    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        Err(not_tried("remove", path))
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
        usize::try_from(number).map_err(|_| failed(action, &self.path))
    }
}

impl File for OpenFile {
    fn len(&self) -> Result<u64, DiskError> {
        let state = self.disk.0.lock();
        let length = state.files.get(&self.path).map(Vec::len);
        let length = length.and_then(|length| u64::try_from(length).ok());
        length.ok_or_else(|| failed("measure", &self.path))
    }
    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DiskError> {
        let start = self.place("read", offset)?;
        let state = self.disk.0.lock();
        let file = state.files.get(&self.path);
        let bytes = file.and_then(|file| file.get(start..start.checked_add(buffer.len())?));
        buffer.copy_from_slice(bytes.ok_or_else(|| failed("read", &self.path))?);
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
        self.disk.note(Operation::Sync { path: self.path.clone() });
        Ok(())
    }
}
