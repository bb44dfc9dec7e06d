//! A group of the API whose objects are not stored: somebody else in the process answers for them, and
//! they are only read. `metrics.k8s.io` is one.

use std::sync::Arc;

use http::Method;
use meta::{resource::Scope, selector::Selector};
use serde_json::{Value, json};

use crate::{Reason, RequestInfo, ResourcePath, Status, route};

/// What is read of a group, and who answers.
#[derive(Clone)]
pub struct ApiGroup {
    pub name: &'static str,
    /// The one there is.
    pub version: &'static str,
    pub resources: &'static [ReadOnlyResource],
    pub answer: ApiGroupAnswer,
}

/// A resource that can be got and listed.
#[derive(Debug, Clone, Copy)]
pub struct ReadOnlyResource {
    pub plural: &'static str,
    pub singular: &'static str,
    pub kind: &'static str,
    pub scope: Scope,
}

/// What a client wants to read.
#[derive(Debug, Clone)]
pub struct ReadOnlyRequest<'a> {
    pub plural: &'a str,
    /// Empty for all, and for cluster scope.
    pub namespace: &'a str,
    /// Empty for a list.
    pub name: &'a str,
    pub selector: Selector,
}

/// Answers with an object or a list without `apiVersion` and `kind`; an object that is not there is `None`.
pub type ApiGroupAnswer = Arc<dyn Fn(&ReadOnlyRequest<'_>) -> Option<Value> + Send + Sync>;

impl ApiGroup {
    /// What a request for one of its resources gets.
    pub(crate) fn respond(
        &self,
        method: &Method,
        info: &RequestInfo,
        path: &ResourcePath,
    ) -> Result<Value, Status> {
        let resource = self.resources.iter().find(|known| known.plural == path.resource);
        let is_known = path.version == self.version && path.subresource.is_empty();
        let resource = resource.filter(|_| is_known).ok_or_else(route::resource_not_found)?;
        if method != Method::GET || !matches!(info.verb, "get" | "list") {
            return Err(route::method_not_allowed());
        }
        let selector = info.query.get("labelSelector").parse::<Selector>();
        let selector = selector.map_err(|error| {
            let message = format!("unable to parse labelSelector: {error}");
            Status::new(400, Reason::BadRequest, message)
        })?;
        let (plural, namespace, name) = (resource.plural, &*path.namespace, &*path.name);
        let asked = ReadOnlyRequest { plural, namespace, name, selector };
        let mut value = (self.answer)(&asked).ok_or_else(|| self.not_found(plural, name))?;
        let suffix = if path.is_item { "" } else { "List" };
        value["kind"] = format!("{}{suffix}", resource.kind).into();
        value["apiVersion"] = self.group_version().into();
        Ok(value)
    }

    fn not_found(&self, plural: &str, name: &str) -> Status {
        let message = format!("{plural}.{} {name:?} not found", self.name);
        Status::new(404, Reason::NotFound, message).about(self.name, plural, name)
    }

    pub(crate) fn group_version(&self) -> String {
        format!("{}/{}", self.name, self.version)
    }

    /// As an entry of `/apis`.
    pub(crate) fn entry(&self) -> Value {
        let version = json!({"groupVersion": self.group_version(), "version": self.version});
        json!({"name": self.name, "preferredVersion": version, "versions": [version]})
    }

    /// `/apis/GROUP`.
    pub(crate) fn document(&self) -> Value {
        let mut document = self.entry();
        document["kind"] = "APIGroup".into();
        document["apiVersion"] = "v1".into();
        document
    }

    /// `/apis/GROUP/VERSION`.
    pub(crate) fn resource_list(&self) -> Value {
        let entry = |resource: &ReadOnlyResource| {
            json!({
                "name": resource.plural, "singularName": resource.singular,
                "namespaced": resource.scope == Scope::Namespaced, "kind": resource.kind,
                "verbs": ["get", "list"],
            })
        };
        let resources: Vec<Value> = self.resources.iter().map(entry).collect();
        json!({"kind": "APIResourceList", "apiVersion": "v1",
            "groupVersion": self.group_version(), "resources": resources})
    }

    /// As an entry of the aggregated document.
    pub(crate) fn aggregated_entry(&self) -> Value {
        let entry = |resource: &ReadOnlyResource| {
            let scope = match resource.scope {
                Scope::Namespaced => "Namespaced",
                Scope::Cluster => "Cluster",
            };
            json!({
                "resource": resource.plural, "scope": scope, "verbs": ["get", "list"],
                "responseKind": {"group": "", "version": "", "kind": resource.kind},
                "singularResource": resource.singular,
            })
        };
        let resources: Vec<Value> = self.resources.iter().map(entry).collect();
        json!({"metadata": {"name": self.name}, "versions": [
            {"version": self.version, "freshness": "Current", "resources": resources}]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THINGS: &[ReadOnlyResource] = &[ReadOnlyResource {
        plural: "things",
        singular: "thing",
        kind: "Thing",
        scope: Scope::Namespaced,
    }];

    fn answer(method: &Method, target: &str) -> String {
        let group = ApiGroup {
            name: "example.com",
            version: "v1",
            resources: THINGS,
            answer: Arc::new(|asked| {
                let text = format!("{}/{} {}", asked.namespace, asked.name, asked.selector);
                (asked.name != "none").then(|| json!({ "asked": text }))
            }),
        };
        let info = RequestInfo::parse(method, target);
        let path = info.resource.clone().expect("a resource");
        match group.respond(method, &info, &path) {
            Ok(value) => value.to_string(),
            Err(status) => format!("{} {}", status.code, status.message),
        }
    }

    #[test]
    fn objects_and_lists_are_read_and_nothing_else() {
        let rows = [
            (
                "/apis/example.com/v1/namespaces/shop/things/a",
                r#"{"apiVersion":"example.com/v1","asked":"shop/a ","kind":"Thing"}"#,
            ),
            (
                "/apis/example.com/v1/things?labelSelector=a%3Db",
                r#"{"apiVersion":"example.com/v1","asked":"/ a=b","kind":"ThingList"}"#,
            ),
            (
                "/apis/example.com/v1/namespaces/shop/things/none",
                r#"404 things.example.com "none" not found"#,
            ),
            ("/apis/example.com/v2/things", "404 the server could not find the requested resource"),
            (
                "/apis/example.com/v1/things?watch=1",
                "405 the server does not allow this method on the requested resource",
            ),
        ];
        for (target, expected) in rows {
            assert_eq!(answer(&Method::GET, target), expected, "{target}");
        }
        assert!(answer(&Method::POST, "/apis/example.com/v1/things").starts_with("405"));
    }
}
