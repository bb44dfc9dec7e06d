//! Certificates in a folder: made at the first start, used again at every other.

use std::{net::IpAddr, path::Path};

use meta::time::Time;
use world::{Disk, DiskError};
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, pem::parse_x509_pem, prelude::FromDer,
};

use super::{ACCOUNT_KEY, Authority, Pki, PkiError, ServingNames, Signed, new_key};

/// Certificates that end sooner are replaced at a start.
const RENEW_BEFORE_SECONDS: i64 = 30 * 24 * 60 * 60;

impl Pki {
    /// The certificates of a folder. What is missing, about to end, or lacks a name is made anew;
    /// the authority is made once.
    ///
    /// # Errors
    /// The disk failed, or a file is no certificate.
    pub fn open(
        disk: &dyn Disk,
        folder: &Path,
        now: Time,
        names: &ServingNames,
    ) -> Result<Self, PkiError> {
        disk.create_folder(folder)?;
        let Signed { certificate, key } = match read(disk, folder, "ca")? {
            Some(signed) => signed,
            None => written(disk, folder, "ca", Authority::new(now)?.signed())?,
        };
        let authority = Authority { certificate, key };
        let is_good = |signed: &Signed| is_current(signed, now) && has_names(signed, names);
        let serving = match read(disk, folder, "apiserver")?.filter(is_good) {
            Some(signed) => signed,
            None => written(disk, folder, "apiserver", authority.sign_server(names, now)?)?,
        };
        let admin = match read(disk, folder, "admin")?.filter(|signed| is_current(signed, now)) {
            Some(signed) => signed,
            None => written(disk, folder, "admin", authority.sign_admin(now)?)?,
        };
        let account_key = account_key(disk, folder)?;
        Ok(Self { authority, serving, admin, account_key })
    }
}

/// The key of service-account tokens lives as long as the folder: with another one, every token that
/// is out would be refused.
fn account_key(disk: &dyn Disk, folder: &Path) -> Result<String, PkiError> {
    if let Some(key) = read_text(disk, &folder.join(format!("{ACCOUNT_KEY}.key")))? {
        return Ok(key);
    }
    let key = new_key(ACCOUNT_KEY)?;
    disk.replace(&folder.join(format!("{ACCOUNT_KEY}.key")), key.as_bytes())?;
    Ok(key)
}

/// `None` if one of the two files is missing.
fn read(disk: &dyn Disk, folder: &Path, name: &str) -> Result<Option<Signed>, PkiError> {
    let text = |ending: &str| read_text(disk, &folder.join(format!("{name}.{ending}")));
    let (certificate, key) = (text("crt")?, text("key")?);
    Ok(certificate.zip(key).map(|(certificate, key)| Signed { certificate, key }))
}

fn read_text(disk: &dyn Disk, path: &Path) -> Result<Option<String>, PkiError> {
    match disk.read(path) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|error| PkiError::Pem {
            what: path.display().to_string(),
            reason: error.to_string(),
        }),
        Err(DiskError::Missing { .. }) => Ok(None),
        Err(error) => Err(PkiError::from(error)),
    }
}

/// The key first: it makes the certificate worth keeping.
fn written(disk: &dyn Disk, folder: &Path, name: &str, signed: Signed) -> Result<Signed, PkiError> {
    disk.replace(&folder.join(format!("{name}.key")), signed.key.as_bytes())?;
    disk.replace(&folder.join(format!("{name}.crt")), signed.certificate.as_bytes())?;
    Ok(signed)
}

fn is_current(signed: &Signed, now: Time) -> bool {
    with_certificate(signed, |certificate| {
        certificate.validity().not_after.timestamp() > now.seconds() + RENEW_BEFORE_SECONDS
    })
}

/// When a certificate in PEM ends; `None` if it is none.
pub fn end_of(pem: &str) -> Option<Time> {
    let (_, pem) = parse_x509_pem(pem.as_bytes()).ok()?;
    let (_, certificate) = X509Certificate::from_der(&pem.contents).ok()?;
    Some(Time::from_seconds(certificate.validity().not_after.timestamp()))
}

fn has_names(signed: &Signed, names: &ServingNames) -> bool {
    with_certificate(signed, |certificate| {
        let Ok(Some(extension)) = certificate.subject_alternative_name() else { return false };
        let known = &extension.value.general_names;
        let has_host = |host: &String| {
            known.iter().any(|name| matches!(name, GeneralName::DNSName(known) if known == host))
        };
        let has_address = |address: &IpAddr| {
            let octets = match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            };
            let is_it = |name: &GeneralName<'_>| matches!(name, GeneralName::IPAddress(known) if *known == octets.as_slice());
            known.iter().any(is_it)
        };
        names.hosts.iter().all(has_host) && names.addresses.iter().all(has_address)
    })
}

fn with_certificate(signed: &Signed, test: impl Fn(&X509Certificate<'_>) -> bool) -> bool {
    let Ok((_, pem)) = parse_x509_pem(signed.certificate.as_bytes()) else { return false };
    X509Certificate::from_der(&pem.contents).is_ok_and(|(_, certificate)| test(&certificate))
}
