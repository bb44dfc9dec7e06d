//! The log as one stream of lines, across rotation, compression and restarts.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use world::{Disk, DiskError};

use crate::{
    files::LogPath,
    position::{Position, Waiting},
    read::{OpenLog, look},
};

/// Reads a log from a position on.
pub(crate) struct Follower {
    disk: Arc<dyn Disk>,
    path: LogPath,
    open: Option<OpenLog>,
    position: Position,
    /// Files that were put aside do not change: what was found of them by their names.
    looked_at: BTreeMap<String, Found>,
}

/// A file of the log as it lies there.
#[derive(Debug, Clone)]
struct Found {
    name: String,
    identity: String,
    bytes: u64,
}

impl Follower {
    pub(crate) fn new(disk: Arc<dyn Disk>, log: &Path, position: Position) -> Self {
        let path = LogPath::new(log);
        Self { disk, path, open: None, position, looked_at: BTreeMap::new() }
    }

    /// Where the lines end that were handed out.
    pub(crate) const fn position(&self) -> &Position {
        &self.position
    }

    pub(crate) const fn position_mut(&mut self) -> &mut Position {
        &mut self.position
    }

    /// The next lines, whole ones; empty when all is read that is written.
    ///
    /// # Errors
    /// The disk failed; the next call goes on where this one began.
    pub(crate) fn read(&mut self) -> Result<Vec<u8>, DiskError> {
        loop {
            let lines = self.read_open()?;
            if !lines.is_empty() {
                return Ok(lines);
            }
            let found = self.look()?;
            let Some(next) = self.next(&found) else { return Ok(Vec::new()) };
            // What was written between the end that was seen and the file's being put aside.
            let lines = self.read_open()?;
            if !lines.is_empty() {
                return Ok(lines);
            }
            self.go_to(&found[next])?;
        }
    }

    /// Notes which files wait, and counts those that were taken away.
    ///
    /// # Errors
    /// The disk failed.
    pub(crate) fn note(&mut self) -> Result<(), DiskError> {
        self.look().map(drop)
    }

    fn look(&mut self) -> Result<Vec<Found>, DiskError> {
        let found = self.find()?;
        self.count_lost(&found);
        let at = found.iter().position(|file| file.identity == self.position.file);
        if let Some(at) = at {
            self.position.length = self.position.length.max(found[at].bytes);
            self.position.is_closed = !self.path.is_live(&found[at].name);
        }
        let known = std::mem::take(&mut self.position.waiting);
        let before = |file: &Found| {
            let known = known.iter().find(|known| known.file == file.identity);
            known.map_or(0, |known| known.bytes)
        };
        let waiting = found.iter().skip(at.map_or(0, |at| at + 1)).map(|file| Waiting {
            file: file.identity.clone(),
            // Compressed, a file is smaller than what it holds.
            bytes: file.bytes.max(before(file)),
        });
        self.position.waiting = waiting.collect();
        Ok(found)
    }

    fn read_open(&mut self) -> Result<Vec<u8>, DiskError> {
        let Some(open) = &mut self.open else { return Ok(Vec::new()) };
        let lines = open.read()?;
        self.position.offset = open.offset;
        self.position.length = self.position.length.max(open.offset);
        Ok(lines)
    }

    /// The file to go to: the one that was being read if none is open, else the one after it.
    fn next(&self, found: &[Found]) -> Option<usize> {
        let at = found.iter().position(|file| file.identity == self.position.file);
        let next = match (at, &self.open) {
            (Some(at), None) => at,
            (Some(at), Some(_)) => at + 1,
            // Rotation takes the oldest away: all that is there is newer.
            (None, _) => 0,
        };
        (next < found.len()).then_some(next)
    }

    fn go_to(&mut self, file: &Found) -> Result<(), DiskError> {
        if self.open.as_ref().is_some_and(OpenLog::has_torn_line) {
            self.position.lost.torn_lines += 1;
        }
        let opened = OpenLog::open(&*self.disk, self.path.folder(), &file.name);
        let opened = match opened {
            // It was put aside or compressed just now: the next look finds it under its new name.
            Err(DiskError::Missing { .. }) => None,
            opened => opened?,
        };
        let Some(mut open) = opened.filter(|open| open.identity == file.identity) else {
            self.looked_at.remove(&file.name);
            return Ok(());
        };
        if open.identity == self.position.file {
            open.skip_to(self.position.offset)?;
        } else {
            self.position.file.clone_from(&open.identity);
            let waited = self.position.waiting.iter().find(|known| known.file == file.identity);
            self.position.length = waited.map_or(file.bytes, |known| known.bytes);
            self.position.is_closed = !self.path.is_live(&file.name);
            self.position.waiting.retain(|waiting| waiting.file != file.identity);
        }
        self.position.offset = open.offset;
        self.open = Some(open);
        Ok(())
    }

    /// What waited and is there no more, and what was unread of the file that was being read.
    fn count_lost(&mut self, found: &[Found]) {
        let is_gone = |identity: &str| found.iter().all(|file| file.identity != identity);
        let Position { file, offset, length, is_closed, waiting, .. } = &mut self.position;
        let mut bytes: Vec<u64> = Vec::new();
        waiting.retain(|waiting| {
            let stays = !is_gone(&waiting.file);
            if !stays {
                bytes.push(waiting.bytes);
            }
            stays
        });
        // A file that was written to when it was last seen has probably grown before it went.
        let has_rest = *length > *offset || !*is_closed;
        if self.open.is_none() && !file.is_empty() && is_gone(file) && has_rest {
            bytes.push(length.saturating_sub(*offset));
            *length = *offset;
            *is_closed = true;
        }
        if bytes.is_empty() {
            return;
        }
        let (files, unread) = (bytes.len(), bytes.iter().sum::<u64>());
        tracing::warn!(files, bytes = unread, "log files were removed before they were shipped");
        self.position.lost.files += u64::try_from(files).unwrap_or_default();
        self.position.lost.bytes += unread;
    }

    /// The files that hold at least a line, oldest first.
    fn find(&mut self) -> Result<Vec<Found>, DiskError> {
        let mut names = self.names()?;
        loop {
            self.looked_at.retain(|name, _| names.contains(name));
            let mut found: Vec<Found> = Vec::new();
            for name in &names {
                found.extend(self.look_at(name)?);
            }
            // Between listing and looking, a file may have got another name.
            let again = self.names()?;
            if again == names {
                return Ok(found);
            }
            names = again;
        }
    }

    fn names(&self) -> Result<Vec<String>, DiskError> {
        match self.disk.list(self.path.folder()) {
            Err(DiskError::Missing { .. }) => Ok(Vec::new()),
            names => Ok(self.path.in_order(&names?)),
        }
    }

    fn look_at(&mut self, name: &str) -> Result<Option<Found>, DiskError> {
        if let Some(known) = self.looked_at.get(name) {
            return Ok(Some(known.clone()));
        }
        let (identity, bytes) = match look(&*self.disk, self.path.folder(), name) {
            Err(DiskError::Missing { .. }) => return Ok(None),
            looked => looked?,
        };
        let Some(identity) = identity else { return Ok(None) };
        let found = Found { name: name.to_owned(), identity, bytes };
        if !self.path.is_live(name) {
            self.looked_at.insert(name.to_owned(), found.clone());
        }
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A log in a folder of its own.
    struct Log {
        disk: Arc<dyn Disk>,
        folder: PathBuf,
    }

    impl Log {
        fn new() -> Self {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let world = world::real::world(runtime.handle());
            let folder =
                std::env::temp_dir().join(format!("audit-follow-{}", world.dice.suffix(12)));
            world.disk.create_folder(&folder).unwrap();
            Self { disk: world.disk, folder }
        }
        fn append(&self, text: &str) {
            let file = self.disk.open(&self.folder.join("audit.log")).unwrap();
            file.write(file.len().unwrap(), text.as_bytes()).unwrap();
        }
        fn put_aside(&self, number: u32) {
            self.disk.rename(&self.folder.join("audit.log"), &self.aside(number)).unwrap();
        }
        fn aside(&self, number: u32) -> PathBuf {
            self.folder.join(format!("audit-2026-11-24T08-30-00.{number:03}.log"))
        }
        fn compress(&self, number: u32) {
            let plain = self.aside(number);
            let mut packed = plain.clone().into_os_string();
            packed.push(".gz");
            let text = self.disk.read(&plain).unwrap();
            self.disk.replace(Path::new(&packed), &crate::archive::gzip(&text)).unwrap();
            self.disk.remove(&plain).unwrap();
        }
        fn follower(&self, position: Position) -> Follower {
            Follower::new(Arc::clone(&self.disk), &self.folder.join("audit.log"), position)
        }
    }

    impl Drop for Log {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.folder).unwrap();
        }
    }

    fn read(follower: &mut Follower) -> String {
        let mut text = String::new();
        loop {
            let lines = follower.read().unwrap();
            if lines.is_empty() {
                return text;
            }
            text.push_str(std::str::from_utf8(&lines).unwrap());
        }
    }

    #[test]
    fn lines_are_read_once_they_are_whole() {
        let log = Log::new();
        let mut follower = log.follower(Position::default());
        assert_eq!(read(&mut follower), "");
        log.append("one\ntw");
        assert_eq!(read(&mut follower), "one\n");
        log.append("o\n");
        assert_eq!(read(&mut follower), "two\n");
        assert!(follower.position().lost.is_nothing());
    }

    #[test]
    fn a_log_that_is_put_aside_is_read_to_its_end_first() {
        let log = Log::new();
        let mut follower = log.follower(Position::default());
        log.append("one\n");
        assert_eq!(read(&mut follower), "one\n");
        log.append("two\n");
        log.put_aside(0);
        log.compress(0);
        log.append("three\n");
        log.put_aside(1);
        log.append("four\n");
        assert_eq!(read(&mut follower), "two\nthree\nfour\n");
        assert!(follower.position().lost.is_nothing());
    }

    #[test]
    fn a_follower_goes_on_where_another_ended_whatever_the_file_is_called_now() {
        for compressed in [false, true] {
            let log = Log::new();
            log.append("one\ntwo\n");
            let mut first = log.follower(Position::default());
            assert_eq!(read(&mut first), "one\ntwo\n");
            log.append("three\n");
            log.put_aside(0);
            if compressed {
                log.compress(0);
            }
            log.append("four\n");
            let mut second = log.follower(first.position().clone());
            assert_eq!(read(&mut second), "three\nfour\n");
            assert!(second.position().lost.is_nothing());
        }
    }

    #[test]
    fn what_was_removed_before_it_was_read_is_counted() {
        let log = Log::new();
        log.append("one\n");
        let mut first = log.follower(Position::default());
        assert_eq!(read(&mut first), "one\n");
        log.append("two\n");
        log.put_aside(0);
        log.append("three\n");
        first.note().unwrap();
        log.put_aside(1);
        log.append("four\n");
        let position = first.position().clone();
        drop(first);
        log.disk.remove(&log.aside(0)).unwrap();
        log.disk.remove(&log.aside(1)).unwrap();
        let mut second = log.follower(position);
        assert_eq!(read(&mut second), "four\n");
        let lost = second.position().lost;
        assert_eq!((lost.files, lost.bytes), (2, 4 + 6));
    }

    #[test]
    fn a_file_that_may_have_grown_before_it_went_is_counted_once() {
        let log = Log::new();
        log.append("one\n");
        let mut first = log.follower(Position::default());
        assert_eq!(read(&mut first), "one\n");
        log.put_aside(0);
        log.disk.remove(&log.aside(0)).unwrap();
        log.append("three\n");
        let mut second = log.follower(first.position().clone());
        assert_eq!(read(&mut second), "three\n");
        second.note().unwrap();
        let lost = second.position().lost;
        assert_eq!((lost.files, lost.bytes), (1, 0));
    }

    #[test]
    fn a_file_is_read_to_its_end_though_its_name_is_gone() {
        let log = Log::new();
        log.append("one\n");
        let mut follower = log.follower(Position::default());
        assert_eq!(read(&mut follower), "one\n");
        log.append("two\n");
        log.put_aside(0);
        log.append("three\n");
        log.disk.remove(&log.aside(0)).unwrap();
        assert_eq!(read(&mut follower), "two\nthree\n");
        assert!(follower.position().lost.is_nothing());
    }

    #[test]
    fn a_line_that_will_never_end_is_counted() {
        let log = Log::new();
        let mut follower = log.follower(Position::default());
        log.append("one\ntorn");
        assert_eq!(read(&mut follower), "one\n");
        log.put_aside(0);
        log.append("two\n");
        assert_eq!(read(&mut follower), "two\n");
        assert_eq!(follower.position().lost.torn_lines, 1);
    }
}
