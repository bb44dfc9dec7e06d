//! Which names objects of a kind may have.

use meta::names::{self, Messages};
use serde_json::Value;

use super::{Errors, FieldError, Path, rules};
use crate::{catalog::ResourceFacts, json};

/// Checks `metadata.name` and `metadata.generateName` by the resource's rule.
pub(super) fn validate(facts: &ResourceFacts, object: &Value, errors: &mut Errors) {
    let rule = Rule::of(facts);
    let metadata = &object["metadata"];
    let base = json::text(metadata, "generateName");
    if !base.is_empty() {
        let messages = rule.messages(&without_trailing_dash(base), object);
        rules::texts(&Path::new("metadata.generateName"), base, messages, errors);
    }
    let path = Path::new("metadata.name");
    let name = json::text(metadata, "name");
    if name.is_empty() {
        errors.push(FieldError::required(&path, "name or generateName is required"));
        return;
    }
    rules::texts(&path, name, rule.messages(name, object), errors);
}

/// A base that ends in a dash is fine: letters follow.
fn without_trailing_dash(base: &str) -> String {
    match base.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let mut letters = rest.chars();
            letters.next_back();
            format!("{}a", letters.as_str())
        }
        _ => base.to_owned(),
    }
}

/// The rules that the tables name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Subdomain,
    Label,
    PathSegment,
    ConfigKey,
    /// A job's name is this with a suffix.
    CronJob,
    Address,
    CustomResourceDefinition,
    ApiService,
}

/// Longest name of a `CronJob`.
const CRON_JOB_LENGTH_MAX: usize = 52;

impl Rule {
    fn of(facts: &ResourceFacts) -> Self {
        let rules = [
            ("dns1123 label", Self::Label),
            ("dns1123 subdomain, <=52", Self::CronJob),
            ("path segment", Self::PathSegment),
            ("any non-empty", Self::PathSegment),
            ("config-map key", Self::ConfigKey),
            ("canonical IP", Self::Address),
            ("exactly spec.names.plural", Self::CustomResourceDefinition),
            ("exactly spec.version", Self::ApiService),
        ];
        let found = rules.into_iter().find(|(text, _)| facts.name_rule.starts_with(text));
        found.map_or(Self::Subdomain, |(_, rule)| rule)
    }

    fn messages(self, name: &str, object: &Value) -> Messages {
        match self {
            Self::Subdomain => names::dns_1123_subdomain(name),
            Self::Label => names::dns_1123_label(name),
            Self::PathSegment => names::path_segment(name),
            Self::ConfigKey => names::config_key(name),
            Self::CronJob => {
                let mut messages = names::dns_1123_subdomain(name);
                if name.len() > CRON_JOB_LENGTH_MAX {
                    messages.push(names::too_long(CRON_JOB_LENGTH_MAX));
                }
                messages
            }
            Self::Address => super::address::ip(name),
            Self::CustomResourceDefinition => {
                let plural = json::at(object, "spec.names.plural").as_str().unwrap_or_default();
                let expected = format!("{plural}.{}", json::text(&object["spec"], "group"));
                exactly(name, &expected, "must be spec.names.plural+\".\"+spec.group")
            }
            Self::ApiService => {
                let spec = &object["spec"];
                let expected =
                    format!("{}.{}", json::text(spec, "version"), json::text(spec, "group"));
                let text = format!("must be `spec.version+\".\"+spec.group`: {expected:?}");
                exactly(name, &expected, &text)
            }
        }
    }
}

fn exactly(name: &str, expected: &str, text: &str) -> Messages {
    if name == expected { Messages::new() } else { vec![text.to_owned()] }
}
