//! Admission: what is filled in or refused by the state of the cluster, in the reference's order. A
//! link is a pair of pure functions over the object and the caches that it names.

mod limit_ranger;
mod namespace;
mod node_restriction;
mod node_taint;
mod priority;
pub(crate) mod quota;
mod service_account;
mod tolerations;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use api::catalog;
use meta::resource::Resource;
use serde_json::Value;
use world::Dice;

use crate::{
    Object, Operation, Status,
    cache::{Cache, Caches},
};

/// The chain, with the caches that its links look into.
pub(crate) struct Admission {
    caches: Arc<Caches>,
    dice: Arc<dyn Dice>,
}

/// What is being done to the object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Action<'a> {
    Create,
    Update { old: &'a Value },
}

/// The request, as links see it.
pub(crate) struct Attributes<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) action: Action<'a>,
    pub(crate) dice: &'a dyn Dice,
}

/// One link of the chain.
struct Link {
    /// The reference's name.
    name: &'static str,
    /// What it looks up.
    reads: &'static [Resource],
    concerns: fn(&Attributes<'_>) -> bool,
    /// Fills in. It runs a second time if it refused because a cache was behind.
    mutate: fn(&Attributes<'_>, &Seen, &mut Value) -> Result<(), Status>,
    /// Refuses what is prepared and valid otherwise.
    validate: fn(&Attributes<'_>, &Seen, &Value) -> Result<(), Status>,
}

/// In the reference's order; a link that is not here does nothing that clients of this release see.
const CHAIN: [&Link; 7] = [
    &namespace::LIFECYCLE,
    &limit_ranger::LINK,
    &service_account::LINK,
    &node_restriction::LINK,
    &node_taint::LINK,
    &priority::LINK,
    &tolerations::LINK,
];

/// The caches that a link reads.
pub(crate) struct Seen {
    caches: Vec<(&'static Resource, Arc<Cache>)>,
    /// What was looked for in vain is about to be made.
    expects: AtomicBool,
}

/// How long a request waits for what controllers make of each namespace at once, as the reference does.
const EXPECTED_WAIT: Duration = Duration::from_millis(1500);

impl Admission {
    pub(crate) fn new(caches: &Arc<Caches>, dice: &Arc<dyn Dice>) -> Self {
        Self { caches: Arc::clone(caches), dice: Arc::clone(dice) }
    }

    /// Lets every link fill in what it has to.
    ///
    /// # Errors
    /// The refusal of the first link that refuses.
    pub(crate) async fn admit(
        &self,
        operation: &Operation,
        action: Action<'_>,
        value: &mut Value,
    ) -> Result<(), Status> {
        self.run(operation, action, |link, attributes, seen| (link.mutate)(attributes, seen, value))
            .await
    }

    /// Lets every link refuse the object as it is to be stored.
    ///
    /// # Errors
    /// The refusal of the first link that refuses.
    pub(crate) async fn check(
        &self,
        operation: &Operation,
        action: Action<'_>,
        value: &Value,
    ) -> Result<(), Status> {
        self.run(operation, action, |link, attributes, seen| {
            (link.validate)(attributes, seen, value)
        })
        .await
    }

    async fn run(
        &self,
        operation: &Operation,
        action: Action<'_>,
        mut step: impl FnMut(&Link, &Attributes<'_>, &Seen) -> Result<(), Status> + Send,
    ) -> Result<(), Status> {
        let attributes = Attributes { operation, action, dice: &*self.dice };
        for link in CHAIN.iter().filter(|link| (link.concerns)(&attributes)) {
            let seen = self.seen(link).await?;
            let Err(refusal) = step(link, &attributes, &seen) else { continue };
            if link.reads.is_empty() {
                return Err(refusal);
            }
            // What it missed may have been written just now.
            self.caches.reach_newest().await?;
            self.insist(link, &attributes, &mut step)
                .await
                .inspect_err(|status| tracing::debug!(link = link.name, %status, "refused"))?;
        }
        Ok(())
    }

    /// Lets a link look again for as long as what it misses is about to be made.
    async fn insist(
        &self,
        link: &Link,
        attributes: &Attributes<'_>,
        step: &mut (impl FnMut(&Link, &Attributes<'_>, &Seen) -> Result<(), Status> + Send),
    ) -> Result<(), Status> {
        let mut patience = self.caches.patience(EXPECTED_WAIT);
        loop {
            let reached = self.caches.progress();
            let seen = self.seen(link).await?;
            let Err(refusal) = step(link, attributes, &seen) else { return Ok(()) };
            if !seen.expects.load(Ordering::Relaxed) {
                return Err(refusal);
            }
            tokio::select! {
                biased;
                () = self.caches.changed(reached) => {}
                () = &mut patience => return Err(refusal),
            }
        }
    }

    async fn seen(&self, link: &Link) -> Result<Seen, Status> {
        let mut caches = Vec::with_capacity(link.reads.len());
        for resource in link.reads {
            let facts =
                catalog::builtin().resource(&resource.group, &resource.version, &resource.plural);
            if let Some(facts) = facts {
                caches.push((resource, self.caches.of(facts).await?));
            }
        }
        Ok(Seen { caches, expects: AtomicBool::new(false) })
    }
}

impl Attributes<'_> {
    /// Whether it is about whole objects of a resource, not about a subresource.
    pub(crate) fn is_about(&self, resource: &Resource) -> bool {
        self.operation.subresource.is_empty() && self.operation.resource.resource == *resource
    }
    pub(crate) const fn is_create(&self) -> bool {
        matches!(self.action, Action::Create)
    }
}

impl Seen {
    /// An object of a resource that the link reads.
    pub(crate) fn get(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
    ) -> Option<Arc<Object>> {
        self.cache(resource)?.get(namespace, name)
    }
    /// Says that what is missing is about to be made, so that a refusal can wait.
    pub(crate) fn expect(&self) {
        self.expects.store(true, Ordering::Relaxed);
    }
    /// The objects of a namespace of a resource that the link reads.
    pub(crate) fn in_namespace(&self, resource: &Resource, namespace: &str) -> Vec<Arc<Object>> {
        self.cache(resource).map(|cache| cache.all(namespace)).unwrap_or_default()
    }
    /// All objects of a resource that the link reads.
    pub(crate) fn all(&self, resource: &Resource) -> Vec<Arc<Object>> {
        self.cache(resource).map(|cache| cache.all("")).unwrap_or_default()
    }

    fn cache(&self, resource: &Resource) -> Option<&Arc<Cache>> {
        let mut caches = self.caches.iter();
        caches.find(|(known, _)| *known == resource).map(|(_, cache)| cache)
    }
}
