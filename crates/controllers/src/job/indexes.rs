//! Completion indexes: their text form, and the index of a pod.

use std::{collections::BTreeSet, fmt::Write};

use api::views::Pod;

/// Annotation and label that say which index a pod is for.
pub(super) const COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// Indexes in order.
pub(super) type Indexes = BTreeSet<i32>;

/// The index a pod is for; `None` if it has none that is in order.
pub(super) fn index_of(pod: &Pod) -> Option<i32> {
    let index = pod.metadata.annotations.get(COMPLETION_INDEX)?;
    index.parse().ok().filter(|index| *index >= 0)
}

/// The index a pod is for, if it is less than `completions`.
pub(super) fn valid_index_of(pod: &Pod, completions: i32) -> Option<i32> {
    index_of(pod).filter(|index| *index < completions)
}

/// Reads `0-2,5,7,8`; indexes from `completions` on are cut off, and parts that make no sense skipped.
pub(super) fn parse(text: &str, completions: i32) -> Indexes {
    let mut indexes = Indexes::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (Ok(first), Ok(last)) = (first.parse::<i32>(), last.parse::<i32>()) else { continue };
        if first >= completions {
            break;
        }
        indexes.extend(first..=last.min(completions - 1));
    }
    indexes
}

/// Writes `0-2,5,7,8`: runs of three and more as ranges.
pub(super) fn format(indexes: &Indexes) -> String {
    let mut text = String::new();
    let mut rest = indexes.iter().copied().peekable();
    while let Some(first) = rest.next() {
        let mut last = first;
        while let Some(next) = rest.next_if_eq(&(last + 1)) {
            last = next;
        }
        let comma = if text.is_empty() { "" } else { "," };
        // Writing to a string does not fail.
        let _ = match last - first {
            0 => write!(text, "{comma}{first}"),
            1 => write!(text, "{comma}{first},{last}"),
            _ => write!(text, "{comma}{first}-{last}"),
        };
    }
    text
}
