//! Whether components may act: always, or while a lease is held.

use std::{sync::Arc, time::Duration};

use client::Epoch;
use meta::{mutants::mutant, object::ResourceVersion};
use parking_lot::Mutex;
use tokio::sync::watch;
use world::{Clock, Monotonic};

/// One time of being allowed to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    /// Grows from term to term.
    pub(crate) number: u64,
    /// The newest revision when the term began: caches must have reached it before anything is planned.
    pub(crate) floor: ResourceVersion,
}

/// Opened and closed by the one who knows who leads; asked before each write.
pub(crate) struct Gate {
    clock: Arc<dyn Clock>,
    term: watch::Sender<Option<Term>>,
    terms: Mutex<u64>,
    /// After this no write is sent even if nobody came to close the gate: the process may have been
    /// frozen.
    until: Mutex<Option<Monotonic>>,
    /// What writes are sent under; `None` if no lease is needed.
    epoch: Mutex<Option<Arc<Epoch>>>,
}

impl Gate {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            term: watch::Sender::new(None),
            terms: Mutex::new(0),
            until: Mutex::new(None),
            epoch: Mutex::new(None),
        }
    }
    /// Begins a term.
    pub(crate) fn open(&self, floor: ResourceVersion) {
        let mut terms = self.terms.lock();
        *terms += 1;
        self.term.send_replace(Some(Term { number: *terms, floor }));
    }
    /// Ends the term.
    pub(crate) fn close(&self) {
        self.term.send_replace(None);
    }
    /// Acting is allowed until then, and no longer unless this is called again.
    pub(crate) fn allow_until(&self, until: Monotonic) {
        *self.until.lock() = Some(until);
    }
    /// Names the term of the lease that the next term stands for.
    pub(crate) fn lead_under(&self, epoch: Option<Epoch>) {
        *self.epoch.lock() = epoch.map(Arc::new);
    }
    /// What a write is sent under that [may be sent](Self::may_act) now.
    pub(crate) fn epoch(&self) -> Option<Arc<Epoch>> {
        self.epoch.lock().clone()
    }
    /// Whether a write may be sent now.
    pub(crate) fn may_act(&self, term: Term) -> bool {
        let in_time = self.until.lock().is_none_or(|until| self.clock.monotonic() < until);
        (in_time || mutant("hb_02")) && *self.term.borrow() == Some(term)
    }
    /// Whether there is a term.
    pub(crate) fn is_open(&self) -> bool {
        self.term.borrow().is_some()
    }
    /// How long the gate stands open beyond the time that was allowed.
    pub(crate) fn overdue(&self) -> Duration {
        let until = self.until.lock().filter(|_| self.is_open());
        until.map_or(Duration::ZERO, |until| self.clock.monotonic().since(until))
    }
    /// Waits for a term. `None` if there will be none.
    pub(crate) async fn opened(&self) -> Option<Term> {
        let mut term = self.term.subscribe();
        let found = term.wait_for(Option::is_some).await;
        found.ok().and_then(|term| *term)
    }
    /// Waits for the end of `term`.
    pub(crate) async fn closed(&self, term: Term) {
        let mut now = self.term.subscribe();
        // An error means that there will be no other term.
        let _ = now.wait_for(|now| *now != Some(term)).await;
    }
}
