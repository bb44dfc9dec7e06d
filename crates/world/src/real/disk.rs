//! Files and folders of this machine.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{Disk, DiskError, File};

const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// The file system as this process sees it.
pub(super) struct FileDisk;

impl Disk for FileDisk {
    fn open(&self, path: &Path) -> Result<Arc<dyn File>, DiskError> {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).mode(FILE_MODE);
        let file = match options.open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let created = options.create(true).open(path);
                sync_folder_of(path)?;
                created
            }
            opened => opened,
        };
        let file = file.map_err(|e| failed("open", path, &e))?;
        Ok(Arc::new(OpenFile { file, path: path.to_owned() }))
    }

    fn open_present(&self, path: &Path) -> Result<Arc<dyn File>, DiskError> {
        let opened = fs::OpenOptions::new().read(true).write(true).open(path);
        let file = opened.map_err(|error| missing_or_failed("open", path, &error))?;
        Ok(Arc::new(OpenFile { file, path: path.to_owned() }))
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        fs::read(path).map_err(|error| missing_or_failed("read", path, &error))
    }

    fn replace(&self, path: &Path, data: &[u8]) -> Result<(), DiskError> {
        let draft = draft_of(path);
        write_synced(&draft, data).map_err(|e| failed("write", &draft, &e))?;
        fs::rename(&draft, path).map_err(|e| failed("replace", path, &e))?;
        sync_folder_of(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), DiskError> {
        fs::rename(from, to).map_err(|error| missing_or_failed("rename", from, &error))?;
        sync_folder_of(to)
    }

    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("remove", path, &error))
            }
            _ => Ok(()),
        }
    }

    fn list(&self, folder: &Path) -> Result<Vec<String>, DiskError> {
        let unreadable = |error: io::Error| missing_or_failed("list", folder, &error);
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if entry.file_type().map_err(unreadable)?.is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn create_folder(&self, path: &Path) -> Result<(), DiskError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(FOLDER_MODE);
        builder.create(path).map_err(|e| failed("create folder", path, &e))
    }

    fn lock_folder(&self, path: &Path) -> Result<Box<dyn Send + Sync>, DiskError> {
        let lock_path = path.join("lock");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(FILE_MODE);
        let lock = options.open(&lock_path).map_err(|e| failed("open", &lock_path, &e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Box::new(lock)),
            Err(fs::TryLockError::WouldBlock) => {
                Err(DiskError::Locked { path: path.display().to_string() })
            }
            Err(fs::TryLockError::Error(error)) => Err(failed("lock", &lock_path, &error)),
        }
    }
}

/// The names of the folders in a folder, in order: for what works on this machine's own files.
///
/// # Errors
/// [`DiskError::Missing`] if there is no such folder, or the disk failed.
pub fn folders(path: &Path) -> Result<Vec<String>, DiskError> {
    let unreadable = |error: io::Error| missing_or_failed("list", path, &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.file_type().map_err(unreadable)?.is_dir()
            && let Ok(name) = entry.file_name().into_string()
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Lies beside the file, so that the rename stays within one file system.
fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

fn write_synced(path: &Path, data: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(FILE_MODE);
    let file = options.open(path)?;
    file.write_all_at(data, 0)?;
    file.sync_all()
}

/// A new name is durable only when its folder is.
fn sync_folder_of(path: &Path) -> Result<(), DiskError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|e| failed("sync folder", folder, &e))
}

fn missing_or_failed(action: &'static str, path: &Path, error: &io::Error) -> DiskError {
    if error.kind() == io::ErrorKind::NotFound {
        return DiskError::Missing { path: path.display().to_string() };
    }
    failed(action, path, error)
}

fn failed(action: &'static str, path: &Path, error: &io::Error) -> DiskError {
    DiskError::Failed { action, path: path.display().to_string(), reason: error.to_string() }
}

struct OpenFile {
    file: fs::File,
    path: PathBuf,
}

impl File for OpenFile {
    fn len(&self) -> Result<u64, DiskError> {
        let metadata = self.file.metadata().map_err(|e| failed("measure", &self.path, &e))?;
        Ok(metadata.len())
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DiskError> {
        self.file.read_exact_at(buffer, offset).map_err(|e| failed("read", &self.path, &e))
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), DiskError> {
        self.file.write_all_at(data, offset).map_err(|e| failed("write", &self.path, &e))
    }

    fn set_len(&self, length: u64) -> Result<(), DiskError> {
        self.file.set_len(length).map_err(|e| failed("resize", &self.path, &e))
    }

    fn sync(&self) -> Result<(), DiskError> {
        self.file.sync_data().map_err(|e| failed("sync", &self.path, &e))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::{Dice as _, real::dice::SystemDice};

    struct Folder(PathBuf);
    impl Folder {
        fn new() -> Self {
            let path = std::env::temp_dir().join(format!("world-disk-{}", SystemDice.suffix(12)));
            FileDisk.create_folder(&path).expect("the temporary folder is writable");
            Self(path)
        }
        fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }
    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("exists").permissions().mode() & 0o777
    }

    #[test]
    fn files_and_folders_are_for_their_owner_alone() {
        let folder = Folder::new();
        FileDisk.open(&folder.path("opened")).expect("opens");
        FileDisk.replace(&folder.path("replaced"), b"x").expect("replaces");
        assert_eq!(mode(&folder.0), 0o700);
        assert_eq!(mode(&folder.path("opened")), 0o600);
        assert_eq!(mode(&folder.path("replaced")), 0o600);
    }

    #[test]
    fn a_replaced_file_has_the_new_content_and_leaves_no_draft() {
        let folder = Folder::new();
        let path = folder.path("config");
        FileDisk.replace(&path, b"a long first content").expect("replaces");
        FileDisk.replace(&path, b"short").expect("replaces");
        assert_eq!(FileDisk.read(&path).expect("reads"), b"short");
        assert_eq!(fs::read_dir(&folder.0).expect("lists").count(), 1);
    }

    #[test]
    fn reading_what_is_not_there_says_missing() {
        let error = FileDisk.read(&Folder::new().path("absent")).expect_err("missing");
        assert!(matches!(error, DiskError::Missing { .. }), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_is_not_made_by_a_reader() {
        let folder = Folder::new();
        let error = FileDisk.open_present(&folder.path("absent")).err().expect("missing");
        assert!(matches!(error, DiskError::Missing { .. }), "{error}");
        FileDisk.replace(&folder.path("a"), b"x").expect("replaces");
        assert_eq!(FileDisk.open_present(&folder.path("a")).expect("opens").len().expect("is"), 1);
        FileDisk.create_folder(&folder.path("inner")).expect("creates");
        assert_eq!(folders(&folder.0).expect("lists"), ["inner"]);
        assert_eq!(FileDisk.list(&folder.0).expect("lists"), ["a"]);
    }

    #[test]
    fn files_are_listed_renamed_and_removed() {
        let folder = Folder::new();
        for name in ["b", "a", "c"] {
            FileDisk.replace(&folder.path(name), name.as_bytes()).expect("replaces");
        }
        FileDisk.create_folder(&folder.path("folder")).expect("creates");
        FileDisk.rename(&folder.path("b"), &folder.path("a")).expect("renames");
        FileDisk.remove(&folder.path("c")).expect("removes");
        FileDisk.remove(&folder.path("c")).expect("is gone already");
        assert_eq!(FileDisk.list(&folder.0).expect("lists"), ["a"]);
        assert_eq!(FileDisk.read(&folder.path("a")).expect("reads"), b"b");
        let error = FileDisk.rename(&folder.path("b"), &folder.path("d")).expect_err("missing");
        assert!(matches!(error, DiskError::Missing { .. }), "{error}");
    }

    #[test]
    fn writes_land_at_their_offset_and_outlive_the_handle() {
        let folder = Folder::new();
        let file = FileDisk.open(&folder.path("data")).expect("opens");
        file.set_len(4).expect("extends");
        file.write(2, b"xyz").expect("writes");
        file.sync().expect("syncs");
        let again = FileDisk.open(&folder.path("data")).expect("opens");
        let mut content = [0; 5];
        again.read(0, &mut content).expect("reads");
        assert_eq!(&content, b"\0\0xyz");
        assert!(again.read(3, &mut content).is_err(), "beyond the end");
    }

    #[test]
    fn a_folder_has_one_holder_at_a_time() {
        let folder = Folder::new();
        let held = FileDisk.lock_folder(&folder.0).expect("free");
        let error = FileDisk.lock_folder(&folder.0).err().expect("held");
        assert!(matches!(error, DiskError::Locked { .. }), "{error}");
        drop(held);
        FileDisk.lock_folder(&folder.0).expect("free again");
    }
}
