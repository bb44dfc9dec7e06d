//! From one store into another, whatever their engines: all keys, and a revision that goes on beyond those
//! that clients have seen.

mod file;

use std::{sync::Arc, time::Duration};

use tokio::sync::mpsc;
use world::World;

pub use file::{Content, ContentError};

use crate::{Compare, KeyValue, Operation, Range, Revision, Store, StoreError, Transaction};

/// What is carried over; beside it lie only the marks of an engine.
const ROOT: &str = "/registry/";
/// Events end by themselves. How much of that time has passed is not told, so it begins anew (upstream:
/// the default of `--event-ttl`).
const EVENTS: &[u8] = b"/registry/events/";
const EVENT_TIME: Duration = Duration::from_hours(1);
/// Below what etcd allows in a transaction.
const KEYS_TOGETHER: usize = 100;
const LIFTERS: u64 = 64;
/// Rewritten until the revision is high enough.
const LIFT: &str = "/registry/pilothouse-lift";

/// All that a store holds at its newest revision.
///
/// # Errors
/// The store cannot be read.
pub async fn content(store: &dyn Store) -> Result<Content, StoreError> {
    let answer = store.range(Range::prefix(ROOT)).await?;
    let mut pairs = answer.pairs;
    // Marks of this program have no value; objects do.
    pairs.retain(|pair| !pair.value.is_empty());
    pairs.sort_by_key(|pair| pair.modified);
    Ok(Content { revision: answer.revision, pairs })
}

/// Puts content into an empty store, in the order in which it was written; then raises the revision beyond
/// that of the content and forgets what lies before. Answers the newest revision.
///
/// # Errors
/// The store has something already, or cannot be written.
pub async fn fill(
    world: &World,
    store: &Arc<dyn Store>,
    content: Content,
) -> Result<Revision, StoreError> {
    let found = store.range(Range { limit: Some(1), ..Range::prefix(ROOT) }).await?.count;
    if found > 0 {
        let reason = format!("it has {found} keys already");
        return Err(StoreError::Unavailable { action: "be filled", reason });
    }
    for together in content.pairs.chunks(KEYS_TOGETHER) {
        store.transact(creation(together)).await?;
    }
    lift(world, store, Revision(content.revision.0 + 1)).await
}

fn creation(pairs: &[KeyValue]) -> Transaction {
    let compare = |pair: &KeyValue| Compare { key: pair.key.to_vec(), modified: Revision(0) };
    let put = |pair: &KeyValue| Operation::Put {
        key: pair.key.to_vec(),
        value: pair.value.clone(),
        time_to_live: pair.key.starts_with(EVENTS).then_some(EVENT_TIME),
    };
    Transaction {
        compare: pairs.iter().map(compare).collect(),
        then: pairs.iter().map(put).collect(),
    }
}

/// Raises the revision of a store to `least` at least and compacts what lies before, so that who knows the
/// past lists anew. Answers the newest revision.
///
/// # Errors
/// The store cannot be written.
pub async fn lift(
    world: &World,
    store: &Arc<dyn Store>,
    least: Revision,
) -> Result<Revision, StoreError> {
    let missing = least.0.saturating_sub(store.revision().await?.0);
    let (done, mut finished) = mpsc::unbounded_channel();
    for lifter in 0..LIFTERS {
        let share = missing / LIFTERS + u64::from(lifter < missing % LIFTERS);
        let (store, done) = (Arc::clone(store), done.clone());
        let lifting = async move {
            // Who waits may have given up.
            let _ = done.send(rewrite(&*store, lifter, share).await);
        };
        world.tasks.spawn("store lift", Box::pin(lifting));
    }
    drop(done);
    while let Some(lifted) = finished.recv().await {
        lifted?;
    }
    let newest = store.revision().await?;
    store.compact(newest).await?;
    Ok(newest)
}

/// Each change makes a revision; the last one takes the key away.
async fn rewrite(store: &dyn Store, lifter: u64, times: u64) -> Result<(), StoreError> {
    let key = || format!("{LIFT}-{lifter}").into_bytes();
    let puts = (0..times).map(|_| Operation::Put {
        key: key(),
        value: Vec::new().into(),
        time_to_live: None,
    });
    for then in puts.chain([Operation::Delete { key: key() }]) {
        store.transact(Transaction { compare: Vec::new(), then: vec![then] }).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::Local;

    fn put(key: &str, value: &str) -> Operation {
        let value = Bytes::copy_from_slice(value.as_bytes());
        Operation::Put { key: key.into(), value, time_to_live: None }
    }

    async fn apply(store: &dyn Store, then: Operation) {
        let write = Transaction { compare: Vec::new(), then: vec![then] };
        store.transact(write).await.expect("applies");
    }

    #[tokio::test]
    async fn what_is_carried_over_is_all_and_revisions_go_on() {
        let world = world::real::world(&tokio::runtime::Handle::current());
        let from = Local::memory(&world);
        for number in 0..250 {
            apply(&from, put(&format!("/registry/pods/{number}"), "{}")).await;
        }
        apply(&from, put("/registry/pods/7", r#"{"a":1}"#)).await;
        apply(&from, put("elsewhere", "1")).await;
        let content = content(&from).await.expect("reads");
        assert_eq!((content.pairs.len(), content.revision), (250, Revision(253)));
        let to: Arc<dyn Store> = Arc::new(Local::memory(&world));
        let newest = fill(&world, &to, content.clone()).await.expect("fills");
        assert!(newest > Revision(253), "{newest}");
        let found = super::content(&*to).await.expect("reads");
        assert_eq!(found.pairs.len(), 250);
        let newest_key = found.pairs.last().map(|pair| (&pair.key[..], &pair.value[..]));
        assert_eq!(newest_key, Some((&b"/registry/pods/7"[..], &br#"{"a":1}"#[..])));
        let past = to.watch(Vec::new(), Revision(250)).await;
        assert!(matches!(past, Err(StoreError::Compacted { .. })), "who knows the past lists anew");
        let again = fill(&world, &to, content).await;
        assert!(matches!(again, Err(StoreError::Unavailable { .. })), "nothing is mixed");
    }
}
