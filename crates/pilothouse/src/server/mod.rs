//! The API server on its port, as `up` and `apiserver` start it.

mod admission;
mod audit;
mod authentication;
mod etcd;
mod faults;
mod flags;
mod kubeconfig;
mod metrics;
mod rights;
mod settings;

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use apiserver::{
    EngineMetrics, EngineOptions, Extension, Service, TimedStore,
    audit::Auditor,
    authorization::Usage,
    http::Server,
    jwt::SigningKey,
    tls::{self, Pki, ServerConfig, ServingNames},
};
use plane::ServerSettings;
use runtime::Metrics;
use store::{Local, Store};
use world::World;

pub(crate) use etcd::{EtcdSettings, arguments as etcd_arguments};
pub(crate) use settings::{Settings, Storage, arguments};

/// An API server that answers.
pub(crate) struct ApiServer {
    pub(crate) service: Service,
    pub(crate) http: Server,
    /// `https://host:port`
    pub(crate) url: String,
    /// What its certificates are signed with, in PEM.
    pub(crate) root_ca: String,
    /// What tokens of service accounts are signed with.
    pub(crate) account_key: SigningKey,
    pub(crate) auditor: Option<Arc<Auditor>>,
}

/// Audit events that wait when the server stops are given so long to leave.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(5);

/// Answers what was asked, and lets audit events leave.
pub(crate) async fn stop(http: Server, auditor: Option<Arc<Auditor>>) {
    http.shut_down().await;
    if let Some(auditor) = auditor {
        auditor.flush(FLUSH_TIME_MAX).await;
    }
}

/// Opens the store, serves it, and writes the administrator's kubeconfig.
pub(crate) async fn start(
    world: &World,
    settings: &Settings,
    mut extensions: Vec<Extension>,
    metrics: &Arc<Metrics>,
) -> Result<ApiServer> {
    if !settings.overwrite_kubeconfig {
        kubeconfig::check(&*world.disk, &settings.kubeconfig)?;
    }
    let faults = faults::read(world, settings.faults.as_ref(), metrics)?;
    let wanted = format!("{}:{}", settings.bind_address, settings.port);
    let listener = world.network.listen(&wanted).await;
    let listener = listener.context("cannot start the API server; --port chooses another port")?;
    let address = reached_at(&listener.address());
    let store = open_store(world, settings)?;
    let store = TimedStore::new(store, world.clock.clone(), metrics.registry());
    let store = Arc::new(store.context("cannot time the store")?);
    let engine_metrics = EngineMetrics::default();
    engine_metrics.register(metrics.registry()).context("cannot count what the engine does")?;
    let pki = open_pki(world, settings)?;
    extensions.push(metrics::extension(Arc::clone(metrics), world));
    extensions.push(faults::extension(faults.as_ref()));
    let auditor = settings.audit.as_ref().map(|audit| audit.open(world)).transpose()?;
    let usage = Usage::default();
    extensions.push(rights::extension(&usage));
    let defaults = EngineOptions::default();
    let server_settings = ServerSettings {
        engine: EngineOptions {
            secure_port: port_of(&address),
            admission: settings.admission.open(world)?,
            authorization: settings.authorization.clone(),
            witness: Some(usage.witness()),
            metrics: engine_metrics,
            service_range: settings.service_range.clone().unwrap_or(defaults.service_range),
            ..EngineOptions::default()
        },
        authentication: settings.authentication.open(
            world,
            &pki,
            settings.authority(),
            &address,
        )?,
        address: address.clone(),
        extensions,
        faults,
        auditor: auditor.clone(),
    };
    let service = plane::serve(world.clone(), store, server_settings).await?;
    service.register_metrics(metrics.registry()).context("cannot count requests")?;
    metrics::certificates(&pki, metrics.registry()).context("cannot watch certificates")?;
    let http = Server::start(service.clone(), listener, serving(world, settings, &pki)?);
    let url = format!("https://{address}");
    kubeconfig::write(&*world.disk, &settings.kubeconfig, &url, &pki)?;
    let account_key = settings.authentication.account_key(world, &pki)?;
    let root_ca = pki.authority.certificate;
    Ok(ApiServer { service, http, url, root_ca, account_key, auditor })
}

fn open_store(world: &World, settings: &Settings) -> Result<Arc<dyn Store>> {
    match &settings.storage {
        Storage::Memory => Ok(Arc::new(Local::memory(world))),
        Storage::Etcd(etcd) => Ok(Arc::new(etcd.open(world)?)),
        Storage::Disk => {
            let folder = settings.data_dir.join("store");
            let store = Local::embedded(world, &folder);
            let failed = || format!("cannot use the data in {}", settings.data_dir.display());
            Ok(Arc::new(store.with_context(failed)?))
        }
    }
}

fn open_pki(world: &World, settings: &Settings) -> Result<Pki> {
    let (names, now) = (ServingNames::new([]), world.clock.wall());
    match settings.pki() {
        None => Ok(Pki::in_memory(now, &names)?),
        Some(folder) => Ok(Pki::open(&*world.disk, &folder, now, &names)?),
    }
}

/// What is shown to clients: from files it is read again when they change.
fn serving(world: &World, settings: &Settings, pki: &Pki) -> Result<Arc<ServerConfig>> {
    let made = || {
        let folder = settings.pki()?;
        Some((folder.join("apiserver.crt"), folder.join("apiserver.key")))
    };
    let Some((certificate, key)) = settings.serving.clone().or_else(made) else {
        return Ok(pki.server_config(world)?);
    };
    let files = tls::serving_files(world, certificate, key)?;
    Ok(tls::server_config(&world.clock, files)?)
}

/// Who listens on every address is reached by the own machine's.
fn reached_at(bound: &str) -> String {
    let bound = bound.replace("0.0.0.0:", "127.0.0.1:");
    bound.strip_prefix("[::]:").map_or(bound.clone(), |port| format!("127.0.0.1:{port}"))
}

fn port_of(address: &str) -> u16 {
    address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default()
}
