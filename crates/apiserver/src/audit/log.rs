//! The log that events are appended to: a file that is put aside when it has grown, under a name with
//! the time, and removed when it is old or one too many.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use meta::time::Time;
use parking_lot::Mutex;
use world::{Clock, Disk, DiskError, File};

/// When a log is put aside, and how long it is kept then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// A file grows to that many bytes.
    pub bytes_max: u64,
    /// Files put aside that are kept; zero keeps all.
    pub backups_max: usize,
    /// Files put aside longer ago are removed; zero keeps all.
    pub age_max: Duration,
    /// Whether files put aside are compressed with gzip.
    pub compresses: bool,
}

/// See the module. Readable by its owner alone.
pub struct LogFile {
    path: PathBuf,
    rotation: Rotation,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    open: Mutex<Option<Open>>,
}

struct Open {
    file: Arc<dyn File>,
    length: u64,
}

impl LogFile {
    /// Appends to the file at `path`, which is made if it is missing.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(
        path: PathBuf,
        rotation: Rotation,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, DiskError> {
        let open = Mutex::new(Some(open(&*disk, &path)?));
        Ok(Self { path, rotation, disk, clock, open })
    }

    /// Appends whole lines; they are on the disk when the system writes them there.
    ///
    /// # Errors
    /// The disk failed: some of it may be written. The next call tries again to open the file.
    pub(super) fn append(&self, lines: &[u8]) -> Result<(), DiskError> {
        let mut slot = self.open.lock();
        let added = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let is_full = |open: &Open| {
            open.length > 0 && open.length.saturating_add(added) > self.rotation.bytes_max
        };
        if slot.as_ref().is_some_and(is_full) {
            *slot = None;
            self.put_aside()?;
        }
        let mut current = match slot.take() {
            Some(current) => current,
            None => open(&*self.disk, &self.path)?,
        };
        current.file.write(current.length, lines)?;
        current.length = current.length.saturating_add(added);
        *slot = Some(current);
        Ok(())
    }

    fn put_aside(&self) -> Result<(), DiskError> {
        let now = self.clock.wall();
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let names = self.disk.list(folder)?;
        let aside = self.free_name(now, &names);
        self.disk.rename(&self.path, &aside)?;
        // The events are safe; what is left undone here is done the next time.
        if let Err(error) = self.tidy(&aside, now) {
            tracing::warn!(%error, "cannot tidy old audit logs up");
        }
        Ok(())
    }

    fn tidy(&self, aside: &Path, now: Time) -> Result<(), DiskError> {
        if self.rotation.compresses {
            let compressed = gzip(&self.disk.read(aside)?);
            self.disk.replace(&with_ending(aside, ".gz"), &compressed)?;
            self.disk.remove(aside)?;
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let (start, ending) = self.name_parts();
        let mut names = self.disk.list(folder)?;
        names.retain(|name| when(name, &start, &ending).is_some());
        let spare = match self.rotation.backups_max {
            0 => 0,
            kept => names.len().saturating_sub(kept),
        };
        // Names sort by time.
        for (position, name) in names.iter().enumerate() {
            let age = when(name, &start, &ending).map(|time| now.since(time)).unwrap_or_default();
            let is_old = !self.rotation.age_max.is_zero() && age > self.rotation.age_max;
            if position < spare || is_old {
                self.disk.remove(&folder.join(name))?;
            }
        }
        Ok(())
    }

    /// `audit-2026-11-24T15-04-05.123.log`, as the reference names them; a little later if a file has
    /// that name.
    fn free_name(&self, mut time: Time, taken: &[String]) -> PathBuf {
        let (start, ending) = self.name_parts();
        loop {
            let text = time.to_micro_string();
            let stamp = text.get(..text.len().saturating_sub(4)).unwrap_or(&text).replace(':', "-");
            let name = format!("{start}{stamp}{ending}");
            let is_taken =
                taken.iter().any(|other| other.strip_suffix(".gz").unwrap_or(other) == name);
            if !is_taken {
                return self.path.with_file_name(name);
            }
            time = time + Duration::from_millis(1);
        }
    }

    /// What stands before and behind the time.
    fn name_parts(&self) -> (String, String) {
        let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().display().to_string();
        let ending = match self.path.extension() {
            Some(extension) => format!(".{}", extension.display()),
            None => String::new(),
        };
        (format!("{}-", part(self.path.file_stem())), ending)
    }
}

fn open(disk: &dyn Disk, path: &Path) -> Result<Open, DiskError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        disk.create_folder(folder)?;
    }
    let file = disk.open(path)?;
    let mut length = file.len()?;
    let mut last = [b'\n'];
    if let Some(at) = length.checked_sub(1) {
        file.read(at, &mut last)?;
    }
    if last != [b'\n'] {
        // A crash tore the last line: the next one must not be lost with it.
        file.write(length, b"\n")?;
        length += 1;
    }
    Ok(Open { file, length })
}

/// When a file was put aside, if its name is that of one.
fn when(name: &str, start: &str, ending: &str) -> Option<Time> {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let stamp = name.strip_prefix(start)?.strip_suffix(ending)?;
    let (day, time) = stamp.split_once('T')?;
    format!("{day}T{}Z", time.replace('-', ":")).parse().ok()
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use world::{Monotonic, Sleep};

    use super::*;

    /// Shows what it is set to.
    struct Still(Mutex<Time>);

    impl Clock for Still {
        fn wall(&self) -> Time {
            *self.0.lock()
        }
        fn monotonic(&self) -> Monotonic {
            Monotonic::default()
        }
        fn sleep_until(&self, _: Monotonic) -> Sleep {
            Box::pin(std::future::pending())
        }
    }

    const NOW: Time = Time::from_seconds(1_795_509_000);
    const KEEPS_ALL: Rotation =
        Rotation { bytes_max: 10, backups_max: 0, age_max: Duration::ZERO, compresses: false };

    /// Runs a test with a log in a folder of its own.
    fn with_log(rotation: Rotation, test: impl FnOnce(&LogFile, &Still, &dyn Fn(&str) -> Vec<u8>)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let world = world::real::world(runtime.handle());
        let folder = std::env::temp_dir().join(format!("audit-log-{}", world.dice.suffix(12)));
        let clock = Arc::new(Still(Mutex::new(NOW)));
        let path = folder.join("audit.log");
        let log = LogFile::open(path, rotation, world.disk.clone(), clock.clone()).unwrap();
        test(&log, &clock, &|name| world.disk.read(&folder.join(name)).unwrap());
        std::fs::remove_dir_all(folder).unwrap();
    }

    fn names(log: &LogFile) -> Vec<String> {
        log.disk.list(log.path.parent().unwrap()).unwrap()
    }

    #[test]
    fn a_log_that_has_grown_is_put_aside_with_the_time() {
        with_log(KEEPS_ALL, |log, _, read| {
            for line in ["first\n", "2nd\n", "third\n", "a line beyond the limit\n", "5\n"] {
                log.append(line.as_bytes()).unwrap();
            }
            let aside = ["30-00.000", "30-00.001", "30-00.002"]
                .map(|time| format!("audit-2026-11-24T08-{time}.log"));
            let mut wanted = aside.to_vec();
            wanted.push("audit.log".to_owned());
            assert_eq!(names(log), wanted);
            assert_eq!(read(&aside[0]), b"first\n2nd\n");
            assert_eq!(read(&aside[1]), b"third\n");
            assert_eq!(read(&aside[2]), b"a line beyond the limit\n");
            assert_eq!(read("audit.log"), b"5\n");
        });
    }

    #[test]
    fn what_was_written_before_is_appended_to() {
        with_log(KEEPS_ALL, |log, clock, read| {
            log.append(b"one\n").unwrap();
            let clock = Arc::new(Still(Mutex::new(clock.wall())));
            let again =
                LogFile::open(log.path.clone(), KEEPS_ALL, log.disk.clone(), clock).unwrap();
            again.append(b"two\n").unwrap();
            assert_eq!(read("audit.log"), b"one\ntwo\n");
        });
    }

    #[test]
    fn a_line_that_a_crash_tore_takes_no_other_with_it() {
        with_log(KEEPS_ALL, |log, clock, read| {
            log.append(b"a\nb").unwrap();
            let clock = Arc::new(Still(Mutex::new(clock.wall())));
            let again =
                LogFile::open(log.path.clone(), KEEPS_ALL, log.disk.clone(), clock).unwrap();
            again.append(b"c\n").unwrap();
            assert_eq!(read("audit.log"), b"a\nb\nc\n");
        });
    }

    #[test]
    fn one_file_too_many_is_removed() {
        let rotation = Rotation { backups_max: 1, ..KEEPS_ALL };
        with_log(rotation, |log, _, _| {
            for _ in 0..4 {
                log.append(b"ten bytes\n").unwrap();
            }
            assert_eq!(names(log), ["audit-2026-11-24T08-30-00.001.log", "audit.log"]);
        });
    }

    #[test]
    fn an_old_file_is_removed() {
        let rotation = Rotation { age_max: Duration::from_hours(1), ..KEEPS_ALL };
        with_log(rotation, |log, clock, _| {
            log.append(b"ten bytes\n").unwrap();
            log.append(b"ten bytes\n").unwrap();
            *clock.0.lock() = NOW + Duration::from_hours(2);
            log.append(b"ten bytes\n").unwrap();
            assert_eq!(names(log), ["audit-2026-11-24T10-30-00.000.log", "audit.log"]);
        });
    }

    #[test]
    fn files_put_aside_are_compressed() {
        let rotation = Rotation { compresses: true, ..KEEPS_ALL };
        with_log(rotation, |log, _, read| {
            log.append(b"ten bytes\n").unwrap();
            log.append(b"more\n").unwrap();
            let name = "audit-2026-11-24T08-30-00.000.log.gz";
            assert_eq!(names(log), [name, "audit.log"]);
            let mut text = String::new();
            flate2::read::GzDecoder::new(&*read(name)).read_to_string(&mut text).unwrap();
            assert_eq!(text, "ten bytes\n");
        });
    }
}
