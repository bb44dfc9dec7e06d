//! The log of a million events: the file that is written, and those that were put aside.

use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::PathBuf,
};

use anyhow::{Context as _, Result};
use conformance::audit_events;

use crate::folder::{Folder, names};

pub(crate) struct Log {
    /// Where the shipper looks.
    folder: PathBuf,
    /// Where files wait that are to be seen later.
    hidden: PathBuf,
}

const LIVE: &str = "audit.log";

impl Log {
    pub(crate) fn new(folder: &Folder) -> Self {
        Self { folder: folder.path().join("log"), hidden: folder.path().join("hidden") }
    }

    /// Writes events into one file more than there are rotations; their bytes.
    pub(crate) fn write_all(&self, events: u64, rotations: u64) -> Result<u64> {
        fs::create_dir_all(&self.folder).context("cannot make a folder for the log")?;
        let each = events.div_ceil(rotations + 1);
        let mut bytes = 0;
        for number in 0..=rotations {
            let name = if number == rotations {
                LIVE.to_owned()
            } else {
                format!("audit-2026-11-24T20-0{number}-00.000.log")
            };
            let path = self.folder.join(name);
            let mut file = BufWriter::new(File::create(&path).context("cannot write the log")?);
            for event in number * each..((number + 1) * each).min(events) {
                file.write_all(audit_events::event(event).as_bytes())?;
            }
            file.flush()?;
            bytes += fs::metadata(&path)?.len();
        }
        Ok(bytes)
    }

    /// Takes all files away; their names, oldest first.
    pub(crate) fn hide(&self) -> Result<Vec<String>> {
        fs::create_dir_all(&self.hidden)?;
        let names = names(&self.folder, ".log")?;
        for name in &names {
            fs::rename(self.folder.join(name), self.hidden.join(name))?;
        }
        Ok(names)
    }

    /// Rotates: what was written is put aside under its name, and this file is written.
    pub(crate) fn show(&self, name: &str) -> Result<()> {
        let live = self.folder.join(LIVE);
        let shown = self.folder.join("shown");
        if live.exists() {
            let last = fs::read_to_string(&shown)?;
            fs::rename(&live, self.folder.join(last))?;
        }
        fs::write(&shown, name)?;
        fs::rename(self.hidden.join(name), &live).context("cannot show a part of the log")
    }
}
