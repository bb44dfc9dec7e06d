//! For how long a node has been silent. Times that nodes write are compared only with their own former
//! values, since their clocks may be wrong; and only time that passed between two looks as it should is
//! counted, since the own clock may jump.

use std::time::Duration;

use api::views::{Node, Status};
use meta::{object::Uid, time::Time};
use runtime::Target;

use super::observe::NodeWithLease;

/// What is known of a node; lost, it has the whole time again.
#[derive(Debug, Default)]
pub struct Memory(pub(super) Option<Record>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The node of which this is the record.
    pub(super) node: Target,
    /// The renewal of its lease that the cache showed last.
    renewed: Option<Time>,
    /// The one that a live read found last: the cache may show it later.
    renewed_live: Option<Time>,
    /// When its status was last posted, by its own clock; `None` while it has said nothing.
    posted: Option<Posted>,
    silent: Duration,
    looked: Time,
    /// By then the next look comes.
    next_look: Duration,
    /// Its silence was too long at an earlier look already.
    pub(super) is_suspect: bool,
}

/// The `Ready` condition, as a sign of life: it says nothing of when it was posted if it has no time.
type Posted = Option<Time>;

impl Record {
    /// The record of a node that is seen for the first time.
    pub(super) fn new(node: &Node, now: Time) -> Self {
        let posted = posted(node);
        // Who has said nothing since it is there is silent since then.
        let created = node.metadata.creation_timestamp.unwrap_or(now);
        let silent = if posted.is_some() { Duration::ZERO } else { now.since(created) };
        Self {
            node: Target::of(node),
            renewed: None,
            renewed_live: None,
            posted,
            silent,
            looked: now,
            next_look: Duration::ZERO,
            is_suspect: false,
        }
    }

    pub(super) fn is_of(&self, uid: &Uid) -> bool {
        self.node.uid == *uid
    }

    /// Takes in what is seen now: silence grows or ends.
    pub(super) fn look(&mut self, observed: &NodeWithLease, node: &Node, now: Time) {
        self.silent += now.since(self.looked).min(self.next_look);
        self.looked = now;
        self.next_look = Duration::ZERO;
        let posted = posted(node);
        if posted != self.posted {
            self.posted = posted;
            self.hear();
        }
        let renewed = observed.lease.as_ref().and_then(|lease| lease.spec.renew_time);
        if renewed.is_some() && renewed != self.renewed {
            self.renewed = renewed;
            self.hear();
        }
    }

    /// Takes in what a live read of the lease found; answers whether it is news.
    pub(super) fn hear_live(&mut self, renewed: Option<Time>) -> bool {
        if renewed.is_none() || renewed == self.renewed || renewed == self.renewed_live {
            return false;
        }
        self.renewed_live = renewed;
        self.hear();
        true
    }

    /// Silence that is left until `limit`; zero if it was too long.
    pub(super) fn left(&self, limit: Duration) -> Duration {
        limit.saturating_sub(self.silent)
    }

    /// Says when the next look comes at the latest.
    pub(super) fn look_again(&mut self, after: Duration) -> Duration {
        self.next_look = after;
        after
    }

    fn hear(&mut self) {
        self.silent = Duration::ZERO;
        self.is_suspect = false;
    }
}

/// A status that this controller wrote keeps the node's last time, so it is no sign of life.
fn posted(node: &Node) -> Option<Posted> {
    let ready = node.condition("Ready")?;
    let never = ready.status == Status::Unknown && ready.reason == *super::unknown::NEVER_POSTED;
    (!never).then_some(ready.last_heartbeat_time)
}
