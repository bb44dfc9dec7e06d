//! Programs that a kubeconfig names for finding out who asks: tokens and certificates come from them, for
//! as long as they say. Follows the API `client.authentication.k8s.io`.

mod credential;
mod source;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

pub(crate) use source::{ExecSource, Proof};

use crate::kubeconfig::KubeconfigError;

/// A program that says who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecPlugin {
    pub(crate) version: ApiVersion,
    command: PathBuf,
    arguments: Vec<String>,
    /// Names and values beside those that this process has.
    environment: Vec<(String, String)>,
    /// For people who do not have the program.
    install_hint: String,
    interactive: Interactive,
    /// Whether it is told which cluster is meant, and what the kubeconfig says to it of that cluster.
    cluster: Option<Value>,
}

/// How it is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApiVersion {
    V1,
    V1Beta1,
}

/// Whether it may ask somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interactive {
    Never,
    IfAvailable,
    Always,
}

/// `exec` of a user, as it is written.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Written {
    api_version: String,
    command: String,
    args: Option<Vec<String>>,
    env: Option<Vec<Variable>>,
    install_hint: String,
    interactive_mode: Option<String>,
    provide_cluster_info: bool,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct Variable {
    name: String,
    value: String,
}

impl ApiVersion {
    const fn name(self) -> &'static str {
        match self {
            Self::V1 => "client.authentication.k8s.io/v1",
            Self::V1Beta1 => "client.authentication.k8s.io/v1beta1",
        }
    }
}

impl ExecPlugin {
    /// What is written, with what the cluster says to it. A command with a slash lies beside `folder`,
    /// unless its path is absolute.
    pub(crate) fn read(
        written: Written,
        cluster: Option<Value>,
        folder: &Path,
    ) -> Result<Self, KubeconfigError> {
        let invalid = |reason: String| KubeconfigError::Invalid { field: "exec", reason };
        let versions = [ApiVersion::V1, ApiVersion::V1Beta1];
        let version = versions.into_iter().find(|version| version.name() == written.api_version);
        let version = version.ok_or_else(|| {
            invalid(format!("apiVersion {:?} is none that is spoken here", written.api_version))
        })?;
        if written.command.is_empty() {
            return Err(invalid("command is missing".to_owned()));
        }
        let interactive = match (written.interactive_mode.as_deref(), version) {
            (Some("Never"), _) => Interactive::Never,
            (Some("IfAvailable"), _) | (None, ApiVersion::V1Beta1) => Interactive::IfAvailable,
            (Some("Always"), _) => Interactive::Always,
            (None, ApiVersion::V1) => return Err(invalid("interactiveMode is missing".to_owned())),
            (Some(other), _) => return Err(invalid(format!("interactiveMode {other:?}"))),
        };
        let environment = written.env.unwrap_or_default().into_iter();
        let environment: Vec<_> =
            environment.map(|variable| (variable.name, variable.value)).collect();
        if environment.iter().any(|(name, _)| name.is_empty()) {
            return Err(invalid("a variable of env has no name".to_owned()));
        }
        let command = if written.command.contains('/') {
            folder.join(written.command)
        } else {
            written.command.into()
        };
        Ok(Self {
            version,
            command,
            arguments: written.args.unwrap_or_default(),
            environment,
            install_hint: written.install_hint,
            interactive,
            cluster: written.provide_cluster_info.then(|| cluster.unwrap_or_default()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ExecPlugin, String> {
        let written: Written = serde_saphyr::from_str(text).unwrap();
        ExecPlugin::read(written, Some("config".into()), Path::new("/etc/kube"))
            .map_err(|error| error.to_string())
    }

    const V1: &str = "apiVersion: client.authentication.k8s.io/v1";

    #[test]
    fn a_command_with_a_slash_lies_beside_the_kubeconfig() {
        let plugin = |command: &str| {
            read(&format!("{{{V1}, command: {command}, interactiveMode: Never}}")).unwrap().command
        };
        assert_eq!(plugin("aws"), Path::new("aws"));
        assert_eq!(plugin("./bin/token"), Path::new("/etc/kube/./bin/token"));
        assert_eq!(plugin("/bin/token"), Path::new("/bin/token"));
    }

    #[test]
    fn what_is_incomplete_is_refused() {
        for (text, wanted) in [
            ("{command: x}", "apiVersion \"\" is none that is spoken here"),
            (
                "{apiVersion: client.authentication.k8s.io/v1alpha1, command: x}",
                "apiVersion \"client.authentication.k8s.io/v1alpha1\" is none that is spoken here",
            ),
            (&format!("{{{V1}}}"), "command is missing"),
            (&format!("{{{V1}, command: x}}"), "interactiveMode is missing"),
            (&format!("{{{V1}, command: x, interactiveMode: Often}}"), "interactiveMode \"Often\""),
            (
                &format!("{{{V1}, command: x, interactiveMode: Never, env: [{{value: v}}]}}"),
                "a variable of env has no name",
            ),
        ] {
            let wanted = format!("exec of the kubeconfig is invalid: {wanted}");
            assert_eq!(read(text).unwrap_err(), wanted, "{text}");
        }
    }

    #[test]
    fn the_old_version_asks_where_somebody_is_there() {
        let text = "{apiVersion: client.authentication.k8s.io/v1beta1, command: x, args: null}";
        let plugin = read(text).unwrap();
        assert_eq!((plugin.interactive, plugin.cluster), (Interactive::IfAvailable, None));
    }

    #[test]
    fn the_cluster_is_told_where_that_is_wanted() {
        let text =
            format!("{{{V1}, command: x, interactiveMode: Never, provideClusterInfo: true}}");
        assert_eq!(read(&text).unwrap().cluster, Some("config".into()));
    }
}
