//! Keeps repeated events from flooding the store: the reference's aggregation, counting and spam
//! filter, in this order.

use std::{collections::BTreeSet, time::Duration};

use meta::{text::Text, time::Time};
use serde_json::{Value, json};
use world::Monotonic;

use super::{Occurrence, lru::Lru};
use crate::{Event, EventType, limit::Bucket};

/// Groups, events and buckets remembered.
const REMEMBERED_MAX: usize = 4096;
/// From this many different messages on, a group is told as one event.
const SIMILAR_MAX: usize = 10;
/// A group without an event for so long begins anew.
const GROUP_IDLE: Duration = Duration::from_mins(10);
/// Events of one kind about one object at once, and how often one more.
const SPAM_BURST: u32 = 25;
const SPAM_EVERY: Duration = Duration::from_mins(5);

/// What to write.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Write {
    pub(super) namespace: Text,
    pub(super) name: String,
    /// The change, if it was written before.
    pub(super) patch: Option<Value>,
    /// The whole event, for when it was not or is gone.
    pub(super) object: Value,
}

/// Remembers what was told.
#[derive(Debug)]
pub(super) struct Correlator {
    groups: Lru<Key, Group>,
    told: Lru<Key, Told>,
    spam: Lru<Key, Bucket>,
}

/// Parts of an event that make it the same as another, in one text each.
type Key = Vec<Text>;

#[derive(Debug)]
struct Group {
    messages: BTreeSet<String>,
    latest: Monotonic,
}

/// An event as written.
#[derive(Debug)]
struct Told {
    name: String,
    first: Time,
    count: u32,
}

impl Correlator {
    pub(super) const fn new() -> Self {
        Self {
            groups: Lru::new(REMEMBERED_MAX),
            told: Lru::new(REMEMBERED_MAX),
            spam: Lru::new(REMEMBERED_MAX),
        }
    }
    /// What to write for an event; `None` if it is one too many.
    pub(super) fn correlate(&mut self, occurrence: Occurrence, now: Monotonic) -> Option<Write> {
        let group_key = group_key(&occurrence);
        let combined = self.joins_group(group_key.clone(), &occurrence.event.message, now);
        let mut occurrence = occurrence;
        let mut key = group_key;
        if combined {
            let message = &mut occurrence.event.message;
            *message = format!("(combined from similar events): {message}");
        } else {
            key.push(Text::from(occurrence.event.message.as_str()));
        }
        let write = self.count(key, &occurrence, combined);
        let fresh = || Bucket::full(SPAM_BURST, SPAM_EVERY, now);
        self.spam.entry(spam_key(&occurrence), fresh).take(now).then_some(write)
    }

    /// Whether the event is one of so many similar ones that they are told as one.
    fn joins_group(&mut self, key: Key, message: &str, now: Monotonic) -> bool {
        let fresh = || Group { messages: BTreeSet::new(), latest: now };
        let group = self.groups.entry(key, fresh);
        if now.since(group.latest) > GROUP_IDLE {
            group.messages.clear();
        }
        group.latest = now;
        if group.messages.len() >= SIMILAR_MAX {
            // Enough to know; one more message would only cost memory.
            return true;
        }
        group.messages.insert(message.to_owned());
        group.messages.len() >= SIMILAR_MAX
    }

    fn count(&mut self, key: Key, occurrence: &Occurrence, combined: bool) -> Write {
        let fresh = || Told { name: name(occurrence), first: occurrence.at, count: 0 };
        let told = self.told.entry(key, fresh);
        told.count += 1;
        let regarding = &occurrence.event.regarding;
        let namespace = match regarding.key.namespace.as_str() {
            "" => Text::from("default"),
            namespace => Text::from(namespace),
        };
        let reporter = if combined { "" } else { &*occurrence.source };
        let object = object(occurrence, told, (&namespace, reporter));
        let patch = (told.count > 1).then(|| {
            json!({
                "count": told.count,
                "lastTimestamp": occurrence.at.to_string(),
                "message": occurrence.event.message,
            })
        });
        Write { namespace, name: told.name.clone(), patch, object }
    }
}

fn spam_key(occurrence: &Occurrence) -> Key {
    let regarding = &occurrence.event.regarding;
    vec![
        occurrence.source.clone(),
        Text::from(&*regarding.resource.kind),
        Text::from(regarding.resource.api_version()),
        regarding.key.namespace.clone(),
        regarding.key.name.clone(),
        regarding.uid.0.clone(),
        Text::from(kind(&occurrence.event)),
    ]
}

fn group_key(occurrence: &Occurrence) -> Key {
    let mut key = spam_key(occurrence);
    key.push(Text::from(occurrence.event.reason));
    key
}

const fn kind(event: &Event) -> &'static str {
    match event.kind {
        EventType::Normal => "Normal",
        EventType::Warning => "Warning",
    }
}

/// `<object>.<nanoseconds in hex>`. Names of roles and the like may hold what no event's name may:
/// such characters are left out.
fn name(occurrence: &Occurrence) -> String {
    let object = &occurrence.event.regarding.key.name;
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    let object: String = object.chars().filter(allowed).collect();
    format!("{object}.{:x}", occurrence.stamp)
}

fn object(occurrence: &Occurrence, told: &Told, (namespace, reporter): (&Text, &str)) -> Value {
    let Occurrence { source, event, at, .. } = occurrence;
    let mut involved = json!({
        "kind": event.regarding.resource.kind,
        "apiVersion": event.regarding.resource.api_version(),
        "name": event.regarding.key.name,
        "uid": event.regarding.uid,
    });
    if !event.regarding.key.namespace.is_empty() {
        involved["namespace"] = json!(event.regarding.key.namespace);
    }
    if event.regarding.version.0 > 0 {
        involved["resourceVersion"] = json!(event.regarding.version);
    }
    json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": told.name, "namespace": namespace},
        "involvedObject": involved,
        "reason": event.reason,
        "message": event.message,
        "source": {"component": source},
        "firstTimestamp": told.first.to_string(),
        "lastTimestamp": at.to_string(),
        "count": told.count,
        "type": kind(event),
        "eventTime": null,
        "reportingComponent": reporter,
        "reportingInstance": "",
    })
}

#[cfg(test)]
mod tests {
    use api::resources::PODS;
    use expect_test::{Expect, expect};
    use meta::object::{ObjectKey, ResourceVersion};

    use super::*;
    use crate::Target;

    fn occurrence(message: &str, seconds: u64) -> Occurrence {
        Occurrence {
            source: "deployment-controller".into(),
            event: Event {
                regarding: Target {
                    resource: PODS,
                    key: ObjectKey::new("shop", "web"),
                    uid: "u".into(),
                    version: ResourceVersion(7),
                },
                kind: EventType::Normal,
                reason: "Scaled",
                message: message.to_owned(),
            },
            at: Time::default() + Duration::from_secs(seconds),
            stamp: i64::try_from(seconds).expect("small"),
        }
    }

    /// Records each `message@second`, and shows name, count and message of what is written.
    fn check(script: impl IntoIterator<Item = (String, u64)>, expected: Expect) {
        let mut correlator = Correlator::new();
        let mut shown = String::new();
        for (message, second) in script {
            let now = Monotonic(Duration::from_secs(second));
            let line = match correlator.correlate(occurrence(&message, second), now) {
                None => "dropped".to_owned(),
                Some(write) => show(&write),
            };
            shown.push_str(&line);
            shown.push('\n');
        }
        expected.assert_eq(&shown);
    }
    fn show(write: &Write) -> String {
        let verb = if write.patch.is_some() { "patch" } else { "create" };
        let (count, message) = (&write.object["count"], &write.object["message"]);
        format!("{verb} {} ×{count} {message}", write.name)
    }
    fn same(count: u64) -> impl Iterator<Item = (String, u64)> {
        (0..count).map(|second| ("up".to_owned(), second))
    }

    #[test]
    fn the_same_event_is_counted() {
        check(
            same(3),
            expect![[r#"
                create web.0 ×1 "up"
                patch web.0 ×2 "up"
                patch web.0 ×3 "up"
            "#]],
        );
    }
    #[test]
    fn the_tenth_similar_event_and_later_ones_are_told_as_one() {
        let different = (0..12).map(|n| (format!("to {n}"), n));
        check(
            different.chain([("to 4".to_owned(), 700)]),
            expect![[r#"
                create web.0 ×1 "to 0"
                create web.1 ×1 "to 1"
                create web.2 ×1 "to 2"
                create web.3 ×1 "to 3"
                create web.4 ×1 "to 4"
                create web.5 ×1 "to 5"
                create web.6 ×1 "to 6"
                create web.7 ×1 "to 7"
                create web.8 ×1 "to 8"
                create web.9 ×1 "(combined from similar events): to 9"
                patch web.9 ×2 "(combined from similar events): to 10"
                patch web.9 ×3 "(combined from similar events): to 11"
                patch web.4 ×2 "to 4"
            "#]],
        );
    }
    #[test]
    fn after_twenty_five_one_more_comes_every_five_minutes() {
        let mut correlator = Correlator::new();
        let mut written = |second: u64| {
            let now = Monotonic(Duration::from_secs(second));
            correlator.correlate(occurrence("up", second), now).is_some()
        };
        let seconds = (0..30).chain([299, 301, 302]);
        let refused: Vec<u64> = seconds.filter(|second| !written(*second)).collect();
        assert_eq!(refused, [25, 26, 27, 28, 29, 299, 302]);
    }
    #[test]
    fn an_event_is_written_as_the_reference_writes_it() {
        let write = Correlator::new().correlate(occurrence("up", 1), Monotonic::default());
        expect![[r#"{"apiVersion":"v1","count":1,"eventTime":null,"firstTimestamp":"1970-01-01T00:00:01Z","involvedObject":{"apiVersion":"v1","kind":"Pod","name":"web","namespace":"shop","resourceVersion":"7","uid":"u"},"kind":"Event","lastTimestamp":"1970-01-01T00:00:01Z","message":"up","metadata":{"name":"web.1","namespace":"shop"},"reason":"Scaled","reportingComponent":"deployment-controller","reportingInstance":"","source":{"component":"deployment-controller"},"type":"Normal"}"#]]
            .assert_eq(&write.expect("written").object.to_string());
    }
}
