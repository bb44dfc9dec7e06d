//! Which requests are told of, and how much: a policy of `audit.k8s.io/v1`. The first rule that a
//! request matches decides; one that matches none is not told of.

use serde::{Deserialize, Serialize};

use crate::{RequestInfo, ResourcePath, User};

/// How much is told of a request. Each level tells what the ones before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub enum Level {
    None,
    /// Who asked for what, and the code of the answer.
    Metadata,
    /// The body that was sent as well.
    Request,
    /// The answer's body as well.
    RequestResponse,
}

/// When something is told of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Stage {
    RequestReceived,
    /// The headers are sent; only watches, whose body takes long, are told of here.
    ResponseStarted,
    ResponseComplete,
    Panic,
}

/// What the policy says of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) level: Level,
    pub(super) omits_managed_fields: bool,
    omitted: Stages,
}

/// A set of stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Stages(u8);

/// A policy cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct PolicyError(String);

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    rules: Vec<(Rule, Verdict)>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    api_version: String,
    kind: String,
    #[serde(default, rename = "metadata")]
    _metadata: serde_json::Value,
    #[serde(default)]
    rules: Vec<Entry>,
    #[serde(default)]
    omit_stages: Vec<Stage>,
    #[serde(default)]
    omit_managed_fields: bool,
}

/// A rule as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    level: Level,
    #[serde(default)]
    omit_stages: Vec<Stage>,
    omit_managed_fields: Option<bool>,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    user_groups: Vec<String>,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    resources: Vec<GroupResources>,
    #[serde(default)]
    namespaces: Vec<String>,
    #[serde(default, rename = "nonResourceURLs")]
    paths: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GroupResources {
    #[serde(default)]
    group: String,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    resource_names: Vec<String>,
}

/// Whom and what a rule is about. An empty list asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    users: Vec<String>,
    user_groups: Vec<String>,
    verbs: Vec<String>,
    resources: Vec<GroupResources>,
    namespaces: Vec<String>,
    paths: Vec<String>,
}

impl Verdict {
    /// Whether something is told at a stage.
    pub(super) fn tells(self, stage: Stage) -> bool {
        self.level != Level::None && !self.omitted.has(stage)
    }
}

impl Stages {
    fn of<'a>(stages: impl Iterator<Item = &'a Stage>) -> Self {
        Self(stages.fold(0, |set, stage| set | Self::bit(*stage)))
    }

    const fn bit(stage: Stage) -> u8 {
        match stage {
            Stage::RequestReceived => 1,
            Stage::ResponseStarted => 2,
            Stage::ResponseComplete => 4,
            Stage::Panic => 8,
        }
    }

    const fn has(self, stage: Stage) -> bool {
        self.0 & Self::bit(stage) != 0
    }
}

impl Policy {
    /// Reads a policy in YAML or JSON.
    ///
    /// # Errors
    /// The text is no policy, names a field that policies do not have, or has a rule that cannot
    /// match as it is meant: the message says which.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file: File = serde_saphyr::from_str(text).map_err(|error| {
            let error = error.to_string();
            PolicyError(error.lines().next().unwrap_or_default().replace("error: ", ""))
        })?;
        if (&*file.api_version, &*file.kind) != ("audit.k8s.io/v1", "Policy") {
            let message = format!(
                "it is a {} of {}, and must be a Policy of audit.k8s.io/v1",
                file.kind, file.api_version
            );
            return Err(PolicyError(message));
        }
        if file.rules.is_empty() {
            return Err(PolicyError("it has no rules, and would tell of nothing".to_owned()));
        }
        let rules = file.rules.into_iter().enumerate().map(|(position, entry)| {
            let told = |problem| PolicyError(format!("rules[{position}]: {problem}"));
            entry.check().map_err(told)?;
            let stages = file.omit_stages.iter().chain(&entry.omit_stages);
            let verdict = Verdict {
                level: entry.level,
                omits_managed_fields: entry.omit_managed_fields.unwrap_or(file.omit_managed_fields),
                omitted: Stages::of(stages),
            };
            Ok((Rule::from(entry), verdict))
        });
        Ok(Self { rules: rules.collect::<Result<_, _>>()? })
    }

    /// What is told of a request. `user` is who sent it, whomever it is made as; `None` if nobody
    /// proved to have.
    pub(super) fn decide(&self, user: Option<&User>, info: &RequestInfo) -> Verdict {
        let rule = self.rules.iter().find(|(rule, _)| rule.matches(user, info));
        let nothing =
            Verdict { level: Level::None, omits_managed_fields: false, omitted: Stages::default() };
        rule.map_or(nothing, |(_, verdict)| *verdict)
    }
}

impl Entry {
    fn check(&self) -> Result<(), String> {
        let is_about_resources = !self.resources.is_empty() || !self.namespaces.is_empty();
        if is_about_resources && !self.paths.is_empty() {
            return Err("it is about resources and nonResourceURLs: make two rules".to_owned());
        }
        let is_bad_path = |path: &&String| {
            let stem = path.strip_suffix('*').unwrap_or(path);
            *path != "*" && (!path.starts_with('/') || stem.contains('*'))
        };
        if let Some(path) = self.paths.iter().find(is_bad_path) {
            return Err(format!(
                "nonResourceURLs: {path:?} must begin with a slash and may have a * at its end"
            ));
        }
        let is_all_names = |group: &&GroupResources| {
            group.resources.is_empty() && !group.resource_names.is_empty()
        };
        match self.resources.iter().find(is_all_names) {
            Some(group) => {
                Err(format!("resources of group {:?}: resourceNames need resources", group.group))
            }
            None => Ok(()),
        }
    }
}

impl From<Entry> for Rule {
    fn from(entry: Entry) -> Self {
        let Entry { users, user_groups, verbs, resources, namespaces, paths, .. } = entry;
        Self { users, user_groups, verbs, resources, namespaces, paths }
    }
}

impl Rule {
    fn matches(&self, user: Option<&User>, info: &RequestInfo) -> bool {
        let allows =
            |list: &[String], found: &str| list.is_empty() || list.iter().any(|l| l == found);
        let is_in_group =
            |user: &User| user.groups.iter().any(|group| self.user_groups.contains(group));
        let is_user =
            self.users.is_empty() || user.is_some_and(|user| self.users.contains(&user.name));
        if !is_user || !(self.user_groups.is_empty() || user.is_some_and(is_in_group)) {
            return false;
        }
        if !allows(&self.verbs, info.verb) {
            return false;
        }
        if !self.resources.is_empty() || !self.namespaces.is_empty() {
            let Some(path) = &info.resource else { return false };
            return allows(&self.namespaces, &path.namespace)
                && (self.resources.is_empty() || self.resources.iter().any(|r| r.matches(path)));
        }
        if self.paths.is_empty() {
            return true;
        }
        info.resource.is_none() && self.paths.iter().any(|wanted| is_path(wanted, &info.path))
    }
}

impl GroupResources {
    fn matches(&self, path: &ResourcePath) -> bool {
        if self.group != path.group {
            return false;
        }
        let is_named = self.resource_names.is_empty() || self.resource_names.contains(&path.name);
        self.resources.is_empty()
            || (is_named && self.resources.iter().any(|r| is_resource(r, path)))
    }
}

/// `pods`, `pods/log`, `pods/*` (pods and all that is below them), `*/scale` or `*`.
fn is_resource(wanted: &str, path: &ResourcePath) -> bool {
    match wanted.split_once('/') {
        None => wanted == "*" || (wanted == path.resource && path.subresource.is_empty()),
        Some((resource, "*")) => resource == path.resource,
        Some((resource, subresource)) => {
            (resource == "*" || resource == path.resource) && subresource == path.subresource
        }
    }
}

fn is_path(wanted: &str, path: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => wanted == path,
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn policy(rules: &str) -> Result<Policy, PolicyError> {
        Policy::parse(&format!("apiVersion: audit.k8s.io/v1\nkind: Policy\n{rules}"))
    }

    fn check(rule: &str, request: &str, wanted: Level) {
        let policy = policy(&format!("rules: [{{level: Metadata, {rule}}}]")).expect(rule);
        let (method, target) = request.split_once(' ').expect("method and target");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let user = User {
            name: "ann".to_owned(),
            groups: vec!["admins".to_owned(), "system:authenticated".to_owned()],
            ..User::default()
        };
        let verdict = policy.decide(Some(&user), &RequestInfo::parse(&method, target));
        assert_eq!(verdict.level, wanted, "{rule}: {request}");
    }

    #[test]
    fn a_rule_matches_by_who_asks_and_how() {
        let pods = "GET /api/v1/namespaces/shop/pods";
        check("users: []", pods, Level::Metadata);
        check("users: [ann]", pods, Level::Metadata);
        check("users: [ben]", pods, Level::None);
        check("userGroups: [admins]", pods, Level::Metadata);
        check("userGroups: [devs]", pods, Level::None);
        check("users: [ann], userGroups: [devs]", pods, Level::None);
        check("verbs: [list]", pods, Level::Metadata);
        check("verbs: [get]", pods, Level::None);
        check("verbs: ['*']", pods, Level::None);
    }

    #[test]
    fn a_rule_matches_by_resource_and_subresource() {
        let log = "GET /api/v1/namespaces/shop/pods/web/log";
        let scale = "PUT /apis/apps/v1/namespaces/shop/deployments/web/scale";
        let resources = |names: &str, group: &str| {
            format!("resources: [{{group: '{group}', resources: [{names}]}}]")
        };
        check(&resources("pods", ""), "GET /api/v1/namespaces/shop/pods/web", Level::Metadata);
        check(&resources("pods", ""), log, Level::None);
        check(&resources("pods/log", ""), log, Level::Metadata);
        check(&resources("pods/*", ""), log, Level::Metadata);
        check(&resources("pods/*", ""), "GET /api/v1/pods", Level::Metadata);
        check(&resources("'*/scale'", "apps"), scale, Level::Metadata);
        check(&resources("'*'", "apps"), scale, Level::Metadata);
        check(&resources("'*'", ""), scale, Level::None);
        check("resources: [{group: apps}]", scale, Level::Metadata);
        check("resources: [{group: apps}]", "GET /healthz", Level::None);
    }

    #[test]
    fn a_rule_matches_by_name_and_namespace() {
        let named = "resources: [{resources: [configmaps], resourceNames: [top]}]";
        check(named, "GET /api/v1/namespaces/shop/configmaps/top", Level::Metadata);
        check(named, "GET /api/v1/namespaces/shop/configmaps/low", Level::None);
        check("namespaces: [shop]", "GET /api/v1/namespaces/shop/pods", Level::Metadata);
        check("namespaces: [shop]", "GET /api/v1/pods", Level::None);
        check("namespaces: ['']", "GET /api/v1/nodes", Level::Metadata);
        check("namespaces: ['']", "GET /api/v1/namespaces/shop/pods", Level::None);
    }

    #[test]
    fn a_rule_matches_by_path() {
        check("nonResourceURLs: [/healthz]", "GET /healthz", Level::Metadata);
        check("nonResourceURLs: [/healthz]", "GET /healthz/ping", Level::None);
        check("nonResourceURLs: ['/healthz*']", "GET /healthz/ping", Level::Metadata);
        check("nonResourceURLs: ['*']", "GET /version", Level::Metadata);
        check("nonResourceURLs: ['*']", "GET /api/v1/nodes", Level::None);
    }

    #[test]
    fn stages_and_managed_fields_are_left_out_by_rule_or_by_policy() {
        let text = "
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- {level: Request, verbs: [get], omitStages: [Panic], omitManagedFields: false}
- {level: Metadata}
";
        let policy = policy(text).expect("a policy");
        let decide = |method| policy.decide(None, &RequestInfo::parse(&method, "/api/v1/nodes/n"));
        let get = decide(Method::GET);
        assert!(!get.tells(Stage::RequestReceived) && !get.tells(Stage::Panic));
        assert!(get.tells(Stage::ResponseComplete) && !get.omits_managed_fields);
        let delete = decide(Method::DELETE);
        assert!(delete.tells(Stage::Panic) && delete.omits_managed_fields);
    }

    fn check_refused(text: &str, wanted: &str) {
        let error = policy(text).expect_err(text);
        assert!(error.to_string().contains(wanted), "{error}");
    }

    #[test]
    fn a_policy_that_cannot_be_meant_is_refused() {
        check_refused("rules: []", "no rules");
        check_refused("rules: [{level: Much}]", "Much");
        check_refused("rules: [{level: None, verb: [get]}]", "verb");
        check_refused(
            "rules: [{level: None}, {level: None, namespaces: [a], nonResourceURLs: [/a]}]",
            "rules[1]: it is about resources and nonResourceURLs",
        );
        check_refused("rules: [{level: None, nonResourceURLs: [a]}]", "begin with a slash");
        check_refused("rules: [{level: None, nonResourceURLs: [/a*b]}]", "a * at its end");
        check_refused(
            "rules: [{level: None, resources: [{resourceNames: [a]}]}]",
            "need resources",
        );
        let error = Policy::parse("apiVersion: v1\nkind: Pod\nrules: []").expect_err("no policy");
        assert!(error.to_string().contains("it is a Pod of v1"), "{error}");
    }
}
