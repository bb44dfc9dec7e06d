//! The authority that signs the certificates of a control plane.

use std::net::IpAddr;

use meta::time::Time;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};

use super::PkiError;
use crate::authorization::MASTERS;

/// A certificate and its key, both as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub certificate: String,
    pub key: String,
}

/// A certificate authority with its key (ECDSA P-256).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// PEM; what clients and pods are told to trust.
    pub certificate: String,
    pub(super) key: String,
}

/// Under which names and addresses a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServingNames {
    pub hosts: Vec<String>,
    pub addresses: Vec<IpAddr>,
}

/// Certificates of the first start serve for as long as anybody will keep the folder.
const YEARS_VALID: i32 = 10;
const AUTHORITY_NAME: &str = "pilothouse-ca";
const SERVER_NAME: &str = "kube-apiserver";
const ADMIN_NAME: &str = "pilothouse-admin";

impl ServingNames {
    /// The names of every control plane, and more. Addresses are told from names by their form.
    pub fn new(more: impl IntoIterator<Item = String>) -> Self {
        let service = "kubernetes.default.svc.cluster.local";
        let mut names = Self { hosts: vec!["localhost".to_owned()], addresses: Vec::new() };
        let dots = service.match_indices('.').map(|(at, _)| at);
        let prefixes = dots.chain([service.len()]).map(|end| service[..end].to_owned());
        let fixed = prefixes.filter(|name| !name.ends_with(".cluster"));
        let loopback = ["127.0.0.1".to_owned(), "::1".to_owned()];
        for name in fixed.chain(loopback).chain(more) {
            match name.parse() {
                Ok(address) if !names.addresses.contains(&address) => names.addresses.push(address),
                Err(_) if !names.hosts.contains(&name) => names.hosts.push(name),
                Ok(_) | Err(_) => {}
            }
        }
        names
    }
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    /// The key could not be made.
    pub fn new(now: Time) -> Result<Self, PkiError> {
        let failed = |error: rcgen::Error| failure(AUTHORITY_NAME, &error);
        let key = KeyPair::generate().map_err(failed)?;
        let mut params = params(AUTHORITY_NAME, None, now);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyCertSign,
        ];
        let certificate = params.self_signed(&key).map_err(failed)?;
        Ok(Self { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// The certificate a server shows.
    ///
    /// # Errors
    /// A name is none, or the authority's own files are broken.
    pub fn sign_server(&self, names: &ServingNames, now: Time) -> Result<Signed, PkiError> {
        let mut params = params(SERVER_NAME, None, now);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        for host in &names.hosts {
            let host = host.as_str().try_into().map_err(|error| failure(host, &error))?;
            params.subject_alt_names.push(SanType::DnsName(host));
        }
        params.subject_alt_names.extend(names.addresses.iter().copied().map(SanType::IpAddress));
        self.sign(SERVER_NAME, params)
    }

    /// A client certificate: `name` is the user, `group` its group.
    ///
    /// # Errors
    /// The authority's own files are broken.
    pub fn sign_client(&self, name: &str, group: &str, now: Time) -> Result<Signed, PkiError> {
        let mut params = params(name, Some(group), now);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(name, params)
    }

    /// Itself, as files hold it.
    pub(super) fn signed(self) -> Signed {
        Signed { certificate: self.certificate, key: self.key }
    }

    pub(super) fn sign_admin(&self, now: Time) -> Result<Signed, PkiError> {
        self.sign_client(ADMIN_NAME, MASTERS, now)
    }

    fn sign(&self, name: &str, mut params: CertificateParams) -> Result<Signed, PkiError> {
        let failed = |error: rcgen::Error| failure(name, &error);
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.use_authority_key_identifier_extension = true;
        let authority_key = KeyPair::from_pem(&self.key).map_err(failed)?;
        let issuer = Issuer::from_ca_cert_pem(&self.certificate, authority_key).map_err(failed)?;
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &issuer).map_err(failed)?;
        Ok(Signed { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

fn params(name: &str, group: Option<&str>, now: Time) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    if let Some(group) = group {
        params.distinguished_name.push(DnType::OrganizationName, group);
    }
    params.distinguished_name.push(DnType::CommonName, name);
    let (year, month, day) = yesterday(now);
    params.not_before = date_time_ymd(year, month, day);
    // The 29th of February is no day of most years.
    params.not_after = date_time_ymd(year + YEARS_VALID, month, day.min(28));
    params
}

/// Certificates begin a day early, for clocks that are behind.
fn yesterday(now: Time) -> (i32, u8, u8) {
    const DAY_SECONDS: i64 = 24 * 60 * 60;
    let text = Time::from_seconds(now.seconds() - DAY_SECONDS).to_string();
    let mut parts = text.split(['-', 'T']).map(|part| part.parse::<i32>().unwrap_or(1));
    let mut next = || parts.next().unwrap_or(1);
    let (year, month, day) = (next(), next(), next());
    let narrow = |number: i32| u8::try_from(number).unwrap_or(1);
    (year, narrow(month), narrow(day))
}

fn failure(name: &str, error: &rcgen::Error) -> PkiError {
    PkiError::Sign { name: name.to_owned(), reason: error.to_string() }
}
