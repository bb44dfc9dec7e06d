//! Transactions: judged on what was read, and applied only if that is still so.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{
    Shared,
    header::{header, number, pair},
    keys::range,
    refusal::Refusal,
};
use crate::{
    Compare, KeyValue, Operation, Range, Revision, Transaction, TransactionAnswer,
    etcd::messages::{
        CompareRequest, Compared, DeleteRequest, DeleteResponse, PutRequest, PutResponse,
        RangeResponse, RequestOperation, Requested, Responded, ResponseOperation, TxnRequest,
        TxnResponse,
    },
};

/// Others may write the compared keys between our look and our write; after so many times it is their turn.
const TRIES_MAX: u32 = 100;

/// What was read of the keys that the outcome depends on.
type Known = BTreeMap<Vec<u8>, Option<KeyValue>>;

/// What is to be written, and what is answered once it is.
#[derive(Default)]
struct Draft {
    known: Known,
    operations: Vec<Operation>,
    responses: Vec<Responded>,
}

impl Shared {
    pub(super) async fn put(&self, request: PutRequest) -> Result<PutResponse, Refusal> {
        match self.single(Requested::Put(request)).await? {
            Responded::Put(response) => Ok(response),
            Responded::Range(_) | Responded::Delete(_) => Ok(PutResponse::default()),
        }
    }

    pub(super) async fn delete(&self, request: DeleteRequest) -> Result<DeleteResponse, Refusal> {
        match self.single(Requested::Delete(request)).await? {
            Responded::Delete(response) => Ok(response),
            Responded::Range(_) | Responded::Put(_) => Ok(DeleteResponse::default()),
        }
    }

    async fn single(&self, requested: Requested) -> Result<Responded, Refusal> {
        let operation = RequestOperation { requested: Some(requested) };
        let request = TxnRequest { success: vec![operation], ..TxnRequest::default() };
        let mut response = self.transact(request).await?;
        let responded = response.responses.pop().and_then(|operation| operation.responded);
        let mut responded = responded.ok_or_else(|| Refusal::invalid("nothing was asked"))?;
        match &mut responded {
            Responded::Put(put) => put.header = response.header,
            Responded::Delete(delete) => delete.header = response.header,
            Responded::Range(_) => {}
        }
        Ok(responded)
    }

    pub(super) async fn transact(&self, request: TxnRequest) -> Result<TxnResponse, Refusal> {
        for _ in 0..TRIES_MAX {
            if let Some(response) = self.attempt(&request).await? {
                return Ok(response);
            }
        }
        Err(Refusal::from(crate::StoreError::Unavailable {
            action: "apply a transaction",
            reason: "its keys are written by others all the time".to_owned(),
        }))
    }

    /// `None` if somebody was faster.
    async fn attempt(&self, request: &TxnRequest) -> Result<Option<TxnResponse>, Refusal> {
        let at = self.store.revision().await?;
        let mut draft = Draft::default();
        let mut succeeded = true;
        for compare in &request.compare {
            succeeded &= self.holds(compare, at, &mut draft.known).await?;
        }
        let wanted = if succeeded { &request.success } else { &request.failure };
        let mut ranges = Vec::new();
        for operation in wanted {
            match operation.requested.clone() {
                Some(Requested::Range(range)) => {
                    ranges.push((draft.responses.len(), range));
                    draft.responses.push(Responded::Range(RangeResponse::default()));
                }
                Some(Requested::Put(put)) => self.draft_put(put, at, &mut draft).await?,
                Some(Requested::Delete(delete)) => {
                    self.draft_delete(delete, at, &mut draft).await?;
                }
                Some(Requested::Transaction(_)) | None => {
                    return Err(Refusal::unserved("a transaction in a transaction"));
                }
            }
        }
        let Some(revision) = self.apply(&mut draft, at).await? else { return Ok(None) };
        for (position, range) in ranges {
            draft.responses[position] =
                Responded::Range(self.range_at(&range, Some(revision)).await?);
        }
        let operation = |responded| ResponseOperation { responded: Some(responded) };
        let responses = draft.responses.into_iter().map(operation).collect();
        Ok(Some(TxnResponse { header: Some(header(revision)), succeeded, responses }))
    }

    async fn holds(
        &self,
        compare: &CompareRequest,
        at: Revision,
        known: &mut Known,
    ) -> Result<bool, Refusal> {
        if !compare.range_end.is_empty() {
            return Err(Refusal::unserved("a comparison of a range"));
        }
        self.look(&compare.key, at, known).await?;
        let pair = known.get(&compare.key).and_then(Option::as_ref);
        judge(compare, pair).ok_or_else(|| Refusal::unserved("this comparison"))
    }

    /// Reads a key that the outcome depends on.
    async fn look(&self, key: &[u8], at: Revision, known: &mut Known) -> Result<(), Refusal> {
        if !known.contains_key(key) {
            let range = Range { at: Some(at), ..Range::key(key) };
            let pair = self.store.range(range).await?.pairs.pop();
            known.insert(key.to_vec(), pair);
        }
        Ok(())
    }

    async fn draft_put(
        &self,
        put: PutRequest,
        at: Revision,
        draft: &mut Draft,
    ) -> Result<(), Refusal> {
        if put.key.is_empty() {
            return Err(Refusal::invalid("key is not provided"));
        }
        if put.ignore_value || put.ignore_lease {
            return Err(Refusal::unserved("a put that keeps a part of what is there"));
        }
        let mut response = PutResponse::default();
        if put.previous {
            self.look(&put.key, at, &mut draft.known).await?;
            response.previous = draft.known.get(&put.key).and_then(Option::as_ref).map(pair);
        }
        let time_to_live = self.leases.attach(&*self.world.clock, put.lease, &put.key)?;
        draft.operations.push(Operation::Put { key: put.key, value: put.value, time_to_live });
        draft.responses.push(Responded::Put(response));
        Ok(())
    }

    async fn draft_delete(
        &self,
        delete: DeleteRequest,
        at: Revision,
        draft: &mut Draft,
    ) -> Result<(), Refusal> {
        let range = Range { at: Some(at), ..range(&delete.key, &delete.range_end) };
        let pairs = self.store.range(range).await?.pairs;
        let deleted = i64::try_from(pairs.len()).unwrap_or(i64::MAX);
        let previous = pairs.iter().filter(|_| delete.previous).map(pair).collect();
        for pair in pairs {
            draft.operations.push(Operation::Delete { key: pair.key.to_vec() });
            draft.known.insert(pair.key.to_vec(), Some(pair));
        }
        draft.responses.push(Responded::Delete(DeleteResponse { header: None, deleted, previous }));
        Ok(())
    }

    /// The revision at which it was done, or at which it was looked at when there is nothing to do.
    async fn apply(&self, draft: &mut Draft, at: Revision) -> Result<Option<Revision>, Refusal> {
        if draft.operations.is_empty() {
            return Ok(Some(at));
        }
        let known = std::mem::take(&mut draft.known).into_iter();
        let compare = known.map(|(key, pair)| {
            let modified = pair.map_or(Revision(0), |pair| pair.modified);
            Compare { key, modified }
        });
        let then = std::mem::take(&mut draft.operations);
        let transaction = Transaction { compare: compare.collect(), then };
        Ok(match self.store.transact(transaction).await? {
            TransactionAnswer::Applied { revision } => Some(revision),
            TransactionAnswer::Refused { .. } => None,
        })
    }
}

/// Whether a comparison holds; `None` for one that is not known here. What is not there has zeros.
fn judge(compare: &CompareRequest, pair: Option<&KeyValue>) -> Option<bool> {
    let revision = |of: fn(&KeyValue) -> Revision| pair.map_or(0, |pair| number(of(pair)));
    let order = match compare.compared.as_ref()? {
        Compared::Version(wanted) => {
            let version = pair.and_then(|pair| i64::try_from(pair.version).ok());
            version.unwrap_or_default().cmp(wanted)
        }
        Compared::Created(wanted) => revision(|pair| pair.created).cmp(wanted),
        Compared::Modified(wanted) => revision(|pair| pair.modified).cmp(wanted),
        // No value is like any other.
        Compared::Value(wanted) => match pair {
            Some(pair) => pair.value[..].cmp(wanted),
            None => return Some(false),
        },
        Compared::Lease(_) => return None,
    };
    match compare.result {
        0 => Some(order == Ordering::Equal),
        1 => Some(order == Ordering::Greater),
        2 => Some(order == Ordering::Less),
        3 => Some(order != Ordering::Equal),
        _ => None,
    }
}
