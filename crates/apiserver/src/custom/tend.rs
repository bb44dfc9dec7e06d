//! Looks after definitions: gives them their names and conditions, and takes the instances away of those
//! that are deleted. Several servers may do so at once; each write holds only over what it was decided on.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use api::custom::naming::{self, CLEANUP_FINALIZER, Cleanup};
use serde_json::Value;
use tokio::sync::mpsc;

use super::waits_for_cleanup;
use crate::{
    DeleteOptions, ListQuery, ObjectEvent, Operation, Reason, Status,
    cache::{Cache, Select, WatchRequest, WatchStart},
    engine::{Inner, Present, Proposal, Replaced, Tracking, server_operation},
};

/// A store that does not answer is asked again after this long.
const PAUSE: Duration = Duration::from_secs(1);
/// A watch of definitions is begun anew after this long, like any other.
const WATCH_TIME: Duration = Duration::from_hours(1);

type Events = mpsc::Receiver<Result<ObjectEvent, Status>>;

/// What a look at the definitions left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    /// Instances that wait for their finalizers.
    Instances,
    /// Something failed.
    Later,
}

/// Runs until the engine is gone.
pub(crate) async fn run(engine: Weak<Inner>) {
    let mut events: Option<Events> = None;
    loop {
        let Some(inner) = engine.upgrade() else { return };
        let clock = Arc::clone(&inner.world.clock);
        let caches = Arc::clone(&inner.caches);
        if events.as_ref().is_none_or(mpsc::Receiver::is_closed) {
            events = inner.watch_definitions().await.ok();
        }
        let rest = match &events {
            Some(_) => inner.look().await,
            None => Rest::Later,
        };
        drop(inner);
        let Some(receiver) = &mut events else {
            clock.sleep(PAUSE).await;
            continue;
        };
        match rest {
            Rest::Nothing => drop(receiver.recv().await),
            Rest::Instances => {
                let here = caches.progress();
                caches.changed(here).await;
            }
            Rest::Later => clock.sleep(PAUSE).await,
        }
        while receiver.try_recv().is_ok() {}
    }
}

impl Inner {
    async fn watch_definitions(&self) -> Result<Events, Status> {
        let cache = self.custom.definitions().await?;
        let request = WatchRequest {
            select: Select::namespace(""),
            start: WatchStart::Now,
            bookmarks: false,
            deadline: self.world.clock.monotonic() + WATCH_TIME,
            shown_as: cache.facts(),
        };
        Ok(self.caches.watch(&cache, request))
    }

    async fn look(&self) -> Rest {
        let Ok(cache) = self.custom.definitions().await else { return Rest::Later };
        self.custom.served();
        let mut rest = Rest::Nothing;
        let definitions = values(&cache);
        for definition in &definitions {
            let outcome = match self.settle(definition, &cache).await {
                Ok(()) if waits_for_cleanup(definition) && is_deleted(definition) => {
                    self.clean(definition).await
                }
                outcome => outcome.map(|()| Rest::Nothing),
            };
            rest = match outcome {
                Ok(Rest::Nothing) => rest,
                Ok(found) => found,
                Err(status) => {
                    let name = crate::engine::name_of(definition);
                    tracing::info!(name, %status, "a definition is looked at again");
                    Rest::Later
                }
            };
        }
        rest
    }

    /// Gives a definition the names and conditions that it should have.
    async fn settle(&self, definition: &Value, cache: &Cache) -> Result<(), Status> {
        if is_deleted(definition) {
            return Ok(());
        }
        let now = self.world.clock.wall();
        let others = values(cache);
        if naming::settled(definition, &others, now) == *definition {
            return Ok(());
        }
        self.change(definition, "status", |present| naming::settled(present, &others, now)).await
    }

    /// Deletes the instances, and lets the definition go when there are none.
    async fn clean(&self, definition: &Value) -> Result<Rest, Status> {
        let now = self.world.clock.wall();
        let in_progress = |present: &Value| naming::cleaning(present, Cleanup::InProgress, now);
        if in_progress(definition) != *definition {
            self.change(definition, "status", in_progress).await?;
        }
        if naming::is_served(definition) && self.delete_instances(definition).await? > 0 {
            return Ok(Rest::Instances);
        }
        self.change(definition, "", |present| {
            let mut released = present.clone();
            if let Some(finalizers) = released["metadata"]["finalizers"].as_array_mut() {
                finalizers.retain(|finalizer| finalizer != CLEANUP_FINALIZER);
            }
            released
        })
        .await?;
        Ok(Rest::Nothing)
    }

    /// Deletes all instances; how many are left.
    async fn delete_instances(&self, definition: &Value) -> Result<usize, Status> {
        let Some(facts) = api::custom::facts(definition).into_iter().next() else { return Ok(0) };
        let operation = server_operation(Arc::clone(&facts));
        let everything = ListQuery::default();
        let options = DeleteOptions::default();
        self.delete_collection(&operation, &options, &everything).await?;
        Ok(self.list_page(&operation, &everything).await?.items.len())
    }

    /// Writes a change of a definition over the present state, as often as it takes.
    async fn change(
        &self,
        definition: &Value,
        subresource: &str,
        change: impl Fn(&Value) -> Value,
    ) -> Result<(), Status> {
        let facts = self.custom.definitions().await?.facts();
        let name = crate::engine::name_of(definition).to_owned();
        let subresource = subresource.to_owned();
        let operation = Operation { subresource, name, ..server_operation(facts) };
        loop {
            let present = self.load(&operation.resource, "", &operation.name).await?;
            let Some(present) = present else { return Ok(()) };
            let value = change(&present.value);
            if value == present.value {
                return Ok(());
            }
            if let Replaced::Done(_) = self.put(&operation, &present, value).await? {
                // What this server says next is true of what it wrote.
                return self.caches.reach_newest().await;
            }
        }
    }

    async fn put(
        &self,
        operation: &Operation,
        present: &Present,
        value: Value,
    ) -> Result<Replaced, Status> {
        let proposal = Proposal { value, warnings: Vec::new(), tracking: Tracking::Due };
        match self.replace(operation, present, proposal).await {
            Err(status) if status.reason == Reason::Conflict => Ok(Replaced::Raced),
            outcome => outcome,
        }
    }
}

fn values(cache: &Cache) -> Vec<Value> {
    cache.all("").iter().map(|object| object.value()).collect()
}

fn is_deleted(definition: &Value) -> bool {
    !definition["metadata"]["deletionTimestamp"].is_null()
}
