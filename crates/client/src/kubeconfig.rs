//! The kubeconfig file: which server, whom to trust, who asks.

use std::path::{Path, PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;
use world::{Disk, DiskError};

use crate::{ExecPlugin, exec};

/// What a cluster says to plug-ins, among its extensions.
const EXEC_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// How to reach a server and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// `https://host:port`, perhaps with a path.
    pub server: String,
    /// What makes the server's certificate good.
    pub trust: Trust,
    /// Name in the server's certificate, where it is not the host of `server`.
    pub server_name: Option<String>,
    /// Who asks.
    pub credentials: Credentials,
    /// Where commands act that name none.
    pub namespace: String,
}

/// What makes a server's certificate good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// A signature of one of these certificates (PEM).
    Authority(Vec<u8>),
    /// Nothing is checked.
    Anything,
}

/// Who asks.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nobody in particular.
    Anonymous,
    /// A client certificate and its key, both PEM.
    Certificate {
        /// The chain.
        certificate: Vec<u8>,
        /// Its key.
        key: Vec<u8>,
    },
    /// A bearer token.
    Token(String),
    /// A file that holds the token of the moment.
    TokenFile(PathBuf),
    /// A program that knows.
    Plugin(Box<ExecPlugin>),
}

/// A kubeconfig that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// A file could not be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// It is no kubeconfig.
    #[error("{file} is no kubeconfig: {reason}")]
    Syntax {
        /// Its path.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It names something that it does not define.
    #[error("the kubeconfig has no {what} called \"{name}\"")]
    Missing {
        /// `context`, `cluster` or `user`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A value is not what it should be.
    #[error("{field} of the kubeconfig is invalid: {reason}")]
    Invalid {
        /// Where it stands.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct File {
    current_context: String,
    contexts: Vec<NamedContext>,
    clusters: Vec<NamedCluster>,
    users: Vec<NamedUser>,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct NamedContext {
    name: String,
    context: Context,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct Context {
    cluster: String,
    user: String,
    namespace: String,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct NamedCluster {
    name: String,
    cluster: Cluster,
}
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Cluster {
    server: String,
    certificate_authority: String,
    certificate_authority_data: String,
    insecure_skip_tls_verify: bool,
    tls_server_name: Option<String>,
    extensions: Vec<NamedExtension>,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct NamedExtension {
    name: String,
    extension: Value,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct NamedUser {
    name: String,
    user: User,
}
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct User {
    client_certificate: String,
    client_certificate_data: String,
    client_key: String,
    client_key_data: String,
    token: String,
    #[serde(rename = "tokenFile")]
    token_file: String,
    exec: Option<exec::Written>,
}

/// Reads the current context of a kubeconfig. Files it names lie beside it, unless their paths are
/// absolute.
///
/// # Errors
/// A file cannot be read, or it does not say what is needed.
pub fn load(disk: &dyn Disk, path: &Path) -> Result<Access, KubeconfigError> {
    let syntax =
        |reason: String| KubeconfigError::Syntax { file: path.display().to_string(), reason };
    let bytes = disk.read(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| syntax(error.to_string()))?;
    let file: File = serde_saphyr::from_str(text).map_err(|error| syntax(error.to_string()))?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let mut access = resolve(file, folder, |name| Ok(disk.read(&folder.join(name))?))?;
    if let Credentials::TokenFile(path) = &mut access.credentials {
        *path = folder.join(&path);
    }
    Ok(access)
}

/// What a pod is given to reach the API server as its service account; `address` is `host:port`.
///
/// # Errors
/// The files are not there.
pub fn in_cluster(disk: &dyn Disk, address: &str) -> Result<Access, KubeconfigError> {
    let folder = Path::new("/var/run/secrets/kubernetes.io/serviceaccount");
    let namespace = disk.read(&folder.join("namespace"))?;
    Ok(Access {
        server: format!("https://{address}"),
        trust: Trust::Authority(disk.read(&folder.join("ca.crt"))?),
        server_name: None,
        credentials: Credentials::TokenFile(folder.join("token")),
        namespace: String::from_utf8_lossy(&namespace).trim().to_owned(),
    })
}

fn resolve(
    file: File,
    folder: &Path,
    read: impl Fn(&str) -> Result<Vec<u8>, KubeconfigError>,
) -> Result<Access, KubeconfigError> {
    let missing = |what, name: &str| KubeconfigError::Missing { what, name: name.to_owned() };
    let name = file.current_context;
    let context = file.contexts.into_iter().find(|context| context.name == name);
    let context = context.ok_or_else(|| missing("context", &name))?.context;
    let cluster = file.clusters.into_iter().find(|cluster| cluster.name == context.cluster);
    let cluster = cluster.ok_or_else(|| missing("cluster", &context.cluster))?.cluster;
    let user = file.users.into_iter().find(|user| user.name == context.user);
    let user = match user {
        Some(user) => user.user,
        None if context.user.is_empty() => User::default(),
        None => return Err(missing("user", &context.user)),
    };
    let data = |field, data: &str, file: &str| {
        if data.is_empty() && file.is_empty() {
            return Ok(None);
        }
        if data.is_empty() {
            return read(file).map(Some);
        }
        STANDARD
            .decode(data)
            .map(Some)
            .map_err(|error| KubeconfigError::Invalid { field, reason: error.to_string() })
    };
    let authority = data(
        "certificate-authority-data",
        &cluster.certificate_authority_data,
        &cluster.certificate_authority,
    )?;
    let trust = if cluster.insecure_skip_tls_verify {
        Trust::Anything
    } else {
        Trust::Authority(authority.unwrap_or_default())
    };
    let certificate =
        data("client-certificate-data", &user.client_certificate_data, &user.client_certificate)?;
    let key = data("client-key-data", &user.client_key_data, &user.client_key)?;
    let said = cluster.extensions.into_iter().find(|extension| extension.name == EXEC_EXTENSION);
    let credentials = match (certificate, key, user.exec) {
        (Some(certificate), Some(key), _) => Credentials::Certificate { certificate, key },
        _ if !user.token.is_empty() => Credentials::Token(user.token),
        _ if !user.token_file.is_empty() => Credentials::TokenFile(user.token_file.into()),
        (_, _, Some(written)) => {
            let said = said.map(|said| said.extension);
            Credentials::Plugin(Box::new(ExecPlugin::read(written, said, folder)?))
        }
        (_, _, None) => Credentials::Anonymous,
    };
    let server_name = cluster.tls_server_name;
    let namespace = match context.namespace.as_str() {
        "" => "default".to_owned(),
        name => name.to_owned(),
    };
    Ok(Access { server: cluster.server, trust, server_name, credentials, namespace })
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "Anonymous",
            Self::Certificate { .. } => "Certificate",
            Self::Token(_) => "Token",
            Self::TokenFile(_) => "TokenFile",
            Self::Plugin(_) => "Plugin",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
apiVersion: v1
kind: Config
current-context: one
contexts:
- {name: one, context: {cluster: c, user: u, namespace: shop}}
- {name: two, context: {cluster: c, user: nosuch}}
clusters:
- name: c
  cluster: {server: 'https://127.0.0.1:6443', certificate-authority: ca.crt}
users:
- name: u
  user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}
";

    fn resolved(text: &str) -> Result<Access, String> {
        let file: File = serde_saphyr::from_str(text).unwrap();
        resolve(file, Path::new("/etc"), |name| Ok(format!("content of {name}").into_bytes()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_current_context_says_where_and_who() {
        let access = resolved(FILE).unwrap();
        assert_eq!(access.server, "https://127.0.0.1:6443");
        assert_eq!(access.namespace, "shop");
        assert_eq!(access.trust, Trust::Authority(b"content of ca.crt".to_vec()));
        let wanted =
            Credentials::Certificate { certificate: b"cert".to_vec(), key: b"key".to_vec() };
        assert!(access.credentials == wanted);
    }

    #[test]
    fn what_is_not_defined_is_named() {
        let error = resolved(&FILE.replace("current-context: one", "current-context: two"));
        assert_eq!(error.unwrap_err(), "the kubeconfig has no user called \"nosuch\"");
        let error = resolved("{}");
        assert_eq!(error.unwrap_err(), "the kubeconfig has no context called \"\"");
    }

    #[test]
    fn a_token_is_taken_where_there_is_no_certificate() {
        let user = "user: {token: secret}";
        let certificate = "user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}";
        let access = resolved(&FILE.replace(certificate, user)).unwrap();
        assert!(access.credentials == Credentials::Token("secret".into()));
        let access = resolved(&FILE.replace(certificate, "user: {tokenFile: token}")).unwrap();
        assert!(access.credentials == Credentials::TokenFile("token".into()));
    }
}
