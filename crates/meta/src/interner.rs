//! Equal values kept once each, while somebody holds them.

use std::{borrow::Borrow, hash::Hash};

use crate::collections::HashSet;

/// The distinct values, by handles that share them. Those that nobody else holds are dropped when the table
/// grows past twice its size after the last sweep.
pub(crate) struct Interner<H> {
    known: HashSet<H>,
    /// Below this many values a sweep is not worth its walk.
    sweep_min: usize,
    sweep_at: usize,
}

impl<H: Clone + Eq + Hash> Interner<H> {
    pub(crate) fn new(sweep_min: usize) -> Self {
        Self { known: HashSet::default(), sweep_min, sweep_at: sweep_min }
    }

    /// The handle of the value that equals this one.
    pub(crate) fn find<Q>(&self, value: &Q) -> Option<H>
    where
        H: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.known.get(value).cloned()
    }

    /// Keeps a value that was not [found](Self::find). `is_held` says whether anybody but the table has a
    /// handle of it.
    pub(crate) fn keep(&mut self, made: H, is_held: impl Fn(&H) -> bool) -> H {
        if self.known.len() >= self.sweep_at {
            self.known.retain(is_held);
            self.sweep_at = self.sweep_min.max(self.known.len() * 2);
        }
        self.known.insert(made.clone());
        made
    }
}
