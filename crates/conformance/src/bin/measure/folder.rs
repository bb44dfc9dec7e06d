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

/// The names of the files of a folder that end so, in order.
pub(crate) fn names(folder: &Path, ending: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).context("cannot list a folder")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(ending) {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind is only data made for this measurement.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
