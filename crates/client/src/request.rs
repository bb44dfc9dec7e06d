//! A request as a value: what to ask, before anything is sent.

use std::{fmt::Write as _, sync::Arc};

use bytes::Bytes;
use meta::{
    object::{ObjectKey, ResourceVersion, Uid},
    resource::{Resource, Scope},
};
use serde_json::{Value, json};

use crate::Epoch;

/// HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes parts.
    Patch,
    /// Deletes.
    Delete,
}

/// How a patch is to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchKind {
    /// RFC 6902 operations.
    Json,
    /// RFC 7396.
    Merge,
    /// Lists merge by their keys.
    Strategic,
    /// Server-side apply, by force, under this field manager.
    Apply(&'static str),
}

/// What becomes of dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// They go afterwards.
    Background,
    /// They go first.
    Foreground,
    /// They stay, without the owner.
    Orphan,
}

/// What must still be true of an object for a delete to happen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preconditions {
    /// Its identity.
    pub uid: Option<Uid>,
    /// Its exact version.
    pub resource_version: Option<ResourceVersion>,
}

/// Options of a delete. The default leaves everything to the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeleteOptions {
    /// What becomes of dependents.
    pub propagation: Option<Propagation>,
    /// Seconds of grace.
    pub grace_period_seconds: Option<i64>,
    /// What must still be true.
    pub preconditions: Preconditions,
}

/// Options of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListOptions {
    /// Label selector in its query form; empty means all.
    pub label_selector: String,
    /// Field selector in its query form; empty means all.
    pub field_selector: String,
    /// Revision asked for; empty means the newest, `0` any.
    pub resource_version: String,
    /// Objects a page; zero means all.
    pub limit: u32,
    /// Where the last page ended.
    pub continue_token: String,
}

/// Options of a watch. Bookmarks are always asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WatchOptions {
    /// Field selector in its query form; empty means all.
    pub field_selector: String,
    /// Revision after which events are wanted.
    pub resource_version: String,
    /// Whether present objects come first, ended by a bookmark (a streaming list).
    pub send_initial_events: bool,
    /// After how many seconds the server ends the watch; zero leaves it to the server.
    pub timeout_seconds: u32,
}

/// Options of a create, update or patch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WriteOptions {
    /// Who owns the fields; empty lets the server take the user agent.
    pub field_manager: String,
}

/// One request: method, path with query, body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Path and query, escaped.
    pub path: String,
    /// `Content-Type` of the body; empty when there is none.
    pub content_type: &'static str,
    /// `Accept`.
    pub accept: &'static str,
    /// Body.
    pub body: Bytes,
    /// Under which term of a lease it is sent; `None` if whoever sends it needs no lease.
    pub epoch: Option<Arc<Epoch>>,
}

/// `Accept` that asks for metadata only.
pub const ACCEPT_METADATA: &str =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
/// `Accept` that asks for a list of metadata only.
pub const ACCEPT_METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
const JSON: &str = "application/json";

impl Request {
    /// Any GET that answers with JSON.
    pub fn read(path: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            path: path.into(),
            content_type: "",
            accept: JSON,
            body: Bytes::new(),
            epoch: None,
        }
    }
    /// Reads one object.
    pub fn get(resource: &Resource, key: &ObjectKey) -> Self {
        Self::read(object_path(resource, key))
    }
    /// Lists the objects of a namespace, or of all when `namespace` is empty.
    pub fn list(resource: &Resource, namespace: &str, options: &ListOptions) -> Self {
        let mut query = Query::new(collection_path(resource, namespace));
        query.text("labelSelector", &options.label_selector);
        query.text("fieldSelector", &options.field_selector);
        query.text("resourceVersion", &options.resource_version);
        query.number("limit", options.limit);
        query.text("continue", &options.continue_token);
        Self::read(query.path)
    }
    /// Watches the objects of a namespace, or of all when `namespace` is empty.
    pub fn watch(resource: &Resource, namespace: &str, options: &WatchOptions) -> Self {
        let mut query = Query::new(collection_path(resource, namespace));
        query.text("watch", "1");
        query.text("allowWatchBookmarks", "true");
        query.text("fieldSelector", &options.field_selector);
        query.text("resourceVersion", &options.resource_version);
        if options.send_initial_events {
            query.text("sendInitialEvents", "true");
            query.text("resourceVersionMatch", "NotOlderThan");
        }
        query.number("timeoutSeconds", options.timeout_seconds);
        Self::read(query.path)
    }
    /// Creates an object in `namespace` (empty for cluster-scoped).
    pub fn create(
        resource: &Resource,
        namespace: &str,
        object: &Value,
        options: &WriteOptions,
    ) -> Self {
        let query = Query::write(collection_path(resource, namespace), options);
        Self::with_body(Method::Post, query.path, JSON, object)
    }
    /// Replaces an object.
    pub fn update(
        resource: &Resource,
        key: &ObjectKey,
        object: &Value,
        options: &WriteOptions,
    ) -> Self {
        let query = Query::write(object_path(resource, key), options);
        Self::with_body(Method::Put, query.path, JSON, object)
    }
    /// Changes parts of an object.
    pub fn patch(
        resource: &Resource,
        key: &ObjectKey,
        kind: PatchKind,
        patch: &Value,
        options: &WriteOptions,
    ) -> Self {
        let mut query = Query::write(object_path(resource, key), options);
        let content_type = match kind {
            PatchKind::Json => "application/json-patch+json",
            PatchKind::Merge => "application/merge-patch+json",
            PatchKind::Strategic => "application/strategic-merge-patch+json",
            PatchKind::Apply(manager) => {
                let options = WriteOptions { field_manager: manager.to_owned() };
                query = Query::write(object_path(resource, key), &options);
                query.text("force", "true");
                "application/apply-patch+yaml"
            }
        };
        Self::with_body(Method::Patch, query.path, content_type, patch)
    }
    /// Deletes an object.
    pub fn delete(resource: &Resource, key: &ObjectKey, options: &DeleteOptions) -> Self {
        let path = object_path(resource, key);
        Self::with_body(Method::Delete, path, JSON, &options.to_json())
    }
    /// Deletes the objects of a namespace.
    pub fn delete_collection(
        resource: &Resource,
        namespace: &str,
        options: &DeleteOptions,
    ) -> Self {
        let path = collection_path(resource, namespace);
        Self::with_body(Method::Delete, path, JSON, &options.to_json())
    }
    /// The same request to a subresource, such as `status`.
    #[must_use]
    pub fn subresource(mut self, name: &str) -> Self {
        let at = self.path.find('?').unwrap_or(self.path.len());
        self.path.insert_str(at, &format!("/{name}"));
        self
    }
    /// The same request, answered with metadata only.
    #[must_use]
    pub const fn accept(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    fn with_body(method: Method, path: String, content_type: &'static str, body: &Value) -> Self {
        let body = Bytes::from(body.to_string());
        Self { method, path, content_type, accept: JSON, body, epoch: None }
    }
}

impl DeleteOptions {
    fn to_json(&self) -> Value {
        let mut options = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
        if let Some(propagation) = self.propagation {
            options["propagationPolicy"] = match propagation {
                Propagation::Background => "Background",
                Propagation::Foreground => "Foreground",
                Propagation::Orphan => "Orphan",
            }
            .into();
        }
        if let Some(seconds) = self.grace_period_seconds {
            options["gracePeriodSeconds"] = seconds.into();
        }
        if let Some(uid) = &self.preconditions.uid {
            options["preconditions"]["uid"] = uid.0.as_str().into();
        }
        if let Some(version) = self.preconditions.resource_version {
            options["preconditions"]["resourceVersion"] = version.to_string().into();
        }
        options
    }
}

fn collection_path(resource: &Resource, namespace: &str) -> String {
    let root = if resource.group.is_empty() { "/api" } else { "/apis" };
    let version = resource.api_version();
    if namespace.is_empty() || resource.scope == Scope::Cluster {
        return format!("{root}/{version}/{}", resource.plural);
    }
    format!("{root}/{version}/namespaces/{namespace}/{}", resource.plural)
}

fn object_path(resource: &Resource, key: &ObjectKey) -> String {
    format!("{}/{}", collection_path(resource, &key.namespace), escape(&key.name))
}

/// A path made of segments, with the parameters that are not empty as its query; all are escaped.
pub fn path(segments: &[&str], query: &[(&str, &str)]) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        path.push_str(&escape(segment));
    }
    let mut whole = Query::new(path);
    for (name, value) in query {
        whole.text(name, value);
    }
    whole.path
}

/// Percent-encodes what may not stand in a path segment or query value.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

struct Query {
    path: String,
}

impl Query {
    const fn new(path: String) -> Self {
        Self { path }
    }
    fn write(path: String, options: &WriteOptions) -> Self {
        let mut query = Self::new(path);
        query.text("fieldManager", &options.field_manager);
        query
    }
    fn text(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(name);
        self.path.push('=');
        self.path.push_str(&escape(value));
    }
    fn number(&mut self, name: &str, value: u32) {
        if value > 0 {
            self.text(name, &value.to_string());
        }
    }
}
