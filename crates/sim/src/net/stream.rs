//! A watch on its way from an API server to whoever reads it.

use std::{collections::BTreeMap, sync::Arc};

use api::views::PartialObject;
use client::{EventType, WatchEvent, WatchStream};
use meta::object::ObjectKey;
use tokio::sync::mpsc;

use super::{Asked, Line, lost};
use crate::{check::Follower, faults::Manner, plan::Component};

/// Events under way on the line.
const EVENTS_WAITING_MAX: usize = 16;

type Delivered = Result<WatchEvent, client::ClientError>;

/// See the module.
pub(super) struct Passing {
    pub(super) line: Line,
    pub(super) api: Component,
    /// Of the connection.
    pub(super) number: u64,
    pub(super) asked: Asked,
}

impl Passing {
    /// Passes events on in order until either side ends, the watch is dropped, or the connection is
    /// given up.
    pub(super) fn start(self, events: WatchStream) -> WatchStream {
        let (sender, stream) = mpsc::channel(EVENTS_WAITING_MAX);
        let tasks = Arc::clone(&self.line.world.tasks);
        let pass_on = async move {
            let office = &self.line.office;
            let breaks = async {
                tokio::select! {
                    biased;
                    () = office.faults.redirected(self.line.caller, self.number) => {}
                    () = office.wires.silent(&self.line.world, self.line.caller, self.api) => {}
                }
            };
            tokio::select! {
                biased;
                () = breaks => {
                    // Whoever reads may be gone.
                    let _ = sender.try_send(Err(lost()));
                }
                () = sender.closed() => {}
                () = self.pass_on(events, &sender) => {}
            }
        };
        tasks.spawn("watch on the line", Box::pin(pass_on));
        stream
    }

    async fn pass_on(&self, mut events: WatchStream, sender: &mpsc::Sender<Delivered>) {
        let office = &self.line.office;
        let mut follower = office.checker.follower(&self.asked);
        while let Some(batch) = self.receive(&mut events, &mut follower).await {
            if !self.deliver(batch, sender).await {
                return;
            }
        }
    }

    /// Answers whether the watch goes on.
    async fn deliver(&self, batch: Vec<Delivered>, sender: &mpsc::Sender<Delivered>) -> bool {
        for event in batch {
            if self.line.office.faults.drops_watch() || sender.send(event).await.is_err() {
                return false;
            }
        }
        true
    }

    /// What arrives next. A hold begins only when nothing is held up, so that what arrives is never
    /// older than one hold.
    async fn receive(
        &self,
        events: &mut WatchStream,
        follower: &mut Follower,
    ) -> Option<Vec<Delivered>> {
        let (office, caller) = (&self.line.office, self.line.caller);
        let waits = events.is_empty();
        let mut batch = vec![events.recv().await?];
        office.wires.pass(self.api, caller).await;
        if let Some(pause) = office.faults.reading_pause(caller, &self.asked.resource) {
            self.line.world.clock.sleep(pause).await;
        }
        let mut manner = office.faults.held(caller, &self.asked.resource).await;
        if let Some((hold, then)) = office.faults.hold().filter(|_| waits) {
            self.line.world.clock.sleep(hold).await;
            manner = manner.max(then);
        }
        if manner > Manner::AtOnce {
            batch.extend(std::iter::from_fn(|| events.try_recv().ok()));
        }
        // A heartbeat that is missed is made good by the next, and nobody is told.
        if !self.asked.is_heartbeat() {
            batch = office.faults.tamper(batch);
        }
        batch.iter().flatten().for_each(|event| follower.take(event));
        if manner == Manner::LastStates {
            batch = coalesced(batch);
        }
        Some(batch)
    }
}

/// The last state of each object in place of all of its states; deletion and creation anew look like
/// one change.
fn coalesced(batch: Vec<Delivered>) -> Vec<Delivered> {
    let mut kept: Vec<Option<Delivered>> = Vec::new();
    let mut places: BTreeMap<ObjectKey, (usize, bool)> = BTreeMap::new();
    for delivered in batch {
        let key = delivered.as_ref().ok().and_then(key_of);
        let (Some(key), Ok(mut event)) = (key, delivered.clone()) else {
            kept.push(Some(delivered));
            continue;
        };
        let is_new = match places.get(&key) {
            Some((place, is_new)) => {
                kept[*place] = None;
                *is_new
            }
            None => event.kind == EventType::Added,
        };
        places.insert(key, (kept.len(), is_new));
        let gone = event.kind == EventType::Deleted;
        if !gone {
            event.kind = if is_new { EventType::Added } else { EventType::Modified };
        }
        kept.push((!gone || !is_new).then_some(Ok(event)));
    }
    kept.into_iter().flatten().collect()
}

fn key_of(event: &WatchEvent) -> Option<ObjectKey> {
    let is_change =
        matches!(event.kind, EventType::Added | EventType::Modified | EventType::Deleted);
    let object = is_change.then(|| serde_json::from_slice::<PartialObject>(&event.object).ok());
    Some(object??.metadata.key())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn event(text: &str) -> WatchEvent {
        let (kind, rest) = text.split_at(1);
        let kind = match kind {
            "+" => EventType::Added,
            "~" => EventType::Modified,
            "-" => EventType::Deleted,
            _ => EventType::Bookmark,
        };
        let (name, uid) = rest.split_once(' ').expect("a name and a uid");
        let object = format!(r#"{{"metadata":{{"name":"{name}","uid":"{uid}"}}}}"#);
        WatchEvent { kind, object: Bytes::from(object) }
    }

    #[test]
    fn of_each_object_the_last_state_remains() {
        let rows: [(&[&str], &[&str]); 5] = [
            (&["~a 1", "~b 1", "~a 1"], &["~b 1", "~a 1"]),
            (&["-a 1", "+a 2"], &["~a 2"]),
            (&["+a 1", "~a 1"], &["+a 1"]),
            (&["+a 1", "-a 1", ". 0"], &[". 0"]),
            (&["~a 1", "-a 1"], &["-a 1"]),
        ];
        for (before, after) in rows {
            let before = coalesced(before.iter().map(|text| Ok(event(text))).collect());
            let after: Vec<Delivered> = after.iter().map(|text| Ok(event(text))).collect();
            assert_eq!(format!("{before:?}"), format!("{after:?}"));
        }
    }
}
