//! Beginning a watch.

use std::{sync::Arc, time::Duration};

use super::{
    Inner, failure,
    versions::{self, Reach},
};
use crate::{
    Operation, Outcome, Status, WatchQuery,
    cache::{Select, WatchRequest},
};

/// A watch that does not say how long it wants to last ends after this to twice this, at random.
const WATCH_TIME_MIN: Duration = Duration::from_mins(30);

impl Inner {
    pub(super) async fn watch(
        &self,
        operation: &Operation,
        query: &WatchQuery,
    ) -> Result<Outcome, Status> {
        let facts = &operation.resource;
        if !super::is_stored(facts) {
            return Err(failure::method_not_allowed());
        }
        let at = versions::watch(query)?;
        let list = &query.list;
        let select =
            Select::parse(facts, &operation.namespace, &list.label_selector, &list.field_selector)?;
        let cache = self.caches.of(facts).await?;
        match at.reach {
            Reach::Anything => {}
            Reach::Newest => self.caches.reach_newest().await?,
            Reach::AtLeast(version) => self.caches.reach(version).await?,
        }
        let lasts = match query.timeout_seconds {
            Some(seconds) if seconds > 0 => Duration::from_secs(seconds),
            Some(_) | None => self.world.dice.jitter(WATCH_TIME_MIN, 100),
        };
        let request = WatchRequest {
            select,
            start: at.start,
            bookmarks: query.allow_bookmarks,
            deadline: self.world.clock.monotonic() + lasts,
            shown_as: Arc::clone(facts),
        };
        Ok(Outcome::Watch(self.caches.watch(&cache, request)))
    }
}
