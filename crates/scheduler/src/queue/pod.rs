//! A waiting pod with its history.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use api::views::Pod;
use meta::time::Time;

use super::Backoff;

/// A waiting pod with its history.
#[derive(Debug, Clone)]
pub struct QueuedPod {
    /// The pod as last seen.
    pub pod: Arc<Pod>,
    /// When it last entered the queue.
    pub queued_at: Time,
    /// Breaks ties of time.
    pub sequence: u64,
    /// How often it was looked at.
    pub attempts: u32,
    /// When it was first ready to be looked at.
    pub first_active_at: Option<Time>,
    /// Attempts that ended with no node.
    pub(super) rejections: u32,
    /// Attempts since the last of those at which something failed.
    pub(super) errors: u32,
    pub(super) attempted_at: Time,
    /// Plugins that rejected it; empty if no node was there or something failed.
    pub(super) rejected_by: BTreeSet<&'static str>,
    /// Those of them that wait for something that they began.
    pub(super) pending_by: BTreeSet<&'static str>,
    /// The plugin that keeps it out of the queue.
    pub(super) gated_by: Option<&'static str>,
    /// Events that the queue had seen when the pod was taken.
    pub(super) events: u64,
    /// It was last made ready because it had waited too long, not by an event.
    pub(super) flushed: bool,
}

impl QueuedPod {
    pub(super) fn new(pod: &Arc<Pod>, now: Time, sequence: u64) -> Self {
        Self {
            pod: Arc::clone(pod),
            queued_at: now,
            sequence,
            attempts: 0,
            first_active_at: None,
            rejections: 0,
            errors: 0,
            attempted_at: Time::default(),
            rejected_by: BTreeSet::new(),
            pending_by: BTreeSet::new(),
            gated_by: None,
            events: 0,
            flushed: false,
        }
    }

    /// Whether it was last made ready only because it had waited too long.
    pub(crate) const fn was_flushed(&self) -> bool {
        self.flushed
    }

    /// When it may be looked at again: at the whole second after its back-off.
    pub(super) fn ready_at(&self, backoff: Backoff) -> Time {
        let wait = self.backoff(backoff);
        if wait.is_zero() {
            return self.attempted_at;
        }
        (self.attempted_at + wait).whole_seconds() + Duration::from_secs(1)
    }

    fn backoff(&self, backoff: Backoff) -> Duration {
        let count = if self.errors > 0 { self.errors } else { self.rejections };
        let Some(doublings) = count.checked_sub(1) else { return Duration::ZERO };
        let doubled = backoff.initial.saturating_mul(2_u32.saturating_pow(doublings.min(30)));
        doubled.min(backoff.max)
    }
}
