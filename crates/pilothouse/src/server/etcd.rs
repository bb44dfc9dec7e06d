//! The flags for a store in etcd, named as the reference's.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Arg, ArgMatches};
use store::{Etcd, EtcdOptions, Login};
use world::World;

use super::flags::named;

/// Where etcd is, and the files with which it is reached.
#[derive(Debug, Clone)]
pub(crate) struct EtcdSettings {
    pub(crate) servers: Vec<String>,
    pub(crate) authority: Option<PathBuf>,
    pub(crate) certificate: Option<(PathBuf, PathBuf)>,
    pub(crate) prefix: String,
    pub(crate) user: Option<(String, PathBuf)>,
}

/// The flags that [`EtcdSettings::read`] reads.
pub(crate) fn arguments() -> Vec<Arg> {
    vec![
        named(
            "etcd-servers",
            "URLS",
            "Keep objects in this etcd: https://host:port, separated by commas",
        )
        .value_delimiter(','),
        named("etcd-cafile", "FILE", "Whose certificates etcd's members are believed by")
            .requires("etcd-servers"),
        named("etcd-certfile", "FILE", "The certificate that is shown to etcd")
            .requires("etcd-keyfile"),
        named("etcd-keyfile", "FILE", "Its key").requires("etcd-certfile"),
        named("etcd-prefix", "PREFIX", "What etcd's keys begin with").default_value("/registry"),
        named("etcd-username", "NAME", "A user of etcd, if the certificate names none")
            .requires("etcd-password-file"),
        named("etcd-password-file", "FILE", "A file with the user's password")
            .requires("etcd-username"),
    ]
}

impl EtcdSettings {
    /// `None` if no etcd is named.
    pub(crate) fn read(matches: &ArgMatches) -> Option<Self> {
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let path = |name: &str| text(name).map(PathBuf::from);
        let servers: Vec<String> = matches.get_many("etcd-servers")?.cloned().collect();
        Some(Self {
            servers,
            authority: path("etcd-cafile"),
            certificate: path("etcd-certfile").zip(path("etcd-keyfile")),
            prefix: text("etcd-prefix").unwrap_or_default(),
            user: text("etcd-username").zip(path("etcd-password-file")),
        })
    }

    /// The store, which is connected when it is first asked.
    pub(crate) fn open(&self, world: &World) -> Result<Etcd> {
        Etcd::new(world, &self.options(world)?).context("cannot use etcd")
    }

    /// How etcd is reached, with what the files hold.
    pub(crate) fn options(&self, world: &World) -> Result<EtcdOptions> {
        let read =
            |path: &Path| world.disk.read(path).context("cannot read what etcd is to be shown");
        let certificate = self.certificate.as_ref();
        let certificate =
            certificate.map(|(certificate, key)| anyhow::Ok((read(certificate)?, read(key)?)));
        let login = self.user.as_ref().map(|(user, file)| {
            let password = String::from_utf8(read(file)?).context("the password is no text")?;
            anyhow::Ok(Login { user: user.clone(), password: password.trim().to_owned() })
        });
        Ok(EtcdOptions {
            endpoints: self.servers.clone(),
            authority: self.authority.as_deref().map(read).transpose()?,
            certificate: certificate.transpose()?,
            login: login.transpose()?,
            prefix: Some(self.prefix.clone()),
        })
    }
}
