//! redb's storage, on a file of the world.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use redb::StorageBackend;
use world::DiskError;

use super::careful::CarefulFile;

/// One handle's way to the file. A retired one fails, so that a handle that outlives its error cannot
/// write beside its successor.
pub(super) struct Backend {
    pub(super) file: Arc<CarefulFile>,
    pub(super) retired: Arc<AtomicBool>,
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backend")
    }
}

impl Backend {
    fn file(&self) -> io::Result<&CarefulFile> {
        if self.retired.load(Ordering::Acquire) {
            return Err(io::Error::other("this handle was given up after an error"));
        }
        Ok(&*self.file)
    }
}

fn io_error(error: DiskError) -> io::Error {
    io::Error::other(error)
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.file()?.len().map_err(io_error)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file()?.read(offset, out).map_err(io_error)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file()?.set_len(len).map_err(io_error)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file()?.sync().map_err(io_error)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file()?.write(offset, data).map_err(io_error)
    }
}
