//! Readers: watches that resume where they ended, and lists now and then.

use std::{sync::atomic::Ordering, time::Duration};

use api::resources::CONFIG_MAPS;
use client::{ClientError, EventType, ListOptions, Request, WatchEvent, WatchOptions};
use serde_json::Value as Json;

use super::{
    PAUSE, Shared,
    writer::{NAMESPACE, PREFIX, revision_of, value_of},
};
use crate::history::{Event, Item, List, Revision, Watch};

const LIST_EVERY: Duration = Duration::from_millis(300);
/// The server ends a watch after this, so that it is resumed often.
const WATCH_SECONDS: u32 = 4;

/// Why a watch goes on no more.
enum Ended {
    /// Go on after the last event.
    Resume,
    /// The server has forgotten what came next.
    Expired,
}

pub(super) async fn list_often(shared: Shared) {
    loop {
        let last = shared.ending.load(Ordering::SeqCst);
        list(&shared).await;
        if last {
            break;
        }
        shared.world.clock.sleep(LIST_EVERY).await;
    }
    shared.notes.leave();
}

/// Watches until the end of the load, and up to the revision of a list after it.
pub(super) async fn watch(shared: Shared) {
    let mut until = None;
    while until.is_none() {
        let after = list(&shared).await;
        let mut watch = Watch { after, through: after, events: Vec::new() };
        loop {
            if until.is_none() && shared.ending.load(Ordering::SeqCst) {
                until = Some(list(&shared).await);
            }
            if until.is_some_and(|until| until <= watch.through) {
                break;
            }
            match follow(&shared, &mut watch).await {
                Ended::Resume => {}
                Ended::Expired => {
                    until = None;
                    break;
                }
            }
        }
        shared.notes.watch(watch);
    }
    shared.notes.leave();
}

async fn follow(shared: &Shared, watch: &mut Watch) -> Ended {
    let options = WatchOptions {
        resource_version: watch.through.to_string(),
        timeout_seconds: WATCH_SECONDS,
        ..WatchOptions::default()
    };
    let request = Request::watch(&CONFIG_MAPS, NAMESPACE, &options);
    let mut stream = match shared.transport.watch(request).await {
        Ok(stream) => stream,
        Err(ClientError::Api(error)) if error.code == 410 => return Ended::Expired,
        Err(_) => {
            shared.world.clock.sleep(PAUSE).await;
            return Ended::Resume;
        }
    };
    while let Some(Ok(event)) = stream.recv().await {
        let object: Json = serde_json::from_slice(&event.object).expect("an event is JSON");
        if event.kind == EventType::Error {
            return if object["code"] == 410 { Ended::Expired } else { Ended::Resume };
        }
        note(watch, &event, &object);
    }
    Ended::Resume
}

fn note(watch: &mut Watch, event: &WatchEvent, object: &Json) {
    let revision = revision_of(object);
    let key = object["metadata"]["name"].as_str().unwrap_or_default();
    let value = match event.kind {
        EventType::Added | EventType::Modified if key.starts_with(PREFIX) => Some(value_of(object)),
        EventType::Deleted if key.starts_with(PREFIX) => None,
        EventType::Added
        | EventType::Modified
        | EventType::Deleted
        | EventType::Bookmark
        | EventType::Error => {
            watch.through = watch.through.max(revision);
            return;
        }
    };
    watch.events.push(Event { key: key.to_owned(), value, revision });
    watch.through = watch.through.max(revision);
}

/// Lists until there is an answer, and notes it; its revision.
async fn list(shared: &Shared) -> Revision {
    loop {
        let sent = shared.notes.tick();
        let request = Request::list(&CONFIG_MAPS, NAMESPACE, &ListOptions::default());
        let Ok(response) = shared.transport.send(request).await else {
            shared.world.clock.sleep(PAUSE).await;
            continue;
        };
        let answered = shared.notes.tick();
        let list: Json = serde_json::from_slice(&response.body).expect("a list is JSON");
        let revision = revision_of(&list);
        let items = list["items"].as_array().into_iter().flatten();
        let own = items.filter_map(|object| {
            let name = object["metadata"]["name"].as_str()?;
            let item = || Item { value: value_of(object), revision: revision_of(object) };
            name.starts_with(PREFIX).then(|| (name.to_owned(), item()))
        });
        shared.notes.list(List { revision, sent, answered, items: own.collect() });
        return revision;
    }
}
