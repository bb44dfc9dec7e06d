//! The one lane of writes: what is queued becomes durable together, then visible, then answered.

use std::{collections::VecDeque, ops::ControlFlow};

use bytes::Bytes;
use tokio::sync::oneshot::Sender;

use crate::{
    KeyValue, Revision, StoreError, Transaction, TransactionAnswer,
    draft::{Decision, Draft, Present},
    engine::{Engine, key_value},
    index::Version,
    log::{Commit, LogError, Position, Reader, Row},
    state::Change,
};

/// Writes that share one sync at most: a quarter of what a watch buffers, for all of them may concern
/// one watch, and more would hardly save any time per write.
const TOGETHER_MAX: usize = 256;
/// Forgotten rows removed with one commit, so that a compaction holds no write up.
const FORGET_MAX: usize = 512;

/// A decided row and the state of its key before.
type DraftedRow = (Row, Option<Present>);
type Answer<T> = Sender<Result<T, StoreError>>;

/// A write somebody waits for.
pub(crate) enum Work {
    Transact { transaction: Transaction, answer: Answer<TransactionAnswer> },
    Compact { oldest: Revision, answer: Answer<()> },
}

/// What waits to be written.
#[derive(Default)]
pub(crate) struct Lane {
    queue: VecDeque<Work>,
    forget: VecDeque<Position>,
    running: bool,
    /// The log failed and was not reopened yet.
    broken: bool,
    /// The last commit failed: what is to be forgotten waits for the next write.
    failed: bool,
}

impl Lane {
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// True if the lane was idle and the caller must run it.
    pub(crate) fn push(&mut self, work: Work) -> bool {
        self.queue.push_back(work);
        !std::mem::replace(&mut self.running, true)
    }

    pub(crate) fn forget(&mut self, positions: Vec<Position>) {
        self.forget.extend(positions);
    }

    /// Notes that positions were not forgotten, and are to be: an old row that stays would be taken for the
    /// newest once those that came after it are gone.
    fn fail(&mut self, forget: Vec<Position>) {
        self.failed = true;
        for position in forget.into_iter().rev() {
            self.forget.push_front(position);
        }
    }

    /// What to do next; `None` makes the lane idle.
    fn take(&mut self) -> Option<(Vec<Work>, Vec<Position>)> {
        if self.queue.is_empty() && (self.forget.is_empty() || self.broken || self.failed) {
            self.running = false;
            return None;
        }
        let works = self.queue.drain(..self.queue.len().min(TOGETHER_MAX)).collect();
        let forget = self.forget.drain(..self.forget.len().min(FORGET_MAX)).collect();
        Some((works, forget))
    }
}

/// What becomes durable, and what everybody is told then.
#[derive(Default)]
struct Prepared {
    commit: Commit,
    changes: Vec<Change>,
    transactions: Vec<(Answer<TransactionAnswer>, Result<TransactionAnswer, StoreError>)>,
    compactions: Vec<(Answer<()>, Result<(), StoreError>)>,
}

impl Engine {
    /// Works until nothing is queued.
    pub(crate) fn run_lane(&self) {
        loop {
            let Some((works, forget)) = self.lane.lock().take() else { return };
            self.write(works, forget);
        }
    }

    fn write(&self, works: Vec<Work>, forget: Vec<Position>) {
        let reader = match self.mend().and_then(|()| self.log.reader()) {
            Ok(reader) => reader,
            Err(error) => {
                self.lane.lock().fail(forget);
                return refuse(works, &error);
            }
        };
        let mut prepared = self.prepare(works, &*reader);
        drop(reader);
        prepared.commit.forget = forget;
        if !prepared.commit.is_empty()
            && let Err(error) = self.log.commit(&prepared.commit)
        {
            let forget = std::mem::take(&mut prepared.commit.forget);
            let mut lane = self.lane.lock();
            lane.broken = true;
            lane.fail(forget);
            drop(lane);
            // Readers are served again at once if this works; if not, the next write tries anew.
            let _ = self.mend();
            return prepared.fail(&StoreError::Unknown { reason: error.to_string() });
        }
        self.lane.lock().failed = false;
        let changes = std::mem::take(&mut prepared.changes);
        self.publish(changes, prepared.commit.compacted);
        prepared.answer();
    }

    /// Decides the works in order and reads what the answers and events need.
    fn prepare(&self, works: Vec<Work>, reader: &dyn Reader) -> Prepared {
        let state = self.state.read();
        let mut draft = Draft::new(&state.index, state.revision, self.world.clock.wall());
        let (mut prepared, mut decisions) = (Prepared::default(), Vec::new());
        for work in works {
            match work {
                Work::Transact { transaction, answer } => {
                    decisions.push((answer, draft.decide(transaction)));
                }
                Work::Compact { oldest, answer } => {
                    let allowed = state.compactable(oldest);
                    let mark = allowed.is_ok().then_some(oldest);
                    prepared.commit.compacted = prepared.commit.compacted.max(mark);
                    prepared.compactions.push((answer, allowed));
                }
            }
        }
        let rows = draft.rows;
        drop(state);
        for (answer, decision) in decisions {
            let reply = reply(decision, &rows, reader);
            prepared.transactions.push((answer, reply));
        }
        let changes = rows.iter().map(|(row, before)| {
            let key = row.key.clone();
            let before = before.map(|before| resolve(before, key, &rows, reader)).transpose();
            before.map(|before| Change { row: row.clone(), before })
        });
        match changes.collect::<Result<Vec<Change>, StoreError>>() {
            Ok(changes) => {
                prepared.changes = changes;
                prepared.commit.rows = rows.into_iter().map(|(row, _)| row).collect();
            }
            Err(error) => prepared.abandon(&error),
        }
        prepared
    }

    /// Shows durable changes to readers and watches.
    fn publish(&self, changes: Vec<Change>, compacted: Option<Revision>) {
        let now = self.now();
        let mut state = self.state.write();
        let deadline = state.expiries.next();
        state.publish(changes, now);
        let forgotten = compacted.map(|oldest| state.compact(oldest)).unwrap_or_default();
        let moved = state.expiries.next() != deadline;
        drop(state);
        self.lane.lock().forget(forgotten);
        if moved {
            self.deadlines.notify_one();
        }
    }

    /// After a failure: opens the log anew and publishes what turned out to be durable after all.
    fn mend(&self) -> Result<(), LogError> {
        if !self.lane.lock().broken {
            return Ok(());
        }
        self.log.reopen()?;
        let reader = self.log.reader()?;
        let known = self.state.read().revision;
        let mut rows = Vec::new();
        reader.scan(Revision(known.0 + 1), &mut |row| {
            rows.push((row.position, Bytes::copy_from_slice(row.key), row.facts));
            ControlFlow::Continue(())
        })?;
        let rows = rows.into_iter().map(|(position, key, facts)| {
            let value = reader.value(position)?.unwrap_or_default();
            Ok(Row { position, key, value, facts })
        });
        let rows = rows.collect::<Result<Vec<Row>, LogError>>()?;
        for rows in rows.chunk_by(|one, next| one.position.revision == next.position.revision) {
            let changes = rows.iter().map(|row| self.durable_after_all(row, &*reader)).collect();
            self.publish(changes, None);
        }
        let (known, durable) = (self.state.read().compacted, reader.compacted()?);
        self.publish(Vec::new(), (durable > known).then_some(durable));
        self.lane.lock().broken = false;
        Ok(())
    }

    fn durable_after_all(&self, row: &Row, reader: &dyn Reader) -> Change {
        let before = self.state.read().index.newest(&row.key);
        let read = |version: Version| {
            key_value(reader, row.key.clone(), version, row.position.revision).ok()
        };
        Change { row: row.clone(), before: before.and_then(read) }
    }
}

fn reply(
    decision: Decision,
    rows: &[DraftedRow],
    reader: &dyn Reader,
) -> Result<TransactionAnswer, StoreError> {
    match decision {
        Decision::Applied(revision) => Ok(TransactionAnswer::Applied { revision }),
        Decision::Refused { at, present } => {
            let state = |(key, present): (Bytes, Option<Present>)| {
                present.map(|present| resolve(present, key, rows, reader)).transpose()
            };
            let present = present.into_iter().map(state).collect::<Result<_, _>>()?;
            Ok(TransactionAnswer::Refused { revision: at, present })
        }
    }
}

fn resolve(
    present: Present,
    key: Bytes,
    rows: &[DraftedRow],
    reader: &dyn Reader,
) -> Result<KeyValue, StoreError> {
    match present {
        Present::Drafted(row) => Ok(rows[row].0.key_value()),
        Present::Logged(version) => key_value(reader, key, version, version.position.revision),
    }
}

impl Prepared {
    fn answer(self) {
        for (answer, reply) in self.transactions {
            let _ = answer.send(reply);
        }
        for (answer, reply) in self.compactions {
            let _ = answer.send(reply);
        }
    }

    fn fail(mut self, error: &StoreError) {
        self.abandon(error);
        self.answer();
    }

    /// Nothing is written; everybody gets the error.
    fn abandon(&mut self, error: &StoreError) {
        self.commit = Commit::default();
        self.transactions.iter_mut().for_each(|(_, reply)| *reply = Err(error.clone()));
        self.compactions.iter_mut().for_each(|(_, reply)| *reply = Err(error.clone()));
    }
}

fn refuse(works: Vec<Work>, error: &LogError) {
    let error = StoreError::Unavailable { action: "write", reason: error.to_string() };
    for work in works {
        match work {
            Work::Transact { answer, .. } => drop(answer.send(Err(error.clone()))),
            Work::Compact { answer, .. } => drop(answer.send(Err(error.clone()))),
        }
    }
}
