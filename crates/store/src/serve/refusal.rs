//! Why a call is not answered, in the words that etcd's clients know.

use crate::StoreError;

/// A gRPC status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u32,
    pub(super) message: String,
}

const INVALID_ARGUMENT: u32 = 3;
const NOT_FOUND: u32 = 5;
const OUT_OF_RANGE: u32 = 11;
const UNIMPLEMENTED: u32 = 12;
const UNAVAILABLE: u32 = 14;

impl Refusal {
    /// What is not served here.
    pub(super) fn unserved(what: &str) -> Self {
        Self { code: UNIMPLEMENTED, message: format!("{what} is not served by this store") }
    }

    pub(super) fn invalid(reason: &str) -> Self {
        Self { code: INVALID_ARGUMENT, message: format!("etcdserver: {reason}") }
    }

    pub(super) fn no_lease() -> Self {
        let message = "etcdserver: requested lease not found".to_owned();
        Self { code: NOT_FOUND, message }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let (code, message) = match &error {
            StoreError::Compacted { .. } => {
                let message = "etcdserver: mvcc: required revision has been compacted";
                (OUT_OF_RANGE, message.to_owned())
            }
            StoreError::Future { .. } => {
                let message = "etcdserver: mvcc: required revision is a future revision";
                (OUT_OF_RANGE, message.to_owned())
            }
            StoreError::Slow
            | StoreError::Unknown { .. }
            | StoreError::Unavailable { .. }
            | StoreError::Closed => (UNAVAILABLE, format!("etcdserver: {error}")),
        };
        Self { code, message }
    }
}
