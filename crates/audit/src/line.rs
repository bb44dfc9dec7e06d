//! One line of the log: only what shipping must know of it.

use std::borrow::Cow;

use meta::hash::fnv32a;
use serde::Deserialize;

/// Of an event, what tells it from every other.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Head<'a> {
    #[serde(rename = "auditID", borrow)]
    pub(crate) audit_id: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) stage: Cow<'a, str>,
    #[serde(borrow)]
    stage_timestamp: Cow<'a, str>,
}

impl<'a> Head<'a> {
    /// Of a line that is an event; `None` for one that a crash tore.
    pub(crate) fn read(line: &'a [u8]) -> Option<Self> {
        let head: Self = serde_json::from_slice(line).ok()?;
        is_day(head.day()).then_some(head)
    }

    /// When it was told, `2026-11-24T08:30:00.000000Z`.
    pub(crate) fn time(&self) -> &str {
        &self.stage_timestamp
    }

    /// The day it was told, in UTC.
    pub(crate) fn day(&self) -> &str {
        self.stage_timestamp.get(..10).unwrap_or_default()
    }
}

/// The whole lines of a text, without their ends.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(line)
    })
}

/// The same for the same line, wherever it lies; of another line almost certainly another.
pub(crate) fn fingerprint(line: &[u8]) -> String {
    format!("{:08x}-{}", fnv32a(line), line.len())
}

/// It becomes the name of a folder.
fn is_day(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().enumerate().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_events_own_fields_count() {
        let line = br#"{"requestObject":{"stage":"x","auditID":"y"},"auditID":"a\u0062","stage":"Panic","stageTimestamp":"2026-11-24T08:30:00.000000Z"}"#;
        let head = Head::read(line).unwrap();
        assert_eq!((&*head.audit_id, &*head.stage, head.day()), ("ab", "Panic", "2026-11-24"));
    }

    #[test]
    fn what_is_no_event_is_not_read() {
        for line in [
            "",
            "{",
            r#"{"auditID":"a","stage":"Panic"}"#,
            r#"{"auditID":"a","stage":"Panic","stageTimestamp":"../../etc/"}"#,
            r#"{"auditID":"a","stage":"Panic","stageTimestamp":"2026"}"#,
        ] {
            assert_eq!(Head::read(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn lines_end_where_they_end() {
        let found: Vec<&[u8]> = lines(b"one\n\ntwo\ntorn").collect();
        assert_eq!(found, [&b"one"[..], b"", b"two", b"torn"]);
    }
}
