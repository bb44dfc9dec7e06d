//! What a URL means, before anything else of a request is looked at.

use http::Method;

use crate::query::{Query, decode};

/// A request as authorization sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestInfo {
    /// `get`, `list`, … for resources; the HTTP method in lower case for other paths.
    pub verb: &'static str,
    /// Decoded, without the query.
    pub path: String,
    pub query: Query,
    /// `None` for paths that are no resource.
    pub resource: Option<ResourcePath>,
}

/// The parts of a resource's URL. Whether such a resource exists is not known yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourcePath {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    /// Empty for all namespaces and for cluster scope. Of a namespace itself, its name.
    pub namespace: String,
    /// Plural name.
    pub resource: String,
    /// Empty for collections.
    pub name: String,
    pub subresource: String,
    /// What follows the subresource, of a proxy.
    pub rest: Vec<String>,
    /// The name stood in the path and not in a field selector.
    pub is_item: bool,
    /// The old form `/api/v1/watch/…`.
    pub is_watch_path: bool,
}

/// What may follow a namespace's name without being a resource in it.
const NAMESPACE_SUBRESOURCES: [&str; 2] = ["status", "finalize"];

impl ResourcePath {
    /// `plural.group`, or `plural` alone for the core group.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            return self.resource.clone();
        }
        format!("{}.{}", self.resource, self.group)
    }
}

impl RequestInfo {
    /// Reads method, path and query.
    pub fn parse(method: &Method, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = decode(path);
        let query = Query::parse(query);
        let resource = parse_resource(&path);
        let Some(mut resource) = resource else {
            return Self { verb: method_name(method), path, query, resource: None };
        };
        let verb = resource_verb(method, &resource, &query);
        if matches!(verb, "list" | "watch" | "deletecollection") && resource.name.is_empty() {
            resource.name = name_in_selector(query.get("fieldSelector")).unwrap_or_default();
        }
        Self { verb, path, query, resource: Some(resource) }
    }
}

fn parse_resource(path: &str) -> Option<ResourcePath> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (group, version, parts) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let (is_watch_path, parts) = match parts {
        ["watch", rest @ ..] => (true, rest),
        other => (false, other),
    };
    let (namespace, parts) = match parts {
        ["namespaces", namespace, subresource, ..]
            if NAMESPACE_SUBRESOURCES.contains(subresource) =>
        {
            (*namespace, parts)
        }
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        ["namespaces", namespace] => (*namespace, parts),
        other => ("", other),
    };
    let (resource, parts) = parts.split_first()?;
    let part = |index: usize| parts.get(index).copied().unwrap_or_default().to_owned();
    Some(ResourcePath {
        group: group.to_owned(),
        version: version.to_owned(),
        namespace: namespace.to_owned(),
        resource: (*resource).to_owned(),
        name: part(0),
        subresource: part(1),
        rest: parts.iter().skip(2).map(|part| (*part).to_owned()).collect(),
        is_item: !parts.is_empty(),
        is_watch_path,
    })
}

fn resource_verb(method: &Method, resource: &ResourcePath, query: &Query) -> &'static str {
    if resource.is_watch_path {
        return "watch";
    }
    match *method {
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if resource.is_item => "delete",
        Method::DELETE => "deletecollection",
        Method::GET | Method::HEAD if resource.is_item => "get",
        Method::GET | Method::HEAD if query.flag("watch") => "watch",
        Method::GET | Method::HEAD => "list",
        _ => "",
    }
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "get",
        Method::POST => "post",
        Method::PUT => "put",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        Method::HEAD => "head",
        Method::OPTIONS => "options",
        _ => "",
    }
}

/// The object that `metadata.name=NAME` picks: authorization looks at that name.
fn name_in_selector(selector: &str) -> Option<String> {
    selector.split(',').find_map(|term| {
        let (label, value) = term.split_once('=')?;
        (label.trim() == "metadata.name").then(|| value.trim_start_matches('=').trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(rows: &[(Method, &str)], wanted: Expect) {
        let mut lines = Vec::new();
        for (method, target) in rows {
            let info = RequestInfo::parse(method, target);
            let shown = match &info.resource {
                None => format!("path {}", info.path),
                Some(r) => format!(
                    "{}/{} ns={} {} name={} sub={} rest={}",
                    r.group,
                    r.version,
                    r.namespace,
                    r.resource,
                    r.name,
                    r.subresource,
                    r.rest.join("/")
                ),
            };
            lines.push(format!("{} {shown}\n", info.verb));
        }
        wanted.assert_eq(&lines.concat());
    }

    #[test]
    fn a_url_names_its_resource() {
        check(
            &[
                (Method::GET, "/api/v1/pods"),
                (Method::GET, "/api/v1/namespaces/shop/pods?watch=true"),
                (Method::GET, "/api/v1/namespaces/shop/pods?watch=0"),
                (Method::GET, "/api/v1/namespaces/shop/pods/web%2D1"),
                (Method::PATCH, "/api/v1/namespaces/shop/pods/web/status"),
                (Method::GET, "/api/v1/namespaces/shop/pods/web/proxy/a/b"),
                (Method::POST, "/apis/apps/v1/namespaces/shop/deployments"),
                (Method::DELETE, "/apis/apps/v1/namespaces/shop/deployments"),
                (Method::DELETE, "/apis/apps/v1/namespaces/shop/deployments/web"),
                (Method::GET, "/api/v1/watch/namespaces/shop/pods/web"),
                (Method::GET, "/api/v1/pods?watch=1&fieldSelector=metadata.name%3Dweb"),
            ],
            expect![[r#"
                list /v1 ns= pods name= sub= rest=
                watch /v1 ns=shop pods name= sub= rest=
                list /v1 ns=shop pods name= sub= rest=
                get /v1 ns=shop pods name=web-1 sub= rest=
                patch /v1 ns=shop pods name=web sub=status rest=
                get /v1 ns=shop pods name=web sub=proxy rest=a/b
                create apps/v1 ns=shop deployments name= sub= rest=
                deletecollection apps/v1 ns=shop deployments name= sub= rest=
                delete apps/v1 ns=shop deployments name=web sub= rest=
                watch /v1 ns=shop pods name=web sub= rest=
                watch /v1 ns= pods name=web sub= rest=
            "#]],
        );
    }

    #[test]
    fn a_namespace_is_a_resource_and_a_place() {
        check(
            &[
                (Method::GET, "/api/v1/namespaces"),
                (Method::GET, "/api/v1/namespaces/shop"),
                (Method::PUT, "/api/v1/namespaces/shop/finalize"),
                (Method::PUT, "/api/v1/namespaces/shop/status"),
            ],
            expect![[r#"
                list /v1 ns= namespaces name= sub= rest=
                get /v1 ns=shop namespaces name=shop sub= rest=
                update /v1 ns=shop namespaces name=shop sub=finalize rest=
                update /v1 ns=shop namespaces name=shop sub=status rest=
            "#]],
        );
    }

    #[test]
    fn other_paths_are_paths() {
        check(
            &[
                (Method::GET, "/"),
                (Method::GET, "/api/v1/"),
                (Method::GET, "/apis/apps/v1"),
                (Method::POST, "/version"),
                (Method::GET, "/readyz/ping?verbose"),
            ],
            expect![[r#"
                get path /
                get path /api/v1/
                get path /apis/apps/v1
                post path /version
                get path /readyz/ping
            "#]],
        );
    }
}
