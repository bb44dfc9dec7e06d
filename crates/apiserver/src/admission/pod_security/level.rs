//! Levels and versions of the Pod Security Standards, and the policy that a namespace's labels say.

use std::fmt;

use api::validation::{FieldError, Path};
use meta::object::Labels;

/// How strict it is; a later one is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Privileged,
    Baseline,
    Restricted,
}

/// Of which release of Kubernetes the checks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Latest,
    /// The minor number of `v1.N`.
    Minor(u64),
}

/// What pods have to keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standard {
    pub(super) level: Level,
    pub(super) version: Version,
}

/// The standards of one namespace, by what follows from a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The pod is refused.
    pub(super) enforce: Standard,
    /// The audit log tells.
    pub(super) audit: Standard,
    /// Whoever asks is warned.
    pub(super) warn: Standard,
}

/// What follows from a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Enforce,
    Audit,
    Warn,
}

/// The text is no level or no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unknown {
    #[error("must be one of privileged, baseline, restricted")]
    Level,
    #[error("must be \"latest\" or \"v1.x\"")]
    Version,
}

pub(super) const MODES: [Mode; 3] = [Mode::Enforce, Mode::Audit, Mode::Warn];

impl Level {
    pub(super) fn parse(text: &str) -> Result<Self, Unknown> {
        match text {
            "privileged" => Ok(Self::Privileged),
            "baseline" => Ok(Self::Baseline),
            "restricted" => Ok(Self::Restricted),
            _ => Err(Unknown::Level),
        }
    }
}

impl Version {
    pub(super) fn parse(text: &str) -> Result<Self, Unknown> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        let minor = text.strip_prefix("v1.").ok_or(Unknown::Version)?;
        let is_written_so = minor == "0" || !minor.starts_with(['0', '+']);
        let minor = minor.parse().ok().filter(|_| is_written_so);
        minor.map(Self::Minor).ok_or(Unknown::Version)
    }
}

impl Mode {
    /// The label that names the level.
    pub(super) const fn level_label(self) -> &'static str {
        match self {
            Self::Enforce => "pod-security.kubernetes.io/enforce",
            Self::Audit => "pod-security.kubernetes.io/audit",
            Self::Warn => "pod-security.kubernetes.io/warn",
        }
    }
    /// The label that names the version.
    pub(super) const fn version_label(self) -> &'static str {
        match self {
            Self::Enforce => "pod-security.kubernetes.io/enforce-version",
            Self::Audit => "pod-security.kubernetes.io/audit-version",
            Self::Warn => "pod-security.kubernetes.io/warn-version",
        }
    }
    /// What a level that cannot be read is taken for: nothing gets in by a slip of the pen, and nobody
    /// is bothered for one.
    const fn unreadable(self) -> Level {
        match self {
            Self::Enforce => Level::Restricted,
            Self::Audit | Self::Warn => Level::Privileged,
        }
    }
}

impl Standard {
    pub(super) const PRIVILEGED: Self = Self { level: Level::Privileged, version: Version::Latest };

    fn read(&mut self, mode: Mode, labels: &Labels, errors: &mut Vec<FieldError>) {
        let (level_label, version_label) = (mode.level_label(), mode.version_label());
        if let Some(level) = labels.get(level_label) {
            self.level = Level::parse(level).unwrap_or_else(|unknown| {
                errors.push(invalid(level_label, level, unknown));
                mode.unreadable()
            });
        }
        if let Some(version) = labels.get(version_label) {
            self.version = Version::parse(version).unwrap_or_else(|unknown| {
                errors.push(invalid(version_label, version, unknown));
                Version::Latest
            });
        }
    }
}

impl Policy {
    /// What holds where nothing is said.
    pub(super) const PRIVILEGED: Self = Self {
        enforce: Standard::PRIVILEGED,
        audit: Standard::PRIVILEGED,
        warn: Standard::PRIVILEGED,
    };

    /// The policy of a namespace with these labels, and what is wrong with them.
    pub(super) fn of(labels: &Labels, defaults: Self) -> (Self, Vec<FieldError>) {
        let (mut policy, mut errors) = (defaults, Vec::new());
        for mode in MODES {
            policy.at(mode).read(mode, labels, &mut errors);
        }
        policy.warn_of_refusals(labels);
        (policy, errors)
    }

    /// Workloads whose pods would be refused are warned of, unless the labels say of what to warn.
    fn warn_of_refusals(&mut self, labels: &Labels) {
        let says = |label: &str| labels.get(label).is_some();
        let enforced = labels.get(Mode::Enforce.level_label());
        let is_readable = enforced.is_some_and(|level| Level::parse(level).is_ok());
        let is_stricter = self.enforce.level > self.warn.level;
        if says(Mode::Warn.level_label()) || !is_readable || !is_stricter {
            return;
        }
        self.warn.level = self.enforce.level;
        if !says(Mode::Warn.version_label()) {
            self.warn.version = self.enforce.version;
        }
    }

    pub(super) const fn at(&mut self, mode: Mode) -> &mut Standard {
        match mode {
            Mode::Enforce => &mut self.enforce,
            Mode::Audit => &mut self.audit,
            Mode::Warn => &mut self.warn,
        }
    }
    pub(super) const fn of_mode(&self, mode: Mode) -> Standard {
        match mode {
            Mode::Enforce => self.enforce,
            Mode::Audit => self.audit,
            Mode::Warn => self.warn,
        }
    }

    /// Whether nothing is asked of pods.
    pub(super) fn is_privileged(&self) -> bool {
        MODES.iter().all(|mode| self.of_mode(*mode).level == Level::Privileged)
    }
}

fn invalid(label: &str, value: &str, unknown: Unknown) -> FieldError {
    let (metadata, labels) = (Path::new("metadata"), "labels");
    FieldError::invalid(&metadata.child(labels).key(label), value, unknown.to_string())
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str("latest"),
            Self::Minor(minor) => write!(f, "v1.{minor}"),
        }
    }
}

impl fmt::Display for Standard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.level, self.version)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `enforce audit warn`, and what is wrong.
    fn policy(labels: &serde_json::Value) -> String {
        let names = labels.as_object().expect("labels").iter();
        let labels = names
            .map(|(name, value)| (format!("pod-security.kubernetes.io/{name}"), value.clone()));
        let labels = api::json::labels(&labels.collect());
        let (policy, errors) = Policy::of(&labels, Policy::PRIVILEGED);
        let standards = MODES.map(|mode| policy.of_mode(mode).to_string()).join(" ");
        let errors = errors.iter().map(ToString::to_string);
        std::iter::once(standards).chain(errors).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_label_names_the_standard_of_each_mode() {
        let rows = [
            (json!({}), "privileged:latest privileged:latest privileged:latest"),
            (
                json!({"audit": "baseline", "audit-version": "v1.24", "warn": "restricted"}),
                "privileged:latest baseline:v1.24 restricted:latest",
            ),
            (json!({"enforce": "baseline"}), "baseline:latest privileged:latest baseline:latest"),
            (
                json!({"enforce": "restricted", "enforce-version": "v1.30"}),
                "restricted:v1.30 privileged:latest restricted:v1.30",
            ),
            (
                json!({"enforce": "restricted", "enforce-version": "v1.30", "warn-version": "v1.1"}),
                "restricted:v1.30 privileged:latest restricted:v1.1",
            ),
            (
                json!({"enforce": "restricted", "warn": "privileged"}),
                "restricted:latest privileged:latest privileged:latest",
            ),
        ];
        for (labels, wanted) in rows {
            assert_eq!(policy(&labels), wanted, "{labels}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_and_lets_nothing_in() {
        assert_eq!(
            policy(&json!({"enforce": "foo", "audit": "Baseline", "warn": ""})),
            "restricted:latest privileged:latest privileged:latest; \
             metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"foo\": must be one of privileged, baseline, restricted; \
             metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: \"Baseline\": must be one of privileged, baseline, restricted; \
             metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: \"\": must be one of privileged, baseline, restricted"
        );
    }

    #[test]
    fn a_version_is_latest_or_a_minor_one() {
        for text in ["latest", "v1.0", "v1.37", "v1.99"] {
            assert_eq!(
                Version::parse(text).map(|version| version.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in ["", "1.2", "v1", "v1.", "v2.0", "v1.01", "v1.+1", "v1.-1", "v1.1.1"] {
            assert_eq!(Version::parse(text), Err(Unknown::Version), "{text}");
        }
    }
}
