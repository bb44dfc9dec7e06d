//! Bugs of the past that can be put back on purpose: a test is worth something if it finds them.

#[cfg(feature = "mutants")]
use std::cell::Cell;

#[cfg(feature = "mutants")]
thread_local! {
    static SELECTED: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Whether the bug of that name is put back in this thread. False, and optimised out with what hangs
/// on it, unless the feature `mutants` is on, which only the catalogue's tests turn on.
///
/// ```
/// assert!(!meta::mutants::mutant("hb_12"));
/// ```
#[cfg(not(feature = "mutants"))]
#[inline(always)]
#[expect(clippy::inline_always, reason = "not even a call may be left of it")]
pub const fn mutant(_name: &str) -> bool {
    false
}

/// Whether the bug of that name is put back in this thread.
#[cfg(feature = "mutants")]
pub fn mutant(name: &str) -> bool {
    SELECTED.get() == Some(name)
}

/// Puts one bug back while `work` runs, in this thread alone.
#[cfg(feature = "mutants")]
pub fn with<T>(name: &'static str, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<&'static str>);
    impl Drop for Restore {
        fn drop(&mut self) {
            SELECTED.set(self.0);
        }
    }
    let _restore = Restore(SELECTED.replace(Some(name)));
    work()
}
