//! Where the files of a cluster lie, and on which ports its members are.

use std::path::{Path, PathBuf};

use store::{EtcdOptions, Login};
use world::Disk;

use crate::EtcdError;

/// One may be lost.
pub const MEMBERS: u16 = 3;
/// A member's own, and that for its peers next to it.
const PORTS_PER_MEMBER: u16 = 10;
/// What users are called in their certificates and in etcd.
pub(crate) const ROOT: &str = "root";
pub(crate) const USER: &str = "pilothouse";

/// A cluster in a folder, on ports of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub folder: PathBuf,
    pub pki: PathBuf,
    /// Of the first member; the others follow in tens.
    pub port: u16,
}

/// A certificate and its key.
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Layout {
    pub(crate) fn pki(&self) -> PathBuf {
        self.pki.clone()
    }

    /// A cluster in `folder` with certificates of its own.
    pub fn new(folder: PathBuf, port: u16) -> Self {
        Self { pki: folder.join("pki"), folder, port }
    }

    /// Another one in a folder within, in place of this: on its ports, with its certificates.
    pub(crate) fn beside(&self, name: &str) -> Self {
        Self { folder: self.folder.join(name), ..self.clone() }
    }

    pub(crate) fn authority(&self) -> PathBuf {
        self.pki().join("ca.crt")
    }

    pub(crate) fn files(&self, name: &str) -> Files {
        let file = |ending: &str| self.pki().join(format!("{name}.{ending}"));
        Files { certificate: file("crt"), key: file("key") }
    }

    pub(crate) fn password(&self, user: &str) -> PathBuf {
        self.pki().join(format!("{user}.password"))
    }

    /// Names of all members.
    pub(crate) fn members() -> impl Iterator<Item = (u16, String)> {
        (0..MEMBERS).map(|number| (number, format!("member-{}", number + 1)))
    }

    pub(crate) fn client_url(&self, member: u16) -> String {
        format!("https://127.0.0.1:{}", self.port + member * PORTS_PER_MEMBER)
    }

    fn peer_url(&self, member: u16) -> String {
        format!("https://127.0.0.1:{}", self.port + member * PORTS_PER_MEMBER + 1)
    }

    /// Where clients find the members.
    pub fn endpoints(&self) -> Vec<String> {
        Self::members().map(|(number, _)| self.client_url(number)).collect()
    }

    pub(crate) fn initial_cluster(&self) -> String {
        let members =
            Self::members().map(|(number, name)| format!("{name}={}", self.peer_url(number)));
        members.collect::<Vec<_>>().join(",")
    }

    pub(crate) fn peer(&self, member: u16) -> String {
        self.peer_url(member)
    }

    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// What a member is started with. Both releases of etcd, 3.4 and later ones, take it.
    pub(crate) fn arguments(&self, member: u16, name: &str) -> Vec<String> {
        let Files { certificate, key } = self.files(name);
        let path = |path: &Path| path.display().to_string();
        let (client, peer) = (self.client_url(member), self.peer_url(member));
        let own = [
            ("name", name.to_owned()),
            ("data-dir", path(&self.data(name))),
            ("listen-client-urls", client.clone()),
            ("advertise-client-urls", client),
            ("listen-peer-urls", peer.clone()),
            ("initial-advertise-peer-urls", peer),
            ("initial-cluster", self.initial_cluster()),
            ("initial-cluster-token", "pilothouse".to_owned()),
            ("logger", "zap".to_owned()),
            ("log-outputs", path(&self.log(name))),
        ];
        let security = ["", "peer-"].into_iter().flat_map(|prefix| {
            [
                (format!("{prefix}trusted-ca-file"), path(&self.authority())),
                (format!("{prefix}cert-file"), path(&certificate)),
                (format!("{prefix}key-file"), path(&key)),
                (format!("{prefix}client-cert-auth"), "true".to_owned()),
            ]
        });
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
        own.chain(security).map(|(name, value)| format!("--{name}={value}")).collect()
    }

    /// How the API server's user reaches all members.
    ///
    /// # Errors
    /// A certificate cannot be read.
    pub fn options(&self, disk: &dyn Disk) -> Result<EtcdOptions, EtcdError> {
        self.options_of(disk, USER, self.endpoints())
    }

    /// How an operator reaches the one member at a URL.
    ///
    /// # Errors
    /// A certificate cannot be read.
    pub fn member_options(&self, disk: &dyn Disk, url: &str) -> Result<EtcdOptions, EtcdError> {
        self.options_of(disk, ROOT, vec![url.to_owned()])
    }

    /// How an operator reaches one member, or all with `None`.
    pub(crate) fn root(
        &self,
        disk: &dyn Disk,
        member: Option<u16>,
    ) -> Result<EtcdOptions, EtcdError> {
        let endpoints =
            member.map_or_else(|| self.endpoints(), |member| vec![self.client_url(member)]);
        self.options_of(disk, ROOT, endpoints)
    }

    fn options_of(
        &self,
        disk: &dyn Disk,
        user: &str,
        endpoints: Vec<String>,
    ) -> Result<EtcdOptions, EtcdError> {
        let Files { certificate, key } = self.files(user);
        Ok(EtcdOptions {
            endpoints,
            authority: Some(disk.read(&self.authority())?),
            certificate: Some((disk.read(&certificate)?, disk.read(&key)?)),
            // The certificate names the user.
            login: None,
            prefix: None,
        })
    }

    pub(crate) fn login(&self, disk: &dyn Disk, user: &str) -> Result<Login, EtcdError> {
        let password = disk.read(&self.password(user))?;
        let password = String::from_utf8_lossy(&password).trim().to_owned();
        Ok(Login { user: user.to_owned(), password })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_lie_beside_each_other() {
        let layout = Layout::new(PathBuf::from("/cluster"), 2379);
        assert_eq!(
            layout.endpoints().join(" "),
            "https://127.0.0.1:2379 https://127.0.0.1:2389 https://127.0.0.1:2399"
        );
        let arguments = layout.arguments(1, "member-2");
        for wanted in [
            "--listen-peer-urls=https://127.0.0.1:2390",
            "--data-dir=/cluster/member-2",
            "--peer-client-cert-auth=true",
            "--key-file=/cluster/pki/member-2.key",
        ] {
            assert!(arguments.iter().any(|argument| argument == wanted), "{wanted}");
        }
    }
}
