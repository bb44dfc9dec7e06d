//! Components that run: how they are asked, stopped, and fed by reflectors.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use api::views::PartialObject;
use client::ClientError;
use meta::{object::ObjectKey, resource::Resource};
use parking_lot::Mutex;
use world::{Task, World};

use super::{
    actor::Actor,
    component::{Component, KeysKept},
    gate::Gate,
};
use crate::{
    Dynamic, Explanation, LeaseSettings, Metrics, feed::Typed, lease, reflector::Reflector,
};

/// Components that run (or stand by).
#[derive(Clone)]
pub struct Running {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) world: World,
    /// For the lease.
    pub(super) reader: Actor,
    /// For the caches.
    pub(super) lister: Actor,
    pub(super) metrics: Arc<Metrics>,
    pub(super) gate: Arc<Gate>,
    pub(super) dynamic: Dynamic,
    pub(super) components: Vec<Arc<dyn Component>>,
    /// Not started yet.
    pub(super) reflectors: Mutex<Vec<Reflector>>,
    /// Reflectors of resources wanted at run time.
    pub(super) followed: Mutex<BTreeMap<Resource, Followed>>,
    pub(super) tasks: Mutex<Vec<Box<dyn Task>>>,
    /// The one that is stood for.
    pub(super) lease: Mutex<Option<LeaseSettings>>,
}

type Followed = (Arc<Typed<PartialObject>>, Box<dyn Task>);

impl Running {
    /// Ends everything: no write is sent after this. Writes that are under way may still happen.
    pub fn stop(&self) {
        self.inner.gate.close();
        self.inner.tasks.lock().drain(..).for_each(|task| task.abort());
        for (_, task) in std::mem::take(&mut *self.inner.followed.lock()).into_values() {
            task.abort();
        }
    }
    /// Ends everything, and leaves the lease behind for whoever comes next, if it was held.
    ///
    /// # Errors
    /// The lease could not be given up: it runs out by itself.
    pub async fn stop_and_release(&self) -> Result<(), ClientError> {
        self.stop();
        let settings = self.inner.lease.lock().clone();
        match settings {
            Some(settings) => {
                lease::release(&self.inner.world, &self.inner.reader, &settings).await
            }
            None => Ok(()),
        }
    }
    /// Whether the lease is held and was not renewed for so long beyond its renew deadline: whoever
    /// should have noticed hangs.
    pub fn is_lease_overdue(&self, patience: Duration) -> bool {
        self.inner.gate.overdue() > patience
    }
    /// Whether the components may act: always, or while the lease is held.
    pub fn is_leading(&self) -> bool {
        self.inner.gate.is_open()
    }
    /// Waits until all caches that are known from the start are synced.
    pub async fn synced(&self) {
        let components = self.inner.components.iter();
        for feed in components.flat_map(|component| component.sources().feeds()) {
            // An error would mean that the feed is gone, which its component holds.
            let _ = feed.signal().follow().wait_for(|progress| progress.synced).await;
        }
    }
    /// Of how many keys each component keeps something: few of objects that are gone, or it leaks.
    pub fn kept(&self) -> BTreeMap<&'static str, KeysKept> {
        let mut kept = BTreeMap::new();
        for component in &self.inner.components {
            // Some controllers are made of two.
            let sum: &mut KeysKept = kept.entry(component.name()).or_default();
            let KeysKept { all, gone } = component.kept();
            *sum = KeysKept { all: sum.all + all, gone: sum.gone + gone };
        }
        kept
    }
    /// What each controller sees of an object, would do now, and why. Nothing is written.
    pub async fn explain(&self, resource: &Resource, key: &ObjectKey) -> Vec<Explanation> {
        let mut explanations = Vec::new();
        for component in &self.inner.components {
            let component = Arc::clone(component);
            explanations.extend(component.explain(resource.clone(), key.clone()).await);
        }
        explanations
    }
}

impl Inner {
    pub(super) fn spawn(
        &self,
        name: &'static str,
        future: impl Future<Output = ()> + Send + 'static,
    ) {
        self.tasks.lock().push(self.world.tasks.spawn(name, Box::pin(future)));
    }
    /// Starts the reflectors.
    pub(super) fn follow_all(self: &Arc<Self>) {
        let reflectors = std::mem::take(&mut *self.reflectors.lock());
        for reflector in reflectors {
            self.spawn("reflector", reflector.run());
        }
        let inner = Arc::clone(self);
        self.spawn("dynamic reflectors", async move {
            loop {
                inner.match_wanted();
                inner.dynamic.changed().await;
            }
        });
    }
    /// Starts and ends the reflectors of resources that are wanted at run time.
    fn match_wanted(&self) {
        let wanted = self.dynamic.sources();
        let mut followed = self.followed.lock();
        followed.retain(|resource, (feed, task)| {
            let still = wanted.get(resource).is_some_and(|wanted| Arc::ptr_eq(wanted, feed));
            if !still {
                task.abort();
            }
            still
        });
        for (resource, feed) in wanted {
            if followed.contains_key(&resource) {
                continue;
            }
            let reflector = Reflector {
                world: self.world.clone(),
                transport: Arc::clone(&self.lister.transport),
                metrics: None,
                recent: None,
                resource: resource.clone(),
                metadata_only: true,
                feed: Arc::<Typed<PartialObject>>::clone(&feed),
            };
            let task = self.world.tasks.spawn("dynamic reflector", Box::pin(reflector.run()));
            followed.insert(resource, (feed, task));
        }
    }
}
