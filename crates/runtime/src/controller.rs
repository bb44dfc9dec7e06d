//! The shape of a controller: observe, plan; the engine acts.

use std::{collections::BTreeMap, fmt};

use client::ClientError;
use meta::{object::ObjectKey, resource::Resource, text::Text, time::Time};
use serde_json::Value;

use crate::{Informers, Metric, Plan, Step, Watches};

/// A controller decides; it never writes, waits or reads a clock.
///
/// The engine keeps: one plan per key at a time; no plan before all caches are synced and have reached
/// the newest revision of the server's at the start (start fence); no plan for a key before the caches
/// have seen the key's own last writes (write fence); UIDs and versions of steps as preconditions; a
/// panic in one key backed off without harm to the others; failures retried with back-off from 5 ms
/// doubling to 1000 s; conflicts planned again at once.
pub trait Controller: Sized + Send + Sync + 'static {
    /// As in `--controllers`, `deployment-controller`.
    const NAME: &'static str;
    /// Label `name` of its queue's metrics, `deployment`.
    const QUEUE: &'static str;
    /// `source.component` of its events, `deployment-controller`.
    const EVENT_SOURCE: &'static str;
    /// What its plans and steps measure; the queue's metrics are there for everybody.
    const METRICS: &'static [Metric] = &[];
    /// One unit of work.
    type Key: Ord + Clone + fmt::Debug + Send + Sync + 'static;
    /// Everything a decision may depend on.
    type Observed: fmt::Debug;
    /// Kept per key between plans; may be lost at any time. `()` for most.
    type Memory: Default + Send + 'static;
    /// Why a step is taken.
    type Why: fmt::Display + fmt::Debug + Send + Sync + 'static;
    /// Caches and indices.
    type View: Send + Sync + 'static;

    /// Asks for the caches and indices it reads.
    fn view(informers: &mut Informers) -> Self::View;
    /// Says which changes make which keys dirty.
    fn watches(watches: &mut Watches<'_, Self>);
    /// Reads the caches (and the answers to what it asked for before); decides nothing.
    fn observe(
        view: &Self::View,
        key: &Self::Key,
        answers: &Answers,
    ) -> Observation<Self::Observed>;
    /// Decides. Same input, same plan; empty at rest.
    fn plan(memory: &mut Self::Memory, observed: &Self::Observed, now: Time) -> Plan<Self::Why>;
    /// Learns that a step was refused, before the key is planned again.
    fn failed(_memory: &mut Self::Memory, _step: &Step<Self::Why>, _error: &ClientError) {}
    /// What was observed, for a person who asks (`pilothouse explain`): one fact a line.
    fn describe(observed: &Self::Observed, _now: Time) -> Vec<String> {
        format!("{observed:#?}").lines().map(str::to_owned).collect()
    }
    /// The key to look at for an object that a person asks about (`pilothouse explain`).
    fn key_of(_resource: &Resource, _key: &ObjectKey) -> Option<Self::Key> {
        None
    }
}

/// What looking at a key gave.
#[derive(Debug)]
pub enum Observation<O> {
    /// Enough to decide.
    Ready(O),
    /// Nothing is left to look after; the key's memory is dropped.
    Gone,
    /// These must be read live first; `observe` is then called again with the answers.
    Ask(Vec<Read>),
}

/// A live read that a decision needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Read {
    /// One object.
    Object {
        /// Which kind.
        resource: Resource,
        /// Where.
        key: ObjectKey,
    },
    /// The metadata of one object.
    Metadata {
        /// Which kind.
        resource: Resource,
        /// Where.
        key: ObjectKey,
    },
    /// All metadata of a resource in a namespace.
    List {
        /// Which kind.
        resource: Resource,
        /// Where; empty means everywhere.
        namespace: Text,
    },
    /// All objects of a resource in a namespace, whole: for decisions that are taken seldom, on kinds
    /// whose views say too little. Who may not list them is told what the manager may see.
    Objects {
        /// Which kind.
        resource: Resource,
        /// Where; empty means everywhere.
        namespace: Text,
    },
    /// The resources that the server serves; [`Answers::discovery`] reads the answer.
    Discovery,
    /// A subresource of one object, such as `scale`.
    Subresource {
        /// Kind of the object.
        resource: Resource,
        /// Where the object is.
        key: ObjectKey,
        /// Of the subresource.
        name: &'static str,
    },
    /// What the server has under a path that no resource stands for, such as another API's; made by
    /// [`Read::path`].
    Path {
        /// With its query, escaped.
        path: String,
    },
}

impl Read {
    /// A read of the path made of `segments`, which need no escaping, with the query's parameters
    /// that are not empty.
    pub fn path(segments: &[&str], query: &[(&str, &str)]) -> Self {
        Self::Path { path: client::path(segments, query) }
    }
}

/// What a live read gave: JSON of the object or list, or why there is none (`NotFound` included).
pub type Answer = Result<Value, ClientError>;

/// Answers to earlier [`Observation::Ask`]s of the same look at a key.
#[derive(Debug, Default)]
pub struct Answers {
    answers: BTreeMap<Read, Answer>,
}

impl Answers {
    /// The answer to `read`, if it was asked.
    pub fn get(&self, read: &Read) -> Option<&Answer> {
        self.answers.get(read)
    }
    /// Notes an answer.
    pub fn insert(&mut self, read: Read, answer: Answer) {
        self.answers.insert(read, answer);
    }
}
