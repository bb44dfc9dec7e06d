//! The engine on disk: redb in the layout `revision → key, value`, on the files of the world.
//!
//! A commit costs one sync. After a crash redb then checks its trees, which takes about a
//! millisecond per megabyte; so only files too large for that pay a second sync per commit, with
//! which redb recovers at once. redb gives a handle up after any error of the disk; it is opened
//! anew on the same file, once that is known to hold what it shows.

mod backend;
mod careful;
mod record;

use std::{
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use backend::Backend;
use bytes::Bytes;
use careful::CarefulFile;
use meta::mutants::mutant;
use parking_lot::RwLock;
use redb::{Database, ReadOnlyTable, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use world::{Disk, DiskError};

use crate::{
    Revision,
    log::{Commit, Log, LogError, Outline, Position, Reader},
};

const FILE_NAME: &str = "store.redb";
/// Revision and part → [`record`].
const ROWS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("rows");
const MARKS: TableDefinition<'_, &str, u64> = TableDefinition::new("marks");
/// The layout of this file; a later one is refused.
const LAYOUT: (&str, u64) = ("layout", 1);
const COMPACTED: &str = "compacted";
/// What redb starts a file with.
const MAGIC_BYTES: u64 = 9;
/// Pages redb keeps in memory. Small, for watch caches serve nearly all reads.
const CACHE_BYTES: usize = 8 << 20;
/// From this size on checking after a crash would take longer than people like to wait.
const QUICK_REPAIR_BYTES: u64 = 64 << 20;

/// Rows in a redb file.
pub(crate) struct EmbeddedLog {
    open: RwLock<Option<Open>>,
    file: Arc<CarefulFile>,
    /// Given back last.
    _lock: Box<dyn Send + Sync>,
}

struct Open {
    database: Arc<Database>,
    retired: Arc<AtomicBool>,
}

impl EmbeddedLog {
    pub(crate) fn open(disk: &Arc<dyn Disk>, folder: &Path) -> Result<Self, LogError> {
        let failed = |error: DiskError| LogError(error.to_string());
        disk.create_folder(folder).map_err(failed)?;
        let lock = disk.lock_folder(folder).map_err(failed)?;
        let file = CarefulFile::open(disk, folder, FILE_NAME).map_err(failed)?;
        clear_if_unborn(&file).map_err(failed)?;
        let file = Arc::new(file);
        let open = open(&file)?;
        Ok(Self { open: RwLock::new(Some(open)), file, _lock: lock })
    }

    fn database(&self) -> Result<Arc<Database>, LogError> {
        let open = self.open.read();
        let open = open.as_ref().ok_or_else(|| LogError("it is closed after an error".into()))?;
        Ok(Arc::clone(&open.database))
    }

    fn write(&self, commit: &Commit) -> Result<(), redb::Error> {
        let database = self.database().map_err(|error| redb::Error::Corrupted(error.0))?;
        let mut transaction = database.begin_write()?;
        let large = self.file.len().is_ok_and(|length| length > QUICK_REPAIR_BYTES);
        transaction.set_quick_repair(large);
        if mutant("hb_44") {
            transaction.set_durability(redb::Durability::None)?;
        }
        {
            let mut rows = transaction.open_table(ROWS)?;
            for row in &commit.rows {
                rows.insert(place(row.position), record::encode(row).as_slice())?;
            }
            for position in &commit.forget {
                rows.remove(place(*position))?;
            }
            if let Some(Revision(oldest)) = commit.compacted {
                transaction.open_table(MARKS)?.insert(COMPACTED, oldest)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

/// Empties a file whose making was cut short. redb writes its magic number last of all, so where it
/// would be there are zeros, and nothing was ever acknowledged.
fn clear_if_unborn(file: &CarefulFile) -> Result<(), DiskError> {
    let length = file.len()?.min(MAGIC_BYTES);
    let mut magic = vec![0; usize::try_from(length).unwrap_or(0)];
    file.read(0, &mut magic)?;
    if magic.is_empty() || magic.iter().any(|byte| *byte != 0) {
        return Ok(());
    }
    file.set_len(0)?;
    file.sync()
}

/// Opens what the file has, or makes the tables if it is empty.
fn open(file: &Arc<CarefulFile>) -> Result<Open, LogError> {
    let retired = Arc::new(AtomicBool::new(false));
    let backend = Backend { file: Arc::clone(file), retired: Arc::clone(&retired) };
    let database = guarded(|| {
        let mut builder = Database::builder();
        let database = builder.set_cache_size(CACHE_BYTES).create_with_backend(backend)?;
        check_layout(&database)?;
        Ok(database)
    })?;
    Ok(Open { database: Arc::new(database), retired })
}

fn check_layout(database: &Database) -> Result<(), redb::Error> {
    let (name, current) = LAYOUT;
    let transaction = database.begin_write()?;
    let found = {
        let marks = transaction.open_table(MARKS)?;
        marks.get(name)?.map(|layout| layout.value())
    };
    match found {
        Some(layout) if layout == current => Ok(transaction.abort()?),
        Some(layout) => {
            let reason = format!("it has layout {layout}; this program knows {current}");
            Err(redb::Error::Corrupted(reason))
        }
        None => {
            transaction.open_table(ROWS)?;
            transaction.open_table(MARKS)?.insert(name, current)?;
            Ok(transaction.commit()?)
        }
    }
}

/// A damaged file can make redb panic; that ends the handle, not the process.
fn guarded<T>(work: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, LogError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(LogError(error.to_string())),
        Err(_) => Err(LogError("redb panicked".to_owned())),
    }
}

fn place(position: Position) -> (u64, u32) {
    (position.revision.0, position.part)
}

impl Log for EmbeddedLog {
    fn waits(&self) -> bool {
        true
    }

    fn commit(&self, commit: &Commit) -> Result<(), LogError> {
        guarded(|| self.write(commit))
    }

    fn reader(&self) -> Result<Box<dyn Reader>, LogError> {
        let database = self.database()?;
        guarded(|| {
            let transaction = database.begin_read()?;
            let rows = transaction.open_table(ROWS)?;
            let marks = transaction.open_table(MARKS)?;
            let reader: Box<dyn Reader> = Box::new(TableReader { rows, marks });
            Ok(reader)
        })
    }

    fn reopen(&self) -> Result<(), LogError> {
        let mut slot = self.open.write();
        if let Some(old) = slot.take() {
            old.retired.store(true, Ordering::Release);
        }
        // What is read back must be on the disk before anybody hears of it.
        self.file.settle().map_err(|error| LogError(error.to_string()))?;
        *slot = Some(open(&self.file)?);
        Ok(())
    }
}

/// The tables as of one commit.
struct TableReader {
    rows: ReadOnlyTable<(u64, u32), &'static [u8]>,
    marks: ReadOnlyTable<&'static str, u64>,
}

impl Reader for TableReader {
    fn value(&self, position: Position) -> Result<Option<Bytes>, LogError> {
        let row = guarded(|| Ok(self.rows.get(place(position))?))?;
        let Some(row) = row else { return Ok(None) };
        let (_, value) = record::decode(position, row.value())?;
        Ok(Some(Bytes::copy_from_slice(value)))
    }

    fn scan(
        &self,
        from: Revision,
        visit: &mut dyn FnMut(Outline<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let rows = guarded(|| Ok(self.rows.range((from.0, 0)..)?))?;
        for row in rows {
            let (place, bytes) = row.map_err(|error| LogError(error.to_string()))?;
            let (revision, part) = place.value();
            let position = Position { revision: Revision(revision), part };
            let (outline, _) = record::decode(position, bytes.value())?;
            if visit(outline).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn compacted(&self) -> Result<Revision, LogError> {
        let mark = guarded(|| Ok(self.marks.get(COMPACTED)?))?;
        Ok(Revision(mark.map_or(0, |mark| mark.value())))
    }
}
