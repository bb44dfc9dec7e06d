//! Which resource a request means, and whether that resource can be asked so.

use std::sync::Arc;

use api::catalog::{self, ResourceFacts, SubresourceFacts};
use meta::resource::Scope;

use crate::{
    Reason, Served, Status,
    request_info::{RequestInfo, ResourcePath},
};

/// A served resource under its URL.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub facts: Arc<ResourceFacts>,
    /// Empty for the resource itself.
    subresource: String,
}

impl Target {
    pub(crate) fn subresource(&self) -> Option<&SubresourceFacts> {
        self.facts.subresource(&self.subresource)
    }
}

/// Why a URL leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Misroute {
    /// Not even the group is known: plain text.
    PathUnknown,
    Status(Status),
}

/// The resource of a request.
///
/// # Errors
/// The path is unknown, or its method is not served.
pub(crate) fn resolve(
    info: &RequestInfo,
    path: &ResourcePath,
    served: &Served,
) -> Result<Target, Misroute> {
    let catalog = catalog::builtin();
    if info.path.contains("//") {
        return Err(Misroute::PathUnknown);
    }
    if !is_built_in(&path.group) && !served.has_group(&path.group) {
        return Err(Misroute::PathUnknown);
    }
    let facts = catalog
        .resource(&path.group, &path.version, &path.resource)
        .or_else(|| served.resource(&path.group, &path.version, &path.resource))
        .filter(|facts| is_in_scope(facts, path))
        .ok_or_else(not_found)?;
    if !path.rest.is_empty() && path.subresource != "proxy" {
        return Err(not_found());
    }
    let subresource = match path.subresource.as_str() {
        "" => None,
        name => Some(facts.subresource(name).ok_or_else(not_found)?),
    };
    let is_served = match subresource {
        Some(subresource) => has(&subresource.verbs, info.verb),
        None => is_served(facts, path, info.verb)?,
    };
    if !is_served {
        return Err(Misroute::Status(method_not_allowed()));
    }
    let subresource = path.subresource.clone();
    Ok(Target { facts: Arc::clone(facts), subresource })
}

/// Whether a group is one of those that every server has.
pub(crate) fn is_built_in(group: &str) -> bool {
    let mut known = catalog::builtin().resources().iter();
    group.is_empty() || known.any(|facts| facts.resource.group == group)
}

/// The path is none of ours.
pub(crate) fn resource_not_found() -> Status {
    let message = "the server could not find the requested resource";
    Status::new(404, Reason::NotFound, message).about("", "", "")
}

pub(crate) fn method_not_allowed() -> Status {
    let message = "the server does not allow this method on the requested resource";
    Status::new(405, Reason::MethodNotAllowed, message).about("", "", "")
}

fn not_found() -> Misroute {
    Misroute::Status(resource_not_found())
}

/// Namespaced objects are reached in their namespace, others outside of any.
fn is_in_scope(facts: &ResourceFacts, path: &ResourcePath) -> bool {
    match facts.resource.scope {
        Scope::Namespaced => !path.namespace.is_empty() || !path.is_item || path.is_watch_path,
        Scope::Cluster => {
            path.namespace.is_empty()
                || (facts.resource.plural == "namespaces" && facts.resource.group.is_empty())
        }
    }
}

fn is_served(facts: &ResourceFacts, path: &ResourcePath, verb: &str) -> Result<bool, Misroute> {
    const ITEM_VERBS: [&str; 4] = ["get", "update", "patch", "delete"];
    if path.is_item && !path.is_watch_path {
        if !ITEM_VERBS.iter().any(|verb| facts.has_verb(verb)) {
            return Err(not_found());
        }
        return Ok(ITEM_VERBS.contains(&verb) && facts.has_verb(verb));
    }
    let across_namespaces = facts.resource.scope == Scope::Namespaced && path.namespace.is_empty();
    if across_namespaces && !matches!(verb, "list" | "watch") {
        return Ok(false);
    }
    Ok(matches!(verb, "list" | "watch" | "create" | "deletecollection") && facts.has_verb(verb))
}

fn has(verbs: &[String], verb: &str) -> bool {
    verbs.iter().any(|known| known == verb)
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn outcome(method: &Method, target: &str) -> String {
        let info = RequestInfo::parse(method, target);
        let Some(path) = &info.resource else { return "path".into() };
        match resolve(&info, path, &Served::default()) {
            Ok(target) => format!("{} {}", info.verb, target.facts.resource.qualified()),
            Err(Misroute::PathUnknown) => "404 text".into(),
            Err(Misroute::Status(status)) => status.code.to_string(),
        }
    }

    #[test]
    fn a_url_leads_to_its_resource_or_says_why_not() {
        let rows = [
            (Method::GET, "/api/v1/namespaces/shop/pods", "list pods"),
            (Method::GET, "/api/v1/pods", "list pods"),
            (Method::GET, "/api/v1/watch/namespaces/shop/pods/web", "watch pods"),
            (Method::GET, "/api/v1/namespaces/shop", "get namespaces"),
            (Method::PUT, "/api/v1/namespaces/shop/finalize", "update namespaces"),
            (
                Method::PATCH,
                "/apis/apps/v1/namespaces/shop/deployments/web/scale",
                "patch deployments.apps",
            ),
            (Method::POST, "/api/v1/pods", "405"),
            (Method::DELETE, "/api/v1/pods", "405"),
            (Method::DELETE, "/api/v1/namespaces", "405"),
            (Method::POST, "/api/v1/namespaces/shop/pods/web", "405"),
            (Method::PUT, "/api/v1/namespaces/shop/pods", "405"),
            (Method::OPTIONS, "/api/v1/namespaces/shop/pods", "405"),
            (Method::GET, "/api/v1/pods/web", "404"),
            (Method::GET, "/api/v1/namespaces/shop/nodes", "404"),
            (Method::GET, "/api/v1/namespaces/shop/pods/web/nosuch", "404"),
            (Method::GET, "/api/v1/namespaces/shop/nosuch", "404"),
            (Method::GET, "/api/v1/namespaces/shop/pods/web/status/more", "404"),
            (Method::GET, "/api/v1/namespaces/shop/pods/", "list pods"),
            (Method::GET, "/api/v1/namespaces//pods", "404 text"),
            (Method::GET, "/apis/apps/v9/deployments", "404"),
            (Method::GET, "/apis/nosuch.example/v1/things", "404 text"),
            (Method::GET, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "405"),
        ];
        for (method, target, wanted) in rows {
            assert_eq!(outcome(&method, target), wanted, "{method} {target}");
        }
    }
}
