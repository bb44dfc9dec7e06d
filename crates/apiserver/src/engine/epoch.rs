//! Fences out whoever wrote under a lease that is somebody else's by now.

use api::{catalog::builtin, resources::LEASES};
use serde::Deserialize;
use store::{Compare, KeyValue, Transaction, TransactionAnswer};

use super::{Inner, failure, storage};
use crate::{Reason, Status};

/// The header in which a writer names the term of its lease.
pub(crate) const HEADER: &str = "x-pilothouse-epoch";
/// A write that meets renewals of its lease is tried this often; they are seconds apart.
const RENEWALS_MAX: usize = 8;

/// One term of one holder of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Where the lease is.
    pub namespace: String,
    pub name: String,
    /// Of the lease.
    pub uid: String,
    pub transitions: u64,
    pub holder: String,
}

impl Epoch {
    /// Reads `namespace/name;uid;transitions;holder`.
    ///
    /// # Errors
    /// 400 for anything else.
    pub(crate) fn parse(text: &str) -> Result<Self, Status> {
        let parse = || {
            let mut parts = text.splitn(4, ';');
            let (namespace, name) = parts.next()?.split_once('/')?;
            let (uid, transitions) = (parts.next()?, parts.next()?.parse().ok()?);
            let [namespace, name, uid] = [namespace, name, uid].map(str::to_owned);
            Some(Self { namespace, name, uid, transitions, holder: parts.next()?.to_owned() })
        };
        parse().ok_or_else(|| failure::bad_request(format!("the epoch {text:?} is none")))
    }

    /// Whether the lease still stands for this term.
    fn holds(&self, lease: &KeyValue) -> bool {
        let lease: Lease = serde_json::from_slice(&lease.value).unwrap_or_default();
        lease.metadata.uid == self.uid
            && lease.spec.holder_identity == self.holder
            && lease.spec.lease_transitions == self.transitions
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Lease {
    metadata: LeaseMetadata,
    spec: LeaseSpec,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct LeaseMetadata {
    uid: String,
}
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct LeaseSpec {
    holder_identity: String,
    lease_transitions: u64,
}

impl Inner {
    /// A transaction that is applied only while `epoch` lasts.
    pub(super) async fn transact_within(
        &self,
        transaction: Transaction,
        epoch: &Epoch,
    ) -> Result<TransactionAnswer, Status> {
        for _ in 0..RENEWALS_MAX {
            let mut fenced = transaction.clone();
            fenced.compare.push(self.fence(epoch).await?);
            let answer = self.store.transact(fenced).await;
            let answer = answer.map_err(|error| failure::of_store(&error))?;
            if !only_the_fence_moved(&transaction.compare, &answer) {
                return Ok(answer);
            }
        }
        Err(over(epoch))
    }

    async fn fence(&self, epoch: &Epoch) -> Result<Compare, Status> {
        let facts = builtin().resource(&LEASES.group, &LEASES.version, &LEASES.plural);
        let facts = facts.ok_or_else(failure::method_not_allowed)?;
        let lease = self.load_raw(facts, &epoch.namespace, &epoch.name).await?;
        let lease = lease.filter(|lease| epoch.holds(lease)).ok_or_else(|| over(epoch))?;
        let key = storage::key(facts, &epoch.namespace, &epoch.name);
        Ok(Compare { key, modified: lease.modified })
    }
}

/// Whether everything else is as it was compared: the lease was renewed, or lost.
fn only_the_fence_moved(others: &[Compare], answer: &TransactionAnswer) -> bool {
    let TransactionAnswer::Refused { present, .. } = answer else { return false };
    let modified =
        |pair: &Option<KeyValue>| pair.as_ref().map_or_else(Default::default, |pair| pair.modified);
    others.iter().zip(present).all(|(compared, present)| modified(present) == compared.modified)
}

fn over(epoch: &Epoch) -> Status {
    let Epoch { namespace, name, transitions, holder, .. } = epoch;
    let message = format!(
        "the term {transitions} of {holder} as holder of the lease {namespace}/{name} is over"
    );
    Status::new(409, Reason::Conflict, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_names_lease_uid_term_and_holder() {
        let epoch = Epoch::parse("kube-system/kcm;u-1;4;host;with a semicolon").unwrap();
        assert_eq!((epoch.namespace.as_str(), epoch.name.as_str()), ("kube-system", "kcm"));
        assert_eq!((epoch.uid.as_str(), epoch.transitions), ("u-1", 4));
        assert_eq!(epoch.holder, "host;with a semicolon");
        for text in ["", "kcm;u;4;h", "kube-system/kcm;u;four;h", "kube-system/kcm;u;4"] {
            assert_eq!(Epoch::parse(text).unwrap_err().code, 400, "{text}");
        }
    }
}
