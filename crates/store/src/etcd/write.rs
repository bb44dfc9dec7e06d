//! Writes: sent again only when that cannot apply them twice, and looked up when their answer was lost.

use std::time::Duration;

use super::{
    Shared,
    failure::Failure,
    messages::TxnResponse,
    transaction::{self, Leases, Repeat},
};
use crate::{Operation, StoreError, Transaction, TransactionAnswer};

/// An election takes a second or two; who asks has then waited long enough.
const WRITE_TIME_MAX: Duration = Duration::from_secs(10);
/// Between two attempts.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);
const TXN: &str = "/etcdserverpb.KV/Txn";

/// What follows a failed attempt.
enum Next {
    Again,
    GiveUp(StoreError),
}

impl Shared {
    pub(crate) async fn transact(
        &self,
        transaction: Transaction,
    ) -> Result<TransactionAnswer, StoreError> {
        let (clock, repeat) = (&self.members.world.clock, Repeat::of(&transaction));
        let deadline = clock.monotonic() + WRITE_TIME_MAX;
        let mut doubt = None;
        loop {
            let asked = match (&doubt, repeat) {
                (None, _) | (Some(_), Repeat::Safe) => self.attempt(&transaction).await,
                (Some(_), Repeat::Never) => {
                    self.attempt(&transaction::question(&transaction)).await
                }
            };
            let failure = match asked {
                Ok(answer) => return judge(&transaction, repeat, answer, doubt),
                Err(failure) => failure,
            };
            let late = clock.monotonic() >= deadline;
            match after(failure, &transaction, late, &mut doubt) {
                Next::GiveUp(error) => return Err(error),
                Next::Again => clock.sleep(PAUSE).await,
            }
        }
    }

    async fn attempt(&self, transaction: &Transaction) -> Result<TransactionAnswer, Failure> {
        let leases = self.leases_for(transaction).await?;
        let request = transaction::request(&self.keys, transaction, &leases);
        let answer: Result<TxnResponse, Failure> = self.members.call(TXN, &request).await;
        if matches!(answer, Err(Failure::LeaseGone)) {
            self.leases.forget();
        }
        Ok(transaction::answer(&self.keys, answer?))
    }

    async fn leases_for(&self, transaction: &Transaction) -> Result<Leases, Failure> {
        let mut leases = Leases::new();
        for operation in &transaction.then {
            let Operation::Put { time_to_live: Some(time_to_live), .. } = operation else {
                continue;
            };
            let lease = self.lease(*time_to_live).await?;
            leases.insert(*time_to_live, lease);
        }
        Ok(leases)
    }
}

/// The answer for who asked. After an attempt whose answer was lost, a refusal may be the work of that
/// attempt.
fn judge(
    transaction: &Transaction,
    repeat: Repeat,
    answer: TransactionAnswer,
    doubt: Option<String>,
) -> Result<TransactionAnswer, StoreError> {
    let Some(reason) = doubt else { return Ok(answer) };
    match (&answer, repeat) {
        (TransactionAnswer::Applied { .. }, Repeat::Safe) => Ok(answer),
        // Not there yet proves nothing: it may still be under way.
        (TransactionAnswer::Applied { .. }, Repeat::Never) => Err(StoreError::Unknown { reason }),
        (TransactionAnswer::Refused { present, .. }, _) => {
            let applied = transaction::applied_before(transaction, present);
            let answer = applied.map(|revision| TransactionAnswer::Applied { revision });
            answer.ok_or(StoreError::Unknown { reason })
        }
    }
}

/// `late` says that there is no time for another attempt.
fn after(
    failure: Failure,
    transaction: &Transaction,
    late: bool,
    doubt: &mut Option<String>,
) -> Next {
    let reason = failure.to_string();
    let lasting = match failure {
        Failure::Lost(reason) => {
            // The first reason tells more than those of the attempts to find out.
            doubt.get_or_insert(reason);
            transaction.compare.is_empty()
        }
        Failure::Elsewhere(_) | Failure::Token | Failure::LeaseGone => false,
        Failure::Compacted | Failure::Future | Failure::Refused(_) => true,
    };
    if !lasting && !late {
        return Next::Again;
    }
    Next::GiveUp(match doubt.take() {
        Some(reason) => StoreError::Unknown { reason },
        None => StoreError::Unavailable { action: "write to etcd", reason },
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{Compare, Revision};

    fn update() -> Transaction {
        let (key, value) = (b"a".to_vec(), Bytes::new());
        Transaction {
            compare: vec![Compare { key: key.clone(), modified: Revision(2) }],
            then: vec![Operation::Put { key, value, time_to_live: None }],
        }
    }

    fn ends(failure: Failure, transaction: &Transaction, late: bool) -> Option<StoreError> {
        match after(failure, transaction, late, &mut None) {
            Next::Again => None,
            Next::GiveUp(error) => Some(error),
        }
    }

    #[test]
    fn a_guarded_write_whose_answer_was_lost_is_looked_up_while_there_is_time() {
        assert_eq!(ends(Failure::lost("gone"), &update(), false), None);
        let unknown = StoreError::Unknown { reason: "gone".to_owned() };
        assert_eq!(ends(Failure::lost("gone"), &update(), true), Some(unknown));
    }

    #[test]
    fn an_unguarded_write_whose_answer_was_lost_is_unknown() {
        let blind = Transaction { compare: Vec::new(), ..update() };
        let unknown = StoreError::Unknown { reason: "gone".to_owned() };
        assert_eq!(ends(Failure::lost("gone"), &blind, false), Some(unknown));
        assert_eq!(ends(Failure::elsewhere("refused"), &blind, false), None);
    }

    #[test]
    fn a_refusal_ends_at_once_and_changed_nothing() {
        let error = ends(Failure::Refused("no space".to_owned()), &update(), false);
        assert!(matches!(error, Some(StoreError::Unavailable { .. })), "{error:?}");
    }

    #[test]
    fn a_refused_repetition_that_proves_nothing_is_unknown() {
        let refused = TransactionAnswer::Refused { revision: Revision(9), present: vec![None] };
        let judged = judge(&update(), Repeat::Safe, refused.clone(), Some("gone".to_owned()));
        assert_eq!(judged, Err(StoreError::Unknown { reason: "gone".to_owned() }));
        assert_eq!(judge(&update(), Repeat::Safe, refused.clone(), None), Ok(refused));
    }
}
