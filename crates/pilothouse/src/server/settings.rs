//! What an API server can be told.

use std::path::PathBuf;

use super::{
    admission::{self, AdmissionSettings},
    audit::{self, AuditSettings},
    authentication::{self, AuthenticationSettings},
    etcd::{self, EtcdSettings},
    flags::named,
};
use crate::cli;
use apiserver::authorization::Mode;
use clap::{Arg, ArgAction, ArgMatches, value_parser};

/// Parsed flags.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) data_dir: PathBuf,
    pub(crate) storage: Storage,
    /// Address that is listened on.
    pub(crate) bind_address: String,
    pub(crate) port: u16,
    /// Certificate and key that clients are shown; `None` makes them.
    pub(crate) serving: Option<(PathBuf, PathBuf)>,
    /// Where the addresses of services come from.
    pub(super) service_range: Option<String>,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) overwrite_kubeconfig: bool,
    pub(crate) faults: Option<FaultsFile>,
    pub(crate) authentication: AuthenticationSettings,
    pub(crate) admission: AdmissionSettings,
    pub(crate) authorization: Vec<Mode>,
    pub(crate) audit: Option<AuditSettings>,
}

/// What goes wrong on purpose.
#[derive(Debug)]
pub(crate) struct FaultsFile {
    pub(crate) path: PathBuf,
    /// `None` takes one by chance.
    pub(crate) seed: Option<u64>,
}

/// Where objects are kept.
#[derive(Debug, Clone)]
pub(crate) enum Storage {
    Disk,
    Memory,
    Etcd(EtcdSettings),
}

/// The flags that [`Settings::read`] reads.
pub(crate) fn arguments() -> Vec<Arg> {
    let own = [
        Arg::new("data-dir")
            .long("data-dir")
            .value_name("FOLDER")
            .help("Where objects and certificates are kept [default: ~/.pilothouse/data]"),
        Arg::new("memory")
            .long("memory")
            .action(ArgAction::SetTrue)
            .conflicts_with_all(["data-dir", "etcd-servers"])
            .help("Keep nothing: everything is forgotten at the end"),
        Arg::new("port")
            .long("port")
            .value_name("PORT")
            .default_value("6443")
            .value_parser(value_parser!(u16))
            .help("Port of the API server; 0 takes a free one"),
        named("bind-address", "ADDRESS", "Address that is listened on").default_value("127.0.0.1"),
        named("tls-cert-file", "FILE", "Certificate for clients [default: one of the data folder]")
            .requires("tls-private-key-file"),
        named("tls-private-key-file", "FILE", "Its key").requires("tls-cert-file"),
        named("service-cluster-ip-range", "RANGE", "Where the addresses of services come from [default: 10.0.0.0/24]"),
        Arg::new("kubeconfig")
            .long("kubeconfig")
            .value_name("FILE")
            .help("Where the kubeconfig is written [default: ~/.pilothouse/kubeconfig]"),
        Arg::new("overwrite-kubeconfig")
            .long("overwrite-kubeconfig")
            .action(ArgAction::SetTrue)
            .help("Replace a kubeconfig that somebody else wrote"),
        Arg::new("faults")
            .long("faults")
            .value_name("FILE")
            .help("Let requests and watches go wrong by these rules (YAML; see docs/testing-your-controller.md)"),
        Arg::new("authorization-mode")
            .long("authorization-mode")
            .value_name("MODES")
            .default_value("Node,RBAC")
            .value_parser(Mode::list)
            .help("Who is asked, in order, whether somebody may do something: AlwaysAllow, AlwaysDeny, Node, RBAC"),
        Arg::new("seed")
            .long("seed")
            .value_name("NUMBER")
            .requires("faults")
            .value_parser(value_parser!(u64))
            .help("The same seed and order of requests give the same faults [default: by chance]"),
    ];
    let others = [
        authentication::arguments(),
        admission::arguments(),
        audit::arguments(),
        etcd::arguments(),
    ];
    own.into_iter().chain(others.into_iter().flatten()).collect()
}

impl Settings {
    pub(crate) fn read(matches: &ArgMatches) -> Self {
        let home = app::environment::home().join(".pilothouse");
        let path = |name: &str| matches.get_one::<String>(name).map(PathBuf::from);
        let storage = match EtcdSettings::read(matches) {
            Some(etcd) => Storage::Etcd(etcd),
            None if matches.get_flag("memory") => Storage::Memory,
            None => Storage::Disk,
        };
        Self {
            data_dir: path("data-dir").unwrap_or_else(|| home.join("data")),
            storage,
            bind_address: cli::text(matches, "bind-address").to_owned(),
            port: matches.get_one("port").copied().unwrap_or(6443),
            serving: path("tls-cert-file").zip(path("tls-private-key-file")),
            service_range: matches.get_one("service-cluster-ip-range").cloned(),
            kubeconfig: path("kubeconfig").unwrap_or_else(|| home.join("kubeconfig")),
            overwrite_kubeconfig: matches.get_flag("overwrite-kubeconfig"),
            admission: AdmissionSettings::read(matches),
            authorization: matches
                .get_one("authorization-mode")
                .cloned()
                .unwrap_or_else(|| Mode::DEFAULT.to_vec()),
            faults: path("faults")
                .map(|path| FaultsFile { path, seed: matches.get_one("seed").copied() }),
            authentication: AuthenticationSettings::read(matches),
            audit: AuditSettings::read(matches),
        }
    }

    /// Where certificates and keys are kept; `None` keeps none.
    pub(super) fn pki(&self) -> Option<PathBuf> {
        match &self.storage {
            Storage::Memory => None,
            Storage::Disk | Storage::Etcd(_) => Some(self.data_dir.join("pki")),
        }
    }

    /// Where the own authority is kept.
    pub(super) fn authority(&self) -> Option<PathBuf> {
        self.pki().map(|folder| folder.join("ca.crt"))
    }

    /// Where objects are kept, for people.
    pub(crate) fn store(&self) -> String {
        match &self.storage {
            Storage::Memory => "memory, forgotten at the end".to_owned(),
            Storage::Disk => self.data_dir.display().to_string(),
            Storage::Etcd(etcd) => format!("etcd at {}", etcd.servers.join(", ")),
        }
    }
}
