//! A folder for the data of one measurement.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use world::World;

/// Removed when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn create(world: &World) -> Result<Self> {
        let path =
            std::env::temp_dir().join(format!("pilothouse-measure-{}", world.dice.suffix(8)));
        std::fs::create_dir_all(&path).context("cannot make a folder for the data")?;
        Ok(Self(path))
    }
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind is only data made for this measurement.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
