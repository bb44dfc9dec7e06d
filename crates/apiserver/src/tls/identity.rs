//! Whom a client certificate names.

use std::{collections::BTreeMap, fmt::Write as _};

use ring::digest;
use x509_parser::{
    certificate::X509Certificate,
    oid_registry::{OID_X509_COMMON_NAME, OID_X509_ORGANIZATION_NAME, Oid},
    prelude::FromDer,
};

use crate::User;

/// Where the reference keeps a user's UID in a certificate: 1.3.6.1.4.1.57683.2.
const UID_BYTES: &[u8] = &[0x2b, 6, 1, 4, 1, 0x83, 0xc2, 0x53, 2];
const CREDENTIAL: &str = "authentication.kubernetes.io/credential-id";

/// The user of a verified certificate: its common name, with every organization as a group. `None`
/// if it names nobody.
pub(super) fn user_of(der: &[u8]) -> Option<User> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let values = |oid: &Oid<'_>| {
        let attributes = certificate.subject().iter_by_oid(oid);
        let texts = attributes.filter_map(|value| value.as_str().ok().map(str::to_owned));
        texts.collect::<Vec<_>>()
    };
    let names = values(&OID_X509_COMMON_NAME);
    let name = names.into_iter().next().filter(|name| !name.is_empty())?;
    let groups = values(&OID_X509_ORGANIZATION_NAME);
    let uid = values(&Oid::new(UID_BYTES.into())).into_iter().next().unwrap_or_default();
    let extra = BTreeMap::from([(CREDENTIAL.to_owned(), vec![credential(der)])]);
    Some(User { name, uid, groups, extra })
}

/// By which a certificate is told from others of the same user.
fn credential(der: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, der);
    digest.as_ref().iter().fold("X509SHA256=".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
