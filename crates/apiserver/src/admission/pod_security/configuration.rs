//! What an operator says of Pod Security: defaults for namespaces that say nothing, and whom it spares.

use std::collections::BTreeSet;

use api::validation::{FieldError, Path};
use meta::names;
use serde::Deserialize;
use serde_json::Value;

use super::level::{Level, MODES, Policy, Unknown, Version};

/// See the module. The default asks nothing of pods and spares nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration {
    pub(super) defaults: Policy,
    pub(super) exempt: Exempt,
}

/// Whom Pod Security spares.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Exempt {
    pub(super) usernames: Vec<String>,
    pub(super) namespaces: Vec<String>,
    pub(super) runtime_classes: Vec<String>,
}

/// A `PodSecurityConfiguration` as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    api_version: String,
    kind: String,
    #[serde(default)]
    defaults: Defaults,
    #[serde(default)]
    exemptions: Exempt,
}

/// Empty means privileged and latest.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Defaults {
    enforce: String,
    enforce_version: String,
    audit: String,
    audit_version: String,
    warn: String,
    warn_version: String,
}

const GROUP: &str = "pod-security.admission.config.k8s.io/";

impl Default for Configuration {
    fn default() -> Self {
        Self { defaults: Policy::PRIVILEGED, exempt: Exempt::default() }
    }
}

impl Configuration {
    /// Reads a `PodSecurityConfiguration`.
    ///
    /// # Errors
    /// Each thing that is wrong with it.
    pub(crate) fn read(value: &Value) -> Result<Self, Vec<String>> {
        let file = File::deserialize(value).map_err(|error| vec![error.to_string()])?;
        if file.kind != "PodSecurityConfiguration" || !file.api_version.starts_with(GROUP) {
            let (kind, version) = (file.kind, file.api_version);
            return Err(vec![format!(
                "{kind} of {version} is no PodSecurityConfiguration of {GROUP}v1"
            )]);
        }
        let mut errors = Vec::new();
        let defaults = policy(&file.defaults, &mut errors);
        check(&file.exemptions, &mut errors);
        if errors.is_empty() {
            return Ok(Self { defaults, exempt: file.exemptions });
        }
        Err(errors.iter().map(FieldError::to_string).collect())
    }
}

fn policy(defaults: &Defaults, errors: &mut Vec<FieldError>) -> Policy {
    let Defaults { enforce, enforce_version, audit, audit_version, warn, warn_version } = defaults;
    let said = [(enforce, enforce_version), (audit, audit_version), (warn, warn_version)];
    let names =
        [("enforce", "enforce-version"), ("audit", "audit-version"), ("warn", "warn-version")];
    let mut policy = Policy::PRIVILEGED;
    for ((mode, (level, version)), (level_name, version_name)) in
        MODES.into_iter().zip(said).zip(names)
    {
        let standard = policy.at(mode);
        let mut refuse = |name: &str, value: &str, unknown: Unknown| {
            let path = Path::new("defaults");
            errors.push(FieldError::invalid(&path.child(name), value, unknown.to_string()));
        };
        if !level.is_empty() {
            match Level::parse(level) {
                Ok(level) => standard.level = level,
                Err(unknown) => refuse(level_name, level, unknown),
            }
        }
        if !version.is_empty() {
            match Version::parse(version) {
                Ok(version) => standard.version = version,
                Err(unknown) => refuse(version_name, version, unknown),
            }
        }
    }
    policy
}

fn check(exempt: &Exempt, errors: &mut Vec<FieldError>) {
    let is_user = |name: &str| match name {
        "" => vec!["username must not be empty".to_owned()],
        _ => Vec::new(),
    };
    check_names("namespaces", &exempt.namespaces, names::dns_1123_label, errors);
    check_names("runtimeClasses", &exempt.runtime_classes, names::dns_1123_subdomain, errors);
    check_names("usernames", &exempt.usernames, is_user, errors);
}

fn check_names(
    field: &str,
    listed: &[String],
    complaints: impl Fn(&str) -> Vec<String>,
    errors: &mut Vec<FieldError>,
) {
    let (exemptions, mut seen) = (Path::new("exemptions"), BTreeSet::new());
    let path = exemptions.child(field);
    for (position, name) in listed.iter().enumerate() {
        let wrong = complaints(name);
        if !wrong.is_empty() {
            errors.push(FieldError::invalid(&path.index(position), name, wrong.join(", ")));
        } else if !seen.insert(name) {
            errors.push(FieldError::duplicate(&path.index(position), name));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(defaults: Value, exemptions: Value) -> Result<Configuration, String> {
        let file = json!({"apiVersion": "pod-security.admission.config.k8s.io/v1",
            "kind": "PodSecurityConfiguration", "defaults": defaults, "exemptions": exemptions});
        Configuration::read(&file).map_err(|errors| errors.join("; "))
    }

    #[test]
    fn defaults_and_exemptions_are_read() {
        let read = read(
            json!({"enforce": "baseline", "enforce-version": "v1.30", "warn": "restricted"}),
            json!({"usernames": ["ann"], "namespaces": ["kube-system"], "runtimeClasses": ["kata"]}),
        );
        let Configuration { defaults, exempt } = read.expect("a configuration");
        let standards = MODES.map(|mode| defaults.of_mode(mode).to_string());
        assert_eq!(standards, ["baseline:v1.30", "privileged:latest", "restricted:latest"]);
        let wanted = [["ann"], ["kube-system"], ["kata"]];
        assert_eq!([exempt.usernames, exempt.namespaces, exempt.runtime_classes], wanted);
    }

    #[test]
    fn each_fault_is_named() {
        let faulty = read(
            json!({"audit": "strict", "warn-version": "1.2"}),
            json!({"usernames": [""], "namespaces": ["a", "a"], "runtimeClasses": ["A"]}),
        );
        assert_eq!(
            faulty.expect_err("faults"),
            "defaults.audit: Invalid value: \"strict\": must be one of privileged, baseline, restricted; \
             defaults.warn-version: Invalid value: \"1.2\": must be \"latest\" or \"v1.x\"; \
             exemptions.namespaces[1]: Duplicate value: \"a\"; \
             exemptions.runtimeClasses[0]: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'); \
             exemptions.usernames[0]: Invalid value: \"\": username must not be empty"
        );
        let other = json!({"apiVersion": "v1", "kind": "Pod"});
        let refused = Configuration::read(&other).expect_err("refused");
        assert_eq!(
            refused,
            ["Pod of v1 is no PodSecurityConfiguration of pod-security.admission.config.k8s.io/v1"]
        );
    }
}
