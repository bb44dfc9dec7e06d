//! What the manager knows of everything it runs.

use std::sync::Arc;

use meta::{object::ObjectKey, resource::Resource};
use world::BoxFuture;

use super::fence::Sources;
use crate::Explanation;

/// Of how many keys something is kept, wherever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeysKept {
    /// All of them.
    pub all: usize,
    /// Those of objects that are gone.
    pub gone: usize,
}

/// A controller or machine, whatever its types.
pub(crate) trait Component: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Keys of which it keeps something: what was learnt, when to look again, or how often it failed.
    fn kept(&self) -> KeysKept;
    /// The caches it reads.
    fn sources(&self) -> &Sources;
    /// Works in each term, for ever.
    fn run(self: Arc<Self>) -> BoxFuture<()>;
    /// What it would do now about an object; `None` if it is none of its business.
    fn explain(
        self: Arc<Self>,
        resource: Resource,
        key: ObjectKey,
    ) -> BoxFuture<Option<Explanation>>;
}
