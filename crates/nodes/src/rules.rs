//! How pods behave on simulated nodes, as data that a user may write.

use std::{collections::BTreeMap, time::Duration};

use api::views::{Container, Pod};
use meta::quantity::Quantity;
use serde::Deserialize;

use crate::script::{self, Exit};

/// The rules of a cluster: for each container the first that matches counts, else the default one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rules {
    pub containers: Vec<Rule>,
}

/// How containers behave that the conditions fit. An empty condition fits all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Rule {
    /// Any of these texts is part of the image's name.
    pub image_contains: Vec<String>,
    /// The image's tag is one of these.
    pub image_tag: Vec<String>,
    /// The pod's namespace is one of these.
    pub namespace: Vec<String>,
    /// The pod has all these labels.
    pub pod_labels: BTreeMap<String, String>,
    pub pull: Pull,
    /// From the pod's arrival to the end of the pull.
    #[serde(deserialize_with = "crate::duration::deserialize")]
    pub pull_time: Duration,
    /// From the pull to the running container.
    #[serde(deserialize_with = "crate::duration::deserialize")]
    pub start_time: Duration,
    /// From the running container to the ready one; a longer initial delay of its probe counts.
    #[serde(deserialize_with = "crate::duration::deserialize")]
    pub ready_time: Duration,
    /// Whether its readiness probe ever succeeds.
    pub readiness: Probing,
    /// Its liveness probe fails so long after each start: it is killed and starts again.
    #[serde(deserialize_with = "crate::duration::deserialize_some")]
    pub liveness_fails_after: Option<Duration>,
    /// The node takes no pod with such a container, and gives this reason.
    pub reject: Option<Rejection>,
    /// Exit code of a container that ends `exitAfter` its start, whatever its command says.
    pub exit_code: Option<i32>,
    #[serde(deserialize_with = "crate::duration::deserialize")]
    pub exit_after: Duration,
    /// From the request to stop to the end, at most the pod's grace period.
    #[serde(deserialize_with = "crate::duration::deserialize")]
    pub stop_time: Duration,
    /// Processors that a running container uses.
    pub cpu: Option<Quantity>,
    /// Memory that a running container uses.
    pub memory: Option<Quantity>,
}

/// Whether the image is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pull {
    #[default]
    Found,
    Missing,
}

/// What a probe finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Probing {
    #[default]
    Succeeds,
    Fails,
}

/// Why a kubelet takes a pod not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Rejection {
    #[serde(rename = "OutOfcpu")]
    OutOfCpu,
    #[serde(rename = "OutOfmemory")]
    OutOfMemory,
    #[serde(rename = "OutOfpods")]
    OutOfPods,
    NodeAffinity,
    UnexpectedAdmissionError,
}

impl Rejection {
    /// As a pod's status says it.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::OutOfCpu => "OutOfcpu",
            Self::OutOfMemory => "OutOfmemory",
            Self::OutOfPods => "OutOfpods",
            Self::NodeAffinity => "NodeAffinity",
            Self::UnexpectedAdmissionError => "UnexpectedAdmissionError",
        }
    }
}

/// Annotation of a pod with the exit code of its containers, `0` for success.
pub const EXIT_CODE_ANNOTATION: &str = "io.pilothouse/exit-code";
/// Annotation of a pod with the time after which its containers end with that code, such as `5s`.
pub const EXIT_AFTER_ANNOTATION: &str = "io.pilothouse/exit-after";
/// Where a Job tells a pod which of several it is.
const JOB_INDEX_ANNOTATION: &str = "batch.kubernetes.io/job-completion-index";

/// A rule file cannot be used; the former rules stay.
#[derive(Debug, thiserror::Error)]
#[error("rules of simulated nodes are invalid: {reason}")]
pub struct RulesError {
    reason: String,
}

const MISSING: [&str; 5] = ["non-existent", "nonexistent", "does-not-exist", "no-such", "invalid"];

impl Default for Rules {
    /// Images that say they do not exist, do not; all else starts at once and runs until deleted.
    fn default() -> Self {
        let missing = Rule { pull: Pull::Missing, ..Rule::default() };
        let named = MISSING.iter().map(ToString::to_string).collect();
        Self {
            containers: vec![
                Rule { image_contains: named, ..missing.clone() },
                Rule { image_tag: vec!["404".to_owned()], ..missing },
            ],
        }
    }
}

impl Rules {
    /// Reads a rule file.
    ///
    /// # Errors
    /// The text is no YAML, or names a field that rules do not have.
    pub fn parse(yaml: &str) -> Result<Self, RulesError> {
        // Only the first line: the others draw a picture of the place.
        serde_saphyr::from_str(yaml).map_err(|error| RulesError {
            reason: error.to_string().lines().next().unwrap_or_default().replace("error: ", ""),
        })
    }

    /// The rule for a container of a pod.
    pub(crate) fn of(&self, pod: &Pod, container: &Container) -> Rule {
        let fitting = self.containers.iter().find(|rule| rule.fits(pod, container));
        fitting.cloned().unwrap_or_default()
    }
}

impl Rule {
    fn fits(&self, pod: &Pod, container: &Container) -> bool {
        let image: &str = &container.image;
        let tag =
            image.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag);
        let by_text = || self.image_contains.iter().any(|text| image.contains(text));
        let by_tag = || self.image_tag.iter().any(|wanted| tag == Some(wanted));
        let by_namespace = || self.namespace.iter().any(|name| pod.metadata.namespace == **name);
        (self.image_contains.is_empty() || by_text())
            && (self.image_tag.is_empty() || by_tag())
            && (self.namespace.is_empty() || by_namespace())
            && self.pod_labels.iter().all(|(key, value)| {
                pod.metadata.labels.get(key.as_str()).is_some_and(|known| **known == **value)
            })
    }

    /// How the container ends by itself, if it does: as its pod's annotations say, or this rule, or its
    /// command.
    pub(crate) fn exit(&self, pod: &Pod, container: &Container) -> Option<Exit> {
        let annotation = |name: &str| pod.metadata.annotations.get(name);
        let said = annotation(EXIT_CODE_ANNOTATION).and_then(|code| code.parse().ok());
        if let Some(code) = said {
            let after = annotation(EXIT_AFTER_ANNOTATION);
            let after = after.and_then(|after| crate::duration::parse(after)).unwrap_or_default();
            return Some(Exit { after, code });
        }
        let variables = |name: &str| match name {
            "JOB_COMPLETION_INDEX" => Some(annotation(JOB_INDEX_ANNOTATION)?.to_string()),
            "HOSTNAME" => Some(pod.metadata.name.to_string()),
            _ => None,
        };
        let ruled = self.exit_code.map(|code| Exit { after: self.exit_after, code });
        ruled.or_else(|| script::exit(&container.command, &container.args, &variables))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pull_of(image: &str) -> Pull {
        let container = Container { image: image.into(), ..Container::default() };
        Rules::default().of(&Pod::default(), &container).pull
    }

    #[test]
    fn images_that_say_so_do_not_exist() {
        assert_eq!(pull_of("registry.example/no-such:1"), Pull::Missing);
        assert_eq!(pull_of("registry.example:5000/web:404"), Pull::Missing);
        assert_eq!(pull_of("registry.example:404/web"), Pull::Found);
        assert_eq!(pull_of("nginx"), Pull::Found);
    }

    #[test]
    fn a_rule_file_is_yaml_and_says_what_is_wrong() {
        let rules = Rules::parse("containers:\n- imageContains: [slow]\n  startTime: 3s\n");
        let rules = rules.expect("valid rules");
        assert_eq!(rules.containers[0].start_time, Duration::from_secs(3));
        let wrong = Rules::parse("containers:\n- imageContain: [slow]\n").expect_err("misspelt");
        assert!(wrong.to_string().contains("imageContain"), "{wrong}");
    }
}
