//! The refusal that names what was asked of which object, in the reference's words.

use super::{Attributes, Target};
use crate::{Reason, Status};

pub(crate) fn forbidden(attributes: &Attributes<'_>, reason: &str) -> Status {
    let suffix = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let (user, verb) = (&attributes.user.name, attributes.verb);
    let resource = match attributes.target {
        Target::Resource(resource) => resource,
        Target::Path(path) => {
            let message =
                format!("forbidden: User \"{user}\" cannot {verb} path \"{path}\"{suffix}");
            return Status::new(403, Reason::Forbidden, message).about("", "", "");
        }
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
        "{subject} is forbidden: User \"{user}\" cannot {verb} resource \"{whole}\" in API group \"{}\" {place}{suffix}",
        resource.group
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
    use crate::{RequestInfo, User};

    fn check(method: &Method, target: &str, wanted: &str) {
        let request = RequestInfo::parse(method, target);
        let user = User { name: "bob".into(), ..User::default() };
        assert_eq!(forbidden(&Attributes::of(&user, &request), "").message, wanted);
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
}
