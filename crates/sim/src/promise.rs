//! What every run is held to, by name: a failure is told from another by the promise that was broken.

use std::fmt;

/// A promise. Each has a fault that breaks it in `tests/sabotage.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Promise {
    /// Revisions grow by one, and none is missing.
    RevisionsGrow,
    /// What was acknowledged is there, after every crash, and the store opens.
    Durable,
    /// A consistent read shows all that was acknowledged before it was asked for.
    ConsistentReads,
    /// A watch is in order, shows each change once, and leaves none out.
    Watches,
    /// A list shows what there was at its revision.
    Lists,
    /// Who takes away or changes an object says which one was meant.
    Preconditions,
    /// No write is accepted under a term of a lease that is over.
    Terms,
    /// What is stored can be read.
    Readable,
    /// An object keeps its UID, its creation time, and its node.
    Identity,
    /// Generations never fall.
    Generations,
    /// Who is being deleted stays so, and goes when no finalizer is left.
    Finalizers,
    /// What was observed never falls, and was there.
    ObservedGenerations,
    /// A condition changes its time with its status, and never else.
    ConditionTimes,
    /// For one owner only so much is made, taken away and told of in a minute.
    Pace,
    /// Who waits for dependents, or leaves them behind, does.
    Ownership,
    /// One ReplicaSet for each template, and none for one that was paused.
    OneSetPerTemplate,
    /// No more pods than size and surge allow.
    Surge,
    /// Enough available pods, as far as it is our doing.
    Available,
    /// Recreate never overlaps.
    Recreate,
    /// Pods are bound to nodes that are there and have room.
    Binding,
    /// Nobody asks for what they may not do.
    Permissions,
    /// When the faults are over, everything becomes as it should be, in time.
    Rest,
    /// At rest nothing is written but heartbeats.
    Silence,
    /// At rest tables of a key each are no larger than twice the keys that live.
    Tables,
    /// The user comes to an end.
    UserEnds,
    /// Time goes on.
    TimePasses,
    /// No task panics.
    NoPanic,
    /// No line of level error is logged.
    NoErrorLogged,
    /// The same plan gives the same run.
    Determinism,
}

impl Promise {
    /// All of them.
    pub const ALL: [Self; 29] = [
        Self::RevisionsGrow,
        Self::Durable,
        Self::ConsistentReads,
        Self::Watches,
        Self::Lists,
        Self::Preconditions,
        Self::Terms,
        Self::Readable,
        Self::Identity,
        Self::Generations,
        Self::Finalizers,
        Self::ObservedGenerations,
        Self::ConditionTimes,
        Self::Pace,
        Self::Ownership,
        Self::OneSetPerTemplate,
        Self::Surge,
        Self::Available,
        Self::Recreate,
        Self::Binding,
        Self::Permissions,
        Self::Rest,
        Self::Silence,
        Self::Tables,
        Self::UserEnds,
        Self::TimePasses,
        Self::NoPanic,
        Self::NoErrorLogged,
        Self::Determinism,
    ];
}

/// A promise that was broken, of which kind of object, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) struct Violation {
    pub(crate) promise: Promise,
    /// Plural; empty if it is of no kind.
    pub(crate) kind: String,
    pub(crate) text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Violation {
    pub(crate) fn new(promise: Promise, text: impl Into<String>) -> Self {
        Self { promise, kind: String::new(), text: text.into() }
    }

    /// Says which kind of object it is about, if that is not known yet; a key of the store names it too.
    #[must_use]
    pub(crate) fn of(mut self, kind: &str) -> Self {
        let kind = kind.strip_prefix("/registry/").unwrap_or(kind);
        if self.kind.is_empty() {
            kind.split('/').next().unwrap_or_default().clone_into(&mut self.kind);
        }
        self
    }
}
