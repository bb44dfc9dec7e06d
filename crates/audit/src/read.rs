//! One file of the log, read line by line from an offset, compressed or not.

use std::{
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use flate2::read::MultiGzDecoder;
use world::{Disk, DiskError, File};

use crate::{files::is_compressed, line::fingerprint};

/// An open file of the log. It stays readable when it is renamed, compressed or removed.
pub(crate) struct OpenLog {
    /// The fingerprint of its first line, which neither another name nor compression changes.
    pub(crate) identity: String,
    /// How far its lines were handed out, in bytes of text.
    pub(crate) offset: u64,
    name: String,
    source: Box<dyn Read + Send>,
    /// The beginning of a line whose end is not written yet.
    torn: Vec<u8>,
}

/// Bytes that are read at once.
const READ_BYTES: usize = 1024 * 1024;
/// A longer line is no event: objects are far smaller, and even two of them are.
const LINE_BYTES_MAX: usize = 16 * READ_BYTES;

impl OpenLog {
    /// Opens a file at its beginning; `None` if not even its first line is written.
    pub(crate) fn open(
        disk: &dyn Disk,
        folder: &Path,
        name: &str,
    ) -> Result<Option<Self>, DiskError> {
        let file = disk.open_present(&folder.join(name))?;
        let Some(identity) = identity(&file, name)? else { return Ok(None) };
        let source = source(file, name);
        Ok(Some(Self { identity, offset: 0, name: name.to_owned(), source, torn: Vec::new() }))
    }

    /// Goes to where it was read to before.
    pub(crate) fn skip_to(&mut self, offset: u64) -> Result<(), DiskError> {
        let skipped = io::copy(&mut (&mut self.source).take(offset), &mut io::sink());
        self.offset = skipped.map_err(|error| self.failed(&error))?;
        Ok(())
    }

    /// The next whole lines, at most a megabyte and a line; empty at the end of what is written.
    pub(crate) fn read(&mut self) -> Result<Vec<u8>, DiskError> {
        loop {
            let before = self.torn.len();
            let room = u64::try_from(READ_BYTES).unwrap_or(u64::MAX);
            let read = (&mut self.source).take(room).read_to_end(&mut self.torn);
            read.map_err(|error| self.failed(&error))?;
            let is_at_end = self.torn.len() == before;
            if let Some(last) = memchr::memrchr(b'\n', &self.torn) {
                return Ok(self.take(last + 1));
            }
            if self.torn.len() > LINE_BYTES_MAX {
                return Ok(self.take(self.torn.len()));
            }
            if is_at_end {
                return Ok(Vec::new());
            }
        }
    }

    fn take(&mut self, end: usize) -> Vec<u8> {
        let rest = self.torn.split_off(end);
        self.offset += u64::try_from(end).unwrap_or_default();
        std::mem::replace(&mut self.torn, rest)
    }

    /// A line that was begun; one that will never end once the file is put aside.
    pub(crate) fn has_torn_line(&self) -> bool {
        !self.torn.is_empty()
    }

    fn failed(&self, error: &io::Error) -> DiskError {
        let reason = error.to_string();
        DiskError::Failed { action: "read", path: self.name.clone(), reason }
    }
}

/// The identity of a file and how many bytes it takes on the disk; `None` without a whole first line.
pub(crate) fn look(
    disk: &dyn Disk,
    folder: &Path,
    name: &str,
) -> Result<(Option<String>, u64), DiskError> {
    let file = disk.open_present(&folder.join(name))?;
    let bytes = file.len()?;
    Ok((identity(&file, name)?, bytes))
}

fn identity(file: &Arc<dyn File>, name: &str) -> Result<Option<String>, DiskError> {
    const STEP: u64 = 16 * 1024;
    let mut source = source(Arc::clone(file), name);
    let mut text = Vec::new();
    loop {
        let from = text.len();
        let read = (&mut source).take(STEP).read_to_end(&mut text);
        let read = read.map_err(|error| DiskError::Failed {
            action: "read",
            path: name.to_owned(),
            reason: error.to_string(),
        })?;
        if let Some(end) = memchr::memchr(b'\n', &text[from..]) {
            return Ok(Some(fingerprint(&text[..from + end])));
        }
        if read == 0 {
            return Ok(None);
        }
    }
}

fn source(file: Arc<dyn File>, name: &str) -> Box<dyn Read + Send> {
    let plain = Growing { file, offset: 0 };
    if is_compressed(name) {
        return Box::new(MultiGzDecoder::new(io::BufReader::with_capacity(READ_BYTES / 8, plain)));
    }
    Box::new(plain)
}

/// A file that may have more to read later.
struct Growing {
    file: Arc<dyn File>,
    offset: u64,
}

impl Read for Growing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.len().map_err(io::Error::other)?;
        let left = usize::try_from(length.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        if wanted > 0 {
            self.file.read(self.offset, &mut buffer[..wanted]).map_err(io::Error::other)?;
            self.offset += u64::try_from(wanted).unwrap_or_default();
        }
        Ok(wanted)
    }
}
