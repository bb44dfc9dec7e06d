//! Watches: followed through broken connections and lost members, resumed after the last revision told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{
    mpsc::{self, OwnedPermit, Sender, error::TrySendError},
    watch::Receiver,
};

use super::{
    Shared,
    batches::{Assembled, batches},
    body::Then,
    messages::{Asked, WatchCreate, WatchRequest, WatchResponse},
    number, revision, revision_of,
};
use crate::{EventBatch, Revision, StoreError, WatchStream};

pub(crate) const WATCH: &str = "/etcdserverpb.Watch/Watch";
/// Batches a live watch may lag behind before it is ended, as in the stores of this process.
const BUFFER_BATCHES: usize = 1024;
/// Before a watch is begun again.
const PAUSE: Duration = Duration::from_millis(100);

type Delivery = Result<EventBatch, StoreError>;

/// One watch, as who asks for progress knows it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) prefix: Vec<u8>,
    /// Its reader knows of everything up to here.
    pub(crate) revision: AtomicU64,
}

/// Follows one watch.
pub(crate) struct Follower {
    shared: Arc<Shared>,
    told: Arc<Told>,
    sender: Sender<Delivery>,
    last_word: OwnedPermit<Delivery>,
    /// What lies before was there when the watch began: for that the reader is waited for.
    history: Revision,
    start: Start,
}

/// From where etcd is asked to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// With what comes next: nothing of it was there a moment ago.
    Live,
    /// With a revision that is known already: etcd refuses a start before its compaction, not at it,
    /// and what was deleted there is gone.
    Known,
}

impl Start {
    fn of(self, next: Revision) -> Revision {
        match self {
            Self::Live => next,
            Self::Known => Revision(next.0.saturating_sub(1).max(1)),
        }
    }
}

/// Why following stopped.
enum Ended {
    /// The connection or the member: it goes on elsewhere.
    Broken(String),
    /// For good.
    Final(StoreError),
    /// Nobody listens.
    Unheard,
}

impl Follower {
    /// A watch that knows everything before `from`. `None` if the channel cannot be made.
    pub(crate) fn new(
        shared: &Arc<Shared>,
        prefix: Vec<u8>,
        from: Revision,
        start: Start,
    ) -> Option<(Self, WatchStream)> {
        let (sender, stream) = mpsc::channel(BUFFER_BATCHES + 1);
        let last_word = sender.clone().try_reserve_owned().ok()?;
        let told = Told { prefix, revision: AtomicU64::new(from.0.saturating_sub(1)) };
        let told = Arc::new(told);
        shared.progress.add(&told);
        let shared = Arc::clone(shared);
        Some((Self { shared, told, sender, last_word, history: Revision(0), start }, stream))
    }

    /// Until the store closes, the reader goes, or history was lost.
    pub(crate) async fn run(mut self, mut closed: Receiver<bool>) {
        let listener = self.sender.clone();
        loop {
            let ended = tokio::select! {
                biased;
                _ = closed.changed() => Ended::Final(StoreError::Closed),
                () = listener.closed() => return,
                ended = self.follow() => ended,
            };
            match ended {
                Ended::Broken(reason) => {
                    tracing::debug!(reason, "a watch of etcd broke and is begun again");
                    self.shared.members.world.clock.sleep(PAUSE).await;
                }
                Ended::Final(error) => {
                    self.last_word.send(Err(error));
                    return;
                }
                Ended::Unheard => return,
            }
        }
    }

    async fn follow(&mut self) -> Ended {
        let next = self.next();
        let prefix = &self.told.prefix;
        let create = WatchCreate {
            key: self.shared.keys.start(prefix),
            range_end: self.shared.keys.prefix_end(prefix),
            start_revision: number(std::mem::replace(&mut self.start, Start::Known).of(next)),
            progress_notify: true,
            previous: true,
            fragment: true,
            ..WatchCreate::default()
        };
        let request = WatchRequest { asked: Some(Asked::Create(create)) };
        let mut answers = match self.shared.members.stream(WATCH, &request, Then::Open).await {
            Ok(answers) => answers,
            Err(failure) => return Ended::Broken(failure.to_string()),
        };
        let mut assembled = Assembled::default();
        loop {
            let answer = match answers.next::<WatchResponse>().await {
                Ok(Some(answer)) => answer,
                Ok(None) => return Ended::Broken("etcd ended it".to_owned()),
                Err(failure) => return self.broken(failure.to_string()).await,
            };
            if let Some(ended) = self.control(&answer).await {
                return ended;
            }
            if answer.created {
                continue;
            }
            let Some(answer) = assembled.push(answer) else { continue };
            if let Some(ended) = self.deliver(answer).await {
                return ended;
            }
        }
    }

    /// The member may be the reason, so another is asked.
    async fn broken(&self, reason: String) -> Ended {
        self.shared.members.turn_away().await;
        Ended::Broken(reason)
    }

    /// Answers about the watch itself.
    async fn control(&mut self, answer: &WatchResponse) -> Option<Ended> {
        let (next, current) = (self.next(), revision(answer.header));
        if answer.created && current.0 + 1 < next.0 {
            // The cluster was restored from a copy that is older than what the reader knows.
            return Some(Ended::Final(StoreError::Future { requested: next, current }));
        }
        if answer.created {
            self.history = current;
            if current >= next {
                self.shared.ask_after_history(current);
            }
        }
        if answer.canceled && answer.compact_revision > 0 {
            let oldest = Revision(revision_of(answer.compact_revision).0 + 1);
            return Some(Ended::Final(StoreError::Compacted { requested: next, oldest }));
        }
        if answer.canceled {
            return Some(self.broken(answer.cancel_reason.clone()).await);
        }
        None
    }

    async fn deliver(&mut self, answer: WatchResponse) -> Option<Ended> {
        let next = self.next();
        let Ok(batches) = batches(&self.shared.keys, &self.told.prefix, next, answer) else {
            return Some(Ended::Final(self.shared.unwatchable(next).await));
        };
        for batch in batches {
            let revision = batch.revision;
            if let Some(ended) = self.send(batch).await {
                return Some(ended);
            }
            self.told.revision.store(revision.0, Ordering::Release);
        }
        None
    }

    /// Waits for the reader while it catches up; later it must keep up.
    async fn send(&self, batch: EventBatch) -> Option<Ended> {
        if batch.revision <= self.history {
            return self.sender.send(Ok(batch)).await.is_err().then_some(Ended::Unheard);
        }
        match self.sender.try_send(Ok(batch)) {
            Ok(()) => None,
            Err(TrySendError::Full(_)) => Some(Ended::Final(StoreError::Slow)),
            Err(TrySendError::Closed(_)) => Some(Ended::Unheard),
        }
    }

    fn next(&self) -> Revision {
        Revision(self.told.revision.load(Ordering::Acquire) + 1)
    }
}
