//! What the flags mean here.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use app::{
    flags::Flags,
    gates::{self, Gate},
    logs::{Format, Verbosity},
    selection::Selection,
};
use meta::object::ObjectKey;
use runtime::{LeaseSettings, Pace};
use world::World;

use super::{
    node_flags::{self, NodeFlags},
    settings::{Settings, WORKERS},
};

/// Flags that were understood.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Replaces the server that the kubeconfig names.
    pub(crate) master: Option<String>,
    pub(crate) selection: Selection,
    pub(crate) collects_garbage: bool,
    pub(crate) gates: BTreeMap<&'static str, Gate>,
    /// How fast requests go.
    pub(crate) pace: Pace,
    /// Keys that controllers may act on at once, where that was said.
    pub(crate) keys: Vec<(&'static str, usize)>,
    pub(crate) settings: Settings,
    pub(crate) root_ca_file: Option<PathBuf>,
    /// Signs the tokens in secrets; `None` leaves those secrets alone.
    pub(crate) account_key_file: Option<PathBuf>,
    /// `None` acts without a lease.
    elects: Option<LeaseSettings>,
    /// The lease is given up at a clean exit instead of running out.
    pub(crate) release_on_exit: bool,
    pub(crate) shutdown_timeout: Duration,
    /// Where pages are served; `None` serves none.
    pub(crate) address: Option<String>,
    pub(crate) port: PortOptions,
    /// Each controller acts under an account of its own.
    pub(crate) own_accounts: bool,
    pub(crate) log_format: Format,
    pub(crate) verbosity: Verbosity,
    pub(super) nodes: NodeFlags,
}

/// Whom the port believes, and what it shows to whom.
#[derive(Debug)]
pub(crate) struct PortOptions {
    /// Certificate and key; `None` makes one for this process.
    pub(crate) serving: Option<(PathBuf, PathBuf)>,
    /// Whose clients are believed; `None` asks the API server.
    pub(crate) client_authority: Option<PathBuf>,
    /// Kubeconfig under which is asked whose a token is.
    pub(crate) authentication: Option<PathBuf>,
    /// Kubeconfig under which is asked who may see what.
    pub(crate) authorization: Option<PathBuf>,
    /// How long the answers may be relied on.
    pub(crate) token_time: Duration,
    pub(crate) allowed_time: Duration,
    pub(crate) refused_time: Duration,
    /// Paths that everybody may see.
    pub(crate) always_allowed: Vec<String>,
}

/// The flags that change something, beside those of `settings`; all others are accepted for the sake
/// of command lines that are there already.
const ACTED_ON: [&str; 35] = [
    "authentication-kubeconfig",
    "authentication-token-webhook-cache-ttl",
    "authorization-always-allow-paths",
    "authorization-kubeconfig",
    "authorization-webhook-cache-authorized-ttl",
    "authorization-webhook-cache-unauthorized-ttl",
    "bind-address",
    "client-ca-file",
    "controller-shutdown-timeout",
    "controllers",
    "disabled-metrics",
    "enable-garbage-collector",
    "feature-gates",
    "help",
    "kube-api-burst",
    "kube-api-qps",
    "kubeconfig",
    "leader-elect",
    "leader-elect-lease-duration",
    "leader-elect-renew-deadline",
    "leader-elect-resource-lock",
    "leader-elect-resource-name",
    "leader-elect-resource-namespace",
    "leader-elect-retry-period",
    "logging-format",
    "master",
    "root-ca-file",
    "secure-port",
    "service-account-private-key-file",
    "tls-cert-file",
    "tls-private-key-file",
    "use-service-account-credentials",
    "v",
    "version",
    "vmodule",
];

/// On here unless it is switched off: nobody gains by waiting for a lease that nobody holds.
const RELEASE_ON_EXIT: &str = "ControllerManagerReleaseLeaderElectionLockOnExit";
const GARBAGE_COLLECTOR: &str = "garbage-collector-controller";
/// The reference's acquire loop waits at least that many times the retry period.
const JITTER_PERCENT: u32 = 120;

/// The flags of a command line that change nothing.
pub(crate) fn inert(flags: &Flags) -> impl Iterator<Item = &'static str> {
    let is_acted_on = |flag: &&'static str| {
        let mut workers = WORKERS.iter();
        ACTED_ON.contains(flag)
            || Settings::FLAGS.contains(flag)
            || node_flags::ACTED_ON.contains(flag)
            || workers.any(|(name, _)| name == flag)
    };
    flags.given().filter(move |flag| !is_acted_on(flag))
}

impl Options {
    /// # Errors
    /// What does not fit together.
    pub(crate) fn read(flags: &Flags) -> Result<Self, String> {
        let path = |name: &str| Some(flags.text(name)).filter(|text| !text.is_empty());
        let file = |name: &str| path(name).map(PathBuf::from);
        let selection = Selection::parse(flags.list("controllers"));
        Ok(Self {
            kubeconfig: file("kubeconfig"),
            master: path("master").map(ToOwned::to_owned),
            selection: selection.map_err(|error| format!("--controllers: {error}"))?,
            collects_garbage: flags.is_on("enable-garbage-collector"),
            gates: gates::read(flags).map_err(|error| error.to_string())?,
            pace: pace(flags)?,
            keys: keys(flags)?,
            settings: Settings::read(flags)?,
            root_ca_file: file("root-ca-file"),
            account_key_file: file("service-account-private-key-file"),
            elects: elects(flags)?,
            release_on_exit: gate(flags, RELEASE_ON_EXIT)?.unwrap_or(true),
            shutdown_timeout: flags.duration("controller-shutdown-timeout"),
            address: address(flags)?,
            port: PortOptions {
                serving: pair(file("tls-cert-file"), file("tls-private-key-file"))?,
                client_authority: file("client-ca-file"),
                authentication: file("authentication-kubeconfig"),
                authorization: file("authorization-kubeconfig"),
                token_time: flags.duration("authentication-token-webhook-cache-ttl"),
                allowed_time: flags.duration("authorization-webhook-cache-authorized-ttl"),
                refused_time: flags.duration("authorization-webhook-cache-unauthorized-ttl"),
                always_allowed: flags.list("authorization-always-allow-paths").to_vec(),
            },
            own_accounts: flags.is_on("use-service-account-credentials"),
            log_format: log_format(flags)?,
            verbosity: Verbosity::new(flags.integer("v"), flags.entries("vmodule")),
            nodes: NodeFlags::read(flags)?,
        })
    }

    /// Whether a controller shall run, by its canonical name.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.selection.wants(name) && (self.collects_garbage || name != GARBAGE_COLLECTOR)
    }

    /// The lease to stand for, under an identity that no other process has.
    pub(crate) fn lease(&self, world: &World) -> Option<LeaseSettings> {
        let settings = self.elects.clone()?;
        let host = world.disk.read("/proc/sys/kernel/hostname".as_ref()).unwrap_or_default();
        let host = String::from_utf8_lossy(&host).trim().to_owned();
        Some(LeaseSettings { identity: format!("{host}_{}", world.dice.uuid()), ..settings })
    }
}

/// Both flags limit as soon as one is given; otherwise the server's answers do.
fn pace(flags: &Flags) -> Result<Pace, String> {
    if !flags.is_given("kube-api-qps") && !flags.is_given("kube-api-burst") {
        return Ok(Pace::Adaptive);
    }
    let (per_second, burst) = (flags.float("kube-api-qps"), flags.integer("kube-api-burst"));
    if per_second < 0.0 {
        return Ok(Pace::Free);
    }
    match u32::try_from(burst) {
        Ok(burst) if burst > 0 && per_second > 0.0 => Ok(Pace::Steady { per_second, burst }),
        _ => Err(format!("--kube-api-qps={per_second} --kube-api-burst={burst}: no pace")),
    }
}

/// `--concurrent-…-syncs`, where they were given.
fn keys(flags: &Flags) -> Result<Vec<(&'static str, usize)>, String> {
    let given = WORKERS.iter().filter(|(flag, _)| flags.is_given(flag));
    let limit = |(flag, controller): &(&'static str, &'static str)| {
        let number = flags.integer(flag);
        match usize::try_from(number) {
            Ok(number) if number > 0 => Ok((*controller, number)),
            _ => Err(format!("--{flag}={number}: must be more than 0")),
        }
    };
    given.map(limit).collect()
}

fn elects(flags: &Flags) -> Result<Option<LeaseSettings>, String> {
    if !flags.is_on("leader-elect") {
        return Ok(None);
    }
    let lock = flags.text("leader-elect-resource-lock");
    if lock != "leases" {
        return Err(format!("--leader-elect-resource-lock={lock}: only leases are left"));
    }
    let namespace = flags.text("leader-elect-resource-namespace");
    let key = ObjectKey::new(namespace, flags.text("leader-elect-resource-name"));
    let settings = LeaseSettings {
        key,
        identity: String::new(),
        duration: flags.duration("leader-elect-lease-duration"),
        renew_deadline: flags.duration("leader-elect-renew-deadline"),
        retry_period: flags.duration("leader-elect-retry-period"),
    };
    if settings.duration <= settings.renew_deadline {
        return Err("--leader-elect-lease-duration must be longer than \
                    --leader-elect-renew-deadline"
            .to_owned());
    }
    if settings.renew_deadline <= settings.retry_period * JITTER_PERCENT / 100 {
        return Err("--leader-elect-renew-deadline must be longer than 1.2 times \
                    --leader-elect-retry-period"
            .to_owned());
    }
    Ok(Some(settings))
}

/// What was said of a feature gate; the prefix of the component may be written.
fn gate(flags: &Flags, name: &str) -> Result<Option<bool>, String> {
    let with_prefix = format!("kube:{name}");
    let entry = flags.entry("feature-gates", name);
    match entry.or_else(|| flags.entry("feature-gates", &with_prefix)) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(other) => Err(format!("--feature-gates={name}={other}: neither true nor false")),
    }
}

fn address(flags: &Flags) -> Result<Option<String>, String> {
    let port = flags.integer("secure-port");
    let port = u16::try_from(port).map_err(|_| format!("--secure-port={port}: no port"))?;
    let host = flags.text("bind-address");
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    Ok((port != 0).then(|| format!("{host}:{port}")))
}

fn pair(
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
) -> Result<Option<(PathBuf, PathBuf)>, String> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => {
            Err("--tls-cert-file and --tls-private-key-file belong together".to_owned())
        }
    }
}

fn log_format(flags: &Flags) -> Result<Format, String> {
    match flags.text("logging-format") {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        other => Err(format!("--logging-format={other}: neither text nor json")),
    }
}

#[cfg(test)]
mod tests {
    use app::flags::kube_controller_manager;

    use super::*;

    fn flags(line: &str) -> Flags {
        let arguments = line.split_whitespace().map(ToOwned::to_owned);
        Flags::parse(&kube_controller_manager(), arguments).unwrap()
    }

    fn read(line: &str) -> Result<Options, String> {
        Options::read(&flags(line))
    }

    #[test]
    fn the_defaults_are_the_references() {
        let options = read("").unwrap();
        let lease = options.elects.clone().unwrap();
        assert_eq!(lease.key, ObjectKey::new("kube-system", "kube-controller-manager"));
        let times = [lease.duration, lease.renew_deadline, lease.retry_period];
        assert_eq!(times.map(|time| time.as_secs()), [15, 10, 2]);
        assert_eq!(options.address.as_deref(), Some("0.0.0.0:10257"));
        assert_eq!(options.port.always_allowed, ["/healthz", "/readyz", "/livez"]);
        assert!(options.wants("deployment-controller"));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for (line, part) in [
            ("--leader-elect-lease-duration=10s", "must be longer than"),
            ("--leader-elect-renew-deadline=2s", "1.2 times"),
            ("--leader-elect-resource-lock=endpoints", "only leases"),
            ("--tls-cert-file=x", "belong together"),
            ("--secure-port=70000", "no port"),
            ("--logging-format=xml", "neither"),
            ("--controllers=deployments", "did you mean deployment"),
            ("--feature-gates=ControllerManagerReleaseLeaderElectionLockOnExit=maybe", "neither"),
            ("--feature-gates=Nonsense=true", "unrecognized feature gate: Nonsense"),
            ("--kube-api-qps=5 --kube-api-burst=0", "no pace"),
            ("--concurrent-job-syncs=0", "more than 0"),
            ("--max-endpoints-per-slice=2000", "between 1 and 1000"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    #[test]
    fn the_garbage_collector_may_be_switched_off() {
        let options = read("--enable-garbage-collector=false").unwrap();
        assert!(!options.wants("garbage-collector-controller"));
        assert!(options.wants("namespace-controller"));
    }

    #[test]
    fn requests_are_paced_by_the_servers_answers_unless_it_is_said_how() {
        assert_eq!(read("").unwrap().pace, Pace::Adaptive);
        let steady = |per_second, burst| Pace::Steady { per_second, burst };
        assert_eq!(read("--kube-api-qps=50").unwrap().pace, steady(50.0, 30));
        assert_eq!(read("--kube-api-burst=7").unwrap().pace, steady(20.0, 7));
        assert_eq!(read("--kube-api-qps=-1").unwrap().pace, Pace::Free);
    }

    #[test]
    fn workers_are_limited_where_it_is_said() {
        assert_eq!(read("").unwrap().keys, []);
        let line = "--concurrent-job-syncs=2 --concurrent-gc-syncs=7";
        let limits = [("garbage-collector-controller", 7), ("job-controller", 2)];
        assert_eq!(read(line).unwrap().keys, limits);
    }

    #[test]
    fn port_zero_serves_nothing() {
        assert_eq!(read("--secure-port=0").unwrap().address, None);
        let address = read("--bind-address=::1").unwrap().address;
        assert_eq!(address.as_deref(), Some("[::1]:10257"));
    }

    #[test]
    fn a_flag_without_effect_is_told() {
        let flags = flags("--concurrent-gc-syncs=1 --v=2 --profiling=false --cluster-name=x");
        assert_eq!(inert(&flags).collect::<Vec<_>>(), ["cluster-name", "profiling"]);
    }

    #[test]
    fn what_is_acted_on_is_a_flag() {
        let table = kube_controller_manager();
        let workers = WORKERS.iter().map(|(flag, _)| flag);
        let mut all = ACTED_ON.iter().chain(Settings::FLAGS).chain(workers);
        assert!(all.all(|name| table.get(name).is_some()));
    }
}
