//! A store on a stepped clock, and texts for what it says.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod server;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use store::{
    Compare, Etcd, EtcdOptions, Event, EventBatch, KeyValue, Local, Operation, Range, Revision,
    Store, StoreError, Transaction, TransactionAnswer, WatchStream,
};
use world::{World, real::SteppedClock};

use server::Server;

pub(crate) struct Bench {
    store: Box<dyn Store>,
    pub(crate) time: BenchTime,
    pub(crate) world: World,
    folder: Folder,
    /// Ends after the store that uses it.
    pub(crate) server: Option<Server>,
}

/// How time passes.
pub(crate) enum BenchTime {
    Stepped(Arc<SteppedClock>),
    /// Etcd has its own clock: a minute of the tests is two seconds of it.
    Etcd,
}

const ETCD_SECONDS: u64 = 30;

/// Removed at the end of a test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(world: &World) -> Self {
        Self(std::env::temp_dir().join(format!("store-{}", world.dice.suffix(12))))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Bench {
    pub(crate) fn memory() -> Self {
        let (world, clock) = world::real::stepped(&tokio::runtime::Handle::current());
        let store = Box::new(Local::memory(&world));
        Self::stepped(store, world.clone(), clock, Folder::new(&world))
    }

    pub(crate) fn embedded() -> Self {
        let (world, clock) = world::real::stepped(&tokio::runtime::Handle::current());
        let folder = Folder::new(&world);
        let store = Local::embedded(&world, &folder.0).expect("opens an empty folder");
        Self::stepped(Box::new(store), world, clock, folder)
    }

    /// A store in an etcd of its own; `None` where none is installed.
    pub(crate) fn etcd() -> Option<Self> {
        let world = world::real::world(&tokio::runtime::Handle::current());
        let folder = Folder::new(&world);
        let server = Server::start(&folder.0)?;
        // Nobody answers at the first one.
        let endpoints = vec!["http://127.0.0.1:1".to_owned(), server.url.clone()];
        let options = EtcdOptions { endpoints, ..EtcdOptions::default() };
        let store = Box::new(Etcd::new(&world, &options).expect("a valid URL"));
        Some(Self { store, time: BenchTime::Etcd, world, folder, server: Some(server) })
    }

    fn stepped(
        store: Box<dyn Store>,
        world: World,
        clock: Arc<SteppedClock>,
        folder: Folder,
    ) -> Self {
        Self { store, time: BenchTime::Stepped(clock), world, folder, server: None }
    }

    /// Lets so many seconds pass. With etcd, waits until the store has changed.
    pub(crate) async fn pass(&self, seconds: u64) {
        match &self.time {
            BenchTime::Stepped(clock) => clock.advance(Duration::from_secs(seconds)).await,
            BenchTime::Etcd => {
                let before = self.revision().await;
                self.watch("", before + 1).await.next_revision().await;
            }
        }
    }

    /// After so many seconds the list of all keys ends with a text.
    pub(crate) async fn pass_until(&self, seconds: u64, text: &str) {
        self.pass(seconds).await;
        let mut list = self.list("").await;
        // Keys that were written one after the other end one after the other.
        while matches!(self.time, BenchTime::Etcd) && !list.ends_with(text) {
            self.pass(0).await;
            list = self.list("").await;
        }
        assert!(list.ends_with(text), "{list}");
    }

    /// A method, so that tests which need nothing else keep the whole bench alive.
    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// How long a key lives, in seconds of the tests.
    pub(crate) fn seconds(&self, seconds: u64) -> u64 {
        match self.time {
            BenchTime::Stepped(_) => seconds,
            BenchTime::Etcd => seconds / ETCD_SECONDS,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// Drops the store and waits until its last commit has let go of it.
    pub(crate) async fn close(self) -> (World, Arc<SteppedClock>, Folder) {
        let Self { store, time, world, folder, .. } = self;
        drop(store);
        let BenchTime::Stepped(clock) = time else { unreachable!("etcd is not reopened") };
        clock.advance(Duration::ZERO).await;
        (world, clock, folder)
    }

    /// The same store, as the next process finds it.
    pub(crate) async fn reopen(self) -> Self {
        let (world, clock, folder) = self.close().await;
        let store = Local::embedded(&world, &folder.0).expect("opens again");
        Self::stepped(Box::new(store), world, clock, folder)
    }

    pub(crate) async fn revision(&self) -> u64 {
        self.store.revision().await.expect("open").0
    }

    pub(crate) async fn transact<const C: usize, const T: usize>(
        &self,
        compare: [(&str, u64); C],
        then: [Operation; T],
    ) -> Result<TransactionAnswer, StoreError> {
        let compare = compare.map(|(key, modified)| Compare {
            key: key.as_bytes().to_vec(),
            modified: Revision(modified),
        });
        let transaction = Transaction { compare: compare.to_vec(), then: then.to_vec() };
        self.store.transact(transaction).await
    }

    /// Applies without a comparison; answers the revision.
    pub(crate) async fn apply<const T: usize>(&self, then: [Operation; T]) -> u64 {
        let answer = self.transact([], then).await.expect("applies");
        let TransactionAnswer::Applied { revision } = answer else {
            unreachable!("refused without a comparison");
        };
        revision.0
    }

    /// `revision: key=value(created,modified,version) …` of a prefix.
    pub(crate) async fn list(&self, prefix: &str) -> String {
        let text = self.range(Range::prefix(prefix)).await;
        text.rsplit_once(" of ").map(|(pairs, _)| pairs.to_owned()).expect("has a count")
    }

    pub(crate) async fn range(&self, range: Range) -> String {
        let answer = self.store.range(range).await.expect("reads");
        let mut text = format!("{}:", answer.revision);
        for pair in &answer.pairs {
            text += " ";
            text += &show(pair);
        }
        text + &format!(" of {}", answer.count)
    }

    pub(crate) async fn watch(&self, prefix: &str, from: u64) -> Watch {
        let stream = self.store.watch(prefix.as_bytes().to_vec(), Revision(from)).await;
        Watch(stream.expect("starts"))
    }
}

pub(crate) struct Watch(WatchStream);

impl Watch {
    async fn batch(&mut self) -> EventBatch {
        self.0.recv().await.expect("open").expect("no error")
    }

    pub(crate) async fn next_revision(&mut self) -> u64 {
        self.batch().await.revision.0
    }

    /// The revision of a batch without changes.
    pub(crate) async fn progress(&mut self) -> u64 {
        let batch = self.batch().await;
        assert_eq!(batch.events, []);
        batch.revision.0
    }

    /// `revision: +created before>now -deleted …`.
    pub(crate) async fn next(&mut self) -> String {
        let batch = self.batch().await;
        let mut text = format!("{}:", batch.revision);
        for event in batch.events {
            let _ = match event {
                Event::Put { now, before: None } => write!(text, " +{}", show(&now)),
                Event::Put { now, before: Some(before) } => {
                    write!(text, " {}>{}", show(&before), show(&now))
                }
                Event::Delete { before, at } => {
                    assert_eq!(at, batch.revision);
                    write!(text, " -{}", show(&before))
                }
            };
        }
        text
    }

    /// The last word, if it is an error and nothing follows.
    pub(crate) async fn end(&mut self) -> Option<StoreError> {
        let error = self.0.recv().await?.err();
        assert_eq!(self.0.recv().await, None);
        error
    }
}

pub(crate) fn show(pair: &KeyValue) -> String {
    let (key, value) = (String::from_utf8_lossy(&pair.key), String::from_utf8_lossy(&pair.value));
    format!("{key}={value}({},{},{})", pair.created, pair.modified, pair.version)
}

pub(crate) fn put(key: &str, value: &str) -> Operation {
    let (key, value) = (key.as_bytes().to_vec(), Bytes::copy_from_slice(value.as_bytes()));
    Operation::Put { key, value, time_to_live: None }
}

pub(crate) fn put_for(key: &str, value: &str, seconds: u64) -> Operation {
    let (key, value) = (key.as_bytes().to_vec(), Bytes::copy_from_slice(value.as_bytes()));
    Operation::Put { key, value, time_to_live: Some(Duration::from_secs(seconds)) }
}

pub(crate) fn delete(key: &str) -> Operation {
    Operation::Delete { key: key.as_bytes().to_vec() }
}
