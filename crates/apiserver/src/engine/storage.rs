//! Reading and writing single objects in the store: keys, versions, compare-and-swap.

use std::sync::Arc;

use api::catalog::ResourceFacts;
use bytes::Bytes;
use meta::{mutants::mutant, object::ResourceVersion, resource::Scope};
use serde_json::Value;
use store::{Compare, KeyValue, Range, Revision, Transaction, TransactionAnswer};

use super::{Inner, convert, failure};
use crate::{
    Epoch, Object, Status,
    object::{Header, encode},
};

/// An object as it is stored now, in the version of the request, with its `resourceVersion`.
#[derive(Debug, Clone)]
pub(crate) struct Present {
    pub value: Value,
    pub modified: Revision,
}

/// A write of one object, and of what belongs to it, that holds only over a known state.
#[derive(Debug)]
pub(crate) struct Write {
    pub facts: Arc<ResourceFacts>,
    pub namespace: String,
    pub name: String,
    pub value: Value,
    /// The state it was decided on; zero means that there is nothing yet.
    pub over: Revision,
    pub along: Along,
    /// Under which term of a lease it is asked for.
    pub epoch: Option<Epoch>,
}

/// What else the transaction asks and does: allocations, and whatever fences writers out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Along {
    pub compare: Vec<Compare>,
    pub then: Vec<store::Operation>,
}

/// How a write ended.
#[derive(Debug)]
pub(crate) enum Written {
    Done(Arc<Object>),
    /// Somebody else was first; the object as it is now.
    Raced(Option<KeyValue>),
    /// The object was as expected, but not what was written along.
    Elsewhere,
}

/// The key of an object in the store.
pub(crate) fn key(facts: &ResourceFacts, namespace: &str, name: &str) -> Vec<u8> {
    let namespaced = facts.resource.scope == Scope::Namespaced;
    let prefix = facts.storage_prefix.as_str();
    if namespaced { format!("{prefix}{namespace}/{name}") } else { format!("{prefix}{name}") }
        .into_bytes()
}

impl Present {
    /// Reads a stored value in the version of `facts`.
    pub(crate) fn read(facts: &ResourceFacts, pair: &KeyValue) -> Result<Self, Status> {
        let stored: Value =
            serde_json::from_slice(&pair.value).map_err(|error| failure::internal(&error))?;
        let mut value = convert::shown(stored, facts);
        value["metadata"]["resourceVersion"] = pair.modified.to_string().into();
        Ok(Self { value, modified: pair.modified })
    }

    /// The object as it is, without a write.
    pub(crate) fn into_object(self, facts: &Arc<ResourceFacts>) -> Arc<Object> {
        let mut value = self.value;
        without_version(&mut value);
        let header = Header::of(super::stored_as(facts), &value);
        Arc::new(Object::assemble(header, ResourceVersion(self.modified.0), &encode(&value)))
    }
}

impl Inner {
    /// The newest state of one object.
    pub(crate) async fn load(
        &self,
        facts: &ResourceFacts,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Present>, Status> {
        let pair = self.load_raw(facts, namespace, name).await?;
        pair.map(|pair| Present::read(facts, &pair)).transpose()
    }

    /// The newest state of one object, as bytes.
    pub(crate) async fn load_raw(
        &self,
        facts: &ResourceFacts,
        namespace: &str,
        name: &str,
    ) -> Result<Option<KeyValue>, Status> {
        let range = Range::key(key(facts, namespace, name));
        let answer = self.store.range(range).await.map_err(|error| failure::of_store(&error))?;
        Ok(answer.pairs.into_iter().next())
    }

    /// Stores an object if its state is still the one the write was decided on.
    pub(crate) async fn write(&self, write: Write) -> Result<Written, Status> {
        let Write { facts, namespace, name, value, over, along, epoch } = write;
        let stored_as = super::stored_as(&facts);
        let mut value = convert::stored(value, &facts);
        without_version(&mut value);
        let (key, bytes) = (key(&facts, &namespace, &name), encode(&value));
        let header = Header::of(stored_as, &value);
        drop(value);
        let cache = self.caches.existing(&facts);
        let announced = cache.map(|cache| Announced::new(cache, &key, &bytes, header.clone()));
        let put = store::Operation::Put {
            key: key.clone(),
            value: bytes.clone(),
            time_to_live: facts.expires.then_some(self.options.event_time_to_live),
        };
        let answer = self.transact(along.over(key, over, put), epoch).await?;
        let TransactionAnswer::Applied { revision } = answer else {
            return Ok(refused(answer, over));
        };
        if let Some(announced) = announced {
            announced.happened();
        }
        let object = Object::assemble(header, ResourceVersion(revision.0), &bytes);
        Ok(Written::Done(convert::object(Arc::new(object), &facts)))
    }

    /// Removes an object if its state is still the one the removal was decided on. `last` is the
    /// object that the answer shows, with the version of the removal.
    pub(crate) async fn remove(&self, last: Write) -> Result<Written, Status> {
        let Write { facts, namespace, name, value, over, along, epoch } = last;
        let key = key(&facts, &namespace, &name);
        let delete = store::Operation::Delete { key: key.clone() };
        let answer = self.transact(along.over(key, over, delete), epoch).await?;
        let TransactionAnswer::Applied { revision } = answer else {
            return Ok(refused(answer, over));
        };
        let present = Present { value, modified: revision };
        Ok(Written::Done(present.into_object(&facts)))
    }

    async fn transact(
        &self,
        transaction: Transaction,
        epoch: Option<Epoch>,
    ) -> Result<TransactionAnswer, Status> {
        if let Some(epoch) = epoch {
            return self.transact_within(transaction, &epoch).await;
        }
        self.store.transact(transaction).await.map_err(|error| failure::of_store(&error))
    }
}

impl Along {
    /// All of it, if `key` is as it was at `over`.
    fn over(self, key: Vec<u8>, over: Revision, operation: store::Operation) -> Transaction {
        let blind = mutant("hb_42") && matches!(operation, store::Operation::Delete { .. });
        let compare = if blind { Vec::new() } else { vec![Compare { key, modified: over }] };
        let mut transaction = Transaction { compare, then: vec![operation] };
        transaction.compare.extend(self.compare);
        transaction.then.extend(self.then);
        transaction
    }
}

fn refused(answer: TransactionAnswer, over: Revision) -> Written {
    let TransactionAnswer::Refused { present, .. } = answer else { return Written::Elsewhere };
    let present = present.into_iter().next().flatten();
    let modified = present.as_ref().map_or(Revision(0), |pair| pair.modified);
    if modified == over { Written::Elsewhere } else { Written::Raced(present) }
}

fn without_version(value: &mut Value) {
    if let Some(metadata) = value["metadata"].as_object_mut() {
        metadata.remove("resourceVersion");
    }
}

/// Tells the cache of a write under way, and takes that back unless it happened.
struct Announced {
    cache: Arc<crate::cache::Cache>,
    key: Vec<u8>,
    bytes: Bytes,
    happened: bool,
}

impl Announced {
    fn new(cache: Arc<crate::cache::Cache>, key: &[u8], bytes: &Bytes, header: Header) -> Self {
        cache.expect(key, bytes, header);
        Self { cache, key: key.to_vec(), bytes: bytes.clone(), happened: false }
    }
    fn happened(mut self) {
        self.happened = true;
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        if !self.happened {
            self.cache.forget(&self.key, &self.bytes);
        }
    }
}
