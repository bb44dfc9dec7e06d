//! Transactions in etcd's words, and what may be done when an answer was lost.

use std::{collections::BTreeMap, time::Duration};

use super::{
    keys::Keys,
    messages::{
        CompareRequest, CompareTarget, Compared, DeleteRequest, Pair, PutRequest, RangeRequest,
        RequestOperation, Requested, TxnRequest, TxnResponse,
    },
    number,
};
use crate::{
    Compare, KeyValue, Operation, Revision, Transaction, TransactionAnswer, draft::last_of_each_key,
};

/// Leases by the time that keys are to live.
pub(crate) type Leases = BTreeMap<Duration, i64>;

/// Whether a transaction may be sent again while it is unknown what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// A comparison names a revision that the transaction itself ends: it applies once at most.
    Safe,
    /// It might apply twice.
    Never,
}

impl Repeat {
    pub(crate) fn of(transaction: &Transaction) -> Self {
        let ends = |compare: &Compare| {
            compare.modified > Revision(0)
                && transaction.then.iter().any(|operation| *key_of(operation) == compare.key)
        };
        if transaction.compare.iter().any(ends) { Self::Safe } else { Self::Never }
    }
}

/// A transaction as etcd is asked for it. Compared keys are read when a comparison fails.
pub(crate) fn request(keys: &Keys, transaction: &Transaction, leases: &Leases) -> TxnRequest {
    let compare = |compare: &Compare| CompareRequest {
        target: CompareTarget::Modified.into(),
        key: keys.to_etcd(&compare.key),
        compared: Some(Compared::Modified(number(compare.modified))),
        ..CompareRequest::default()
    };
    let read = |compare: &Compare| {
        let key = keys.to_etcd(&compare.key);
        operation(Requested::Range(RangeRequest { key, ..RangeRequest::default() }))
    };
    let write = |then: Operation| match then {
        Operation::Put { key, value, time_to_live } => {
            let lease = time_to_live.and_then(|ttl| leases.get(&ttl).copied()).unwrap_or_default();
            operation(Requested::Put(PutRequest {
                key: keys.to_etcd(&key),
                value,
                lease,
                ..PutRequest::default()
            }))
        }
        Operation::Delete { key } => {
            let key = keys.to_etcd(&key);
            operation(Requested::Delete(DeleteRequest { key, ..DeleteRequest::default() }))
        }
    };
    TxnRequest {
        compare: transaction.compare.iter().map(compare).collect(),
        success: last_of_each_key(transaction.then.clone()).into_iter().map(write).collect(),
        failure: transaction.compare.iter().map(read).collect(),
    }
}

/// The same comparisons, and no change: what became of a transaction that is not sent again.
pub(crate) fn question(transaction: &Transaction) -> Transaction {
    Transaction { compare: transaction.compare.clone(), then: Vec::new() }
}

/// What etcd answered.
pub(crate) fn answer(keys: &Keys, response: TxnResponse) -> TransactionAnswer {
    let revision = super::revision(response.header);
    if response.succeeded {
        return TransactionAnswer::Applied { revision };
    }
    let present = response.responses.into_iter();
    let present = present.map(|response| {
        let pair = response.range().and_then(|range| range.pairs.into_iter().next());
        pair.map(|pair| key_value(keys, pair))
    });
    TransactionAnswer::Refused { revision, present: present.collect() }
}

/// When the transaction was applied before, if what is there now proves it: a compared key holds what
/// was to be written.
pub(crate) fn applied_before(
    transaction: &Transaction,
    present: &[Option<KeyValue>],
) -> Option<Revision> {
    let shown = transaction.compare.iter().zip(present);
    shown.into_iter().find_map(|(compare, present)| {
        let present = present.as_ref().filter(|present| present.modified > compare.modified)?;
        let written = transaction.then.iter().any(|operation| match operation {
            Operation::Put { key, value, .. } => *key == compare.key && *value == present.value,
            Operation::Delete { .. } => false,
        });
        written.then_some(present.modified)
    })
}

pub(crate) fn key_value(keys: &Keys, pair: Pair) -> KeyValue {
    KeyValue {
        key: keys.ours(pair.key),
        value: pair.value,
        created: super::revision_of(pair.created),
        modified: super::revision_of(pair.modified),
        version: u64::try_from(pair.version).unwrap_or_default(),
    }
}

fn operation(requested: Requested) -> RequestOperation {
    RequestOperation { requested: Some(requested) }
}

fn key_of(operation: &Operation) -> &Vec<u8> {
    match operation {
        Operation::Put { key, .. } | Operation::Delete { key } => key,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn put(key: &str, value: &'static str) -> Operation {
        let value = Bytes::from_static(value.as_bytes());
        Operation::Put { key: key.into(), value, time_to_live: None }
    }

    fn delete(key: &str) -> Operation {
        Operation::Delete { key: key.into() }
    }

    fn over<const C: usize, const T: usize>(
        compare: [(&str, u64); C],
        then: [Operation; T],
    ) -> Transaction {
        let compare = compare
            .map(|(key, modified)| Compare { key: key.into(), modified: Revision(modified) });
        Transaction { compare: compare.to_vec(), then: then.to_vec() }
    }

    fn present(value: &'static str, modified: u64) -> KeyValue {
        KeyValue {
            key: Bytes::from_static(b"a"),
            value: Bytes::from_static(value.as_bytes()),
            created: Revision(2),
            modified: Revision(modified),
            version: 1,
        }
    }

    #[test]
    fn only_what_ends_its_own_guard_is_sent_again() {
        assert_eq!(Repeat::of(&over([("a", 5)], [put("a", "2")])), Repeat::Safe);
        assert_eq!(Repeat::of(&over([("a", 5)], [delete("a")])), Repeat::Safe);
        assert_eq!(Repeat::of(&over([("a", 5)], [put("b", "2")])), Repeat::Never);
        assert_eq!(Repeat::of(&over([], [put("a", "2")])), Repeat::Never);
    }

    #[test]
    fn a_creation_is_not_sent_again_for_it_may_have_been_deleted_since() {
        assert_eq!(Repeat::of(&over([("a", 0)], [put("a", "1")])), Repeat::Never);
    }

    #[test]
    fn what_was_to_be_written_and_is_there_was_applied() {
        let update = over([("a", 5)], [put("a", "2")]);
        assert_eq!(applied_before(&update, &[Some(present("2", 7))]), Some(Revision(7)));
        assert_eq!(applied_before(&update, &[Some(present("3", 7))]), None);
        assert_eq!(applied_before(&update, &[None]), None);
        let create = over([("a", 0)], [put("a", "2")]);
        assert_eq!(applied_before(&create, &[Some(present("2", 7))]), Some(Revision(7)));
    }

    #[test]
    fn a_deletion_that_others_may_have_done_proves_nothing() {
        assert_eq!(applied_before(&over([("a", 5)], [delete("a")]), &[None]), None);
    }

    #[test]
    fn a_value_that_was_there_already_proves_nothing() {
        let update = over([("a", 5), ("b", 3)], [put("a", "2")]);
        assert_eq!(applied_before(&update, &[Some(present("2", 5)), None]), None);
    }
}
