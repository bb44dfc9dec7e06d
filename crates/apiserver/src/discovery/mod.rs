//! What is served, told to clients in the old form (a document per group version), in the
//! aggregated one, and as a list of paths.

mod aggregated;
mod legacy;

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use api::catalog::{self, ResourceFacts};
use bytes::Bytes;
use http::{HeaderName, header};
use serde_json::{Value, json};

use crate::{ApiGroup, Served, Status, encode::indent, health::Health, negotiation};

/// A document that does not change while the server runs.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub content_type: &'static str,
    pub body: Bytes,
    /// Entity tag, without its quotes.
    pub tag: Option<String>,
    pub headers: Vec<(HeaderName, &'static str)>,
}

/// All documents of the built-in kinds, made once.
pub(crate) struct Discovery {
    core: Document,
    core_aggregated: Document,
    groups: Document,
    groups_aggregated: Document,
    by_group: BTreeMap<String, Document>,
    by_version: BTreeMap<(String, String), Document>,
    version: Document,
}

/// The release whose API this is; what follows the plus is our own.
const GIT_VERSION: &str = "v1.37.2+pilothouse";
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const JSON: &str = "application/json";

/// A group with its versions, the preferred one first, and their resources.
struct Group {
    name: String,
    versions: Vec<(String, Vec<Arc<ResourceFacts>>)>,
}

impl Document {
    fn json(value: &Value) -> Self {
        let body = Bytes::from(format!("{value}\n"));
        Self { content_type: JSON, body, tag: None, headers: Vec::new() }
    }
    fn aggregated(value: &Value) -> Self {
        let body = Bytes::from(format!("{value}\n"));
        let tag = Some(tag(&body));
        let headers = vec![(header::VARY, "Accept"), (header::CACHE_CONTROL, "public")];
        Self { content_type: AGGREGATED, body, tag, headers }
    }
}

impl Discovery {
    /// `address` is where clients are told to go; `others` answer for groups of their own, and custom
    /// resources are `served`.
    pub(crate) fn new(address: &str, others: &[ApiGroup], served: &Served) -> Self {
        let groups = groups(served);
        let (core, named): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.name.is_empty());
        let by_group = named
            .iter()
            .map(|group| (group.name.clone(), Document::json(&legacy::group_document(group))))
            .chain(
                others
                    .iter()
                    .map(|other| (other.name.to_owned(), Document::json(&other.document()))),
            );
        let by_version = core.iter().chain(&named).flat_map(|group| {
            group.versions.iter().map(|(version, resources)| {
                let document = legacy::resources(&group.name, version, resources);
                ((group.name.clone(), version.clone()), Document::json(&document))
            })
        });
        let by_version = by_version.chain(others.iter().map(|other| {
            let key = (other.name.to_owned(), other.version.to_owned());
            (key, Document::json(&other.resource_list()))
        }));
        let mut groups = legacy::groups(&named);
        extend(&mut groups["groups"], others.iter().map(ApiGroup::entry));
        let mut aggregated = aggregated::document(&named);
        extend(&mut aggregated["items"], others.iter().map(ApiGroup::aggregated_entry));
        Self {
            core: Document::json(&legacy::core(address)),
            core_aggregated: Document::aggregated(&aggregated::document(&core)),
            groups: Document::json(&groups),
            groups_aggregated: Document::aggregated(&aggregated),
            by_group: by_group.collect(),
            by_version: by_version.collect(),
            version: Document::json(&version()),
        }
    }

    /// `/api`.
    pub(crate) fn core(&self, accept: &str) -> Result<&Document, Status> {
        let aggregated = negotiation::wants_aggregated_discovery(accept)?;
        Ok(if aggregated { &self.core_aggregated } else { &self.core })
    }
    /// `/apis`.
    pub(crate) fn groups(&self, accept: &str) -> Result<&Document, Status> {
        let aggregated = negotiation::wants_aggregated_discovery(accept)?;
        Ok(if aggregated { &self.groups_aggregated } else { &self.groups })
    }
    /// `/apis/GROUP`.
    pub(crate) fn group(&self, name: &str) -> Option<&Document> {
        self.by_group.get(name)
    }
    /// `/api/VERSION` and `/apis/GROUP/VERSION`.
    pub(crate) fn resources(&self, group: &str, version: &str) -> Option<&Document> {
        self.by_version.get(&(group.to_owned(), version.to_owned()))
    }
    /// `/version`.
    pub(crate) fn version(&self) -> &Document {
        &self.version
    }
    /// `/`.
    pub(crate) fn paths(&self, health: &Health) -> Document {
        let mut paths = health.paths();
        let fixed = [
            "/.well-known/openid-configuration",
            "/openid/v1/jwks",
            "/api",
            "/apis",
            "/openapi/v2",
            "/openapi/v3",
            "/openapi/v3/",
            "/version",
        ];
        paths.extend(fixed.map(str::to_owned));
        paths.extend(self.by_group.keys().map(|group| format!("/apis/{group}")));
        paths.extend(self.by_version.keys().map(|(group, version)| match group.as_str() {
            "" => format!("/api/{version}"),
            group => format!("/apis/{group}/{version}"),
        }));
        paths.sort();
        let mut document = Document::json(&json!({"paths": paths}));
        document.body = Bytes::from(indent(&document.body));
        document
    }
}

fn extend(list: &mut Value, more: impl Iterator<Item = Value>) {
    if let Value::Array(list) = list {
        list.extend(more);
    }
}

/// The upper-case hex SHA-512 that documents are told apart by.
pub(crate) fn tag(body: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA512, body);
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02X}");
        hex
    })
}

fn groups(served: &Served) -> Vec<Group> {
    let mut resources: Vec<_> = catalog::builtin().resources().iter().collect();
    resources.sort_by_key(|facts| (facts.group_order, facts.version_order));
    let mut groups: Vec<Group> = Vec::new();
    for facts in resources.into_iter().chain(served.resources()) {
        let (name, version) = (&facts.resource.group, &facts.resource.version);
        let position = groups.iter().position(|group| group.name == *name).unwrap_or_else(|| {
            groups.push(Group { name: name.to_string(), versions: Vec::new() });
            groups.len() - 1
        });
        let versions = &mut groups[position].versions;
        match versions.iter_mut().find(|(known, _)| known == version) {
            Some((_, resources)) => resources.push(Arc::clone(facts)),
            None => versions.push((version.to_string(), vec![Arc::clone(facts)])),
        }
    }
    for (_, resources) in groups.iter_mut().flat_map(|group| &mut group.versions) {
        resources.sort_by(|a, b| a.resource.plural.cmp(&b.resource.plural));
    }
    groups
}

fn version() -> Value {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    json!({
        "major": "1", "minor": "37",
        "emulationMajor": "1", "emulationMinor": "37",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "36",
        "gitVersion": GIT_VERSION, "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "rustc",
        "platform": format!("{}/{architecture}", std::env::consts::OS),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(document: &Document) -> Value {
        serde_json::from_slice(&document.body).unwrap()
    }

    #[test]
    fn groups_come_in_the_order_that_resolves_short_names() {
        let discovery = Discovery::new("127.0.0.1:6443", &[], &Served::default());
        let groups = parsed(discovery.groups("").unwrap());
        let names = groups["groups"].as_array().unwrap().iter();
        let names: Vec<_> = names.map(|group| group["name"].as_str().unwrap()).collect();
        assert_eq!(
            names[..4],
            ["apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io"]
        );
        assert!(!names.contains(&""));
    }

    #[test]
    fn the_hash_of_the_stored_version_is_the_references() {
        let discovery = Discovery::new("127.0.0.1:6443", &[], &Served::default());
        let core = parsed(discovery.resources("", "v1").unwrap());
        let resources = core["resources"].as_array().unwrap();
        let pods = resources.iter().find(|resource| resource["name"] == "pods").unwrap();
        assert_eq!(pods["storageVersionHash"], "xPOwRZ+Yhw8=");
        assert_eq!(pods["shortNames"], json!(["po"]));
    }

    #[test]
    fn the_aggregated_form_is_told_by_its_content_type_and_tag() {
        let discovery = Discovery::new("127.0.0.1:6443", &[], &Served::default());
        let document = discovery.groups(&format!("{AGGREGATED},application/json")).unwrap();
        assert_eq!(document.content_type, AGGREGATED);
        assert_eq!(document.tag.as_ref().unwrap().len(), 128);
        let apps = &parsed(document)["items"][1];
        assert_eq!(apps["metadata"]["name"], "apps");
        let deployments = apps["versions"][0]["resources"].as_array().unwrap().iter();
        let deployments =
            deployments.clone().find(|resource| resource["resource"] == "deployments").unwrap();
        assert_eq!(
            deployments["responseKind"],
            json!({"group": "", "version": "", "kind": "Deployment"})
        );
        assert_eq!(deployments["subresources"][0]["responseKind"]["group"], "autoscaling");
    }

    #[test]
    fn an_unknown_aggregated_version_falls_through_or_is_refused() {
        let discovery = Discovery::new("127.0.0.1:6443", &[], &Served::default());
        let beta = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
        assert_eq!(discovery.groups(beta).unwrap_err().code, 406);
        let document = discovery.groups(&format!("{beta},application/json")).unwrap();
        assert_eq!(document.content_type, JSON);
    }
}
