//! What a decision asks for: steps as values, each with its reason.

use std::{fmt, time::Duration};

use api::views::Object;
use client::{DeleteOptions, PatchKind, Propagation};
use meta::{
    object::{ObjectKey, ObjectMeta, ResourceVersion, Uid},
    resource::Resource,
    text::Text,
};
use serde_json::Value;

use crate::{Measurement, Read, When};

/// An object as it was seen when something was decided: what a step writes to, what an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which kind.
    pub resource: Resource,
    /// Where.
    pub key: ObjectKey,
    /// Identity it had; the engine never writes to another object of the same name.
    pub uid: Uid,
    /// Version it had; the engine makes it a precondition where the step says so. An event leaves zero out.
    pub version: ResourceVersion,
}

impl Target {
    /// The object whose metadata this is.
    pub fn new(resource: Resource, metadata: &ObjectMeta) -> Self {
        Self {
            resource,
            key: metadata.key(),
            uid: metadata.uid.clone(),
            version: metadata.resource_version,
        }
    }
    /// The object a view was made of.
    pub fn of<K: api::views::Kind>(object: &K) -> Self {
        Self::new(K::RESOURCE, Object::metadata(object))
    }
}

/// One write.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Creates an object; `object` has `metadata.name` or `metadata.generateName`, and a subresource
    /// (`binding`, `eviction`) where one is named.
    Create {
        /// Which kind.
        resource: Resource,
        /// Where; empty for cluster-scoped kinds.
        namespace: Text,
        /// Without apiVersion and kind: the engine adds them.
        object: Value,
    },
    /// Changes parts of an object if it still has the target's UID and, with `Guard::Version`, its version.
    Patch {
        /// What to change.
        target: Target,
        /// How `patch` is to be understood.
        kind: PatchKind,
        /// The change; the engine adds the preconditions.
        patch: Value,
        /// Empty for the object itself, else `status`, `scale`, …
        subresource: &'static str,
        /// What must still be true.
        guard: Guard,
    },
    /// Creates a subresource of an object, such as `binding`.
    CreateSubresource {
        /// The parent.
        target: Target,
        /// `binding`, `eviction`, …
        subresource: &'static str,
        /// The body.
        object: Value,
    },
    /// Replaces an object (Lease) or a subresource (`finalize`, `scale`) as a whole: only for what has
    /// no fields that others own.
    Replace {
        /// What to replace.
        target: Target,
        /// Empty, `finalize` or `scale`.
        subresource: &'static str,
        /// The whole object; the engine sets its version.
        object: Value,
    },
    /// Deletes an object if it still has the target's UID.
    Delete {
        /// What to delete.
        target: Target,
        /// `None` leaves it to the server.
        propagation: Option<Propagation>,
        /// `None` leaves it to the server.
        grace_period_seconds: Option<i64>,
        /// What must still be true.
        guard: Guard,
    },
    /// Deletes the objects of a resource in a namespace.
    DeleteCollection {
        /// Which kind.
        resource: Resource,
        /// Where.
        namespace: Text,
        /// Options of the delete.
        options: DeleteOptions,
    },
    /// Writes nothing but an event (the step's `on_success`).
    Announce,
}

/// What must still be true of a target when a step acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// It is the same object.
    Uid,
    /// It is the same object and nobody has written it since.
    Version,
}

/// `Normal` or `Warning`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    /// Good to know.
    Normal,
    /// Something is wrong.
    Warning,
}

/// An event to record. In `message`, `{name}` becomes the name of the object that the step wrote, and
/// `{error}` the text of its failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it is about.
    pub regarding: Target,
    /// `Normal` or `Warning`.
    pub kind: EventType,
    /// One CamelCase word.
    pub reason: &'static str,
    /// For people.
    pub message: String,
}

/// An action with its reason and the events that tell of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step<W> {
    /// What to write.
    pub action: Action,
    /// Why.
    pub why: W,
    /// Recorded when it is done.
    pub on_success: Option<Event>,
    /// Recorded when it is refused (not when the namespace is being deleted).
    pub on_failure: Option<Event>,
    /// Who tells these events, if not the component as a whole.
    pub reporter: Option<Text>,
    /// Recorded according to what becomes of it.
    pub measurements: Vec<(When, Measurement)>,
}

impl<W> Step<W> {
    /// A step without events.
    pub const fn new(action: Action, why: W) -> Self {
        Self {
            action,
            why,
            on_success: None,
            on_failure: None,
            reporter: None,
            measurements: Vec::new(),
        }
    }
    /// Tells of it in a metric.
    pub fn measure(&mut self, when: When, measurement: Measurement) {
        self.measurements.push((when, measurement));
    }
}

/// Steps that belong together.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "plans are short-lived; a box would cost as much")]
pub enum Stage<W> {
    /// One step; if it fails, what follows is not done.
    One(Step<W>),
    /// At once, in any order; if one fails, the following stages are not done.
    Together(Vec<Step<W>>),
    /// 1, 2, 4, … at a time; the first batch with a failure is the last.
    SlowStart(Vec<Step<W>>),
}

/// What to do now, and when to look again if nothing happens before.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan<W> {
    /// Done in order.
    pub stages: Vec<Stage<W>>,
    /// Look again after this long; `None` waits for a change.
    pub wake_after: Option<Duration>,
    /// To be read live before this can be decided: `observe` is called again with the answers, and
    /// nothing else of this plan is done.
    pub asks: Vec<Read>,
    /// Nothing is left to look after once the steps are done: the key's memory is dropped.
    pub ends: bool,
    /// Recorded according to what becomes of all stages.
    pub measurements: Vec<(When, Measurement)>,
}

impl<W> Default for Plan<W> {
    fn default() -> Self {
        Self {
            stages: Vec::new(),
            wake_after: None,
            asks: Vec::new(),
            ends: false,
            measurements: Vec::new(),
        }
    }
}

impl<W: fmt::Debug> Plan<W> {
    /// Nothing to do.
    pub fn rest() -> Self {
        Self::default()
    }
    /// Nothing can be decided before these are read live.
    pub fn ask(reads: Vec<Read>) -> Self {
        Self { asks: reads, ..Self::default() }
    }
    /// One step more.
    pub fn step(&mut self, step: Step<W>) {
        self.stages.push(Stage::One(step));
    }
    /// Looks again after `delay`, or earlier if that was asked for already.
    pub fn wake(&mut self, delay: Duration) {
        self.wake_after = Some(self.wake_after.map_or(delay, |known| known.min(delay)));
    }
    /// Tells of the look in a metric.
    pub fn measure(&mut self, when: When, measurement: Measurement) {
        self.measurements.push((when, measurement));
    }
    /// All steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step<W>> {
        self.stages.iter().flat_map(|stage| match stage {
            Stage::One(step) => std::slice::from_ref(step),
            Stage::Together(steps) | Stage::SlowStart(steps) => steps.as_slice(),
        })
    }
}
