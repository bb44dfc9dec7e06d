//! Acting as somebody else (`kubectl --as`), for those who may.

use http::HeaderMap;

use crate::{
    Reason, RequestInfo, ResourcePath, Status, User,
    authentication::AUTHENTICATED,
    authorization::{self, Authorizer, Decision},
};

const USER: &str = "impersonate-user";
const GROUP: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Who a request is to be judged as: whom its headers name, if the sender may act as them.
///
/// # Errors
/// 400 for groups without a user, 403 if the sender may not.
pub(crate) fn impersonate(
    authorizer: &dyn Authorizer,
    user: User,
    headers: &HeaderMap,
) -> Result<User, Status> {
    let values = |name: &str| -> Vec<String> {
        let values = headers.get_all(name).into_iter();
        values.filter_map(|value| value.to_str().ok().map(str::to_owned)).collect()
    };
    let (names, mut groups, uids) = (values(USER), values(GROUP), values(UID));
    let Some(name) = names.into_iter().next() else {
        if groups.is_empty() && uids.is_empty() {
            return Ok(user);
        }
        let message = "groups or a uid are impersonated without impersonating a user";
        return Err(Status::new(400, Reason::BadRequest, message));
    };
    let may = |resource: &str, name: &str| {
        let request = asked(resource, name);
        match authorizer.authorize(&user, &request) {
            Decision::Allow => Ok(()),
            Decision::Deny { reason } => Err(authorization::forbidden(&user, &request, &reason)),
        }
    };
    may("users", &name)?;
    groups.iter().try_for_each(|group| may("groups", group))?;
    uids.iter().try_for_each(|uid| may("uids", uid))?;
    if groups.is_empty() {
        groups = implied_groups(&name);
    }
    if !groups.iter().any(|group| group == AUTHENTICATED) {
        groups.push(AUTHENTICATED.to_owned());
    }
    Ok(User { name, uid: uids.into_iter().next().unwrap_or_default(), groups, ..User::default() })
}

/// The groups a service account is always in.
fn implied_groups(name: &str) -> Vec<String> {
    let Some((namespace, _)) = name.strip_prefix(SERVICE_ACCOUNT).and_then(|n| n.split_once(':'))
    else {
        return Vec::new();
    };
    let all = "system:serviceaccounts";
    vec![all.to_owned(), format!("{all}:{namespace}")]
}

/// What the authorizer is asked.
fn asked(resource: &str, name: &str) -> RequestInfo {
    let group = if resource == "uids" { "authentication.k8s.io" } else { "" };
    let path = ResourcePath {
        group: group.to_owned(),
        version: "v1".to_owned(),
        resource: resource.to_owned(),
        name: name.to_owned(),
        is_item: true,
        ..ResourcePath::default()
    };
    RequestInfo {
        verb: "impersonate",
        path: String::new(),
        query: crate::Query::default(),
        resource: Some(path),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::authorization::{MASTERS, PrivilegedOnly};

    fn check(groups: &[&str], headers: &[(&'static str, &'static str)]) -> Result<User, String> {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        let user = User { name: "ann".into(), groups, ..User::default() };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        impersonate(&PrivilegedOnly, user, &map).map_err(|status| status.message)
    }

    #[test]
    fn the_privileged_become_whom_they_name() {
        let user = check(&[MASTERS], &[(USER, "bob"), (GROUP, "dev"), (GROUP, "ops")]).unwrap();
        assert_eq!(
            (user.name.as_str(), user.groups.join(",").as_str()),
            ("bob", "dev,ops,system:authenticated")
        );
        let account = check(&[MASTERS], &[(USER, "system:serviceaccount:shop:web")]).unwrap();
        assert_eq!(account.groups[1], "system:serviceaccounts:shop");
    }

    #[test]
    fn others_stay_who_they_are_or_are_refused() {
        assert_eq!(check(&[], &[]).unwrap().name, "ann");
        assert_eq!(
            check(&[], &[(USER, "bob")]).unwrap_err(),
            r#"users "bob" is forbidden: User "ann" cannot impersonate resource "users" in API group "" at the cluster scope"#
        );
    }

    #[test]
    fn groups_need_a_user() {
        assert!(check(&[MASTERS], &[(GROUP, "dev")]).is_err());
    }
}
