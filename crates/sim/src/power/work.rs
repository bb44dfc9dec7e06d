//! The run that is recorded: writers that put and delete, with compactions that keep it small.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;
use store::{
    Event, Local, Operation, Revision, Store as _, StoreError, Transaction, TransactionAnswer,
};
use tokio::sync::mpsc;
use world::World;

use super::recorder::Recorder;

/// Their transactions meet in one batch now and then.
const WRITERS: u64 = 8;
const KEYS: u64 = 12;
const VALUE_BYTES_MAX: u64 = 600;
/// So many revisions are kept.
const KEPT: u64 = 40;

/// What is known of a run. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// After how many disk operations which revision had been acknowledged; both grow.
    acknowledged: Vec<(usize, Revision)>,
    /// Each key's values by revision; `None` where it was deleted.
    values: BTreeMap<Bytes, BTreeMap<Revision, Option<Bytes>>>,
}

impl Log {
    /// The newest revision that somebody was told of before the disk had done so many operations.
    pub(super) fn acknowledged_before(&self, operations: usize) -> Revision {
        let state = self.0.lock();
        let place = state.acknowledged.partition_point(|(done, _)| *done < operations);
        let last = place.checked_sub(1).and_then(|place| state.acknowledged.get(place));
        last.map_or(Revision(0), |(_, revision)| *revision)
    }

    /// Every key's value at a revision.
    pub(super) fn state_at(&self, revision: Revision) -> BTreeMap<Bytes, Bytes> {
        let state = self.0.lock();
        let at = |values: &BTreeMap<Revision, Option<Bytes>>| {
            values.range(..=revision).next_back()?.1.clone()
        };
        let there =
            state.values.iter().filter_map(|(key, values)| Some((key.clone(), at(values)?)));
        there.collect()
    }

    fn acknowledge(&self, operations: usize, revision: Revision) {
        let mut state = self.0.lock();
        if state.acknowledged.last().is_none_or(|(_, newest)| *newest < revision) {
            state.acknowledged.push((operations, revision));
        }
    }

    fn note(&self, event: &Event) {
        let (key, revision, value) = match event {
            Event::Put { now, .. } => (&now.key, now.modified, Some(now.value.clone())),
            Event::Delete { before, at } => (&before.key, *at, None),
        };
        self.0.lock().values.entry(key.clone()).or_default().insert(revision, value);
    }
}

/// Does so many writes; ends when all are acknowledged and noted.
pub(super) async fn work(
    world: World,
    store: Arc<Local>,
    disk: Recorder,
    log: Log,
    writes: u64,
) -> Result<(), StoreError> {
    let mut changes = store.watch(Vec::new(), Revision(2)).await?;
    let (done, mut ended) = mpsc::channel(1);
    for number in 0..WRITERS {
        let author = Writer {
            world: world.clone(),
            store: Arc::clone(&store),
            disk: disk.clone(),
            log: log.clone(),
            number,
        };
        let done = done.clone();
        let write = async move {
            let written = author.write(writes / WRITERS).await;
            // Nobody waits for it any more once another has failed.
            let _ = done.send(written).await;
        };
        world.tasks.spawn("writer", Box::pin(write));
    }
    drop(done);
    let mut noted = Revision(1);
    loop {
        tokio::select! {
            biased;
            batch = changes.recv() => {
                let batch = batch.ok_or(StoreError::Closed)??;
                batch.events.iter().for_each(|event| log.note(event));
                noted = batch.revision;
            }
            written = ended.recv() => match written {
                Some(written) => written?,
                None if noted >= store.revision().await? => return Ok(()),
                // What is missing is under way.
                None => world::yield_now().await,
            },
        }
    }
}

struct Writer {
    world: World,
    store: Arc<Local>,
    disk: Recorder,
    log: Log,
    number: u64,
}

impl Writer {
    async fn write(self, writes: u64) -> Result<(), StoreError> {
        for turn in 0..writes {
            let then = vec![self.operation(turn)];
            let transaction = Transaction { compare: Vec::new(), then };
            let answer = self.store.transact(transaction).await?;
            let (TransactionAnswer::Applied { revision }
            | TransactionAnswer::Refused { revision, .. }) = answer;
            self.log.acknowledge(self.disk.count(), revision);
            if turn.is_multiple_of(KEPT) && revision.0 > KEPT {
                // Another may have been here before.
                let _ = self.store.compact(Revision(revision.0 - KEPT)).await;
            }
        }
        Ok(())
    }

    fn operation(&self, turn: u64) -> Operation {
        let dice = &self.world.dice;
        let key = format!("k{}", dice.below(KEYS)).into_bytes();
        if dice.below(5) == 0 {
            return Operation::Delete { key };
        }
        let padding = usize::try_from(dice.below(VALUE_BYTES_MAX)).unwrap_or(0);
        let value = format!("{}-{turn}-{}", self.number, "x".repeat(padding));
        Operation::Put { key, value: Bytes::from(value), time_to_live: None }
    }
}
