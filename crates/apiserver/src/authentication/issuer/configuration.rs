//! The file that says which issuers are believed, and where strangers are let in:
//! `AuthenticationConfiguration`. Expressions are refused as long as there is nobody to evaluate them.

use serde::Deserialize;

use super::mapping::{Mapped, Mapping};
use crate::authentication::Anonymous;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub issuers: Vec<JwtConfiguration>,
    /// `None` leaves it to the flag.
    pub anonymous: Option<Anonymous>,
}

/// One issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtConfiguration {
    pub(super) url: String,
    pub(super) discovery_url: Option<String>,
    /// PEM; `None` takes the system's authorities.
    pub(super) authority: Option<String>,
    pub(super) audiences: Vec<String>,
    pub(super) mapping: Mapping,
}

/// The file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    #[error("it is no AuthenticationConfiguration: {0}")]
    Syntax(String),
    #[error("{path}: {rule}")]
    Rule { path: String, rule: &'static str },
}

const VERSIONS: [&str; 2] = ["apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1"];
const NO_EXPRESSIONS: &str = "CEL expressions cannot be evaluated by this release";
const REQUIRED: &str = "Required value";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    api_version: String,
    kind: String,
    #[serde(default)]
    jwt: Vec<Jwt>,
    anonymous: Option<Strangers>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Strangers {
    enabled: bool,
    #[serde(default)]
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Jwt {
    issuer: Issuer,
    claim_mappings: Mappings,
    #[serde(default)]
    claim_validation_rules: Vec<ClaimRule>,
    #[serde(default)]
    user_validation_rules: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Issuer {
    url: String,
    #[serde(rename = "discoveryURL")]
    discovery_url: Option<String>,
    certificate_authority: Option<String>,
    #[serde(default)]
    audiences: Vec<String>,
    #[serde(default)]
    audience_match_policy: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mappings {
    username: Claim,
    groups: Option<Claim>,
    uid: Option<Claim>,
    #[serde(default)]
    extra: Vec<serde_json::Value>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Claim {
    #[serde(rename = "claim")]
    name: String,
    prefix: Option<String>,
    expression: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct ClaimRule {
    claim: String,
    required_value: String,
    expression: String,
}

impl Settings {
    /// Reads the file.
    ///
    /// # Errors
    /// What it says cannot be done, and where it says so.
    pub fn parse(text: &str) -> Result<Self, ConfigurationError> {
        let file: File = serde_saphyr::from_str(text)
            .map_err(|error| ConfigurationError::Syntax(error.to_string()))?;
        if file.kind != "AuthenticationConfiguration"
            || !VERSIONS.contains(&file.api_version.as_str())
        {
            let said = format!("{} {}", file.api_version, file.kind);
            return Err(ConfigurationError::Syntax(said));
        }
        let issuers = file.jwt.into_iter().enumerate();
        let issuers: Vec<_> =
            issuers.map(|(index, jwt)| jwt.configuration(index)).collect::<Result<_, _>>()?;
        for (index, issuer) in issuers.iter().enumerate() {
            if issuers[..index].iter().any(|other| other.url == issuer.url) {
                return Err(rule(format!("jwt[{index}].issuer.url"), "Duplicate value"));
            }
        }
        let anonymous = file.anonymous.map(|strangers| match strangers.conditions.as_slice() {
            _ if !strangers.enabled => Anonymous::Nowhere,
            [] => Anonymous::Everywhere,
            paths => Anonymous::At(paths.iter().map(|condition| condition.path.clone()).collect()),
        });
        Ok(Self { issuers, anonymous })
    }
}

impl Jwt {
    fn configuration(self, index: usize) -> Result<JwtConfiguration, ConfigurationError> {
        let at = |path: &str| format!("jwt[{index}].{path}");
        let Self { issuer, claim_mappings, claim_validation_rules, user_validation_rules } = self;
        if !issuer.url.starts_with("https://") {
            return Err(rule(at("issuer.url"), "URL scheme must be https"));
        }
        if issuer.audiences.is_empty() {
            return Err(rule(at("issuer.audiences"), REQUIRED));
        }
        let policy = issuer.audience_match_policy.as_str();
        if policy != "MatchAny" && (issuer.audiences.len() > 1 || !policy.is_empty()) {
            let path = at("issuer.audienceMatchPolicy");
            return Err(rule(path, "must be MatchAny for multiple audiences"));
        }
        if !user_validation_rules.is_empty() {
            return Err(rule(at("userValidationRules"), NO_EXPRESSIONS));
        }
        if !claim_mappings.extra.is_empty() {
            return Err(rule(at("claimMappings.extra"), NO_EXPRESSIONS));
        }
        let mut required = Vec::new();
        for (number, checked) in claim_validation_rules.into_iter().enumerate() {
            let path = at(&format!("claimValidationRules[{number}]"));
            required.push(checked.required(path)?);
        }
        let Mappings { username, groups, uid, .. } = claim_mappings;
        let groups = groups.map(|groups| groups.mapped(at("claimMappings.groups"))).transpose()?;
        let mapping = Mapping {
            username: username.mapped(at("claimMappings.username"))?,
            groups,
            uid: uid.map(|uid| uid.named(at("claimMappings.uid"))).transpose()?,
            required,
        };
        Ok(JwtConfiguration {
            url: issuer.url,
            discovery_url: issuer.discovery_url,
            authority: issuer.certificate_authority,
            audiences: issuer.audiences,
            mapping,
        })
    }
}

impl Claim {
    fn mapped(self, path: String) -> Result<Mapped, ConfigurationError> {
        let prefix = self.prefix.clone();
        let claim = self.named(path.clone())?;
        let prefix = prefix.ok_or_else(|| {
            rule(format!("{path}.prefix"), "prefix is required when claim is set. It can be set to an empty string to disable prefixing")
        })?;
        Ok(Mapped { claim, prefix })
    }

    fn named(self, path: String) -> Result<String, ConfigurationError> {
        if !self.expression.is_empty() {
            return Err(rule(format!("{path}.expression"), NO_EXPRESSIONS));
        }
        if self.name.is_empty() {
            return Err(rule(path, "claim or expression is required"));
        }
        Ok(self.name)
    }
}

impl ClaimRule {
    fn required(self, path: String) -> Result<(String, String), ConfigurationError> {
        if !self.expression.is_empty() {
            return Err(rule(format!("{path}.expression"), NO_EXPRESSIONS));
        }
        if self.claim.is_empty() {
            return Err(rule(path, "claim or expression is required"));
        }
        Ok((self.claim, self.required_value))
    }
}

const fn rule(path: String, rule: &'static str) -> ConfigurationError {
    ConfigurationError::Rule { path, rule }
}
