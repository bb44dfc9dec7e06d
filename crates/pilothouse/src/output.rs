//! Lines for people.

use std::io::Write as _;

/// To stdout. A closed pipe is the reader's choice.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// One line to stderr.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "pilothouse: {text}");
}
