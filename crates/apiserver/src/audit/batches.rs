//! Events that nobody waits for: gathered, and written together.

use bytes::Bytes;
use prometheus::IntCounter;
use tokio::sync::{mpsc, oneshot};
use world::World;

use super::{Batching, Destination, LogFile, Truncation};

/// What comes through the queue of a backend.
pub(super) enum Item {
    Event(Bytes),
    /// Somebody waits until everything before is written.
    Flush(oneshot::Sender<()>),
}

/// Writes what waits.
pub(super) struct Batches {
    pub(super) world: World,
    pub(super) batching: Batching,
    pub(super) truncation: Option<Truncation>,
    pub(super) destination: Destination,
    pub(super) lost: IntCounter,
}

impl Batches {
    /// Goes on until nobody writes any more. One batch after the other: a backend that is slow is not
    /// helped by several at once, and order is kept.
    pub(super) async fn write(self, mut queue: mpsc::Receiver<Item>) {
        while let Some(first) = queue.recv().await {
            let (batch, flushed) = self.fill(first, &mut queue).await;
            for part in self.parts(&batch) {
                self.write_part(part).await;
            }
            if let Some(done) = flushed {
                // Who waited may have gone.
                let _ = done.send(());
            }
        }
    }

    async fn write_part(&self, part: &[Bytes]) {
        let is_written = match &self.destination {
            Destination::Log(log) => self.append(log, part).await,
            Destination::Webhook(webhook) => webhook.send(&self.world, part).await,
        };
        if !is_written {
            self.lost.inc_by(u64::try_from(part.len()).unwrap_or(u64::MAX));
        }
    }

    async fn fill(
        &self,
        first: Item,
        queue: &mut mpsc::Receiver<Item>,
    ) -> (Vec<Bytes>, Option<oneshot::Sender<()>>) {
        let mut batch = Vec::new();
        let mut next = Some(first);
        let mut expired = self.world.clock.sleep(self.batching.wait_max);
        loop {
            match next {
                Some(Item::Event(event)) => batch.push(event),
                Some(Item::Flush(done)) => return (batch, Some(done)),
                None => return (batch, None),
            }
            if batch.len() >= self.batching.size_max {
                return (batch, None);
            }
            next = tokio::select! {
                biased;
                next = queue.recv() => next,
                () = &mut expired => None,
            };
        }
    }

    /// Cuts a batch where it would be too large.
    fn parts<'b>(&self, batch: &'b [Bytes]) -> Vec<&'b [Bytes]> {
        let most = self.truncation.map_or(usize::MAX, |truncation| truncation.batch_bytes_max);
        let mut parts = Vec::new();
        let mut rest = batch;
        while !rest.is_empty() {
            let mut bytes = 0_usize;
            let fits = |event: &&Bytes| {
                bytes = bytes.saturating_add(event.len());
                bytes <= most
            };
            let (part, after) = rest.split_at(rest.iter().take_while(fits).count().max(1));
            parts.push(part);
            rest = after;
        }
        parts
    }

    async fn append(&self, log: &std::sync::Arc<LogFile>, part: &[Bytes]) -> bool {
        let (log, lines, count) = (std::sync::Arc::clone(log), part.concat(), part.len());
        let (done, told) = oneshot::channel();
        let write = move || {
            let written = log.append(&lines).map_err(|error| error.to_string());
            // Nobody who waits any more is as good as told.
            let _ = done.send(written);
        };
        self.world.tasks.block("audit log", Box::new(write));
        match told.await.unwrap_or_else(|_| Err("the server ends".to_owned())) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(error, count, "audit events are lost");
                false
            }
        }
    }
}
