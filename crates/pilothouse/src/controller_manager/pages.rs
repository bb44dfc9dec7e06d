//! What the port of the controller manager shows.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use app::{
    flags::Flags,
    metrics,
    serve::{Access, Asked, Checks, IsWell, Page, Reply, Site},
};
use http::{Method, StatusCode};
use runtime::{LeaseSettings, Metrics, Running};
use serde_json::{Value, json};
use world::World;

use super::{
    NAME,
    described::{self, Shown, Usage},
    options::Options,
};
use crate::cli::KUBERNETES_VERSION;

/// What the pages look at.
pub(super) struct Watched {
    pub(super) running: Running,
    pub(super) metrics: Arc<Metrics>,
    /// Names of the controllers that run.
    pub(super) controllers: Vec<&'static str>,
    pub(super) lease: Option<LeaseSettings>,
}

/// A leader whose lease was not renewed for that much longer than it lasts hangs.
const LEASE_PATIENCE: Duration = Duration::from_secs(20);
const NOT_FOR_MACHINES: &str = "Warning: this page is for people who look for a fault; its form may \
                                change at any time.";

/// Every page, behind the rules of who may see it.
pub(super) fn site(
    world: &World,
    options: &Options,
    flags: &Flags,
    access: Access,
    watched: Watched,
) -> Site {
    let checks = Arc::new(Checks::new(checks(&watched)));
    let counted = Arc::clone(&checks);
    let health: Page = Arc::new(move |asked: &Asked| checks.answer(asked));
    let slis: Page = Arc::new(move |asked: &Asked| {
        if asked.method == Method::DELETE {
            counted.forget_counts();
            return Reply::text(StatusCode::OK, "metrics reset\n");
        }
        metrics_of(&counted.counts())
    });
    let registry = watched.metrics.registry();
    described::describe(registry, world, &options.gates);
    let usage = Usage::new(registry, Arc::clone(&world.disk));
    let shown = Shown::new(registry, flags.list("disabled-metrics").to_vec());
    let gathered = watched.metrics;
    let metrics: Page = Arc::new(move |_: &Asked| {
        usage.read();
        metrics_of(&shown.of(gathered.gather()))
    });
    let given = Arc::new(flagz(flags));
    let configz = configz(options, flags).to_string();
    let began = world.clock.monotonic();
    let (clock, started) = (Arc::clone(&world.clock), world.clock.wall().to_string());
    let pages: [(&'static str, Page); 6] = [
        ("/healthz", health),
        ("/metrics", metrics),
        ("/metrics/slis", slis),
        ("/configz", Arc::new(move |_: &Asked| Reply::json(configz.clone()))),
        ("/flagz", Arc::new(move |_: &Asked| Reply::text(StatusCode::OK, given.as_str()))),
        (
            "/statusz",
            Arc::new(move |_: &Asked| {
                Reply::text(StatusCode::OK, statusz(&started, clock.monotonic().since(began)))
            }),
        ),
    ];
    Site { pages: pages.into_iter().collect(), access }
}

fn checks(watched: &Watched) -> Vec<(&'static str, IsWell)> {
    let mut checks: Vec<(&'static str, IsWell)> = Vec::new();
    if let Some(lease) = &watched.lease {
        let patience = lease.duration.saturating_sub(lease.renew_deadline) + LEASE_PATIENCE;
        let running = watched.running.clone();
        let is_well = move || !running.is_lease_overdue(patience);
        checks.push(("leaderElection", Arc::new(is_well)));
    }
    // A controller that cannot work says so in its metrics; what can be asked is whether it is there.
    let is_there: IsWell = Arc::new(|| true);
    checks.extend(watched.controllers.iter().map(|name| (*name, Arc::clone(&is_there))));
    checks
}

fn metrics_of(families: &[prometheus::proto::MetricFamily]) -> Reply {
    Reply {
        status: StatusCode::OK,
        content_type: metrics::CONTENT_TYPE.to_owned(),
        body: metrics::encode(families),
    }
}

fn flagz(flags: &Flags) -> String {
    let mut text = format!("\n{NAME} flagz\n{NOT_FOR_MACHINES}\n\n");
    for (name, value) in flags.shown() {
        let _ = writeln!(text, "{name}={value}");
    }
    text
}

fn statusz(started: &str, up: Duration) -> String {
    let seconds = up.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let version = KUBERNETES_VERSION.trim_start_matches('v');
    format!(
        "\n{NAME} statusz\n{NOT_FOR_MACHINES}\n\nStarted= {started}\n\
         Up= {hours} hr {minutes:02} min {seconds:02} sec\nBinary version= {version}\n\
         Paths= /configz /flagz /healthz /metrics\n"
    )
}

/// The part of the reference's configuration that is acted on.
fn configz(options: &Options, flags: &Flags) -> Value {
    let text = |name: &str| flags.shown().find(|(known, _)| *known == name).map(|(_, value)| value);
    json!({"kubecontrollermanager.config.k8s.io": {
        "kind": "KubeControllerManagerConfiguration",
        "apiVersion": "kubecontrollermanager.config.k8s.io/v1alpha1",
        "Generic": {
            "Address": flags.text("bind-address"),
            "ClientConnection": {"kubeconfig": flags.text("kubeconfig")},
            "LeaderElection": {
                "leaderElect": flags.is_on("leader-elect"),
                "leaseDuration": text("leader-elect-lease-duration"),
                "renewDeadline": text("leader-elect-renew-deadline"),
                "retryPeriod": text("leader-elect-retry-period"),
                "resourceLock": flags.text("leader-elect-resource-lock"),
                "resourceName": flags.text("leader-elect-resource-name"),
                "resourceNamespace": flags.text("leader-elect-resource-namespace"),
            },
            "Controllers": flags.list("controllers"),
        },
        "GarbageCollectorController": {"EnableGarbageCollector": options.collects_garbage},
        "SAController": {"RootCAFile": flags.text("root-ca-file")},
    }})
}
