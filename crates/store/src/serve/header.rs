//! What stands at the head of every answer.

use crate::{
    KeyValue, Revision,
    etcd::messages::{Header, Pair},
};

/// Any two numbers will do: there is one member in one cluster.
pub(super) const MEMBER: u64 = 0x7069_6c6f;
const CLUSTER: u64 = 0x7468_6f75;

pub(super) fn header(revision: Revision) -> Header {
    Header { cluster_id: CLUSTER, member_id: MEMBER, revision: number(revision) }
}

pub(super) fn number(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

/// Zero and less mean none.
pub(super) fn revision(number: i64) -> Option<Revision> {
    u64::try_from(number).ok().filter(|number| *number > 0).map(Revision)
}

pub(super) fn pair(known: &KeyValue) -> Pair {
    Pair {
        key: known.key.clone(),
        created: number(known.created),
        modified: number(known.modified),
        version: i64::try_from(known.version).unwrap_or(i64::MAX),
        value: known.value.clone(),
    }
}
