//! The file that tells kubectl where the server is and who asks.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::Pki;

/// A kubeconfig that reaches `server` (`https://host:port`) as administrator.
pub fn admin(server: &str, pki: &Pki) -> String {
    let encode = |pem: &str| STANDARD.encode(pem);
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: pilothouse
  cluster:
    server: {server}
    certificate-authority-data: {authority}
contexts:
- name: pilothouse
  context:
    cluster: pilothouse
    user: admin
current-context: pilothouse
preferences: {{}}
users:
- name: admin
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
",
        authority = encode(&pki.authority.certificate),
        certificate = encode(&pki.admin.certificate),
        key = encode(&pki.admin.key),
    )
}
