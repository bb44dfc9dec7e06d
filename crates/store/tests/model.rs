//! Random histories against a model that keeps every state whole.

mod common;

use std::collections::BTreeMap;

use bytes::Bytes;
use common::Bench;
use proptest::prelude::*;
use store::{Compare, Event, KeyValue, Operation, Range, Revision, Transaction, TransactionAnswer};

type Snapshot = BTreeMap<Bytes, KeyValue>;

/// One snapshot per revision, the first that of revision 1.
struct Model {
    snapshots: Vec<Snapshot>,
}

impl Model {
    fn newest(&self) -> &Snapshot {
        self.snapshots.last().expect("starts with one")
    }

    fn revision(&self) -> Revision {
        Revision(u64::try_from(self.snapshots.len()).expect("small"))
    }

    fn transact(&mut self, transaction: &Transaction) -> TransactionAnswer {
        let present = |compare: &Compare| self.newest().get(&compare.key[..]).cloned();
        let holds = |compare: &Compare| {
            present(compare).map_or(Revision(0), |pair| pair.modified) == compare.modified
        };
        if !transaction.compare.iter().all(holds) {
            let present = transaction.compare.iter().map(present).collect();
            return TransactionAnswer::Refused { revision: self.revision(), present };
        }
        let (old, at) = (self.newest().clone(), Revision(self.revision().0 + 1));
        let mut new = old.clone();
        for operation in &transaction.then {
            match operation {
                Operation::Delete { key } => drop(new.remove(&key[..])),
                Operation::Put { key, value, .. } => {
                    let before = old.get(&key[..]);
                    let pair = KeyValue {
                        key: Bytes::copy_from_slice(key),
                        value: value.clone(),
                        created: before.map_or(at, |before| before.created),
                        modified: at,
                        version: before.map_or(1, |before| before.version + 1),
                    };
                    new.insert(pair.key.clone(), pair);
                }
            }
        }
        if new != old {
            self.snapshots.push(new);
        }
        TransactionAnswer::Applied { revision: self.revision() }
    }

    /// The difference between a revision and the one before, in the order of the keys.
    fn events(&self, revision: usize) -> Vec<Event> {
        let (before, now) = (&self.snapshots[revision - 2], &self.snapshots[revision - 1]);
        let at = Revision(u64::try_from(revision).expect("small"));
        let deleted = before.iter().filter(|(key, _)| !now.contains_key(*key));
        let deleted = deleted.map(|(key, pair)| (key, Event::Delete { before: pair.clone(), at }));
        let put = now.iter().filter(|(_, pair)| pair.modified == at);
        let put = put.map(|(key, pair)| {
            (key, Event::Put { now: pair.clone(), before: before.get(key).cloned() })
        });
        let events: BTreeMap<&Bytes, Event> = deleted.chain(put).collect();
        events.into_values().collect()
    }
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    (0..4_u8).prop_map(|number| vec![b'a' + number])
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        2 => (key(), any::<u8>()).prop_map(|(key, value)| Operation::Put {
            key,
            value: Bytes::from(vec![value]),
            time_to_live: None,
        }),
        1 => key().prop_map(|key| Operation::Delete { key }),
    ]
}

/// Comparisons name low revisions, which hold now and then.
fn transaction() -> impl Strategy<Value = Transaction> {
    let modified = prop_oneof![Just(0), 0..9_u64].prop_map(Revision);
    let compare = (key(), modified).prop_map(|(key, modified)| Compare { key, modified });
    let compare = prop::collection::vec(compare, 0..2);
    let then = prop::collection::vec(operation(), 0..4);
    (compare, then).prop_map(|(compare, then)| Transaction { compare, then })
}

async fn agree(bench: Bench, transactions: Vec<Transaction>) {
    let mut model = Model { snapshots: vec![Snapshot::new()] };
    for transaction in transactions {
        let expected = model.transact(&transaction);
        assert_eq!(bench.store().transact(transaction).await, Ok(expected));
    }
    for (revision, snapshot) in (1..).zip(&model.snapshots) {
        let range = Range { at: Some(Revision(revision)), ..Range::prefix("") };
        let answer = bench.store().range(range).await.expect("reads");
        assert_eq!(answer.pairs, snapshot.values().cloned().collect::<Vec<_>>());
    }
    let mut watch = bench.store().watch(Vec::new(), Revision(2)).await.expect("starts");
    for revision in 2..=model.snapshots.len() {
        let mut batch = watch.recv().await.expect("open").expect("no error");
        let key = |event: &Event| match event {
            Event::Put { now, .. } => now.key.clone(),
            Event::Delete { before, .. } => before.key.clone(),
        };
        batch.events.sort_by_key(key);
        assert_eq!(batch.events, model.events(revision));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_history_is_told_as_the_model_tells_it(
        transactions in prop::collection::vec(transaction(), 0..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("starts").block_on(async {
            agree(Bench::memory(), transactions.clone()).await;
            agree(Bench::embedded(), transactions).await;
        });
    }
}
