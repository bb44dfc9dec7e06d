//! What an engine is started with.

use std::{net::Ipv4Addr, ops::RangeInclusive, sync::Arc, time::Duration};

use prometheus::{Histogram, HistogramOpts, Registry};
use serde_json::Value;

use crate::{
    admission::AdmissionOptions,
    authentication::{Authentication, Bearers},
    authorization::{Mode, Witness},
};

/// Settings of an engine; the defaults are the reference's.
#[derive(Clone)]
pub struct EngineOptions {
    /// Where cluster IPs come from, as `address/bits`; IPv4.
    pub service_range: String,
    /// Where node ports come from.
    pub node_ports: RangeInclusive<u16>,
    /// How long an Event is kept.
    pub event_time_to_live: Duration,
    /// Port of this API server, the target of the service `kubernetes`.
    pub secure_port: u16,
    /// Address of this API server in the endpoints of the service `kubernetes`; loopback addresses are
    /// refused there.
    pub advertise_address: Ipv4Addr,
    /// Whose tokens are believed, and who signs those of service accounts; without a signer
    /// `serviceaccounts/token` answers 404.
    pub bearers: Arc<Bearers>,
    /// What the ConfigMap `kube-system/extension-apiserver-authentication` tells other servers of; nothing
    /// makes none.
    pub authentication: Arc<Authentication>,
    /// What fills in and refuses, and what it is told.
    pub admission: Arc<AdmissionOptions>,
    /// Who is asked, in order, whether somebody may do something.
    pub authorization: Vec<Mode>,
    /// Roles and bindings that are kept like those every cluster has.
    pub policy: Vec<Value>,
    /// Hears of every decision on a request.
    pub witness: Option<Witness>,
    /// What is counted of the engine.
    pub metrics: EngineMetrics,
}

/// What is counted of an engine. Clones count together.
#[derive(Clone)]
pub struct EngineMetrics {
    pub(crate) cache_lag: Histogram,
}

impl EngineMetrics {
    /// Lets a registry gather it.
    ///
    /// # Errors
    /// The registry knows another engine already.
    pub fn register(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.cache_lag.clone()))
    }
}

impl Default for EngineMetrics {
    fn default() -> Self {
        let help = "Seconds that reads waited for the watch cache to hold what was acknowledged.";
        let options = HistogramOpts::new("pilothouse_watch_cache_lag_seconds", help);
        let options = options.buckets(LAG_SECONDS.to_vec());
        Self { cache_lag: Histogram::with_opts(options).expect("names in this file are valid") }
    }
}

const LAG_SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0];

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            service_range: "10.0.0.0/24".to_owned(),
            node_ports: 30_000..=32_767,
            event_time_to_live: Duration::from_hours(1),
            secure_port: 6443,
            // The far end of the network in which simulated nodes are.
            advertise_address: Ipv4Addr::new(192, 168, 255, 254),
            bearers: Arc::default(),
            authentication: Arc::default(),
            admission: Arc::default(),
            authorization: Mode::DEFAULT.to_vec(),
            policy: Vec::new(),
            witness: None,
            metrics: EngineMetrics::default(),
        }
    }
}
