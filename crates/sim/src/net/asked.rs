//! What a request asks for, as faults and checkers look at it.

use client::Method;
use serde::Deserialize;

use crate::plan::{Request, RequestVerb};

/// Read from a request's method and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Never `Any` or `Write`.
    pub(crate) verb: RequestVerb,
    pub(crate) group: String,
    pub(crate) version: String,
    /// Plural.
    pub(crate) resource: String,
    pub(crate) namespace: String,
    /// Empty for collections.
    pub(crate) name: String,
    pub(crate) subresource: String,
    /// `name=value` pairs.
    pub(crate) query: Vec<String>,
}

impl Asked {
    pub(crate) fn of(request: &client::Request) -> Self {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let query: Vec<String> = query.split('&').map(str::to_owned).collect();
        let mut steps = path.split('/').skip(1);
        let group = if steps.next() == Some("api") { "" } else { steps.next().unwrap_or_default() };
        let version = steps.next().unwrap_or_default();
        let mut rest: Vec<&str> = steps.collect();
        let mut namespace = "";
        if rest.first() == Some(&"namespaces") && rest.len() > 2 && !is_part_of_namespace(&rest) {
            namespace = rest.get(1).copied().unwrap_or_default();
            rest.drain(..2);
        }
        let step = |at: usize| rest.get(at).copied().unwrap_or_default().to_owned();
        Self {
            verb: verb(request.method, &query),
            group: group.to_owned(),
            version: version.to_owned(),
            resource: step(0),
            namespace: namespace.to_owned(),
            name: step(1),
            subresource: step(2),
            query,
        }
    }

    pub(crate) fn is_write(&self) -> bool {
        !matches!(self.verb, RequestVerb::Read | RequestVerb::Watch)
    }

    /// The name of the task that carries it out.
    pub(crate) const fn task(&self) -> &'static str {
        match self.verb {
            RequestVerb::Watch => "request: watch",
            RequestVerb::Create => "request: create",
            RequestVerb::Update => "request: update",
            RequestVerb::Patch => "request: patch",
            RequestVerb::Delete => "request: delete",
            RequestVerb::Read | RequestVerb::Any | RequestVerb::Write => "request: read",
        }
    }

    /// Whether it is of the kind that goes on for ever: leases and Events.
    pub(crate) fn is_heartbeat(&self) -> bool {
        matches!(self.resource.as_str(), "leases" | "events")
    }

    /// The value of a query parameter; empty if it is not there.
    pub(crate) fn query(&self, name: &str) -> &str {
        let values = self.query.iter().filter_map(|pair| pair.split_once('='));
        values.filter(|(key, _)| *key == name).map(|(_, value)| value).next().unwrap_or_default()
    }

    /// Whether it is one of those that `wanted` describes; who asks is looked at elsewhere.
    pub(crate) fn is(&self, wanted: &Request) -> bool {
        let verb = match wanted.verb {
            RequestVerb::Any => true,
            RequestVerb::Write => self.is_write(),
            RequestVerb::Read => !self.is_write(),
            RequestVerb::Watch
            | RequestVerb::Create
            | RequestVerb::Update
            | RequestVerb::Patch
            | RequestVerb::Delete => self.verb == wanted.verb,
        };
        let matches = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        verb && matches(&wanted.resource, &self.resource)
            && matches(&wanted.subresource, &self.subresource)
    }
}

fn is_part_of_namespace(rest: &[&str]) -> bool {
    rest.len() == 3 && matches!(rest.last(), Some(&"status" | &"finalize"))
}

fn verb(method: Method, query: &[String]) -> RequestVerb {
    match method {
        Method::Get if query.iter().any(|pair| pair == "watch=1") => RequestVerb::Watch,
        Method::Get => RequestVerb::Read,
        Method::Post => RequestVerb::Create,
        Method::Put => RequestVerb::Update,
        Method::Patch => RequestVerb::Patch,
        Method::Delete => RequestVerb::Delete,
    }
}

/// What a body says of the object it is about.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    metadata: Identity,
    preconditions: Identity,
}
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Identity {
    uid: Option<String>,
    resource_version: Option<String>,
}
/// One operation of a JSON patch.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Operation {
    op: String,
    path: String,
}

impl Identity {
    const fn is_given(&self) -> bool {
        self.uid.is_some() || self.resource_version.is_some()
    }
}

/// Whether a request that changes or removes one object says which: by its UID or, if it changes one, by
/// its exact version.
pub(crate) fn names_its_object(request: &client::Request) -> bool {
    if request.body.trim_ascii_start().starts_with(b"[") {
        let operations: Vec<Operation> = serde_json::from_slice(&request.body).unwrap_or_default();
        return operations.iter().any(|operation| {
            operation.op == "test"
                && matches!(operation.path.as_str(), "/metadata/uid" | "/metadata/resourceVersion")
        });
    }
    let named: Named = serde_json::from_slice(&request.body).unwrap_or_default();
    if request.method == Method::Delete {
        return named.preconditions.uid.is_some();
    }
    named.metadata.is_given() || named.preconditions.is_given()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn asked(method: Method, path: &str) -> String {
        let request = client::Request { method, ..client::Request::read(path) };
        let Asked { verb, group, version, resource, namespace, name, subresource, .. } =
            Asked::of(&request);
        format!("{verb:?} {group}|{version}|{resource}|{namespace}|{name}|{subresource}")
    }

    #[test]
    fn the_path_says_what_is_asked_for() {
        let rows = [
            (Method::Get, "/api/v1/pods?watch=1", "Watch |v1|pods|||"),
            (Method::Get, "/api/v1/namespaces/shop", "Read |v1|namespaces||shop|"),
            (
                Method::Put,
                "/api/v1/namespaces/shop/finalize",
                "Update |v1|namespaces||shop|finalize",
            ),
            (Method::Post, "/api/v1/namespaces/shop/pods", "Create |v1|pods|shop||"),
            (
                Method::Patch,
                "/apis/apps/v1/namespaces/shop/deployments/web/status?fieldManager=x",
                "Patch apps|v1|deployments|shop|web|status",
            ),
            (Method::Delete, "/api/v1/nodes/node-1", "Delete |v1|nodes||node-1|"),
        ];
        for (method, path, wanted) in rows {
            assert_eq!(asked(method, path), wanted);
        }
    }

    #[test]
    fn a_delete_names_its_object_by_uid() {
        let rows = [
            (r#"{"preconditions":{"uid":"u"}}"#, true),
            (r#"{"preconditions":{"uid":"u","resourceVersion":"7"}}"#, true),
            (r#"{"preconditions":{"resourceVersion":"7"}}"#, false),
            ("", false),
        ];
        for (body, wanted) in rows {
            let (method, body) = (Method::Delete, Bytes::from_static(body.as_bytes()));
            let request = client::Request { method, body, ..client::Request::read("/") };
            assert_eq!(names_its_object(&request), wanted, "{request:?}");
        }
    }

    #[test]
    fn a_request_names_its_object_by_uid_or_version() {
        let rows = [
            (r#"{"metadata":{"uid":"u"}}"#, true),
            (r#"{"metadata":{"resourceVersion":"7"}}"#, true),
            (r#"{"preconditions":{"uid":"u"}}"#, true),
            (r#"[{"op":"test","path":"/metadata/uid","value":"u"}]"#, true),
            (r#"[{"op":"remove","path":"/metadata/uid"}]"#, false),
            (r#"{"metadata":{"name":"a"}}"#, false),
            ("", false),
        ];
        for (body, wanted) in rows {
            let body = Bytes::from_static(body.as_bytes());
            let request = client::Request { body, ..client::Request::read("/") };
            assert_eq!(names_its_object(&request), wanted, "{request:?}");
        }
    }
}
