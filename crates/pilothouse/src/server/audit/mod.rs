//! Who is told of the requests to an API server of ours, by the reference's flags.

mod flags;
mod webhook;

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use apiserver::audit::{
    Auditor, Backend, Destination, LogFile, Mode, Policy, Rotation, Throttle, Truncation, Webhook,
};
use clap::{Arg, ArgMatches};
use world::World;

use super::flags::named;
use flags::Of;

/// Parsed flags; `None` where nobody is told.
#[derive(Debug)]
pub(crate) struct AuditSettings {
    policy: Option<PathBuf>,
    log: Option<LogSettings>,
    webhook: Option<WebhookSettings>,
}

#[derive(Debug)]
struct LogSettings {
    path: PathBuf,
    rotation: Rotation,
    feeding: Feeding,
}

#[derive(Debug)]
struct WebhookSettings {
    kubeconfig: PathBuf,
    initial_backoff: Duration,
    throttle: Option<Throttle>,
    feeding: Feeding,
}

/// What logs and webhooks have in common.
#[derive(Debug, Clone, Copy)]
struct Feeding {
    mode: Mode,
    truncation: Option<Truncation>,
}

/// The flags that [`AuditSettings::read`] reads.
pub(super) fn arguments() -> Vec<Arg> {
    let policy = "Which requests are told of, and how much (Policy of audit.k8s.io/v1)";
    let log = "File that audit events are appended to, one line of JSON each";
    let webhook = "Kubeconfig of a server that audit events are posted to";
    let own = [
        named("audit-policy-file", "FILE", policy),
        named("audit-log-path", "FILE", log).requires("audit-policy-file"),
        named("audit-webhook-config-file", "FILE", webhook).requires("audit-policy-file"),
    ];
    own.into_iter().chain(flags::arguments()).collect()
}

impl AuditSettings {
    pub(super) fn read(matches: &ArgMatches) -> Option<Self> {
        let path = |name: &str| matches.get_one::<String>(name).map(PathBuf::from);
        let feeding =
            |of: Of| Feeding { mode: of.mode(matches), truncation: of.truncation(matches) };
        let log = path("audit-log-path").map(|path| LogSettings {
            path,
            rotation: flags::rotation(matches),
            feeding: feeding(Of::Log),
        });
        let webhook = path("audit-webhook-config-file").map(|kubeconfig| {
            let feeding = feeding(Of::Webhook);
            let throttle = flags::throttle(matches);
            WebhookSettings {
                kubeconfig,
                initial_backoff: flags::duration(matches, "audit-webhook-initial-backoff"),
                throttle: throttle.filter(|_| matches!(feeding.mode, Mode::Batch(_))),
                feeding,
            }
        });
        (log.is_some() || webhook.is_some()).then(|| Self {
            policy: path("audit-policy-file"),
            log,
            webhook,
        })
    }

    /// The policy read, the log open and the way to the webhook known.
    pub(super) fn open(&self, world: &World) -> Result<Arc<Auditor>> {
        let policy = self.policy.as_ref().context("audit events need --audit-policy-file")?;
        let text = world.disk.read(policy).context("cannot read --audit-policy-file")?;
        let policy = Policy::parse(&String::from_utf8_lossy(&text))
            .with_context(|| format!("cannot use {}", policy.display()))?;
        let log = self.log.as_ref().map(|log| log.open(world)).transpose()?;
        let webhook = self.webhook.as_ref().map(|webhook| webhook.open(world)).transpose()?;
        let backends = log.into_iter().chain(webhook).collect();
        Ok(Arc::new(Auditor::new(world, policy, backends)))
    }
}

impl LogSettings {
    fn open(&self, world: &World) -> Result<Backend> {
        ensure!(
            self.path.as_os_str() != "-",
            "--audit-log-path must name a file: standard output is for people here"
        );
        let (disk, clock) = (world.disk.clone(), world.clock.clone());
        let log = LogFile::open(self.path.clone(), self.rotation, disk, clock);
        let log = log.context("cannot write to --audit-log-path")?;
        Ok(self.feeding.backend(Destination::Log(Arc::new(log))))
    }
}

impl WebhookSettings {
    fn open(&self, world: &World) -> Result<Backend> {
        let way = webhook::open(world, &self.kubeconfig)?;
        let webhook = Webhook::new(way, self.initial_backoff, self.throttle);
        Ok(self.feeding.backend(Destination::Webhook(webhook)))
    }
}

impl Feeding {
    fn backend(self, destination: Destination) -> Backend {
        let Self { mode, truncation } = self;
        Backend { destination, mode, truncation }
    }
}
