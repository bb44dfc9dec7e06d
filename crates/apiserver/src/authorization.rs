//! Who may do what. Until roles are served, the privileged few may do everything.

use crate::{Reason, Status, User, request_info::RequestInfo};

/// Decides on a request before anything else of it is looked at.
pub trait Authorizer: Send + Sync {
    fn authorize(&self, user: &User, request: &RequestInfo) -> Decision;
}

/// What an authorizer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Allow,
    /// `reason` ends the message, if there is one.
    Deny {
        reason: String,
    },
}

/// Lets `system:masters` and the control plane's own components do everything, and everybody read
/// health and version.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrivilegedOnly;

/// Members may do everything.
pub const MASTERS: &str = "system:masters";
const COMPONENTS: [&str; 3] =
    ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler"];
const PRIVILEGED_GROUPS: [&str; 3] =
    [MASTERS, "system:nodes", "system:serviceaccounts:kube-system"];
const PUBLIC_PATHS: [&str; 5] = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

impl Authorizer for PrivilegedOnly {
    fn authorize(&self, user: &User, request: &RequestInfo) -> Decision {
        if is_privileged(user) || is_public(request) {
            return Decision::Allow;
        }
        Decision::Deny { reason: String::new() }
    }
}

/// Whether a request may be answered without credentials.
pub(crate) fn is_public(request: &RequestInfo) -> bool {
    request.verb == "get"
        && request.resource.is_none()
        && PUBLIC_PATHS.contains(&request.path.as_str())
}

fn is_privileged(user: &User) -> bool {
    let mut groups = user.groups.iter().map(String::as_str);
    groups.any(|group| PRIVILEGED_GROUPS.contains(&group))
        || COMPONENTS.contains(&user.name.as_str())
}

/// The refusal that names what was asked of which object.
pub(crate) fn forbidden(user: &User, request: &RequestInfo, reason: &str) -> Status {
    let suffix = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let Some(resource) = &request.resource else {
        let message = format!(
            "forbidden: User \"{}\" cannot {} path \"{}\"{suffix}",
            user.name, request.verb, request.path
        );
        return Status::new(403, Reason::Forbidden, message).about("", "", "");
    };
    let whole = match resource.subresource.as_str() {
        "" => resource.resource.clone(),
        subresource => format!("{}/{subresource}", resource.resource),
    };
    let place = match resource.namespace.as_str() {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace \"{namespace}\""),
    };
    let subject = match resource.name.as_str() {
        "" => resource.qualified(),
        name => format!("{} \"{name}\"", resource.qualified()),
    };
    let message = format!(
        "{subject} is forbidden: User \"{}\" cannot {} resource \"{whole}\" in API group \"{}\" {place}{suffix}",
        user.name, request.verb, resource.group
    );
    Status::new(403, Reason::Forbidden, message).about(
        &resource.group,
        &resource.resource,
        &resource.name,
    )
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn check(method: &Method, target: &str, wanted: &str) {
        let request = RequestInfo::parse(method, target);
        let user = User { name: "bob".into(), ..User::default() };
        assert_eq!(forbidden(&user, &request, "").message, wanted);
    }

    #[test]
    fn a_refusal_names_the_object_and_its_namespace() {
        check(
            &Method::GET,
            "/apis/apps/v1/namespaces/shop/deployments/web",
            r#"deployments.apps "web" is forbidden: User "bob" cannot get resource "deployments" in API group "apps" in the namespace "shop""#,
        );
    }

    #[test]
    fn a_refused_list_names_the_collection() {
        check(
            &Method::GET,
            "/api/v1/nodes",
            r#"nodes is forbidden: User "bob" cannot list resource "nodes" in API group "" at the cluster scope"#,
        );
    }

    #[test]
    fn a_refused_subresource_is_named_with_its_parent() {
        check(
            &Method::PATCH,
            "/api/v1/namespaces/shop/pods/p/status",
            r#"pods "p" is forbidden: User "bob" cannot patch resource "pods/status" in API group "" in the namespace "shop""#,
        );
    }

    #[test]
    fn a_refused_path_is_named_as_path() {
        check(&Method::GET, "/metrics", r#"forbidden: User "bob" cannot get path "/metrics""#);
    }

    #[test]
    fn masters_may_and_strangers_may_not() {
        let request = RequestInfo::parse(&Method::GET, "/api/v1/nodes");
        let master = User { groups: vec![MASTERS.into()], ..User::default() };
        assert_eq!(PrivilegedOnly.authorize(&master, &request), Decision::Allow);
        let stranger = User { name: "bob".into(), ..User::default() };
        let decision = PrivilegedOnly.authorize(&stranger, &request);
        assert_eq!(decision, Decision::Deny { reason: String::new() });
        let health = RequestInfo::parse(&Method::GET, "/readyz?verbose");
        assert_eq!(PrivilegedOnly.authorize(&stranger, &health), Decision::Allow);
    }
}
