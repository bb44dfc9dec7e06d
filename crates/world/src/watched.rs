//! What files hold, read again when they may have changed: certificates and keys are renewed in place,
//! and nothing is restarted for it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use parking_lot::Mutex;

use crate::{Clock, Disk, DiskError, Monotonic, World};

/// Something made of files. Whoever asks for it gets what the files hold now, or held when they were
/// last right.
pub struct Watched<T> {
    clock: Arc<dyn Clock>,
    disk: Arc<dyn Disk>,
    paths: Vec<PathBuf>,
    parse: Parse<T>,
    known: Mutex<Known<T>>,
}

type Parse<T> = Box<dyn Fn(&[Vec<u8>]) -> Result<T, String> + Send + Sync>;

struct Known<T> {
    contents: Vec<Vec<u8>>,
    value: Arc<T>,
    looked: Monotonic,
}

/// Files could not be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WatchedError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("{paths}: {reason}")]
    Content { paths: String, reason: String },
}

/// Asking more often than that does not look at the files again.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

impl<T> Watched<T> {
    /// Reads files; `parse` gets their contents in the order of `paths`.
    ///
    /// # Errors
    /// A file cannot be read, or does not hold what it should.
    pub fn open(
        world: &World,
        paths: Vec<PathBuf>,
        parse: impl Fn(&[Vec<u8>]) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Self, WatchedError> {
        let contents = read(&*world.disk, &paths)?;
        let value = parse(&contents)
            .map_err(|reason| WatchedError::Content { paths: names(&paths), reason })?;
        let known = Known { contents, value: Arc::new(value), looked: world.clock.monotonic() };
        Ok(Self {
            clock: Arc::clone(&world.clock),
            disk: Arc::clone(&world.disk),
            paths,
            parse: Box::new(parse),
            known: Mutex::new(known),
        })
    }

    /// What does not come from files and never changes.
    pub fn fixed(world: &World, value: T) -> Self {
        let value = Arc::new(value);
        let known = Known { contents: Vec::new(), value, looked: Monotonic::default() };
        Self {
            clock: Arc::clone(&world.clock),
            disk: Arc::clone(&world.disk),
            paths: Vec::new(),
            parse: Box::new(|_| Err("it never changes".to_owned())),
            known: Mutex::new(known),
        }
    }

    /// What the files hold; the same `Arc` as long as they hold the same.
    pub fn get(&self) -> Arc<T> {
        let mut known = self.known.lock();
        let now = self.clock.monotonic();
        if !self.paths.is_empty() && now.since(known.looked) >= LOOK_INTERVAL {
            known.looked = now;
            self.look(&mut known);
        }
        Arc::clone(&known.value)
    }

    fn look(&self, known: &mut Known<T>) {
        let contents = match read(&*self.disk, &self.paths) {
            Ok(contents) if contents == known.contents => return,
            Ok(contents) => contents,
            Err(error) => {
                tracing::warn!(%error, "what was read before is used on");
                return;
            }
        };
        let files = names(&self.paths);
        match (self.parse)(&contents) {
            Ok(value) => {
                tracing::info!(files, "changed, and read again");
                known.value = Arc::new(value);
            }
            Err(reason) => {
                tracing::warn!(
                    files,
                    reason,
                    "changed, but unusable: what was read before is used on"
                );
            }
        }
        known.contents = contents;
    }
}

fn read(disk: &dyn Disk, paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, DiskError> {
    paths.iter().map(|path| disk.read(path)).collect()
}

fn names(paths: &[PathBuf]) -> String {
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}

impl<T> std::fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watched({})", names(&self.paths))
    }
}
