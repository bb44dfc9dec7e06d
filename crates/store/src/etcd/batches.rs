//! Answers of a watch as batches: one a revision, each complete.

use super::{
    keys::Keys,
    messages::{WatchResponse, WatchedEvent},
    progress::is_mark,
    revision, revision_of,
    transaction::key_value,
};
use crate::{Event, EventBatch, Revision};

/// Puts responses together that were sent in pieces.
#[derive(Debug, Default)]
pub(crate) struct Assembled(Vec<WatchedEvent>);

impl Assembled {
    /// The whole response with its last piece.
    pub(crate) fn push(&mut self, mut piece: WatchResponse) -> Option<WatchResponse> {
        self.0.append(&mut piece.events);
        if piece.fragment {
            return None;
        }
        Some(WatchResponse { events: std::mem::take(&mut self.0), ..piece })
    }
}

/// What was there before a change is compacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forgotten;

/// The changes from `next` on by revision. A response without any tells how far the watch is, and so
/// does the mark that somebody wrote for that.
pub(crate) fn batches(
    keys: &Keys,
    prefix: &[u8],
    next: Revision,
    response: WatchResponse,
) -> Result<Vec<EventBatch>, Forgotten> {
    if response.events.is_empty() {
        let reached = revision(response.header);
        let progress = EventBatch { revision: reached, events: Vec::new() };
        return Ok(if reached >= next { vec![progress] } else { Vec::new() });
    }
    let mut batches: Vec<EventBatch> = Vec::new();
    for watched in response.events {
        let Some(now) = &watched.now else { continue };
        let revision = revision_of(now.modified);
        if revision < next {
            continue;
        }
        if batches.last().is_none_or(|batch| batch.revision < revision) {
            batches.push(EventBatch { revision, events: Vec::new() });
        }
        let event = event(keys, watched)?;
        if let Some(batch) = batches.last_mut()
            && let Some(event) = event.filter(|event| !is_mark(prefix, event))
        {
            batch.events.push(event);
        }
    }
    Ok(batches)
}

fn event(keys: &Keys, watched: WatchedEvent) -> Result<Option<Event>, Forgotten> {
    let Some(now) = watched.now else { return Ok(None) };
    let now = key_value(keys, now);
    let before = watched.before.map(|before| key_value(keys, before));
    let is_deletion = watched.kind != 0;
    match before {
        Some(before) if is_deletion => Ok(Some(Event::Delete { before, at: now.modified })),
        None if is_deletion || now.version > 1 => Err(Forgotten),
        before => Ok(Some(Event::Put { now, before })),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::etcd::messages::{Header, Pair};

    fn pair(key: &'static str, modified: i64, version: i64) -> Pair {
        let key = Bytes::from_static(key.as_bytes());
        Pair { key, created: 2, modified, version, value: Bytes::new() }
    }

    fn put(key: &'static str, modified: i64) -> WatchedEvent {
        WatchedEvent { kind: 0, now: Some(pair(key, modified, 1)), before: None }
    }

    fn response(revision: i64, events: Vec<WatchedEvent>) -> WatchResponse {
        let header = Some(Header { revision, ..Header::default() });
        WatchResponse { header, events, ..WatchResponse::default() }
    }

    /// `revision:events …` of a watch of `/registry/` that knows what came before `next`.
    fn shown(next: u64, response: WatchResponse) -> Result<String, Forgotten> {
        let batches = batches(&Keys::new(None), b"/registry/", Revision(next), response)?;
        let shown =
            batches.iter().map(|batch| format!("{}:{}", batch.revision, batch.events.len()));
        Ok(shown.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn changes_of_one_revision_are_one_batch() {
        let events = ["/registry/a", "/registry/b"].map(|key| put(key, 5)).into_iter();
        let events = events.chain([put("/registry/a", 7)]).collect();
        assert_eq!(shown(5, response(7, events)), Ok("5:2 7:1".to_owned()));
    }

    #[test]
    fn what_was_told_before_is_left_out() {
        let events = vec![put("/registry/a", 5), put("/registry/a", 6)];
        assert_eq!(shown(6, response(6, events)), Ok("6:1".to_owned()));
    }

    #[test]
    fn an_empty_response_and_a_mark_are_progress() {
        assert_eq!(shown(5, response(9, Vec::new())), Ok("9:0".to_owned()));
        assert_eq!(shown(10, response(9, Vec::new())), Ok(String::new()));
        let mark = put("/registry/pilothouse-progress", 6);
        assert_eq!(shown(5, response(6, vec![mark])), Ok("6:0".to_owned()));
    }

    #[test]
    fn a_change_without_what_was_before_is_no_change() {
        let deletion = WatchedEvent { kind: 1, ..put("/registry/a", 5) };
        assert_eq!(shown(5, response(5, vec![deletion])), Err(Forgotten));
        let second = WatchedEvent { now: Some(pair("/registry/a", 5, 2)), ..put("", 5) };
        assert_eq!(shown(5, response(5, vec![second])), Err(Forgotten));
    }

    #[test]
    fn pieces_are_put_together() {
        let mut assembled = Assembled::default();
        let piece = WatchResponse { fragment: true, ..response(5, vec![put("/registry/a", 5)]) };
        assert_eq!(assembled.push(piece), None);
        let whole = assembled.push(response(5, vec![put("/registry/b", 5)]));
        assert_eq!(whole.map(|whole| whole.events.len()), Some(2));
    }
}
