//! What happened, as lines for people and as one number for comparing runs.

use std::{io::Write as _, sync::Arc};

use parking_lot::Mutex;
use world::Monotonic;

/// How much a run tells of its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Nothing is printed.
    Silent,
    /// A line for each change of an object, and for what the user and the faults do.
    Changes,
    /// Those, and what the parts log.
    Everything,
}

/// Prints a line; a closed pipe is the reader's choice.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Clones write into one trace.
#[derive(Clone)]
pub(crate) struct Trace {
    detail: Detail,
    hash: Arc<Mutex<u64>>,
}

impl Trace {
    pub(crate) fn new(detail: Detail) -> Self {
        Self { detail, hash: Arc::new(Mutex::new(FNV_OFFSET)) }
    }

    /// A line; it counts for the hash whether printed or not.
    pub(crate) fn note(&self, now: Monotonic, line: &str) {
        self.mix(line.as_bytes());
        self.tell(now, || line.to_owned());
    }

    /// A line that is only made when somebody reads it.
    pub(crate) fn tell(&self, now: Monotonic, line: impl FnOnce() -> String) {
        match self.detail {
            Detail::Silent => {}
            Detail::Changes | Detail::Everything => {
                say(&format!("{:>10.3}  {}", now.0.as_secs_f64(), line()));
            }
        }
    }

    pub(crate) fn mix(&self, bytes: &[u8]) {
        let mut hash = self.hash.lock();
        for byte in bytes {
            *hash = (*hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME);
        }
    }

    pub(crate) fn hash(&self) -> u64 {
        *self.hash.lock()
    }
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
