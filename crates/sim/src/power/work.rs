//! The run that is recorded: writers that put and delete, with compactions that keep it small.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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
    attempts: Vec<Attempt>,
}

/// A write of which its writer does not know whether it happened.
struct Attempt {
    key: Bytes,
    /// `None` would delete it.
    value: Option<Bytes>,
    /// After how many disk operations it was asked for, and given up.
    asked: usize,
    ended: usize,
    /// After so many a later write was acknowledged, and it is decided.
    decided: usize,
}

impl Log {
    /// The newest revision that somebody was told of before the disk had done so many operations.
    pub(super) fn acknowledged_before(&self, operations: usize) -> Revision {
        let state = self.0.lock();
        let place = state.acknowledged.partition_point(|(done, _)| *done < operations);
        let last = place.checked_sub(1).and_then(|place| state.acknowledged.get(place));
        last.map_or(Revision(0), |(_, revision)| *revision)
    }

    /// A store without power after so many disk operations may come back at `newest` with `found` if it
    /// was so then, or would have been with writes of which nobody knew.
    pub(super) fn judge(
        &self,
        operations: usize,
        newest: Revision,
        found: &BTreeMap<Bytes, Bytes>,
    ) -> Result<(), String> {
        let was = self.state_at(newest);
        if *found == was || self.may_be(operations, newest, found) {
            return Ok(());
        }
        let mut keys = was.keys().chain(found.keys());
        let key = keys.find(|key| was.get(*key) != found.get(*key));
        let of = |state: &BTreeMap<Bytes, Bytes>| key.and_then(|key| state.get(key)).cloned();
        let (found, was) = (of(found), of(&was));
        Err(format!("at {newest} {key:?} is {found:?} and was {was:?}"))
    }

    fn may_be(&self, operations: usize, newest: Revision, found: &BTreeMap<Bytes, Bytes>) -> bool {
        let open = self.undecided_after(operations);
        let most = u64::try_from(open.len()).unwrap_or(u64::MAX);
        let known = |key: &Bytes, value: Option<&Bytes>| {
            open.iter().any(|(attempted, wanted)| attempted == key && wanted.as_ref() == value)
        };
        (newest.0.saturating_sub(most)..newest.0).any(|base| {
            let base = self.state_at(Revision(base));
            let keys: BTreeSet<&Bytes> = base.keys().chain(found.keys()).collect();
            let same = |key: &&Bytes| base.get(*key) == found.get(*key);
            keys.into_iter().all(|key| same(&key) || known(key, found.get(key)))
        })
    }

    fn undecided_after(&self, operations: usize) -> Vec<(Bytes, Option<Bytes>)> {
        let state = self.0.lock();
        let open = |attempt: &&Attempt| (attempt.asked..=attempt.decided).contains(&operations);
        let open = state.attempts.iter().filter(open);
        open.map(|attempt| (attempt.key.clone(), attempt.value.clone())).collect()
    }

    /// Every key's value at a revision.
    fn state_at(&self, revision: Revision) -> BTreeMap<Bytes, Bytes> {
        let state = self.0.lock();
        let at = |values: &BTreeMap<Revision, Option<Bytes>>| {
            values.range(..=revision).next_back()?.1.clone()
        };
        let there =
            state.values.iter().filter_map(|(key, values)| Some((key.clone(), at(values)?)));
        there.collect()
    }

    /// A write that was asked for after `asked` operations is done after so many.
    fn acknowledge(&self, asked: usize, operations: usize, revision: Revision) {
        let mut state = self.0.lock();
        let earlier = state.attempts.iter_mut().filter(|attempt| attempt.ended <= asked);
        earlier.for_each(|attempt| attempt.decided = attempt.decided.min(operations));
        if state.acknowledged.last().is_none_or(|(_, newest)| *newest < revision) {
            state.acknowledged.push((operations, revision));
        }
    }

    fn attempt(&self, operation: Operation, asked: usize, ended: usize) {
        let (key, value) = match operation {
            Operation::Put { key, value, .. } => (key, Some(value)),
            Operation::Delete { key } => (key, None),
        };
        let attempt = Attempt { key: key.into(), value, asked, ended, decided: usize::MAX };
        self.0.lock().attempts.push(attempt);
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
            let operation = self.operation(turn);
            let then = vec![operation.clone()];
            let asked = self.disk.count();
            let answer = self.store.transact(Transaction { compare: Vec::new(), then }).await;
            let revision = match answer {
                Ok(
                    TransactionAnswer::Applied { revision }
                    | TransactionAnswer::Refused { revision, .. },
                ) => revision,
                Err(StoreError::Unknown { .. }) => {
                    self.log.attempt(operation, asked, self.disk.count());
                    continue;
                }
                // The disk has failed once more before the store was itself again.
                Err(StoreError::Unavailable { .. }) => continue,
                Err(
                    error @ (StoreError::Compacted { .. }
                    | StoreError::Future { .. }
                    | StoreError::Slow
                    | StoreError::Closed),
                ) => return Err(error),
            };
            self.log.acknowledge(asked, self.disk.count(), revision);
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
