//! Watches: many on one stream, begun and ended as the client asks.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::mpsc::{self, Receiver, Sender};
use world::Task;

use super::{
    Shared,
    header::{header, number, pair, revision},
    keys::{is_in, prefix, range},
    refusal::Refusal,
};
use crate::{
    Event, EventBatch, Range, Revision, StoreError, WatchStream,
    etcd::{
        frame::{Unframed, framed},
        messages::{
            Asked, Pair, WatchCancel, WatchCreate, WatchRequest, WatchResponse, WatchedEvent,
        },
    },
};
use prost::Message as _;

/// Answers that wait for a slow client; then its watches wait, and are ended by the store at last.
const BUFFER_MESSAGES: usize = 64;
const WITHOUT_PUTS: i32 = 0;
const WITHOUT_DELETIONS: i32 = 1;
const PUT: i32 = 0;
const DELETION: i32 = 1;

/// One client's stream of watches.
struct Session {
    shared: Arc<Shared>,
    answers: Sender<Bytes>,
    watches: BTreeMap<i64, Box<dyn Task>>,
    next: i64,
}

/// One watch that is sent on.
struct Sent {
    create: WatchCreate,
    range: Range,
    answers: Sender<Bytes>,
}

/// The answers to the requests of `body`, until that ends.
pub(super) fn stream(shared: Arc<Shared>, body: Incoming) -> Receiver<Bytes> {
    let (answers, messages) = mpsc::channel(BUFFER_MESSAGES);
    let session =
        Session { shared: Arc::clone(&shared), answers, watches: BTreeMap::new(), next: 0 };
    shared.world.tasks.spawn("etcd watches", Box::pin(session.run(body)));
    messages
}

impl Session {
    async fn run(mut self, mut body: Incoming) {
        let mut unframed = Unframed::default();
        while let Some(Ok(frame)) = body.frame().await {
            let Ok(data) = frame.into_data() else { continue };
            unframed.push(&data);
            if self.answer_all(&mut unframed).await.is_none() {
                return;
            }
        }
    }

    /// `None` when the client is not understood, or does not listen any more.
    async fn answer_all(&mut self, unframed: &mut Unframed) -> Option<()> {
        while let Some(message) = unframed.next().ok()? {
            self.answer(WatchRequest::decode(message).ok()?).await.ok()?;
        }
        Some(())
    }

    /// An error when nobody listens any more.
    async fn answer(&mut self, request: WatchRequest) -> Result<(), mpsc::error::SendError<Bytes>> {
        match request.asked {
            Some(Asked::Create(create)) => self.create(create).await,
            Some(Asked::Cancel(WatchCancel { watch })) => {
                if let Some(task) = self.watches.remove(&watch) {
                    task.abort();
                }
                let response = WatchResponse { watch, canceled: true, ..WatchResponse::default() };
                self.answers.send(framed(&response)).await
            }
            // Each watch that has not heard of it is told of the newest revision.
            Some(Asked::Progress(_)) => {
                if let Err(error) = self.shared.store.revision().await {
                    tracing::debug!(%error, "the progress of watches is not known");
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    async fn create(
        &mut self,
        mut create: WatchCreate,
    ) -> Result<(), mpsc::error::SendError<Bytes>> {
        if create.watch == 0 {
            create.watch = self.next;
            self.next += 1;
        }
        let watch = create.watch;
        let range = range(&create.key, &create.range_end);
        let (begun, current) = match self.begin(&create, &range).await {
            Ok((stream, current)) => (Ok(stream), current),
            Err(error) => (Err(error), Revision(0)),
        };
        let created = WatchResponse {
            header: Some(header(current)),
            watch,
            created: true,
            ..WatchResponse::default()
        };
        self.answers.send(framed(&created)).await?;
        let sent = Sent { create, range, answers: self.answers.clone() };
        match begun {
            Ok(stream) => {
                let tasks = &self.shared.world.tasks;
                let task = tasks.spawn("etcd watch", Box::pin(sent.run(stream)));
                self.watches.insert(watch, task);
                Ok(())
            }
            Err(error) => self.answers.send(framed(&sent.ended(error))).await,
        }
    }

    async fn begin(
        &self,
        create: &WatchCreate,
        range: &Range,
    ) -> Result<(WatchStream, Revision), StoreError> {
        let current = self.shared.store.revision().await?;
        let from = revision(create.start_revision).unwrap_or(Revision(current.0 + 1));
        Ok((self.shared.store.watch(prefix(range), from).await?, current))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.watches.values().for_each(|task| task.abort());
    }
}

impl Sent {
    async fn run(self, mut stream: WatchStream) {
        while let Some(batch) = stream.recv().await {
            let (response, is_last) = match batch {
                Ok(batch) => (self.response(batch), false),
                Err(error) => (Some(self.ended(error)), true),
            };
            let Some(response) = response else { continue };
            if self.answers.send(framed(&response)).await.is_err() || is_last {
                return;
            }
        }
    }

    /// A batch without events tells how far the watch is; one without events that are wanted is not sent.
    fn response(&self, batch: EventBatch) -> Option<WatchResponse> {
        let is_progress = batch.events.is_empty();
        let events: Vec<_> = batch.events.iter().filter_map(|event| self.event(event)).collect();
        if events.is_empty() && !is_progress {
            return None;
        }
        let watch = self.create.watch;
        Some(WatchResponse {
            header: Some(header(batch.revision)),
            watch,
            events,
            ..WatchResponse::default()
        })
    }

    fn event(&self, event: &Event) -> Option<WatchedEvent> {
        let wants = |filter: i32, key: &[u8]| {
            is_in(&self.range, key) && !self.create.filters.contains(&filter)
        };
        let known = |known: &crate::KeyValue| self.create.previous.then(|| pair(known));
        match event {
            Event::Put { now, before } => wants(WITHOUT_PUTS, &now.key).then(|| WatchedEvent {
                kind: PUT,
                now: Some(pair(now)),
                before: before.as_ref().and_then(known),
            }),
            Event::Delete { before, at } => {
                wants(WITHOUT_DELETIONS, &before.key).then(|| WatchedEvent {
                    kind: DELETION,
                    now: Some(Pair {
                        key: before.key.clone(),
                        modified: number(*at),
                        ..Pair::default()
                    }),
                    before: known(before),
                })
            }
        }
    }

    fn ended(&self, error: StoreError) -> WatchResponse {
        let compacted = match &error {
            StoreError::Compacted { oldest, .. } => *oldest,
            StoreError::Future { .. }
            | StoreError::Slow
            | StoreError::Unknown { .. }
            | StoreError::Unavailable { .. }
            | StoreError::Closed => Revision(0),
        };
        WatchResponse {
            header: Some(header(compacted)),
            watch: self.create.watch,
            canceled: true,
            compact_revision: number(compacted),
            cancel_reason: Refusal::from(error).message,
            ..WatchResponse::default()
        }
    }
}
