//! What clients saw of a control plane: writes with their answers, lists, and watches. [`History::complaints`]
//! says where that contradicts what the API promises. Knows no client and does not wait.

mod durability;
mod revisions;
mod watches;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

/// A point in the order of everything that the clients did and heard.
pub type Tick = u64;
/// A resource version.
pub type Revision = u64;
/// Names one write: each stores a value that no other stores.
pub type Value = u64;

/// Everything that was seen.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Of one key, in the order in which its only writer did them.
    pub writes: Vec<Write>,
    /// In any order.
    pub lists: Vec<List>,
    /// In any order.
    pub watches: Vec<Watch>,
}

/// One write or consistent read of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    pub key: String,
    pub action: Action,
    pub sent: Tick,
    pub answered: Tick,
    pub answer: Answer,
}

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A create or update.
    Put(Value),
    Delete,
    /// Shows a value, or that there is none.
    Read(Option<Value>),
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Acknowledged; of a put, with its revision.
    Done(Option<Revision>),
    /// Nothing was done.
    Refused,
    /// No answer, or one that says nothing: it may have been done.
    Unknown,
}

/// One list of all keys, or the initial objects of a watch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    pub revision: Revision,
    pub sent: Tick,
    pub answered: Tick,
    pub items: BTreeMap<String, Item>,
}

/// An object in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    pub value: Value,
    pub revision: Revision,
}

/// A watch, resumed as often as it ended, until it could not be resumed any more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watch {
    /// Events after this revision are seen.
    pub after: Revision,
    pub events: Vec<Event>,
    /// By the last event or bookmark, everything up to here was seen.
    pub through: Revision,
}

/// One event; a deletion has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub key: String,
    pub value: Option<Value>,
    pub revision: Revision,
}

/// How much could be compared: a checker that saw nothing proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compared {
    pub writes_in_watches: usize,
    pub lists: usize,
}

impl History {
    /// Where what was seen contradicts the API's promises: acknowledged writes stay, revisions grow,
    /// watches are ordered and have no gaps, and a list at a revision is the state at that revision.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = durability::complaints(self);
        complaints.extend(revisions::complaints(self));
        complaints.extend(watches::complaints(self).0);
        complaints
    }

    /// How much the complaints rest on.
    pub fn compared(&self) -> Compared {
        watches::complaints(self).1
    }
}
