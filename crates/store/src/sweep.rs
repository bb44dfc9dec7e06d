//! Deletes keys whose time to live is over.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use world::Monotonic;

use crate::{Compare, Operation, Revision, Transaction, engine::Engine};

/// Keys deleted in one go; each in its own transaction, all with one sync.
const TOGETHER_MAX: usize = 256;
/// How long to leave a store alone that could not delete.
const RETRY: Duration = Duration::from_secs(1);

/// Runs until the store is dropped.
pub(crate) async fn sweep(engine: Weak<Engine>) {
    let mut wait = Duration::ZERO;
    loop {
        let Some(store) = engine.upgrade() else { return };
        let clock = Arc::clone(&store.world.clock);
        let changed = Arc::clone(&store.deadlines);
        let next = store.state.read().expiries.next();
        drop(store);
        let Some(deadline) = next else {
            changed.notified().await;
            continue;
        };
        let at = deadline.max(clock.monotonic() + wait);
        if at > clock.monotonic() {
            tokio::select! {
                biased;
                () = changed.notified() => continue,
                () = clock.sleep_until(at) => {}
            }
        }
        let deleted = delete_due(&engine, clock.monotonic()).await;
        wait = if deleted { Duration::ZERO } else { RETRY };
    }
}

/// False if a deletion failed. One that is refused, as the key was written anew, is as good as done.
async fn delete_due(engine: &Weak<Engine>, now: Monotonic) -> bool {
    let Some(store) = engine.upgrade() else { return true };
    let due = store.state.read().expiries.due(now, TOGETHER_MAX);
    let deletions: Vec<_> =
        due.into_iter().map(|(key, modified)| store.submit(deletion(&key, modified))).collect();
    drop(store);
    let mut all = true;
    for deletion in deletions {
        let answered = match deletion {
            Ok(answer) => matches!(answer.await, Ok(Ok(_))),
            Err(_) => false,
        };
        all &= answered;
    }
    all
}

fn deletion(key: &[u8], modified: Revision) -> Transaction {
    Transaction {
        compare: vec![Compare { key: key.to_vec(), modified }],
        then: vec![Operation::Delete { key: key.to_vec() }],
    }
}
