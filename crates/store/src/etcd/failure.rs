//! What a failed call means: whether it may have happened, and what to do next.

use std::fmt;

/// A call to etcd failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing happened; another member may be asked.
    Elsewhere(String),
    /// It may have happened.
    Lost(String),
    /// Who asks is not known any more; nothing happened.
    Token,
    /// The revision is no longer kept.
    Compacted,
    /// The revision is not there yet.
    Future,
    /// The lease that a key was to have has ended; nothing happened.
    LeaseGone,
    /// etcd will not do it, whoever is asked; nothing happened.
    Refused(String),
}

/// gRPC's codes, as far as they tell something.
const NOT_FOUND: u32 = 5;
const RESOURCE_EXHAUSTED: u32 = 8;
const OUT_OF_RANGE: u32 = 11;
const UNAUTHENTICATED: u32 = 16;
/// Cancelled, unknown, deadline exceeded, aborted, internal, unavailable, data loss.
const MAYBE_DONE: [u32; 7] = [1, 2, 4, 10, 13, 14, 15];

impl Failure {
    pub(crate) fn lost(reason: impl fmt::Display) -> Self {
        Self::Lost(reason.to_string())
    }

    pub(crate) fn elsewhere(reason: impl fmt::Display) -> Self {
        Self::Elsewhere(reason.to_string())
    }

    /// The meaning of a gRPC status (texts upstream: `api/v3rpc/rpctypes/error.go`).
    pub(crate) fn of_status(code: u32, message: &str) -> Self {
        let says = |text: &str| message.contains(text);
        if code == UNAUTHENTICATED || says("invalid auth token") || says("auth store is old") {
            return Self::Token;
        }
        if code == OUT_OF_RANGE && says("compacted") {
            return Self::Compacted;
        }
        if code == OUT_OF_RANGE && says("future revision") {
            return Self::Future;
        }
        if code == NOT_FOUND && says("lease not found") {
            return Self::LeaseGone;
        }
        let busy = code == RESOURCE_EXHAUSTED && says("too many requests");
        // A member without a leader refuses before it proposes anything.
        if busy || message == "etcdserver: no leader" {
            return Self::elsewhere(message);
        }
        if MAYBE_DONE.contains(&code) {
            return Self::lost(message);
        }
        Self::Refused(format!("{message} (gRPC code {code})"))
    }

    /// The same of a call that may be made twice.
    pub(crate) fn harmless(self) -> Self {
        if let Self::Lost(reason) = self { Self::Elsewhere(reason) } else { self }
    }

    /// Whether the connection, or the member at its end, is to be left.
    pub(crate) fn blames_the_member(&self) -> bool {
        match self {
            Self::Elsewhere(_) | Self::Lost(_) => true,
            Self::Token | Self::Compacted | Self::Future | Self::LeaseGone | Self::Refused(_) => {
                false
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere(reason) | Self::Lost(reason) | Self::Refused(reason) => {
                f.write_str(reason)
            }
            Self::Token => f.write_str("etcd does not know who asks"),
            Self::Compacted => f.write_str("the revision is compacted"),
            Self::Future => f.write_str("the revision is ahead of etcd's"),
            Self::LeaseGone => f.write_str("the lease has ended"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: u32, message: &str, meaning: Failure) {
        assert_eq!(Failure::of_status(code, message), meaning);
    }

    #[test]
    fn a_member_that_did_nothing_is_told_from_one_that_may_have() {
        let busy = "etcdserver: too many requests";
        check(8, busy, Failure::elsewhere(busy));
        check(14, "etcdserver: no leader", Failure::elsewhere("etcdserver: no leader"));
        for lost in ["etcdserver: request timed out", "etcdserver: leader changed"] {
            check(14, lost, Failure::lost(lost));
        }
        check(2, "raft proposal dropped", Failure::lost("raft proposal dropped"));
    }

    #[test]
    fn revisions_out_of_range_are_told_apart() {
        let compacted = "etcdserver: mvcc: required revision has been compacted";
        check(11, compacted, Failure::Compacted);
        let future = "etcdserver: mvcc: required revision is a future revision";
        check(11, future, Failure::Future);
    }

    #[test]
    fn tokens_and_leases_end() {
        check(16, "etcdserver: invalid auth token", Failure::Token);
        check(3, "etcdserver: revision of auth store is old", Failure::Token);
        check(5, "etcdserver: requested lease not found", Failure::LeaseGone);
    }

    #[test]
    fn what_nobody_will_do_is_refused() {
        let full = "etcdserver: mvcc: database space exceeded";
        check(8, full, Failure::Refused(format!("{full} (gRPC code 8)")));
        let denied = "etcdserver: permission denied";
        check(7, denied, Failure::Refused(format!("{denied} (gRPC code 7)")));
    }
}
