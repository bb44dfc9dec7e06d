//! What a server says it serves, as far as those who look after any kind need it.

use std::collections::{BTreeMap, BTreeSet};

use client::ClientError;
use meta::resource::{Resource, Scope};
use serde::Deserialize;
use serde_json::Value;

use crate::{Answers, Read};

/// A resource as discovery lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// In its group's preferred version that has it.
    pub resource: Resource,
    /// `get`, `list`, `watch`, `delete`, `deletecollection`, …
    pub verbs: Vec<String>,
    /// `status`, `scale`, …
    pub subresources: Vec<String>,
}

impl Served {
    /// Whether all of `verbs` are possible.
    pub fn can(&self, verbs: &[&str]) -> bool {
        verbs.iter().all(|verb| self.verbs.iter().any(|known| known == verb))
    }
    /// Whether its objects have a `scale`.
    pub fn is_scalable(&self) -> bool {
        self.subresources.iter().any(|known| known == "scale")
    }
}

/// The answer to [`Read::Discovery`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discovery {
    /// Each resource once, in discovery order.
    pub served: Vec<Served>,
    /// The versions of each group, the preferred one first.
    pub versions: BTreeMap<String, Vec<String>>,
    /// `group/version`s that could not be asked (an aggregated server is down): what is known of them
    /// from before is still the best there is.
    pub stale: Vec<String>,
    /// The resource behind each kind in each version: `(apiVersion, kind)`.
    pub kinds: BTreeMap<(String, String), Resource>,
}

impl Answers {
    /// The answer to [`Read::Discovery`], if it was asked.
    pub fn discovery(&self) -> Option<Result<Discovery, ClientError>> {
        Some(self.get(&Read::Discovery)?.as_ref().map_err(Clone::clone).and_then(Discovery::parse))
    }
}

impl Discovery {
    /// Reads an `APIGroupDiscoveryList` that holds the groups of `/api` and of `/apis`.
    ///
    /// # Errors
    /// [`ClientError::Unreadable`] if it is something else.
    pub fn parse(list: &Value) -> Result<Self, ClientError> {
        let list = GroupList::deserialize(list).map_err(|error| ClientError::Unreadable {
            reason: format!("not an APIGroupDiscoveryList: {error}"),
        })?;
        let mut discovery = Self::default();
        list.items.iter().for_each(|group| discovery.take(group));
        Ok(discovery)
    }

    fn take(&mut self, group: &Group) {
        let mut seen = BTreeSet::new();
        let name = &group.metadata.name;
        let versions = group.versions.iter().map(|version| version.version.clone());
        self.versions.insert(name.clone(), versions.collect());
        for version in &group.versions {
            if version.freshness == "Stale" {
                self.stale.push(api_version(name, &version.version));
            }
        }
        let served = group
            .versions
            .iter()
            .flat_map(|version| version.resources.iter().map(|served| (served, &*version.version)));
        for (served, version) in served {
            let resource = served.resource(name, version);
            let kind = (resource.api_version(), resource.kind.to_string());
            self.kinds.insert(kind, resource.clone());
            if seen.insert(&served.resource) {
                let subresources =
                    served.subresources.iter().map(|known| known.subresource.clone());
                self.served.push(Served {
                    resource,
                    verbs: served.verbs.clone(),
                    subresources: subresources.collect(),
                });
            }
        }
    }
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

#[derive(Deserialize)]
struct GroupList {
    items: Vec<Group>,
}
#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: GroupMetadata,
    #[serde(default)]
    versions: Vec<GroupVersion>,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct GroupMetadata {
    name: String,
}
#[derive(Deserialize)]
struct GroupVersion {
    version: String,
    #[serde(default)]
    freshness: String,
    #[serde(default)]
    resources: Vec<GroupResource>,
}
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupResource {
    resource: String,
    #[serde(default)]
    response_kind: ResponseKind,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    subresources: Vec<GroupSubresource>,
}
#[derive(Deserialize)]
struct GroupSubresource {
    subresource: String,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct ResponseKind {
    kind: String,
}

impl GroupResource {
    fn resource(&self, group: &str, version: &str) -> Resource {
        let scope = if self.scope == "Cluster" { Scope::Cluster } else { Scope::Namespaced };
        Resource {
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            plural: self.resource.clone().into(),
            kind: self.response_kind.kind.clone().into(),
            scope,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_resource_counts_once_in_the_first_version_that_has_it() {
        let resource = |plural: &str, kind: &str| json!({"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced", "verbs": ["list"]});
        let list = json!({"items": [
            {"versions": [{"version": "v1", "resources": [resource("pods", "Pod")]}]},
            {"metadata": {"name": "autoscaling"}, "versions": [
                {"version": "v2", "resources": [resource("horizontalpodautoscalers", "HorizontalPodAutoscaler")]},
                {"version": "v1", "resources": [
                    resource("horizontalpodautoscalers", "HorizontalPodAutoscaler"), resource("old", "Old")]},
            ]},
            {"metadata": {"name": "metrics"}, "versions": [{"version": "v1", "freshness": "Stale"}]},
        ]});
        let discovery = Discovery::parse(&list).expect("readable");
        let names: Vec<_> = discovery.served.iter().map(|s| format!("{:?}", s.resource)).collect();
        assert_eq!(
            names,
            ["v1/pods", "autoscaling/v2/horizontalpodautoscalers", "autoscaling/v1/old"]
        );
        assert_eq!(discovery.stale, ["metrics/v1"]);
        let old = ("autoscaling/v1".to_owned(), "HorizontalPodAutoscaler".to_owned());
        assert_eq!(
            format!("{:?}", discovery.kinds[&old]),
            "autoscaling/v1/horizontalpodautoscalers"
        );
        assert!(discovery.served[0].can(&["list"]) && !discovery.served[0].can(&["list", "watch"]));
    }
}
