//! Certificates across starts, and what they say.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use meta::time::Time;
use parking_lot::Mutex;
use world::{Disk, DiskError, File};
use x509_parser::pem::parse_x509_pem;

use super::{Authority, Pki, ServingNames, identity::user_of, kubeconfig};

/// Files in memory; only what certificates need.
#[derive(Default)]
struct Folder(Mutex<BTreeMap<PathBuf, Vec<u8>>>);

impl Disk for Folder {
    fn open(&self, path: &Path) -> Result<Arc<dyn File>, DiskError> {
        Err(DiskError::Missing { path: path.display().to_string() })
    }
    fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        let missing = || DiskError::Missing { path: path.display().to_string() };
        self.0.lock().get(path).cloned().ok_or_else(missing)
    }
    fn replace(&self, path: &Path, data: &[u8]) -> Result<(), DiskError> {
        self.0.lock().insert(path.to_owned(), data.to_owned());
        Ok(())
    }
    fn rename(&self, from: &Path, _to: &Path) -> Result<(), DiskError> {
        Err(DiskError::Missing { path: from.display().to_string() })
    }
    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        self.0.lock().remove(path);
        Ok(())
    }
    fn list(&self, folder: &Path) -> Result<Vec<String>, DiskError> {
        Err(DiskError::Missing { path: folder.display().to_string() })
    }
    fn create_folder(&self, _path: &Path) -> Result<(), DiskError> {
        Ok(())
    }
    fn lock_folder(&self, _path: &Path) -> Result<Box<dyn Send + Sync>, DiskError> {
        Ok(Box::new(()))
    }
}

const NOW: Time = Time::from_seconds(1_795_509_000);
const YEAR_SECONDS: i64 = 365 * 24 * 60 * 60;

fn open(folder: &Folder, now: Time, more: &[&str]) -> Pki {
    let names = ServingNames::new(more.iter().map(|name| (*name).to_owned()));
    Pki::open(folder, Path::new("pki"), now, &names).unwrap()
}

#[test]
fn the_second_start_uses_the_files_of_the_first() {
    let folder = Folder::default();
    let first = open(&folder, NOW, &[]);
    let second = open(&folder, NOW, &[]);
    assert_eq!(first.authority, second.authority);
    assert_eq!((first.serving, first.admin), (second.serving, second.admin));
    assert_eq!(first.account_key, second.account_key);
    let files: Vec<_> = folder.0.lock().keys().map(|path| path.display().to_string()).collect();
    assert_eq!(
        files,
        [
            "pki/admin.crt",
            "pki/admin.key",
            "pki/apiserver.crt",
            "pki/apiserver.key",
            "pki/ca.crt",
            "pki/ca.key",
            "pki/sa.key"
        ]
    );
}

#[test]
fn a_new_name_needs_a_new_serving_certificate_and_nothing_else() {
    let folder = Folder::default();
    let first = open(&folder, NOW, &[]);
    let second = open(&folder, NOW, &["example.internal", "192.0.2.7"]);
    assert_ne!(first.serving, second.serving);
    assert_eq!((first.authority, first.admin), (second.authority, second.admin));
    let third = open(&folder, NOW, &["192.0.2.7"]);
    assert_eq!(second.serving, third.serving);
}

#[test]
fn certificates_are_renewed_before_they_end() {
    let folder = Folder::default();
    let first = open(&folder, NOW, &[]);
    let second = open(&folder, Time::from_seconds(NOW.seconds() + 10 * YEAR_SECONDS), &[]);
    assert_ne!((first.serving, first.admin), (second.serving, second.admin));
}

#[test]
fn every_control_plane_has_these_names() {
    let names = ServingNames::new(["10.0.0.1".to_owned()]);
    assert_eq!(
        names.hosts,
        [
            "localhost",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local"
        ]
    );
    let addresses: Vec<_> = names.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["127.0.0.1", "::1", "10.0.0.1"]);
}

#[test]
fn a_client_certificate_names_user_and_group() {
    let authority = Authority::new(NOW).unwrap();
    let signed = authority.sign_client("bob", "dev:team", NOW).unwrap();
    let (_, pem) = parse_x509_pem(signed.certificate.as_bytes()).unwrap();
    let user = user_of(&pem.contents).unwrap();
    assert_eq!(
        (user.name.as_str(), user.groups.as_slice()),
        ("bob", ["dev:team".to_owned()].as_slice())
    );
    let credential = &user.extra["authentication.kubernetes.io/credential-id"][0];
    assert!(credential.starts_with("X509SHA256=") && credential.len() == 75, "{credential}");
}

#[test]
fn the_kubeconfig_carries_what_kubectl_needs() {
    let pki = Pki::in_memory(NOW, &ServingNames::new([])).unwrap();
    let text = kubeconfig::admin("https://127.0.0.1:6443", &pki);
    let file: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    let cluster = &file["clusters"][0]["cluster"];
    assert_eq!(cluster["server"], "https://127.0.0.1:6443");
    let data = cluster["certificate-authority-data"].as_str().unwrap();
    assert_eq!(STANDARD.decode(data).unwrap(), pki.authority.certificate.as_bytes());
}
