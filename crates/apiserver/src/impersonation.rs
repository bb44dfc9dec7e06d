//! Acting as somebody else (`kubectl --as`), for those who may: in the way and for the deed that they
//! may, or, by the old verb, for everything.

use std::collections::BTreeMap;

use http::HeaderMap;

use crate::{
    Query, Reason, RequestInfo, ResourcePath, Status, User,
    authentication::{ANONYMOUS, account_user, authenticated},
    authorization::{self, Attributes, Authorizer, Decision},
    query,
};

const USER: &str = "impersonate-user";
const GROUP: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const EXTRA_PREFIX: &str = "impersonate-extra-";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";
const NODE: &str = "system:node:";
const NODES: &str = "system:nodes";
const IDENTITY_GROUP: &str = "authentication.k8s.io";
const NODE_NAME: &str = "authentication.kubernetes.io/node-name";

/// Whom a request is to be made as: what its headers say, nothing added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Impersonation {
    wanted: User,
}

/// In which way somebody may act as another. All but the last also ask what is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// A service account, as the node that its pod runs on.
    AssociatedNode,
    ArbitraryNode,
    ServiceAccount,
    UserInfo,
    /// As anybody, for everything.
    Legacy,
}

const MODES: [Mode; 5] =
    [Mode::AssociatedNode, Mode::ArbitraryNode, Mode::ServiceAccount, Mode::UserInfo, Mode::Legacy];

impl Impersonation {
    /// `None` if nobody is to be impersonated.
    ///
    /// # Errors
    /// 400 for groups, extras or a UID without a user.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Option<Self>, Status> {
        let values = |name: &str| -> Vec<String> {
            let values = headers.get_all(name).into_iter();
            values.filter_map(|value| value.to_str().ok().map(str::to_owned)).collect()
        };
        let first = |name: &str| values(name).into_iter().next().unwrap_or_default();
        let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in headers {
            if let (Some(key), Ok(value)) =
                (name.as_str().strip_prefix(EXTRA_PREFIX), value.to_str())
            {
                extra.entry(query::decode(key)).or_default().push(value.to_owned());
            }
        }
        let wanted = User { name: first(USER), uid: first(UID), groups: values(GROUP), extra };
        if !wanted.name.is_empty() {
            return Ok(Some(Self { wanted }));
        }
        if wanted == User::default() {
            return Ok(None);
        }
        let message = format!("requested {wanted:?} without impersonating a user name");
        Err(Status::new(400, Reason::BadRequest, message))
    }

    /// Whom the request is to be judged as, if its sender may make it so.
    ///
    /// # Errors
    /// 403 that names what was refused first.
    pub(crate) async fn authorize(
        &self,
        judge: &impl Judge,
        sender: &User,
        info: &RequestInfo,
    ) -> Result<User, Status> {
        let mut refusal = None;
        for mode in MODES.into_iter().filter(|mode| mode.applies(&self.wanted, sender)) {
            match may_all(judge, sender, &self.checks(mode, info)).await {
                Ok(()) => return Ok(self.completed()),
                Err(status) => refusal = refusal.or(Some(status)),
            }
        }
        // The old way applies to everybody, so that there is a refusal.
        let attributes = Attributes::of(sender, info);
        Err(refusal.unwrap_or_else(|| authorization::forbidden(&attributes, "")))
    }

    /// Everything that must be allowed, in the order in which it is asked.
    fn checks(&self, mode: Mode, info: &RequestInfo) -> Vec<RequestInfo> {
        let wanted = &self.wanted;
        let verb = mode.verb();
        let identity = |resource: &str, name: &str| about(mode, verb, resource, name);
        let mut checks: Vec<_> = mode.deed(info).into_iter().collect();
        checks.push(match (mode, service_account(&wanted.name)) {
            (Mode::ServiceAccount | Mode::Legacy, Some((namespace, name))) => {
                let mut check = identity("serviceaccounts", name);
                if let Some(resource) = &mut check.resource {
                    namespace.clone_into(&mut resource.namespace);
                }
                check
            }
            (Mode::AssociatedNode, _) => identity("nodes", "*"),
            (Mode::ArbitraryNode, _) => {
                identity("nodes", wanted.name.strip_prefix(NODE).unwrap_or_default())
            }
            (Mode::ServiceAccount | Mode::Legacy | Mode::UserInfo, _) => {
                identity("users", &wanted.name)
            }
        });
        if !wanted.uid.is_empty() {
            checks.push(about(Mode::UserInfo, verb, "uids", &wanted.uid));
        }
        checks.extend(wanted.groups.iter().map(|group| identity("groups", group)));
        for (key, values) in &wanted.extra {
            checks.extend(values.iter().map(|value| extra_check(verb, key, value)));
        }
        checks
    }

    /// The user with the groups that nobody needs to name.
    fn completed(&self) -> User {
        let mut user = self.wanted.clone();
        if user.groups.is_empty() {
            if let Some((namespace, name)) = service_account(&user.name) {
                user.groups = account_user(namespace, name).groups;
            } else if user.name.starts_with(NODE) {
                user.groups.push(NODES.to_owned());
            }
        }
        let strangers = crate::authentication::UNAUTHENTICATED;
        if user.name == ANONYMOUS && !user.groups.iter().any(|group| group == strangers) {
            user.groups.push(strangers.to_owned());
        }
        authenticated(user)
    }
}

impl Mode {
    /// Whether somebody can be impersonated in this way at all.
    fn applies(self, wanted: &User, sender: &User) -> bool {
        let is_name_alone =
            wanted.uid.is_empty() && wanted.groups.is_empty() && wanted.extra.is_empty();
        let node = wanted.name.strip_prefix(NODE).filter(|name| !name.is_empty());
        let account = service_account(&wanted.name);
        match self {
            Self::AssociatedNode => {
                let own = sender.extra.get(NODE_NAME).and_then(|names| names.first());
                let is_own = own.is_some_and(|own| node == Some(own.as_str()));
                is_name_alone && is_own && service_account(&sender.name).is_some()
            }
            Self::ArbitraryNode => is_name_alone && node.is_some(),
            Self::ServiceAccount => is_name_alone && account.is_some(),
            Self::UserInfo => node.is_none() && account.is_none(),
            Self::Legacy => true,
        }
    }

    const fn verb(self) -> &'static str {
        match self {
            Self::AssociatedNode => "impersonate:associated-node",
            Self::ArbitraryNode => "impersonate:arbitrary-node",
            Self::ServiceAccount => "impersonate:serviceaccount",
            Self::UserInfo => "impersonate:user-info",
            Self::Legacy => "impersonate",
        }
    }

    /// The request itself, as something to be done in this way.
    fn deed(self, info: &RequestInfo) -> Option<RequestInfo> {
        let verb = match self {
            Self::AssociatedNode => on!("associated-node", info.verb),
            Self::ArbitraryNode => on!("arbitrary-node", info.verb),
            Self::ServiceAccount => on!("serviceaccount", info.verb),
            Self::UserInfo => on!("user-info", info.verb),
            Self::Legacy => return None,
        };
        Some(RequestInfo { verb, ..info.clone() })
    }
}

/// The verb that allows a deed in a way.
macro_rules! on {
    ($mode:literal, $verb:expr) => {
        on!($mode, $verb, "get", "list", "watch", "create", "update", "patch", "delete",
            "deletecollection", "post", "put", "head", "options")
    };
    ($mode:literal, $verb:expr, $($known:literal),*) => {
        match $verb {
            $($known => concat!("impersonate-on:", $mode, ":", $known),)*
            _ => concat!("impersonate-on:", $mode, ":"),
        }
    };
}
use on;

/// Says whether somebody may act as another.
pub(crate) trait Judge: Sync {
    fn judge(&self, attributes: &Attributes<'_>) -> impl Future<Output = Decision> + Send;
}

impl Judge for Authorizer {
    async fn judge(&self, attributes: &Attributes<'_>) -> Decision {
        self.decide(attributes).await
    }
}

/// The first refusal counts.
async fn may_all(judge: &impl Judge, sender: &User, checks: &[RequestInfo]) -> Result<(), Status> {
    for check in checks {
        let attributes = Attributes::of(sender, check);
        if let Decision::Deny { reason } = judge.judge(&attributes).await {
            return Err(authorization::forbidden(&attributes, &reason));
        }
    }
    Ok(())
}

/// What the authorizer is asked. The old way knows users and groups in the core group.
fn about(mode: Mode, verb: &'static str, resource: &str, name: &str) -> RequestInfo {
    let group = if mode == Mode::Legacy { "" } else { IDENTITY_GROUP };
    let path = ResourcePath {
        group: group.to_owned(),
        version: "v1".to_owned(),
        resource: resource.to_owned(),
        name: name.to_owned(),
        is_item: true,
        ..ResourcePath::default()
    };
    RequestInfo { verb, path: String::new(), query: Query::default(), resource: Some(path) }
}

/// What is asked about one value of an extra field.
fn extra_check(verb: &'static str, key: &str, value: &str) -> RequestInfo {
    let mut check = about(Mode::UserInfo, verb, "userextras", value);
    if let Some(resource) = &mut check.resource {
        key.clone_into(&mut resource.subresource);
    }
    check
}

/// Namespace and name of a service account's user name.
fn service_account(name: &str) -> Option<(&str, &str)> {
    let (namespace, name) = name.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains(':')).then_some((namespace, name))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue, Method};

    use super::*;
    use crate::authorization::Target;

    /// Allows what is listed, as `verb resource.group/subresource name`.
    struct Only(&'static [&'static str]);

    impl Judge for Only {
        async fn judge(&self, attributes: &Attributes<'_>) -> Decision {
            let Target::Resource(resource) = attributes.target else {
                return Decision::Deny { reason: String::new() };
            };
            let place = match resource.subresource.as_str() {
                "" => resource.qualified(),
                subresource => format!("{}/{subresource}", resource.qualified()),
            };
            let asked = format!("{} {place} {}", attributes.verb, resource.name);
            if self.0.contains(&asked.as_str()) {
                return Decision::Allow { reason: String::new(), grant: None };
            }
            Decision::Deny { reason: String::new() }
        }
    }

    fn check(allowed: &'static [&'static str], headers: &[(&str, &str)], wanted: &str) {
        let sender = User {
            name: "system:serviceaccount:ns:agent".into(),
            extra: [(NODE_NAME.to_owned(), vec!["n1".to_owned()])].into(),
            ..User::default()
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        let info = RequestInfo::parse(&Method::GET, "/api/v1/namespaces/ns/configmaps/c");
        let read = Impersonation::read(&map);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let judged = read.and_then(|read| match read {
            Some(read) => runtime.block_on(read.authorize(&Only(allowed), &sender, &info)),
            None => Ok(sender.clone()),
        });
        let said = match judged {
            Ok(user) => format!("{} {}", user.name, user.groups.join(",")),
            Err(status) => format!("{} {}", status.code, status.message),
        };
        assert_eq!(said, wanted);
    }

    #[test]
    fn the_old_verb_allows_everything_about_a_user() {
        let allowed: &[&str] = &[
            "impersonate users bob",
            "impersonate groups dev",
            "impersonate userextras.authentication.k8s.io/example.org/scope a",
            "impersonate uids.authentication.k8s.io 7",
        ];
        let extra = ("impersonate-extra-example.org%2fscope", "a");
        let headers = [(USER, "bob"), (GROUP, "dev"), (UID, "7"), extra];
        check(allowed, &headers, "bob dev,system:authenticated");
    }

    #[test]
    fn accounts_nodes_and_strangers_get_their_own_groups() {
        check(
            &["impersonate serviceaccounts web"],
            &[(USER, "system:serviceaccount:shop:web")],
            "system:serviceaccount:shop:web system:serviceaccounts,system:serviceaccounts:shop,system:authenticated",
        );
        check(
            &[
                "impersonate:arbitrary-node nodes.authentication.k8s.io n2",
                "impersonate-on:arbitrary-node:get configmaps c",
            ],
            &[(USER, "system:node:n2")],
            "system:node:n2 system:nodes,system:authenticated",
        );
        check(
            &[
                "impersonate:associated-node nodes.authentication.k8s.io *",
                "impersonate-on:associated-node:get configmaps c",
            ],
            &[(USER, "system:node:n1")],
            "system:node:n1 system:nodes,system:authenticated",
        );
        let stranger = [(USER, ANONYMOUS)];
        check(
            &["impersonate users system:anonymous"],
            &stranger,
            "system:anonymous system:unauthenticated",
        );
    }

    #[test]
    fn a_constrained_way_allows_one_deed() {
        let allowed: &[&str] = &[
            "impersonate:user-info users.authentication.k8s.io bob",
            "impersonate-on:user-info:get configmaps c",
        ];
        check(allowed, &[(USER, "bob")], "bob system:authenticated");
        let refused = r#"403 configmaps "c" is forbidden: User "system:serviceaccount:ns:agent" cannot impersonate-on:user-info:get resource "configmaps" in API group "" in the namespace "ns""#;
        check(
            &["impersonate:user-info users.authentication.k8s.io bob"],
            &[(USER, "bob")],
            refused,
        );
    }

    #[test]
    fn everything_named_must_be_allowed() {
        let allowed: &[&str] = &["impersonate users bob"];
        let refused = r#"403 configmaps "c" is forbidden: User "system:serviceaccount:ns:agent" cannot impersonate-on:user-info:get resource "configmaps" in API group "" in the namespace "ns""#;
        check(allowed, &[(USER, "bob"), (GROUP, "system:masters")], refused);
    }

    #[test]
    fn nobody_is_impersonated_without_a_name() {
        check(&[], &[], "system:serviceaccount:ns:agent ");
        let mut map = HeaderMap::new();
        map.append(GROUP, HeaderValue::from_static("dev"));
        let status = Impersonation::read(&map).unwrap_err();
        assert_eq!(status.code, 400);
        assert!(status.message.ends_with("without impersonating a user name"), "{status}");
    }
}
