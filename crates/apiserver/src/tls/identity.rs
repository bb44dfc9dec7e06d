//! Whom a client certificate names.

use x509_parser::{
    certificate::X509Certificate,
    oid_registry::{OID_X509_COMMON_NAME, OID_X509_ORGANIZATION_NAME, Oid},
    prelude::FromDer,
};

use crate::User;

/// The user of a verified certificate: its common name, with every organization as a group. `None`
/// if it names nobody.
pub(crate) fn user_of(certificate: &[u8]) -> Option<User> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let values = |oid: &Oid<'_>| {
        let attributes = certificate.subject().iter_by_oid(oid);
        let texts = attributes.filter_map(|value| value.as_str().ok().map(str::to_owned));
        texts.collect::<Vec<_>>()
    };
    let names = values(&OID_X509_COMMON_NAME);
    let name = names.into_iter().next().filter(|name| !name.is_empty())?;
    let groups = values(&OID_X509_ORGANIZATION_NAME);
    Some(User { name, groups, ..User::default() })
}
