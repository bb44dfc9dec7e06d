//! The certificates of a cluster: an authority, one for each member (for clients and peers alike), and one
//! for each user of etcd, who is named in it.

use std::{net::Ipv4Addr, path::Path};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use world::World;

use crate::{
    EtcdError,
    layout::{Files, Layout, ROOT, USER},
};

const AUTHORITY: &str = "pilothouse-etcd-ca";
const PASSWORD_LETTERS: usize = 32;

/// Makes what is missing; an authority that is there is used on.
/// Errors: the disk failed, or a key could not be made.
pub(crate) fn make(world: &World, layout: &Layout) -> Result<(), EtcdError> {
    let disk = &*world.disk;
    disk.create_folder(&layout.pki())?;
    if is_there(world, &layout.authority()) {
        return Ok(());
    }
    for user in [ROOT, USER] {
        disk.replace(&layout.password(user), world.dice.suffix(PASSWORD_LETTERS).as_bytes())?;
    }
    let failed = |name: &str| {
        let name = name.to_owned();
        move |error: rcgen::Error| EtcdError::Certificate { name, reason: error.to_string() }
    };
    let key = KeyPair::generate().map_err(failed(AUTHORITY))?;
    let authority = authority().self_signed(&key).map_err(failed(AUTHORITY))?;
    let issuer = Issuer::new(self::authority(), key);
    let names = Layout::members().map(|(_, name)| name).chain([ROOT, USER].map(str::to_owned));
    for name in names {
        let key = KeyPair::generate().map_err(failed(&name))?;
        let certificate = leaf(&name).signed_by(&key, &issuer).map_err(failed(&name))?;
        let files: Files = layout.files(&name);
        disk.replace(&files.key, key.serialize_pem().as_bytes())?;
        disk.replace(&files.certificate, certificate.pem().as_bytes())?;
    }
    // Last: it says that all others are there. Its key is kept by nobody; what ends is made anew together.
    disk.replace(&layout.authority(), authority.pem().as_bytes())?;
    Ok(())
}

pub(crate) fn is_there(world: &World, path: &Path) -> bool {
    world.disk.read(path).is_ok()
}

fn authority() -> CertificateParams {
    let mut params = named(AUTHORITY);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
    params
}

/// Members are servers, and clients of each other.
fn leaf(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.subject_alt_names = vec![SanType::IpAddress(Ipv4Addr::LOCALHOST.into())];
    if let Ok(host) = "localhost".try_into() {
        params.subject_alt_names.push(SanType::DnsName(host));
    }
    params
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
