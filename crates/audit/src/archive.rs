//! The archive: a folder a day, in it files of lines that any tool can unpack.
//!
//! `day=2026-11-24/part-apiserver-000001.jsonl.gz`; the day is that of the event. A part is whole or not
//! there. It may hold events that another holds too: those of a shipper that was killed before it had
//! noted how far it was.

use std::{collections::BTreeMap, io::Write as _, path::PathBuf, sync::Arc};

use flate2::{Compression, write::GzEncoder};
use world::{Disk, DiskError};

use crate::line::{Head, lines};

/// Where events go to stay.
pub(crate) struct Archive {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    /// Tells the parts of several shippers apart.
    source: String,
    /// What is not on the disk yet, by day.
    open: BTreeMap<String, GzEncoder<Vec<u8>>>,
    /// Closed, and perhaps refused by the disk.
    closed: Vec<(String, Vec<u8>)>,
    /// The newest part of a day, and its size.
    newest: BTreeMap<String, (PathBuf, usize)>,
    events: u64,
    bytes: u64,
}

/// What became of some lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    pub(crate) torn: u64,
}

/// Of 1 to 9: events repeat one another so much that more effort buys little.
const EFFORT: u32 = 1;
/// A part below this takes up what comes next: a quiet day must not become thousands of files.
const PART_BYTES_MIN: usize = 1024 * 1024;
/// Bytes of text that are held at most; compressed they are a tenth.
const TEXT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A log that is read again from its beginning may hold many days; these are open at once.
const DAYS_MAX: usize = 8;
const ENDING: &str = ".jsonl.gz";

impl Archive {
    pub(crate) fn new(disk: Arc<dyn Disk>, folder: PathBuf, source: String) -> Self {
        Self {
            disk,
            folder,
            source,
            open: BTreeMap::new(),
            closed: Vec::new(),
            newest: BTreeMap::new(),
            events: 0,
            bytes: 0,
        }
    }

    /// Takes lines; they are not on the disk before [`Archive::close`].
    pub(crate) fn add(&mut self, text: &[u8]) -> Tally {
        let mut tally = Tally::default();
        for line in lines(text) {
            let Some(head) = Head::read(line) else {
                tally.torn += 1;
                continue;
            };
            tally.events += 1;
            let day = head.day();
            if !self.open.contains_key(day) {
                let encoder = GzEncoder::new(Vec::new(), Compression::new(EFFORT));
                self.open.insert(day.to_owned(), encoder);
            }
            if let Some(encoder) = self.open.get_mut(day) {
                // Writing to memory does not fail.
                let _ = encoder.write_all(line).and_then(|()| encoder.write_all(b"\n"));
            }
        }
        self.events += tally.events;
        self.bytes += u64::try_from(text.len()).unwrap_or_default();
        tally
    }

    /// Whether there is as much as may be held.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= TEXT_BYTES_MAX || self.open.len() > DAYS_MAX
    }

    /// Events that are not on the disk yet.
    pub(crate) const fn waiting(&self) -> u64 {
        self.events
    }

    /// Puts everything on the disk; durable on return.
    ///
    /// # Errors
    /// The disk failed: nothing is given up, and the next call tries again.
    pub(crate) fn close(&mut self) -> Result<(), DiskError> {
        for (day, encoder) in std::mem::take(&mut self.open) {
            self.closed.push((day, encoder.finish().unwrap_or_default()));
        }
        while let Some((day, packed)) = self.closed.pop() {
            if let Err(error) = self.write(&day, &packed) {
                self.closed.push((day, packed));
                return Err(error);
            }
        }
        (self.events, self.bytes) = (0, 0);
        Ok(())
    }

    fn write(&mut self, day: &str, packed: &[u8]) -> Result<(), DiskError> {
        if let Some((part, size)) = self.newest.get(day)
            && *size < PART_BYTES_MIN
        {
            // Files of gzip one behind another are one.
            let (part, mut whole) = (part.clone(), self.disk.read(part)?);
            whole.extend_from_slice(packed);
            return self.put(day, part, &whole);
        }
        let folder = self.folder.join(format!("day={day}"));
        self.disk.create_folder(&folder)?;
        let start = format!("part-{}-", self.source);
        let number =
            |name: &String| name.strip_prefix(&start)?.strip_suffix(ENDING)?.parse::<u32>().ok();
        let last = self.disk.list(&folder)?.iter().filter_map(number).max().unwrap_or_default();
        let part = folder.join(format!("{start}{:06}{ENDING}", last + 1));
        self.put(day, part, packed)
    }

    fn put(&mut self, day: &str, part: PathBuf, content: &[u8]) -> Result<(), DiskError> {
        self.disk.replace(&part, content)?;
        // Days behind the newest few are complete.
        while self.newest.len() > DAYS_MAX {
            self.newest.pop_first();
        }
        self.newest.insert(day.to_owned(), (part, content.len()));
        Ok(())
    }
}

/// Whether a file of a day's folder is a part.
#[cfg(feature = "query")]
pub(crate) fn is_part(name: &str) -> bool {
    name.starts_with("part-") && name.ends_with(ENDING)
}

#[cfg(test)]
pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(EFFORT));
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[cfg(test)]
mod tests {
    use std::{io::Read as _, path::Path};

    use flate2::read::MultiGzDecoder;

    use super::*;

    fn with_archive(test: impl FnOnce(&dyn Fn() -> Archive, &Arc<dyn Disk>, &Path)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let world = world::real::world(runtime.handle());
        let folder = std::env::temp_dir().join(format!("audit-archive-{}", world.dice.suffix(12)));
        let disk = world.disk;
        test(&|| Archive::new(disk.clone(), folder.clone(), "a".to_owned()), &disk, &folder);
        std::fs::remove_dir_all(folder).unwrap();
    }

    fn event(day: u32, id: &str) -> String {
        let time = format!("2026-11-{day:02}T08:30:00.000000Z");
        format!(r#"{{"auditID":"{id}","stage":"Panic","stageTimestamp":"{time}"}}"#) + "\n"
    }

    fn unpacked(disk: &Arc<dyn Disk>, path: &Path) -> String {
        let mut text = String::new();
        MultiGzDecoder::new(&*disk.read(path).unwrap()).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn events_lie_in_the_folder_of_their_day() {
        with_archive(|archive, disk, folder| {
            let mut archive = archive();
            let text = [event(24, "a"), "torn\n".to_owned(), event(25, "b"), event(24, "c")];
            assert_eq!(archive.add(text.concat().as_bytes()), Tally { events: 3, torn: 1 });
            archive.close().unwrap();
            let part = |day| folder.join(format!("day=2026-11-{day}/part-a-000001.jsonl.gz"));
            assert_eq!(unpacked(disk, &part(24)), event(24, "a") + &event(24, "c"));
            assert_eq!(unpacked(disk, &part(25)), event(25, "b"));
        });
    }

    #[test]
    fn a_small_part_takes_up_what_comes_next_but_never_that_of_another_run() {
        with_archive(|archive, disk, folder| {
            let mut first = archive();
            for id in ["a", "b"] {
                first.add(event(24, id).as_bytes());
                first.close().unwrap();
            }
            let mut second = archive();
            second.add(event(24, "c").as_bytes());
            second.close().unwrap();
            let day = folder.join("day=2026-11-24");
            let names = ["part-a-000001.jsonl.gz", "part-a-000002.jsonl.gz"];
            assert_eq!(disk.list(&day).unwrap(), names);
            assert_eq!(unpacked(disk, &day.join(names[0])), event(24, "a") + &event(24, "b"));
            assert_eq!(unpacked(disk, &day.join(names[1])), event(24, "c"));
        });
    }
}
