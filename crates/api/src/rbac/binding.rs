//! Bindings: which role is for whom.

use meta::{object::ObjectMeta, text::Text};
use serde::Deserialize;

use super::rule::null_is_empty;

/// What is read of a RoleBinding or ClusterRoleBinding.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Binding {
    pub metadata: ObjectMeta,
    #[serde(deserialize_with = "null_is_empty")]
    pub subjects: Vec<Subject>,
    pub role_ref: RoleRef,
}

/// Whom a binding is for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Subject {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: Text,
    pub name: Text,
    /// Of a service account; empty means that of the binding.
    pub namespace: Text,
}

/// The role a binding gives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoleRef {
    pub api_group: Text,
    /// `Role` or `ClusterRole`.
    pub kind: Text,
    pub name: Text,
}

impl Subject {
    /// Whether a user of that name and groups is meant, by a binding of `namespace` (empty for the
    /// whole cluster).
    pub fn is(&self, user: &str, groups: &[String], namespace: &str) -> bool {
        match self.kind.as_str() {
            "User" => self.name.as_str() == user,
            "Group" => groups.iter().any(|group| group.as_str() == self.name.as_str()),
            "ServiceAccount" => {
                let namespace = self.place(namespace);
                let account = user.strip_prefix("system:serviceaccount:");
                !namespace.is_empty()
                    && account.and_then(|account| account.split_once(':'))
                        == Some((namespace, self.name.as_str()))
            }
            _ => false,
        }
    }

    /// As reasons show it: `Group "ops"`, `ServiceAccount "web/shop"`.
    pub fn describe(&self, namespace: &str) -> String {
        if self.kind == "ServiceAccount" {
            return format!("ServiceAccount \"{}/{}\"", self.name, self.place(namespace));
        }
        format!("{} {:?}", self.kind, self.name)
    }

    fn place<'a>(&'a self, namespace: &'a str) -> &'a str {
        if self.namespace.is_empty() { namespace } else { &self.namespace }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(kind: &str, name: &str, namespace: &str) -> Subject {
        Subject { kind: kind.into(), name: name.into(), namespace: namespace.into() }
    }

    #[test]
    fn users_groups_and_accounts_are_told_apart() {
        let groups = ["ops".to_owned()];
        let web = "system:serviceaccount:shop:web";
        assert!(subject("User", "ann", "").is("ann", &groups, ""));
        assert!(!subject("User", "ops", "").is("ann", &groups, ""));
        assert!(subject("Group", "ops", "").is("ann", &groups, ""));
        assert!(subject("ServiceAccount", "web", "shop").is(web, &[], ""));
        assert!(subject("ServiceAccount", "web", "").is(web, &[], "shop"));
        assert!(!subject("ServiceAccount", "web", "").is(web, &[], ""));
        assert!(!subject("ServiceAccount", "web", "store").is(web, &[], "shop"));
        assert!(!subject("Other", "ann", "").is("ann", &[], ""));
    }

    #[test]
    fn an_account_is_described_with_its_place() {
        assert_eq!(subject("Group", "ops", "").describe(""), r#"Group "ops""#);
        assert_eq!(
            subject("ServiceAccount", "web", "").describe("shop"),
            r#"ServiceAccount "web/shop""#
        );
    }
}
