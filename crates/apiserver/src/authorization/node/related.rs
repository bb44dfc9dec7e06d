//! Whether an object belongs to a node, or to a pod on it.

use std::{collections::BTreeSet, sync::Arc};

use api::{
    catalog, json, references,
    resources::{PERSISTENT_VOLUME_CLAIMS, PODS},
};
use serde_json::Value;

use crate::{
    Object,
    cache::{Cache, Caches},
};

/// What a node may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Pod,
    Secret,
    ConfigMap,
    Claim,
    Volume,
    ServiceAccount,
    ResourceClaim,
    Attachment,
    Slice,
}

/// The object that is asked for, and who asks.
#[derive(Clone, Copy)]
pub(super) struct Related<'a> {
    pub(super) caches: &'a Caches,
    pub(super) node: &'a str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
}

const MIRROR: &str = "kubernetes.io/config.mirror";

impl Related<'_> {
    /// A cache that cannot be loaded relates nothing.
    pub(super) async fn is(self, kept: Kept) -> bool {
        match kept {
            Kept::Pod => {
                let pod = self.get("", "v1", &PODS.plural).await;
                pod.is_some_and(|pod| self.is_here(&pod))
            }
            Kept::Secret => {
                self.named_by_pod(references::secrets).await || self.opens_volume().await
            }
            Kept::ConfigMap => self.named_by_pod(references::config_maps).await,
            Kept::Claim => self.named_by_pod(references::claims).await,
            Kept::ResourceClaim => self.named_by_pod(references::resource_claims).await,
            Kept::ServiceAccount => self.named_by_pod(account).await,
            Kept::Volume => self.volumes().await.iter().any(|(name, _)| name == self.name),
            Kept::Attachment => {
                let attachment = self.get("storage.k8s.io", "v1", "volumeattachments").await;
                self.is_for_node(attachment)
            }
            Kept::Slice => {
                let slice = self.get("resource.k8s.io", "v1", "resourceslices").await;
                self.is_for_node(slice)
            }
        }
    }

    async fn named_by_pod(self, names: fn(&Value) -> BTreeSet<String>) -> bool {
        let pods = self.pods(self.namespace).await;
        pods.iter().any(|pod| !is_mirror(pod) && names(pod).contains(self.name))
    }

    /// Whether a volume that a pod of the node mounts is opened with the secret.
    async fn opens_volume(self) -> bool {
        let volumes = self.volumes().await;
        volumes.iter().any(|(_, volume)| self.opens(&volume["spec"]))
    }

    fn opens(self, volume: &Value) -> bool {
        let own = json::text(&volume["claimRef"], "namespace");
        let mut secrets = Vec::new();
        secret_references(volume, &mut secrets);
        let mut places = secrets
            .into_iter()
            .map(|(namespace, name)| (if namespace.is_empty() { own } else { namespace }, name));
        places.any(|place| place == (self.namespace, self.name))
    }

    /// The volumes behind the claims of the node's pods.
    async fn volumes(self) -> Vec<(String, Value)> {
        let claims = self.cache("", "v1", &PERSISTENT_VOLUME_CLAIMS.plural).await;
        let volumes = self.cache("", "v1", "persistentvolumes").await;
        let (Some(claims), Some(volumes)) = (claims, volumes) else { return Vec::new() };
        let behind = |namespace: &str, claim: &str| {
            let claim = claims.get(namespace, claim)?.value();
            let name = json::text(&claim["spec"], "volumeName").to_owned();
            let volume = volumes.get("", &name).filter(|_| !name.is_empty())?;
            Some((name, volume.value()))
        };
        let mut found = Vec::new();
        for pod in self.pods("").await {
            let namespace = json::text(&pod["metadata"], "namespace");
            let named = references::claims(&pod);
            found.extend(named.iter().filter_map(|claim| behind(namespace, claim)));
        }
        found
    }

    async fn pods(self, namespace: &str) -> Vec<Value> {
        let Some(pods) = self.cache("", "v1", &PODS.plural).await else { return Vec::new() };
        let pods = pods.all(namespace);
        pods.iter().filter(|pod| self.is_here(pod)).map(|pod| pod.value()).collect()
    }

    fn is_here(self, pod: &Object) -> bool {
        pod.fields.get("spec.nodeName").is_some_and(|node| node == self.node)
    }

    fn is_for_node(self, object: Option<Arc<Object>>) -> bool {
        object.is_some_and(|object| object.value()["spec"]["nodeName"] == self.node)
    }

    async fn get(self, group: &str, version: &str, plural: &str) -> Option<Arc<Object>> {
        self.cache(group, version, plural).await?.get(self.namespace, self.name)
    }

    async fn cache(self, group: &str, version: &str, plural: &str) -> Option<Arc<Cache>> {
        let facts = catalog::builtin().resource(group, version, plural)?;
        self.caches.of(facts).await.ok()
    }
}

fn is_mirror(pod: &Value) -> bool {
    pod["metadata"]["annotations"].get(MIRROR).is_some()
}

fn account(pod: &Value) -> BTreeSet<String> {
    pod["spec"]["serviceAccountName"].as_str().map(str::to_owned).into_iter().collect()
}

/// Fields of a volume that name a secret end so, in every kind of volume.
fn secret_references<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a str)>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        if key.ends_with("SecretRef") || key == "secretRef" {
            found.push((json::text(value, "namespace"), json::text(value, "name")));
        }
        secret_references(value, found);
    }
}
