//! Periodic compaction, agreed among all API servers over one etcd in the reference's way (upstream:
//! `storage/etcd3/compact.go`): whoever writes the next version of one key compacts.

use std::{sync::Weak, time::Duration};

use super::{
    Shared, answered_revision,
    failure::Failure,
    messages::{
        CompactRequest, CompareRequest, CompareTarget, Compared, Done, PutRequest, RangeRequest,
        RequestOperation, Requested, ResponseOperation, TxnRequest, TxnResponse,
    },
    number,
};
use crate::{Revision, StoreError};

/// What was overwritten stays readable for once to twice as long.
const INTERVAL: Duration = Duration::from_mins(5);
const KEY: &[u8] = b"compact_rev_key";
const COMPACT: &str = "/etcdserverpb.KV/Compact";
const TXN: &str = "/etcdserverpb.KV/Txn";
/// Etcd answers when it has noted the compaction; the work is done later.
const COMPACT_TIME_MAX: Duration = Duration::from_secs(10);

/// What was seen at the last turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Seen {
    /// Of the key.
    version: i64,
    /// Of the store. Zero at first.
    revision: Revision,
}

/// Compacts until the store is gone.
pub(crate) async fn run(shared: Weak<Shared>) {
    let mut seen = Seen::default();
    loop {
        let Some(store) = shared.upgrade() else { return };
        match store.turn(seen).await {
            Ok(now) => seen = now,
            Err(failure) => tracing::warn!(%failure, "etcd was not compacted and will be later"),
        }
        let sleep = store.members.world.clock.sleep(INTERVAL);
        drop(store);
        sleep.await;
    }
}

impl Shared {
    async fn turn(&self, seen: Seen) -> Result<Seen, Failure> {
        let answer: TxnResponse = self.members.call(TXN, &claim(seen)).await?;
        let (now, compact) = judge(seen, answer);
        if let Some(oldest) = compact {
            self.compact_now(oldest).await?;
            tracing::debug!(%oldest, "etcd was compacted");
        }
        Ok(now)
    }

    async fn compact_now(&self, oldest: Revision) -> Result<(), Failure> {
        let request = CompactRequest { revision: number(oldest) };
        let done: Result<Done, Failure> =
            self.members.call_within(COMPACT, &request, COMPACT_TIME_MAX).await;
        done.map(drop)
    }

    pub(crate) async fn compact(&self, oldest: Revision) -> Result<(), StoreError> {
        match self.compact_now(oldest).await {
            Ok(()) => Ok(()),
            Err(Failure::Compacted) => {
                let kept = self.oldest_kept().await.unwrap_or(oldest);
                Err(StoreError::Compacted { requested: oldest, oldest: kept })
            }
            Err(Failure::Future) => {
                Err(StoreError::Future { requested: oldest, current: self.newest().await? })
            }
            Err(
                failure @ (Failure::Elsewhere(_)
                | Failure::Token
                | Failure::LeaseGone
                | Failure::Refused(_)),
            ) => {
                let reason = failure.to_string();
                Err(StoreError::Unavailable { action: "compact etcd", reason })
            }
            Err(Failure::Lost(reason)) => Err(StoreError::Unknown { reason }),
        }
    }
}

/// Writes the next version of the key, if it is still as it was seen.
fn claim(seen: Seen) -> TxnRequest {
    let operation = |requested| RequestOperation { requested: Some(requested) };
    let read = RangeRequest { key: KEY.to_vec(), ..RangeRequest::default() };
    let write = PutRequest {
        key: KEY.to_vec(),
        value: seen.revision.to_string().into(),
        ..PutRequest::default()
    };
    TxnRequest {
        compare: vec![CompareRequest {
            target: CompareTarget::Version.into(),
            key: KEY.to_vec(),
            compared: Some(Compared::Version(seen.version)),
            ..CompareRequest::default()
        }],
        success: vec![operation(Requested::Put(write))],
        failure: vec![operation(Requested::Range(read))],
    }
}

/// What is seen now, and what to compact: the newest of the last turn, if nobody else did.
fn judge(seen: Seen, answer: TxnResponse) -> (Seen, Option<Revision>) {
    let revision = answered_revision(&answer);
    if answer.succeeded {
        let compact = (seen.revision > Revision(0)).then_some(seen.revision);
        return (Seen { version: seen.version + 1, revision }, compact);
    }
    let found = answer.responses.into_iter().filter_map(ResponseOperation::range);
    let version = found.flat_map(|range| range.pairs).map(|pair| pair.version).next();
    (Seen { version: version.unwrap_or_default(), revision }, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::etcd::messages::{Header, Pair, RangeResponse, Responded};

    fn answer(succeeded: bool, revision: i64, version: i64) -> TxnResponse {
        let header = Some(Header { revision, ..Header::default() });
        let pairs = vec![Pair { version, ..Pair::default() }];
        let range = RangeResponse { pairs, ..RangeResponse::default() };
        let read = ResponseOperation { responded: Some(Responded::Range(range)) };
        let responses = if succeeded { Vec::new() } else { vec![read] };
        TxnResponse { header, succeeded, responses }
    }

    #[test]
    fn who_was_first_last_time_compacts_what_was_newest_then() {
        let (seen, compact) = judge(Seen::default(), answer(true, 100, 0));
        assert_eq!((seen.version, seen.revision, compact), (1, Revision(100), None));
        let (seen, compact) = judge(seen, answer(true, 250, 0));
        assert_eq!((seen.version, seen.revision, compact), (2, Revision(250), Some(Revision(100))));
    }

    #[test]
    fn who_came_second_waits_for_the_next_turn() {
        let seen = Seen { version: 3, revision: Revision(100) };
        let (seen, compact) = judge(seen, answer(false, 300, 5));
        assert_eq!((seen.version, seen.revision, compact), (5, Revision(300), None));
    }
}
