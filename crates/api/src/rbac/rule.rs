//! One rule of a role, and whether it allows what is asked.

use std::fmt;

use meta::text::Text;
use serde::{Deserialize, Deserializer, Serialize};

/// Verbs on resources (perhaps only on some of them, by name) or on paths. `*` means all. Lists that
/// are not there are empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyRule {
    #[serde(deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    pub api_groups: Vec<Text>,
    /// `RESOURCE`, `RESOURCE/SUBRESOURCE` or `*/SUBRESOURCE`.
    #[serde(deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Text>,
    /// Empty for all objects.
    #[serde(deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<Text>,
    /// A `*` at the end stands for everything that begins so.
    #[serde(
        rename = "nonResourceURLs",
        deserialize_with = "null_is_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub paths: Vec<Text>,
    #[serde(deserialize_with = "null_is_empty")]
    pub verbs: Vec<Text>,
}

/// What a rule is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// A verb on a resource; an empty `subresource` means the object itself, an empty `name` all.
    Resource { group: &'a str, resource: &'a str, subresource: &'a str, name: &'a str },
    /// A verb on a path.
    Path(&'a str),
}

impl PolicyRule {
    /// Whether the rule allows `verb` on what is asked.
    pub fn allows(&self, verb: &str, asked: Asked<'_>) -> bool {
        holds(&self.verbs, verb)
            && match asked {
                Asked::Resource { group, resource, subresource, name } => {
                    holds(&self.api_groups, group)
                        && self.is_about(resource, subresource)
                        && (self.resource_names.is_empty() || has(&self.resource_names, name))
                }
                Asked::Path(path) => self.paths.iter().any(|known| path_covers(known, path)),
            }
    }

    fn is_about(&self, resource: &str, subresource: &str) -> bool {
        self.resources.iter().any(|known| {
            known.as_str() == "*"
                || match known.split_once('/') {
                    None => subresource.is_empty() && known.as_str() == resource,
                    Some((of, sub)) => sub == subresource && (of == "*" || of == resource),
                }
        })
    }
}

/// Whether a list has the item, or stands for all.
pub(super) fn holds(list: &[Text], item: &str) -> bool {
    list.iter().any(|known| known.as_str() == "*" || known.as_str() == item)
}

pub(super) fn has(list: &[Text], item: &str) -> bool {
    list.iter().any(|known| known.as_str() == item)
}

/// Whether a path of a rule is or includes another.
pub(super) fn path_covers(known: &str, path: &str) -> bool {
    known == path || (known.ends_with('*') && path.starts_with(known.trim_end_matches('*')))
}

/// As refusals show rules: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`.
impl fmt::Display for PolicyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [
            ("APIGroups", &self.api_groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.paths),
            ("ResourceNames", &self.resource_names),
            ("Verbs", &self.verbs),
        ];
        let filled = lists.iter().filter(|(_, list)| !list.is_empty());
        let shown: Vec<String> = filled
            .map(|(name, list)| {
                let items: Vec<_> = list.iter().map(|item| format!("{item:?}")).collect();
                format!("{name}:[{}]", items.join(" "))
            })
            .collect();
        write!(f, "{{{}}}", shown.join(", "))
    }
}

pub(super) fn null_is_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(value: serde_json::Value) -> PolicyRule {
        serde_json::from_value(value).unwrap()
    }

    fn on<'a>(resource: &'a str, subresource: &'a str, name: &'a str) -> Asked<'a> {
        Asked::Resource { group: "", resource, subresource, name }
    }

    #[test]
    fn a_subresource_is_named_with_its_resource_or_for_all() {
        let pods = rule(json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}));
        assert!(pods.allows("get", on("pods", "", "web")));
        assert!(!pods.allows("get", on("pods", "log", "web")));
        let scales = rule(json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*/scale"]}));
        assert!(scales.allows("patch", on("deployments", "scale", "web")));
        assert!(!scales.allows("patch", on("deployments", "", "web")));
        let all = rule(json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
        assert!(all.allows("get", on("pods", "log", "web")));
    }

    #[test]
    fn names_limit_a_rule_so_that_creates_and_lists_are_out() {
        let named = json!({"verbs": ["*"], "apiGroups": [""], "resources": ["pods"],
            "resourceNames": ["web"]});
        assert!(rule(named.clone()).allows("get", on("pods", "", "web")));
        assert!(!rule(named.clone()).allows("get", on("pods", "", "db")));
        assert!(!rule(named).allows("create", on("pods", "", "")));
    }

    #[test]
    fn a_star_ends_a_path() {
        let paths = rule(json!({"verbs": ["get"], "nonResourceURLs": ["/healthz", "/apis/*"]}));
        for (path, wanted) in [("/healthz", true), ("/healthz/etcd", false), ("/apis/apps", true)] {
            assert_eq!(paths.allows("get", Asked::Path(path)), wanted, "{path}");
        }
        assert!(!paths.allows("post", Asked::Path("/healthz")));
    }

    #[test]
    fn a_rule_is_shown_as_the_reference_does() {
        let named = json!({"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"],
            "resourceNames": ["web"], "nonResourceURLs": null});
        assert_eq!(
            rule(named).to_string(),
            r#"{APIGroups:[""], Resources:["pods"], ResourceNames:["web"], Verbs:["get" "list"]}"#
        );
    }
}
