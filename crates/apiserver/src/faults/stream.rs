//! The events of one watch between the cache and the client: on time, late, merged or lost, but always
//! in order. Knows no clock and does not wait.

use std::collections::VecDeque;

use meta::object::ObjectKey;
use world::Monotonic;

use super::plan::EventFault;
use crate::{ObjectEvent, Reason, Status};

/// Events that wait here before the watch itself has to wait.
pub(super) const EVENTS_AHEAD_MAX: usize = 1024;

/// Events under way, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Stream {
    waiting: VecDeque<(Monotonic, ObjectEvent)>,
    /// Until then, events of one object become one.
    merging: Option<Merging>,
}

#[derive(Debug, Clone, Copy)]
struct Merging {
    until: Monotonic,
    /// How many of the waiting came before.
    before: usize,
}

/// How a watch ends by a fault.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// As if its time was over.
    Silent,
    /// With the news that it cannot go on.
    Expired(Status),
}

impl Stream {
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < EVENTS_AHEAD_MAX
    }

    /// When the oldest event that waits is to be released.
    pub(super) fn next_release(&self) -> Option<Monotonic> {
        self.waiting.front().map(|(at, _)| *at)
    }

    /// An event arrives, and its fault with it. What waits is lost if the watch ends.
    pub(super) fn take(
        &mut self,
        event: ObjectEvent,
        fault: Option<EventFault>,
        now: Monotonic,
    ) -> Option<End> {
        let at = match fault {
            None => now,
            Some(EventFault::Delay { delay }) => now + delay,
            Some(EventFault::Drop) => return None,
            Some(EventFault::Coalesce { delay }) => {
                let until = now + delay;
                if self.merging.is_none_or(|merging| merging.until <= now) {
                    self.merging = Some(Merging { until, before: self.waiting.len() });
                }
                until
            }
            Some(EventFault::End) => return Some(End::Silent),
            Some(EventFault::Expire) => return Some(End::Expired(expired())),
        };
        match self.merging.filter(|merging| now < merging.until) {
            Some(merging) => self.merge(event, at.max(merging.until), merging.before),
            None => self.push(at, event),
        }
        None
    }

    /// The events whose time has come.
    pub(super) fn release(&mut self, now: Monotonic) -> Vec<ObjectEvent> {
        let due = self.waiting.iter().take_while(|(at, _)| *at <= now).count();
        if let Some(merging) = &mut self.merging {
            merging.before = merging.before.saturating_sub(due);
        }
        self.waiting.drain(..due).map(|(_, event)| event).collect()
    }

    /// Nothing overtakes.
    fn push(&mut self, at: Monotonic, event: ObjectEvent) {
        let last = self.waiting.back().map_or(at, |(last, _)| *last);
        self.waiting.push_back((at.max(last), event));
    }

    fn merge(&mut self, event: ObjectEvent, at: Monotonic, before: usize) {
        let Some(key) = key(&event) else { return self.push(at, event) };
        let same = |(_, waiting): &(_, ObjectEvent)| self::key(waiting) == Some(key);
        let earlier = self.waiting.iter().skip(before).position(same);
        let earlier = earlier.and_then(|place| self.waiting.remove(before + place));
        let merged = match earlier {
            None => Some(event),
            Some((_, earlier)) => merged(&earlier, event),
        };
        if let Some(merged) = merged {
            self.push(at, merged);
        }
    }
}

/// What two events of one object tell together; `None` if it came and went.
fn merged(earlier: &ObjectEvent, later: ObjectEvent) -> Option<ObjectEvent> {
    use ObjectEvent::{Added, Bookmark, Deleted, Modified};
    match (earlier, later) {
        (Added(_), Deleted(_)) => None,
        (Added(_), Added(now) | Modified(now)) => Some(Added(now)),
        (Modified(_) | Deleted(_), Added(now) | Modified(now)) => Some(Modified(now)),
        (Modified(_) | Deleted(_), Deleted(last)) => Some(Deleted(last)),
        (Bookmark { .. }, later) | (_, later @ Bookmark { .. }) => Some(later),
    }
}

fn key(event: &ObjectEvent) -> Option<&ObjectKey> {
    match event {
        ObjectEvent::Added(object)
        | ObjectEvent::Modified(object)
        | ObjectEvent::Deleted(object) => Some(&object.key),
        ObjectEvent::Bookmark { .. } => None,
    }
}

/// What a client is told that resumes too late.
pub(super) fn expired() -> Status {
    Status::new(410, Reason::Expired, "too old resource version: a fault was injected")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc, time::Duration};

    use expect_test::{Expect, expect};
    use meta::object::{Labels, ResourceVersion, Uid};

    use super::*;
    use crate::Object;

    fn object(name: &str, version: u64) -> Arc<Object> {
        Arc::new(Object {
            key: ObjectKey::new("shop", name),
            version: ResourceVersion(version),
            json: bytes::Bytes::new(),
            uid: Uid::default(),
            labels: Labels::default(),
            fields: BTreeMap::new(),
        })
    }

    fn event(kind: &str, name: &str, version: u64) -> ObjectEvent {
        match kind {
            "added" => ObjectEvent::Added(object(name, version)),
            "modified" => ObjectEvent::Modified(object(name, version)),
            "deleted" => ObjectEvent::Deleted(object(name, version)),
            _ => ObjectEvent::Bookmark { version: ResourceVersion(version), initial_end: false },
        }
    }

    fn fault(word: Option<&&str>) -> Option<EventFault> {
        let delay = Duration::from_secs(5);
        Some(match *word? {
            "delay" => EventFault::Delay { delay },
            "drop" => EventFault::Drop,
            "coalesce" => EventFault::Coalesce { delay },
            "end" => EventFault::End,
            "expire" => EventFault::Expire,
            other => unreachable!("{other}"),
        })
    }

    fn said(event: &ObjectEvent) -> String {
        match event {
            ObjectEvent::Added(object) => format!("added {} {}", object.key.name, object.version),
            ObjectEvent::Modified(object) => {
                format!("modified {} {}", object.key.name, object.version)
            }
            ObjectEvent::Deleted(object) => {
                format!("deleted {} {}", object.key.name, object.version)
            }
            ObjectEvent::Bookmark { version, .. } => format!("bookmark {version}"),
        }
    }

    /// Rows `second kind name [fault]`; what comes out is told with its second. Versions count up.
    fn check(rows: &[&str], wanted: Expect) {
        let at = |second| Monotonic(Duration::from_secs(second));
        let mut stream = Stream::default();
        let mut lines = Vec::new();
        for second in 0..60 {
            let now: Vec<_> =
                (1..).zip(rows).filter(|(_, row)| row.starts_with(&format!("{second} "))).collect();
            let ends = now.into_iter().filter_map(|(version, row)| {
                let words: Vec<&str> = row.split(' ').collect();
                let event = event(words[1], words[2], version);
                stream.take(event, fault(words.get(3)), at(second))
            });
            if let Some(end) = ends.last() {
                lines.push(format!("{second}: {end:?}\n"));
                break;
            }
            let released = stream.release(at(second));
            lines.extend(released.iter().map(|event| format!("{second}: {}\n", said(event))));
        }
        wanted.assert_eq(&lines.concat());
    }

    #[test]
    fn what_follows_a_late_event_comes_after_it() {
        check(
            &["0 added a", "1 modified a delay", "2 added b", "8 modified b"],
            expect![[r#"
                0: added a 1
                6: modified a 2
                6: added b 3
                8: modified b 4
            "#]],
        );
    }

    #[test]
    fn a_stream_that_is_always_late_does_not_stop() {
        check(
            &["0 added a delay", "3 modified a delay", "6 modified a delay"],
            expect![[r#"
                5: added a 1
                8: modified a 2
                11: modified a 3
            "#]],
        );
    }

    #[test]
    fn a_lost_event_is_lost_alone() {
        check(
            &["0 added a", "1 deleted a drop", "2 added a"],
            expect![[r#"
                0: added a 1
                2: added a 3
            "#]],
        );
    }

    #[test]
    fn a_delete_and_a_create_look_like_one_update() {
        check(
            &["0 added a", "1 deleted a coalesce", "2 added b", "3 added a", "9 modified a"],
            expect![[r#"
                0: added a 1
                6: added b 3
                6: modified a 4
                9: modified a 5
            "#]],
        );
    }

    #[test]
    fn what_comes_and_goes_meanwhile_is_never_seen() {
        check(
            &[
                "0 added a coalesce",
                "1 bookmark -",
                "2 modified a",
                "3 deleted a",
                "4 added c",
                "4 modified c",
            ],
            expect![[r#"
                5: bookmark 2
                5: added c 6
            "#]],
        );
    }

    #[test]
    fn what_waited_before_is_not_merged() {
        check(
            &["0 added a delay", "1 modified a coalesce", "2 modified a"],
            expect![[r#"
                5: added a 1
                6: modified a 3
            "#]],
        );
    }

    #[test]
    fn a_watch_ends_with_a_reason_or_without() {
        check(
            &["0 added a", "1 modified a end", "2 modified a"],
            expect![[r#"
            0: added a 1
            1: Silent
        "#]],
        );
        let end = Stream::default().take(
            event("added", "a", 1),
            Some(EventFault::Expire),
            Monotonic::default(),
        );
        assert!(matches!(end, Some(End::Expired(status)) if status.code == 410));
    }
}
