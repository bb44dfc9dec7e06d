//! A program under measurement: its memory, its time on the processor, its end.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result};

/// The kernel's clock tick.
const TICKS_PER_SECOND: f64 = 100.0;

/// Killed at the latest when it is dropped.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// The release binary beside this program, with these arguments.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        Self::start_in(Path::new("."), arguments)
    }
    /// The same in a folder.
    pub(crate) fn start_in(folder: &Path, arguments: &[&str]) -> Result<Self> {
        let child = Command::new(binary()?)
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start pilothouse; build it with cargo build --release")?;
        Ok(Self { child })
    }
    /// User and system time so far.
    pub(crate) fn processor_seconds(&self) -> Result<f64> {
        let stat = self.told("stat")?;
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let field =
            |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        Ok((field(11) + field(12)) / TICKS_PER_SECOND)
    }
    pub(crate) fn resident_kilobytes(&self) -> Result<f64> {
        let status = self.told("status")?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        Ok(line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0.0))
    }
    /// SIGTERM, as an operator ends it.
    pub(crate) fn terminate(&self) -> Result<()> {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        sent.context("cannot send SIGTERM")?;
        Ok(())
    }
    /// SIGKILL: it has no time to tell anybody.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill().context("cannot kill the process")?;
        self.child.wait().context("cannot wait for the process")?;
        Ok(())
    }
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait().context("cannot ask after the process")?.is_some())
    }

    fn told(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(path).context("cannot read what the system tells of the process")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The release binary beside this program.
pub(crate) fn binary() -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    Ok(own.with_file_name("pilothouse"))
}
