//! What a plug-in is told, and how its answer is understood: `ExecCredential`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use meta::time::Time;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ExecPlugin;
use crate::kubeconfig::{Access, Trust};

/// Who asks, until it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Issued {
    pub(super) token: Option<String>,
    pub(super) certificate: Option<Certificate>,
    /// `None` is good until a server says otherwise.
    pub(super) end: Option<Time>,
}

/// A client certificate and its key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) chain: String,
    pub(super) key: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    api_version: String,
    kind: String,
    status: Option<Status>,
}
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    expiration_timestamp: Option<Time>,
    token: String,
    client_certificate_data: String,
    client_key_data: String,
}

/// What a plug-in is told of a cluster: `None` if it does not want to know.
pub(super) fn cluster(plugin: &ExecPlugin, access: &Access) -> Option<Value> {
    let config = plugin.cluster.as_ref()?;
    let mut cluster = json!({"server": access.server, "config": config});
    if let Some(name) = &access.server_name {
        cluster["tls-server-name"] = name.as_str().into();
    }
    match &access.trust {
        Trust::Anything => cluster["insecure-skip-tls-verify"] = true.into(),
        Trust::Authority(pem) if pem.is_empty() => {}
        Trust::Authority(pem) => {
            cluster["certificate-authority-data"] = STANDARD.encode(pem).into();
        }
    }
    Some(cluster)
}

/// The text of `KUBERNETES_EXEC_INFO`.
pub(super) fn request(plugin: &ExecPlugin, cluster: Option<&Value>, asks: bool) -> String {
    let mut spec = json!({"interactive": asks});
    if let Some(cluster) = cluster {
        spec["cluster"] = cluster.clone();
    }
    let version = plugin.version.name();
    json!({"kind": "ExecCredential", "apiVersion": version, "spec": spec}).to_string()
}

/// # Errors
/// What is wrong with the answer.
pub(super) fn read(plugin: &ExecPlugin, output: &[u8]) -> Result<Issued, String> {
    let answer: Answer = serde_json::from_slice(output)
        .map_err(|error| format!("its answer is no ExecCredential: {error}"))?;
    if answer.kind != "ExecCredential" {
        return Err(format!("its answer is of the kind {:?}, not ExecCredential", answer.kind));
    }
    let version = plugin.version.name();
    if answer.api_version != version {
        let other = answer.api_version;
        return Err(format!("it was asked in {version} and answered in {other:?}"));
    }
    let status = answer.status.ok_or("its answer has no status")?;
    let (chain, key) = (status.client_certificate_data, status.client_key_data);
    if chain.is_empty() != key.is_empty() {
        return Err("its answer has a certificate without a key, or a key without one".to_owned());
    }
    if status.token.is_empty() && chain.is_empty() {
        return Err("its answer has neither a token nor a certificate".to_owned());
    }
    Ok(Issued {
        token: Some(status.token).filter(|token| !token.is_empty()),
        certificate: (!chain.is_empty()).then_some(Certificate { chain, key }),
        end: status.expiration_timestamp,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        exec::{ApiVersion, Interactive},
        kubeconfig::Credentials,
    };

    fn plugin(cluster: Option<Value>) -> ExecPlugin {
        ExecPlugin {
            version: ApiVersion::V1,
            command: "token".into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            install_hint: String::new(),
            interactive: Interactive::Never,
            cluster,
        }
    }

    fn access(trust: Trust) -> Access {
        Access {
            server: "https://server".to_owned(),
            trust,
            server_name: Some("name".to_owned()),
            credentials: Credentials::Anonymous,
            namespace: String::new(),
        }
    }

    fn check(status: &Value, wanted: &str) {
        let answer = json!({"kind": "ExecCredential",
            "apiVersion": "client.authentication.k8s.io/v1", "status": status});
        let shown = match read(&plugin(None), answer.to_string().as_bytes()) {
            Ok(Issued { token, certificate, end }) => format!(
                "token {token:?} chain {:?} until {end:?}",
                certificate.map(|certificate| certificate.chain)
            ),
            Err(reason) => reason,
        };
        assert_eq!(shown, wanted, "{status}");
    }

    #[test]
    fn a_token_or_a_certificate_with_its_key_is_an_answer() {
        let end = "2026-11-24T08:00:00Z";
        check(
            &json!({"token": "t", "expirationTimestamp": end}),
            "token Some(\"t\") chain None until Some(2026-11-24T08:00:00Z)",
        );
        check(
            &json!({"clientCertificateData": "c", "clientKeyData": "k"}),
            "token None chain Some(\"c\") until None",
        );
        let half = "its answer has a certificate without a key, or a key without one";
        check(&json!({"token": "t", "clientKeyData": "k"}), half);
        check(&json!({"clientCertificateData": "c"}), half);
        check(&json!({}), "its answer has neither a token nor a certificate");
        check(&Value::Null, "its answer has no status");
    }

    #[test]
    fn an_answer_in_another_version_or_of_another_kind_is_none() {
        let refused = |answer: Value| read(&plugin(None), answer.to_string().as_bytes());
        let other = json!({"kind": "ExecCredential",
            "apiVersion": "client.authentication.k8s.io/v1beta1", "status": {"token": "t"}});
        let reason = "it was asked in client.authentication.k8s.io/v1 and answered in \
                      \"client.authentication.k8s.io/v1beta1\"";
        assert_eq!(refused(other).unwrap_err(), reason);
        let other = json!({"kind": "Token"});
        let reason = "its answer is of the kind \"Token\", not ExecCredential";
        assert_eq!(refused(other).unwrap_err(), reason);
        assert!(read(&plugin(None), b"oops").unwrap_err().starts_with("its answer is no Exec"));
    }

    #[test]
    fn it_is_told_whether_it_may_ask_and_of_the_cluster_if_it_wants_to_know() {
        let told = |plugin: &ExecPlugin, trust| {
            request(plugin, cluster(plugin, &access(trust)).as_ref(), false)
        };
        let head =
            r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":"#;
        let silent = told(&plugin(None), Trust::Anything);
        assert_eq!(silent, format!(r#"{head}{{"interactive":false}}}}"#));
        let told = told(&plugin(Some(json!({"audience": "x"}))), Trust::Authority(b"PEM".to_vec()));
        let spec = r#"{"cluster":{"certificate-authority-data":"UEVN","config":{"audience":"x"},"server":"https://server","tls-server-name":"name"},"interactive":false}"#;
        assert_eq!(told, format!("{head}{spec}}}"));
    }
}
