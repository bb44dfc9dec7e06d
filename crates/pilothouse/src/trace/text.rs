//! A timeline for the terminal.

use std::fmt::Write as _;

use runtime::trace::{Record, What};

use super::select::Selection;

/// Every look, one after the other.
pub(super) fn timeline(selection: &Selection<'_>) -> String {
    let looks = selection.iter().map(|record| look(selection, record));
    let text: Vec<String> = looks.collect();
    if text.is_empty() { "Nothing was told of it.\n".to_owned() } else { text.concat() }
}

/// One look: when, who, what was seen, what was done and why, what comes next.
pub(super) fn look(selection: &Selection<'_>, record: &Record) -> String {
    let since = seconds(record.began.saturating_sub(selection.start()));
    let mut text = format!("{since:>10}  {} {}\n", record.component, record.key);
    for cause in &record.causes {
        let what = match cause.what {
            What::Appeared => "appear",
            What::Changed => "change",
            What::Gone => "go",
        };
        let by = selection.writer(cause).map(|writer| format!(" by {}", writer.component));
        let (by, place) = (by.unwrap_or_default(), &cause.place);
        let _ = writeln!(
            text,
            "            saw {} {} {what} at {}{by}",
            place.resource, place.key, cause.version
        );
    }
    let _ = writeln!(
        text,
        "            waited {}, took {}",
        milliseconds(record.waited),
        milliseconds(record.took)
    );
    for write in &record.writes {
        let outcome = match (write.refusal.as_str(), write.version) {
            ("", 0) => String::new(),
            ("", version) => format!(" gave {version}"),
            (refusal, _) => format!(" failed: {refusal}"),
        };
        let took = milliseconds(write.took);
        let _ = writeln!(text, "            {} in {took}{outcome}", write.action);
        let _ = writeln!(text, "              because {}", write.why);
    }
    if !record.next.is_empty() {
        let _ = writeln!(text, "            {}", record.next);
    }
    text
}

/// `+1.204 s`.
fn seconds(microseconds: i64) -> String {
    let milliseconds = microseconds / 1000;
    format!("+{}.{:03} s", milliseconds / 1000, milliseconds % 1000)
}

/// `1.2 ms`.
pub(super) fn milliseconds(microseconds: u64) -> String {
    format!("{}.{} ms", microseconds / 1000, microseconds % 1000 / 100)
}
