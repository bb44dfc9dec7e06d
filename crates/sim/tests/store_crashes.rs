//! The store on disk loses nothing that it acknowledged or showed, wherever its machine stops.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use sim::world::{DiskFault, Simulation};
use store::{
    Compare, Event, EventBatch, Local, Operation, Range, Revision, Store as _, StoreError,
    Transaction, TransactionAnswer,
};
use world::{Monotonic, World};

const SEEDS: u64 = 80;
const LIVES: u64 = 4;
const WRITERS: u64 = 4;
const WRITES: u64 = 12;
const FOLDER: &str = "/data";

/// What a revision did: key → value, `None` for a deletion.
type Changes = BTreeMap<Bytes, Option<Bytes>>;

/// What anybody outside the store has learnt. It may never become untrue.
#[derive(Default)]
struct Known {
    acknowledged: BTreeMap<Revision, Changes>,
    watched: BTreeMap<Revision, Changes>,
    newest: Revision,
    compacted: Revision,
    unknown: u64,
}

type Shared = Arc<Mutex<Known>>;

fn changes_of(batch: &EventBatch) -> Changes {
    let change = |event: &Event| match event {
        Event::Put { now, .. } => (now.key.clone(), Some(now.value.clone())),
        Event::Delete { before, .. } => (before.key.clone(), None),
    };
    batch.events.iter().map(change).collect()
}

/// A transaction of one or two operations, guarded now and then.
fn roll_transaction(world: &World, value: &str) -> Transaction {
    let dice = &world.dice;
    let key = || vec![b'a' + u8::try_from(dice.below(5)).unwrap_or(0)];
    let mut transaction = Transaction::default();
    if dice.below(4) == 0 {
        transaction.compare.push(Compare { key: key(), modified: Revision(0) });
    }
    for _ in 0..=dice.below(2) {
        let padding = usize::try_from(dice.below(3000)).unwrap_or(0);
        let value = Bytes::from(format!("{value}{}", "x".repeat(padding)));
        let put = Operation::Put { key: key(), value, time_to_live: None };
        let delete = Operation::Delete { key: key() };
        transaction.then.push(if dice.below(4) == 0 { delete } else { put });
    }
    transaction
}

/// What it changes for certain: of a deletion the writer cannot know whether it found the key.
fn puts_of(transaction: &Transaction) -> Changes {
    let mut changes = Changes::new();
    for operation in &transaction.then {
        match operation {
            Operation::Put { key, value, .. } => {
                changes.insert(Bytes::copy_from_slice(key), Some(value.clone()));
            }
            Operation::Delete { key } => {
                changes.remove(&key[..]);
            }
        }
    }
    changes
}

async fn write(world: World, store: Arc<Local>, known: Shared, name: String) {
    for number in 0..WRITES {
        world.clock.sleep(Duration::from_millis(world.dice.below(3))).await;
        if world.dice.below(20) == 0 {
            let oldest = Revision(known.lock().newest.0.saturating_sub(5));
            if store.compact(oldest).await.is_ok() {
                let mut known = known.lock();
                known.compacted = known.compacted.max(oldest);
            }
        }
        let transaction = roll_transaction(&world, &format!("{name}-{number}-"));
        let puts = puts_of(&transaction);
        let answer = store.transact(transaction).await;
        let mut known = known.lock();
        match answer {
            Ok(TransactionAnswer::Applied { revision }) => {
                known.newest = known.newest.max(revision);
                // With no put it may have changed nothing and name an older revision.
                if !puts.is_empty() {
                    known.acknowledged.insert(revision, puts);
                }
            }
            Ok(TransactionAnswer::Refused { revision, .. }) => {
                known.newest = known.newest.max(revision);
            }
            Err(_) => known.unknown += 1,
        }
    }
}

async fn watch(store: Arc<Local>, known: Shared, from: Revision) {
    let Ok(mut stream) = store.watch(Vec::new(), from).await else { return };
    drop(store);
    let mut last = Revision(from.0 - 1);
    while let Some(Ok(batch)) = stream.recv().await {
        assert!(batch.revision > last, "{} after {last}", batch.revision);
        last = batch.revision;
        let mut known = known.lock();
        known.newest = known.newest.max(batch.revision);
        known.watched.insert(batch.revision, changes_of(&batch));
    }
}

/// Everything the store has after its oldest revision, and its newest.
async fn history(store: Arc<Local>, oldest: Revision) -> (Revision, BTreeMap<Revision, Changes>) {
    let newest = store.revision().await.expect("open");
    let mut history = BTreeMap::new();
    let first = Revision(oldest.0.max(1) + 1);
    let mut stream = store.watch(Vec::new(), first).await.expect("not compacted");
    for _ in first.0..=newest.0 {
        let batch = stream.recv().await.expect("open").expect("no error");
        history.insert(batch.revision, changes_of(&batch));
    }
    (newest, history)
}

/// What a compaction that got no answer may have made the oldest.
async fn oldest(store: &Local, known: &Shared) -> Revision {
    let compacted = known.lock().compacted;
    match store.watch(Vec::new(), Revision(compacted.0 + 1)).await {
        Err(StoreError::Compacted { oldest, .. }) => Revision(oldest.0 - 1),
        _ => compacted,
    }
}

/// The store as the next life finds it agrees with all that is known.
async fn check(store: Arc<Local>, known: Shared) -> Revision {
    let oldest = oldest(&store, &known).await;
    let (newest, history) = history(store, oldest).await;
    let mut known = known.lock();
    assert!(newest >= known.newest, "at {newest}, was at {}", known.newest);
    known.compacted = oldest;
    let revisions: BTreeSet<u64> = history.keys().map(|revision| revision.0).collect();
    assert_eq!(revisions, (oldest.0.max(1) + 1..=newest.0).collect(), "no gap");
    for (revision, changes) in known.watched.range(Revision(oldest.0 + 1)..) {
        assert_eq!(history.get(revision), Some(changes), "watched at {revision}");
    }
    for (revision, puts) in known.acknowledged.range(Revision(oldest.0 + 1)..) {
        let changes = &history[revision];
        assert!(puts.iter().all(|put| changes.get(put.0) == Some(put.1)), "written at {revision}");
    }
    newest
}

/// Stops the machine somewhere: between two steps, at an operation of the disk, or, after an
/// operation that was refused, at the end.
fn roll_end(simulation: &Simulation) -> u64 {
    let dice = simulation.dice();
    let operation = simulation.disk_operations("store") + dice.below(200);
    match dice.below(3) {
        0 => return dice.below(150),
        1 => simulation.plan_disk_fault("store", DiskFault::Die { operation }),
        _ => simulation.plan_disk_fault("store", DiskFault::Refuse { operation }),
    }
    u64::MAX
}

/// One life; what is left to the steps of the scenario runs before the store is crashed.
fn live(simulation: &Simulation, known: &Shared, life: u64) {
    let steps = roll_end(simulation);
    let world = simulation.world("store");
    // The disk may die or refuse while the store opens.
    let Ok(store) = Local::embedded(&world, Path::new(FOLDER)) else { return };
    let store = Arc::new(store);
    let current = Arc::clone(&store);
    let current = simulation.complete("store", deadline(simulation), async move {
        current.revision().await.expect("open")
    });
    let Some(current) = current else { return };
    let watch = watch(Arc::clone(&store), Arc::clone(known), Revision(current.0 + 1));
    world.tasks.spawn("watch", Box::pin(watch));
    for writer in 0..WRITERS {
        let (store, known) = (Arc::clone(&store), Arc::clone(known));
        let write = write(world.clone(), store, known, format!("{life}-{writer}"));
        world.tasks.spawn("write", Box::pin(write));
    }
    drop(store);
    let mut done = 0;
    simulation.run_until(deadline(simulation), || {
        done += 1;
        done > steps
    });
}

fn deadline(simulation: &Simulation) -> Monotonic {
    simulation.now() + Duration::from_secs(10)
}

fn run(seed: u64) -> (u64, u64, (u64, u64)) {
    let (simulation, known) = (Simulation::new(seed), Shared::default());
    let mut newest = Revision(1);
    for life in 0..LIVES {
        live(&simulation, &known, life);
        simulation.crash("store");
        let check = check(opened(&simulation), Arc::clone(&known));
        newest = simulation.complete("store", deadline(&simulation), check).expect("answers");
        simulation.crash("store");
    }
    let unknown = known.lock().unknown;
    (newest.0, unknown, simulation.fingerprint())
}

#[test]
fn what_was_acknowledged_or_shown_is_there_after_any_crash() {
    let (mut written, mut unknown) = (0, 0);
    for seed in 0..SEEDS {
        println!("seed {seed}");
        let (revisions, failed, _) = run(seed);
        written += revisions;
        unknown += failed;
    }
    assert!(written > 50 * SEEDS, "{written} revisions are too few to mean anything");
    assert!(unknown > SEEDS, "{unknown} failed writes are too few to mean anything");
}

#[test]
fn the_same_seed_crashes_the_same_way() {
    assert_eq!(run(3), run(3));
}

/// One write, whose fate the caller looks at.
fn put(simulation: &Simulation, store: &Arc<Local>, value: &str) -> Result<Revision, StoreError> {
    let value = Bytes::from(value.repeat(500));
    let then = vec![Operation::Put { key: b"a".to_vec(), value, time_to_live: None }];
    let write = store.transact(Transaction { compare: Vec::new(), then });
    let answer = simulation.complete("store", deadline(simulation), write).expect("answered")?;
    let (TransactionAnswer::Applied { revision } | TransactionAnswer::Refused { revision, .. }) =
        answer;
    Ok(revision)
}

fn opened(simulation: &Simulation) -> Arc<Local> {
    let store = Local::embedded(&simulation.world("store"), Path::new(FOLDER));
    Arc::new(store.expect("opens"))
}

/// Some writes with a failing sync among them; the newest that was acknowledged.
fn written_with_a_failed_sync(simulation: &Simulation) -> Revision {
    let store = opened(simulation);
    let mut newest = Revision(0);
    for turn in 0..20 {
        if turn == 10 {
            simulation.fail_next_sync("store");
        }
        let written = put(simulation, &store, &format!("{turn} "));
        assert_eq!(written.is_err(), turn == 10, "turn {turn}");
        newest = newest.max(written.unwrap_or(newest));
    }
    newest
}

#[test]
fn after_a_failed_sync_a_power_cut_takes_nothing_that_was_acknowledged() {
    for seed in 0..200 {
        let simulation = Simulation::new(seed);
        let newest = written_with_a_failed_sync(&simulation);
        simulation.crash("store");
        let written = put(&simulation, &opened(&simulation), "more");
        assert_eq!(written, Ok(Revision(newest.0 + 1)), "seed {seed}");
    }
}

#[test]
fn a_process_that_starts_after_a_failed_sync_does_not_believe_what_it_reads() {
    for seed in 0..200 {
        let simulation = Simulation::new(seed);
        let store = opened(&simulation);
        put(&simulation, &store, "before").expect("the disk is well");
        // The first sync is that of the write, the second that of the mending.
        for _ in 0..2 {
            simulation.fail_next_sync("store");
            put(&simulation, &store, "lost").expect_err("the sync fails");
        }
        simulation.kill("store");
        let newest = put(&simulation, &opened(&simulation), "after").expect("the disk is well");
        simulation.crash("store");
        let written = put(&simulation, &opened(&simulation), "more");
        assert_eq!(written, Ok(Revision(newest.0 + 1)), "seed {seed}");
    }
}

/// Compacts up to the newest revision, whether it can or not.
fn compact(simulation: &Simulation, store: &Arc<Local>) {
    let newest = simulation.complete("store", deadline(simulation), store.revision());
    let newest = newest.expect("answered").expect("open");
    let compaction = simulation.complete("store", deadline(simulation), store.compact(newest));
    drop(compaction.expect("answered"));
}

#[test]
fn what_could_not_be_forgotten_does_not_come_back_when_its_successors_are() {
    for operation in 0..60 {
        let simulation = Simulation::new(operation);
        let store = opened(&simulation);
        put(&simulation, &store, "first").expect("the disk is well");
        put(&simulation, &store, "second").expect("the disk is well");
        let operation = simulation.disk_operations("store") + operation;
        simulation.plan_disk_fault("store", DiskFault::Refuse { operation });
        compact(&simulation, &store);
        let delete = || Transaction {
            compare: Vec::new(),
            then: vec![Operation::Delete { key: b"a".to_vec() }],
        };
        for _ in 0..3 {
            let deleted = store.transact(delete());
            drop(simulation.complete("store", deadline(&simulation), deleted).expect("answered"));
            compact(&simulation, &store);
        }
        drop(store);
        simulation.crash("store");
        let store = opened(&simulation);
        let found = store.range(Range::prefix(b"a".to_vec()));
        let found = simulation.complete("store", deadline(&simulation), found).expect("answered");
        assert_eq!(found.expect("readable").pairs, [], "operation {operation}");
    }
}

#[test]
fn after_a_refused_operation_the_store_goes_on() {
    for operation in 0..12 {
        let simulation = Simulation::new(operation);
        let store = opened(&simulation);
        let operation = simulation.disk_operations("store") + operation;
        simulation.plan_disk_fault("store", DiskFault::Refuse { operation });
        let put = || put(&simulation, &store, "value");
        let mut failures = 0;
        while simulation.disk_operations("store") <= operation {
            failures += usize::from(put().is_err());
        }
        assert!(failures <= 1, "operation {operation}");
        assert_eq!(put().err(), None, "operation {operation}");
    }
}
