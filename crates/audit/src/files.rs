//! The names of a log's files: the one that is written, and those that were put aside with the time.

use std::path::{Path, PathBuf};

use meta::time::Time;

/// Where a log lies.
#[derive(Debug, Clone)]
pub(crate) struct LogPath {
    folder: PathBuf,
    /// The file that is written.
    live: String,
    /// What stands before and behind the time of files that were put aside.
    start: String,
    ending: String,
}

const COMPRESSED: &str = ".gz";

impl LogPath {
    pub(crate) fn new(path: &Path) -> Self {
        let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().display().to_string();
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let ending = path.extension().map(|extension| format!(".{}", extension.display()));
        Self {
            folder,
            live: part(path.file_name()),
            start: format!("{}-", part(path.file_stem())),
            ending: ending.unwrap_or_default(),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn is_live(&self, name: &str) -> bool {
        self.live == name
    }

    /// Of the names in its folder, the log's own, oldest first. One that lies there twice, because it
    /// is just being compressed, comes once.
    pub(crate) fn in_order(&self, names: &[String]) -> Vec<String> {
        let stamped = names.iter().filter_map(|name| Some((self.stamp(name)?, name.clone())));
        let mut aside: Vec<(&str, String)> = stamped.collect();
        aside.sort_unstable();
        aside.dedup_by(|later, earlier| later.0 == earlier.0);
        let live = names.iter().filter(|name| self.is_live(name)).cloned();
        aside.into_iter().map(|(_, name)| name).chain(live).collect()
    }

    /// The time in a name, which sorts as text.
    fn stamp<'a>(&self, name: &'a str) -> Option<&'a str> {
        let plain = name.strip_suffix(COMPRESSED).unwrap_or(name);
        let stamp = plain.strip_prefix(&self.start)?.strip_suffix(&self.ending)?;
        let (day, time) = stamp.split_once('T')?;
        let time: Result<Time, _> = format!("{day}T{}Z", time.replace('-', ":")).parse();
        time.ok().map(|_| stamp)
    }
}

/// Whether a file is compressed with gzip, by its name.
pub(crate) fn is_compressed(name: &str) -> bool {
    name.ends_with(COMPRESSED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, names: &[&str], wanted: &[&str]) {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert_eq!(LogPath::new(Path::new(path)).in_order(&names), wanted);
    }

    #[test]
    fn files_come_in_the_order_in_which_they_were_written() {
        let early = "audit-2026-11-24T08-30-00.000.log";
        let late = "audit-2026-11-24T08-30-00.001.log.gz";
        check("/var/audit.log", &["audit.log", late, early], &[early, late, "audit.log"]);
    }

    #[test]
    fn a_file_that_is_being_compressed_comes_once() {
        let plain = "audit-2026-11-24T08-30-00.000.log";
        let draft = "audit-2026-11-24T08-30-00.000.log.gz.new";
        check("audit.log", &[plain, &format!("{plain}.gz"), draft], &[plain]);
    }

    #[test]
    fn what_others_left_there_is_not_read() {
        check("audit.log", &["audit-x.log", "audit.log.bak", "other.log"], &[]);
        check(
            "events",
            &["events-2026-11-24T08-30-00.000", "events"],
            &["events-2026-11-24T08-30-00.000", "events"],
        );
    }
}
