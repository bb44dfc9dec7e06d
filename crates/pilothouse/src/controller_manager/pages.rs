//! What the port of the controller manager shows.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc, time::Duration};

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
    NAME, configz,
    described::{self, Shown},
    options::Options,
};
use crate::{cli::KUBERNETES_VERSION, usage::Usage};

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
    let configz = configz::configz(flags).to_string();
    let pages: [(&'static str, Page); 6] = [
        ("/healthz", health),
        ("/metrics", metrics),
        ("/metrics/slis", slis),
        ("/configz", Arc::new(move |_: &Asked| Reply::json(configz.clone()))),
        ("/flagz", flagz(flags)),
        ("/statusz", statusz(world)),
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

fn flagz(flags: &Flags) -> Page {
    let mut text = format!("\n{NAME} flagz\n{NOT_FOR_MACHINES}\n\n");
    for (name, value) in flags.shown() {
        let _ = writeln!(text, "{name}={value}");
    }
    let given: BTreeMap<&str, String> = flags.shown().collect();
    let object = zpage("Flagz", json!({"flags": given}));
    Arc::new(move |asked: &Asked| {
        if asked.accept.contains(FLAGZ_ACCEPT) {
            return structured("Flagz", &object);
        }
        Reply::text(StatusCode::OK, text.as_str())
    })
}

fn statusz(world: &World) -> Page {
    let began = world.clock.monotonic();
    let (clock, started) = (Arc::clone(&world.clock), world.clock.wall().to_string());
    let version = KUBERNETES_VERSION.trim_start_matches('v');
    Arc::new(move |asked: &Asked| {
        let seconds = clock.monotonic().since(began).as_secs();
        if asked.accept.contains(STATUSZ_ACCEPT) {
            let status = json!({
                "startTime": started, "uptimeSeconds": seconds, "goVersion": "",
                "binaryVersion": version, "emulationVersion": version, "paths": PATHS,
            });
            return structured("Statusz", &zpage("Statusz", status));
        }
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let text = format!(
            "\n{NAME} statusz\n{NOT_FOR_MACHINES}\n\nStarted= {started}\n\
             Up= {hours} hr {minutes:02} min {seconds:02} sec\nBinary version= {version}\n\
             Paths= {}\n",
            PATHS.join(" ")
        );
        Reply::text(StatusCode::OK, text)
    })
}

/// What marks a request for the form that machines read.
const FLAGZ_ACCEPT: &str = "as=Flagz";
const STATUSZ_ACCEPT: &str = "as=Statusz";
const PATHS: [&str; 4] = ["/configz", "/flagz", "/healthz", "/metrics"];

/// A page as an object.
fn zpage(kind: &str, mut content: Value) -> Value {
    content["kind"] = kind.into();
    content["apiVersion"] = "config.k8s.io/v1beta1".into();
    content["metadata"] = json!({"name": NAME});
    content
}

fn structured(kind: &str, object: &Value) -> Reply {
    Reply {
        status: StatusCode::OK,
        content_type: format!("application/json;v=v1beta1;g=config.k8s.io;as={kind}"),
        body: object.to_string(),
    }
}
