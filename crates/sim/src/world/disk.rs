//! A disk in memory that loses what was not synced.
//!
//! At a crash each write since the last sync is kept, lost, or torn at its sectors, as the dice
//! have it and independent of the others; so later writes may survive earlier ones.
//!
//! A sync that fails decides at once what of it will be there after a crash, and no later sync changes
//! that. Reading shows what was written, or what the disk has, page by page: systems differ in this.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use world::{Dice, Disk, DiskError, File};

use super::{dice::Seeded, incarnation::Incarnation};

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;
/// What a system keeps in memory whole or not at all.
const PAGE: usize = 4096;

/// The disk of one component; it outlives the component's incarnations.
#[derive(Debug)]
pub(super) struct Platter {
    state: Mutex<State>,
    dice: Seeded,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<PathBuf, Content>,
    locks: BTreeMap<PathBuf, u64>,
    operations: u64,
    fault: Option<DiskFault>,
    /// No file may grow.
    full: bool,
    /// The next sync fails.
    sync_fails: bool,
    /// Syncs keep nothing.
    lies: bool,
}

/// A fault to come, counted in operations that write or sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// That operation is refused; the ones after it work.
    Refuse {
        /// Counted from the disk's first, zero.
        operation: u64,
    },
    /// The power fails: that operation and all after it are refused until the component is crashed.
    Die {
        /// Counted from the disk's first, zero.
        operation: u64,
    },
}

#[derive(Debug, Default)]
struct Content {
    /// What a crash cannot take.
    durable: Vec<u8>,
    /// What a read sees.
    current: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Write { offset: usize, data: Vec<u8> },
    Resize { length: usize },
}

impl Content {
    fn change(&mut self, change: Change) {
        apply(&mut self.current, &change);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        for change in self.pending.drain(..) {
            apply(&mut self.durable, &change);
        }
    }

    /// After a failed sync the system believes that what was pending is on the disk; it may be.
    fn fail_sync(&mut self, dice: &Seeded) {
        for change in std::mem::take(&mut self.pending) {
            if dice.below(2) == 0 {
                apply(&mut self.durable, &change);
            }
        }
        forget_pages(&mut self.current, &self.durable, dice);
    }

    fn grows(&self, change: &Change) -> bool {
        let end = match change {
            Change::Write { offset, data } => offset.saturating_add(data.len()),
            Change::Resize { length } => *length,
        };
        end > self.current.len()
    }

    fn crash(&mut self, dice: &Seeded) {
        for change in std::mem::take(&mut self.pending) {
            match dice.below(3) {
                0 => apply(&mut self.durable, &change),
                1 => {}
                _ => self.tear(change, dice),
            }
        }
        self.current.clone_from(&self.durable);
    }

    fn tear(&mut self, change: Change, dice: &Seeded) {
        let Change::Write { offset, data } = change else { return };
        for (sector, part) in data.chunks(SECTOR).enumerate() {
            if dice.below(2) == 0 {
                let change =
                    Change::Write { offset: offset + sector * SECTOR, data: part.to_vec() };
                apply(&mut self.durable, &change);
            }
        }
    }
}

/// Some of what a system holds in memory is read from the disk anew.
pub(crate) fn forget_pages(current: &mut [u8], durable: &[u8], dice: &dyn Dice) {
    let (pages, on_disk) = (current.chunks_exact_mut(PAGE), durable.chunks_exact(PAGE));
    for (page, on_disk) in pages.zip(on_disk) {
        if *page != *on_disk && dice.below(2) == 0 {
            page.copy_from_slice(on_disk);
        }
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Resize { length } => bytes.resize(*length, 0),
        Change::Write { offset, data } => {
            let end = offset + data.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[*offset..end].copy_from_slice(data);
        }
    }
}

impl Platter {
    pub(super) fn new(seed: u64, component: &str) -> Arc<Self> {
        let dice = Seeded::named(seed, component, u64::MAX);
        Arc::new(Self { state: Mutex::default(), dice })
    }

    /// The power goes: un-synced writes meet their fate, and everything else is as after [`Self::leave`].
    pub(super) fn crash(&self) {
        self.state.lock().files.values_mut().for_each(|content| content.crash(&self.dice));
        self.leave();
    }

    /// Ends the incarnation's hold: locks are free, faults over.
    pub(super) fn leave(&self) {
        let mut state = self.state.lock();
        state.locks.clear();
        state.fault = None;
        state.sync_fails = false;
    }

    /// From now on no file may grow, or each may again.
    pub(super) fn set_full(&self, full: bool) {
        self.state.lock().full = full;
    }

    /// Lets the next sync fail.
    pub(super) fn fail_next_sync(&self) {
        self.state.lock().sync_fails = true;
    }

    /// From now on syncs pass and keep nothing.
    pub(super) fn lie(&self) {
        self.state.lock().lies = true;
    }

    /// Whether nothing is wrong with it now.
    pub(super) fn is_well(&self) -> bool {
        let state = self.state.lock();
        !state.full && !state.sync_fails && state.fault.is_none()
    }

    pub(super) fn plan(&self, fault: DiskFault) {
        self.state.lock().fault = Some(fault);
    }

    /// Writes and syncs so far.
    pub(super) fn operations(&self) -> u64 {
        self.state.lock().operations
    }
}

impl State {
    /// Counts an operation that changes something; refuses it if that is its fate.
    fn operate(&mut self, action: &'static str, path: &Path) -> Result<(), DiskError> {
        let number = self.operations;
        self.operations += 1;
        let refused = match self.fault {
            None => false,
            Some(DiskFault::Refuse { operation }) => number == operation,
            Some(DiskFault::Die { operation }) => number >= operation,
        };
        if refused { Err(failed(action, path, "the disk refuses")) } else { Ok(()) }
    }
}

fn failed(action: &'static str, path: &Path, reason: &str) -> DiskError {
    DiskError::Failed { action, path: path.display().to_string(), reason: reason.to_owned() }
}

/// The disk as one incarnation sees it.
#[derive(Clone)]
pub(super) struct OwnDisk {
    pub(super) platter: Arc<Platter>,
    pub(super) owner: Arc<Incarnation>,
}

impl OwnDisk {
    fn check(&self, action: &'static str, path: &Path) -> Result<(), DiskError> {
        if self.owner.has_ended() {
            return Err(failed(action, path, "its process has ended"));
        }
        Ok(())
    }
}

impl Disk for OwnDisk {
    fn open(&self, path: &Path) -> Result<Arc<dyn File>, DiskError> {
        self.check("open", path)?;
        self.platter.state.lock().files.entry(path.to_owned()).or_default();
        Ok(Arc::new(OpenFile { disk: self.clone(), path: path.to_owned() }))
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        self.check("read", path)?;
        let missing = || DiskError::Missing { path: path.display().to_string() };
        let state = self.platter.state.lock();
        state.files.get(path).map(|content| content.current.clone()).ok_or_else(missing)
    }

    fn replace(&self, path: &Path, data: &[u8]) -> Result<(), DiskError> {
        self.check("replace", path)?;
        let mut state = self.platter.state.lock();
        state.operate("replace", path)?;
        let (durable, current) = (data.to_vec(), data.to_vec());
        state.files.insert(path.to_owned(), Content { durable, current, pending: Vec::new() });
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        self.check("rename", from)?;
        let mut state = self.platter.state.lock();
        state.operate("rename", from)?;
        let missing = || DiskError::Missing { path: from.display().to_string() };
        let content = state.files.remove(from).ok_or_else(missing)?;
        state.files.insert(to.to_owned(), content);
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        self.check("remove", path)?;
        let mut state = self.platter.state.lock();
        state.operate("remove", path)?;
        state.files.remove(path);
        Ok(())
    }

    fn list(&self, folder: &Path) -> Result<Vec<String>, DiskError> {
        self.check("list", folder)?;
        let state = self.platter.state.lock();
        let inside = state.files.keys().filter(|path| path.parent() == Some(folder));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn create_folder(&self, path: &Path) -> Result<(), DiskError> {
        self.check("create folder", path)
    }

    fn lock_folder(&self, path: &Path) -> Result<Box<dyn Send + Sync>, DiskError> {
        self.check("lock", path)?;
        let mut state = self.platter.state.lock();
        if state.locks.contains_key(path) {
            return Err(DiskError::Locked { path: path.display().to_string() });
        }
        state.locks.insert(path.to_owned(), self.owner.number);
        Ok(Box::new(FolderLock { disk: self.clone(), path: path.to_owned() }))
    }
}

struct FolderLock {
    disk: OwnDisk,
    path: PathBuf,
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // After a crash the lock may already be the next incarnation's.
        if !self.disk.owner.has_ended() {
            self.disk.platter.state.lock().locks.remove(&self.path);
        }
    }
}

struct OpenFile {
    disk: OwnDisk,
    path: PathBuf,
}

impl OpenFile {
    fn with<T>(
        &self,
        action: &'static str,
        work: impl FnOnce(&mut Content) -> Option<T>,
    ) -> Result<T, DiskError> {
        self.disk.check(action, &self.path)?;
        let mut state = self.disk.platter.state.lock();
        let content = state.files.get_mut(&self.path);
        content.and_then(work).ok_or_else(|| failed(action, &self.path, "beyond the end"))
    }

    fn change(&self, action: &'static str, change: Option<Change>) -> Result<(), DiskError> {
        self.disk.check(action, &self.path)?;
        let mut state = self.disk.platter.state.lock();
        state.operate(action, &self.path)?;
        let full = state.full;
        drop(state);
        let done = self.with(action, |content| {
            let change = change?;
            if full && content.grows(&change) {
                return Some(false);
            }
            content.change(change);
            Some(true)
        })?;
        if done { Ok(()) } else { Err(failed(action, &self.path, "no space left on device")) }
    }
}

impl File for OpenFile {
    fn len(&self) -> Result<u64, DiskError> {
        self.with("measure", |content| u64::try_from(content.current.len()).ok())
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DiskError> {
        self.with("read", |content| {
            let start = usize::try_from(offset).ok()?;
            let bytes = content.current.get(start..start.checked_add(buffer.len())?)?;
            buffer.copy_from_slice(bytes);
            Some(())
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), DiskError> {
        let offset = usize::try_from(offset).ok();
        self.change("write", offset.map(|offset| Change::Write { offset, data: data.to_vec() }))
    }

    fn set_len(&self, length: u64) -> Result<(), DiskError> {
        let length = usize::try_from(length).ok();
        self.change("resize", length.map(|length| Change::Resize { length }))
    }

    fn sync(&self) -> Result<(), DiskError> {
        self.disk.check("sync", &self.path)?;
        let mut state = self.disk.platter.state.lock();
        let operated = state.operate("sync", &self.path);
        let (fails, lies) = (std::mem::take(&mut state.sync_fails), state.lies);
        drop(state);
        let failed =
            if fails { Err(failed("sync", &self.path, "input/output error")) } else { operated };
        let dice = &self.disk.platter.dice;
        self.with("sync", |content| {
            if failed.is_err() {
                content.fail_sync(dice);
            } else if !lies {
                content.sync();
            }
            Some(())
        })?;
        failed
    }
}
