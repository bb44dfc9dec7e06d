//! Admission: what is filled in or refused by the state of the cluster, in the reference's order. A
//! link is a pair of pure functions over the object and the caches that it names.

mod certificates;
mod default_ingress_class;
mod file;
mod limit_ranger;
mod namespace;
mod node_restriction;
mod node_taint;
mod optional;
mod options;
mod pod_security;
mod pod_topology_labels;
mod priority;
pub(crate) mod quota;
mod runtime_class;
mod service_account;
mod storage;
mod tolerations;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use api::{catalog, json};
use meta::resource::Resource;
use serde_json::Value;
use world::Dice;

pub use file::configurations;
pub use options::{AdmissionError, AdmissionOptions, AdmissionSetting};

use crate::{
    Object, Operation, ResourcePath, Status,
    authorization::{self, Authorizer},
    cache::{Cache, Caches},
    engine::failure,
};

/// The chain, with the caches that its links look into.
pub(crate) struct Admission {
    caches: Arc<Caches>,
    authorizer: Arc<Authorizer>,
    dice: Arc<dyn Dice>,
    options: Arc<AdmissionOptions>,
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
    pub(crate) options: &'a AdmissionOptions,
}

/// What links say of an object besides yes or no.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Remarks {
    /// For whoever asks; nobody hears them of a request that is refused.
    pub(crate) warnings: Vec<String>,
    /// For the audit log, by name.
    pub(crate) annotations: BTreeMap<String, String>,
}

/// One link of the chain.
struct Link {
    /// The reference's name.
    name: &'static str,
    /// What it looks up.
    reads: &'static [Resource],
    freshness: Freshness,
    concerns: fn(&Attributes<'_>) -> bool,
    /// Fills in. It runs a second time if it refused because a cache was behind.
    mutate: fn(&Attributes<'_>, &Seen, &mut Value) -> Result<(), Status>,
    /// Refuses what is prepared and valid otherwise, or remarks on it.
    validate: fn(&Attributes<'_>, &Seen, &Value, &mut Remarks) -> Result<(), Status>,
    /// What whoever asks must be allowed besides; asked before it validates.
    needs: fn(&Attributes<'_>, &Value) -> Option<Permission>,
}

impl Link {
    /// Concerned with nothing: what a link does not say of itself.
    const IDLE: Self = Self {
        name: "",
        reads: &[],
        freshness: Freshness::Cached,
        concerns: |_| false,
        mutate: |_, _, _| Ok(()),
        validate: |_, _, _, _| Ok(()),
        needs: |_, _| None,
    };
}

/// How new what a link looks up has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Freshness {
    /// As the caches have it; if the link refuses, everything that is acknowledged.
    Cached,
    /// Everything that is acknowledged, at once: what it misses would not make it refuse.
    Newest,
}

/// A right that a request needs besides the right to make it.
pub(crate) struct Permission {
    pub(crate) verb: &'static str,
    /// One of these is enough.
    pub(crate) on: Vec<ResourcePath>,
    /// What is answered without it.
    pub(crate) refusal: Status,
}

/// In the reference's order; a link that is not here does nothing that clients of this release see.
const CHAIN: [&Link; 25] = [
    &namespace::LIFECYCLE,
    &namespace::EXISTS,
    &optional::HARD_ANTI_AFFINITY,
    &limit_ranger::LINK,
    &service_account::LINK,
    &node_restriction::LINK,
    &node_taint::LINK,
    &optional::PULL_IMAGES,
    &pod_security::LINK,
    &pod_security::OF_NAMESPACES,
    &priority::LINK,
    &tolerations::LINK,
    &optional::EXTENDED_RESOURCES,
    &storage::DEFAULT_CLASS,
    &storage::IN_USE_PROTECTION,
    &storage::RESIZE,
    &runtime_class::LINK,
    &certificates::APPROVAL,
    &certificates::SIGNING,
    &certificates::ATTEST,
    &certificates::SUBJECT_RESTRICTION,
    &default_ingress_class::LINK,
    &optional::EXTERNAL_IPS,
    &pod_topology_labels::LINK,
    &optional::DENY,
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
    pub(crate) fn new(
        options: Arc<AdmissionOptions>,
        caches: &Arc<Caches>,
        authorizer: &Arc<Authorizer>,
        dice: &Arc<dyn Dice>,
    ) -> Self {
        let (caches, authorizer) = (Arc::clone(caches), Arc::clone(authorizer));
        Self { caches, authorizer, dice: Arc::clone(dice), options }
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

    /// Lets every link refuse the object as it is to be stored. What they remark for the audit log goes
    /// there, refused or not; the warnings are for the answer.
    ///
    /// # Errors
    /// The refusal of the first link that refuses.
    pub(crate) async fn check(
        &self,
        operation: &Operation,
        action: Action<'_>,
        value: &Value,
    ) -> Result<Vec<String>, Status> {
        self.permit(operation, action, value).await?;
        let mut remarks = Remarks::default();
        let checked = self
            .run(operation, action, |link, attributes, seen| {
                (link.validate)(attributes, seen, value, &mut remarks)
            })
            .await;
        operation.notes.add(remarks.annotations);
        checked.map(|()| remarks.warnings)
    }

    /// Lets a binding tell the pod where its node is, as an update of the pod would.
    ///
    /// # Errors
    /// The server stops.
    pub(crate) async fn label_binding(&self, binding: &mut Value) -> Result<(), Status> {
        if self.options.runs(&pod_topology_labels::LINK) {
            let seen = self.seen(&pod_topology_labels::LINK).await?;
            let node = json::text(&binding["target"], "name").to_owned();
            pod_topology_labels::copy(&seen, &node, binding);
        }
        Ok(())
    }

    /// Refuses whoever lacks a right that a link wants.
    async fn permit(
        &self,
        operation: &Operation,
        action: Action<'_>,
        value: &Value,
    ) -> Result<(), Status> {
        let attributes = self.attributes(operation, action);
        for link in self.concerned(&attributes) {
            let Some(permission) = (link.needs)(&attributes, value) else { continue };
            let mut is_held = false;
            for on in &permission.on {
                let asked = authorization::Attributes::on(&operation.user, permission.verb, on);
                is_held = is_held || self.authorizer.decide(&asked).await.is_allowed();
            }
            if !is_held {
                return Err(permission.refusal);
            }
        }
        Ok(())
    }

    fn attributes<'a>(&'a self, operation: &'a Operation, action: Action<'a>) -> Attributes<'a> {
        Attributes { operation, action, dice: &*self.dice, options: &self.options }
    }

    /// The links that look at a request.
    fn concerned(&self, attributes: &Attributes<'_>) -> impl Iterator<Item = &'static Link> {
        CHAIN.into_iter().filter(|link| self.options.runs(link) && (link.concerns)(attributes))
    }

    async fn run(
        &self,
        operation: &Operation,
        action: Action<'_>,
        mut step: impl FnMut(&Link, &Attributes<'_>, &Seen) -> Result<(), Status> + Send,
    ) -> Result<(), Status> {
        let attributes = self.attributes(operation, action);
        for link in self.concerned(&attributes) {
            if let Some(settled) = self.first(link, &attributes, &mut step).await? {
                settled?;
                continue;
            }
            // What it missed may have been written just now.
            self.caches.reach_newest().await?;
            self.insist(link, &attributes, &mut step)
                .await
                .inspect_err(|status| tracing::debug!(link = link.name, %status, "refused"))?;
        }
        Ok(())
    }

    /// Lets a link look at what the caches have; `None` if it has to look again at something newer.
    async fn first(
        &self,
        link: &Link,
        attributes: &Attributes<'_>,
        step: &mut (impl FnMut(&Link, &Attributes<'_>, &Seen) -> Result<(), Status> + Send),
    ) -> Result<Option<Result<(), Status>>, Status> {
        if link.freshness == Freshness::Newest {
            return Ok(None);
        }
        let seen = self.seen(link).await?;
        let settled = step(link, attributes, &seen);
        Ok((settled.is_ok() || link.reads.is_empty()).then_some(settled))
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
    /// A refusal of the object, for this reason.
    pub(crate) fn forbidden(&self, value: &Value, reason: &str) -> Status {
        let name = json::text(&value["metadata"], "name");
        failure::forbidden(&self.operation.resource, name, reason)
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
