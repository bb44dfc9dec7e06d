//! `/metrics` of the API server: everything that the process counts, and when its certificates end.

use std::sync::Arc;

use apiserver::{
    Extension, Request, Response,
    tls::{self, Pki},
};
use http::{HeaderValue, StatusCode, header};
use prometheus::{GaugeVec, Opts, Registry};
use runtime::Metrics;
use world::World;

use crate::usage::Usage;

/// The page as a path of the API server, behind its authentication and authorization.
pub(super) fn extension(metrics: Arc<Metrics>, world: &World) -> Extension {
    let usage = Usage::new(metrics.registry(), Arc::clone(&world.disk));
    Extension {
        path: "/metrics",
        answer: Arc::new(move |_: Request| {
            usage.read();
            let text = app::metrics::encode(&metrics.gather());
            let mut response = Response::text(StatusCode::OK, text);
            let content_type = HeaderValue::from_static(app::metrics::CONTENT_TYPE);
            response.headers.insert(header::CONTENT_TYPE, content_type);
            Box::pin(async move { response })
        }),
    }
}

/// Tells when the certificates end that the server was started with.
pub(super) fn certificates(pki: &Pki, registry: &Registry) -> prometheus::Result<()> {
    let name = "pilothouse_certificate_expiration_timestamp_seconds";
    let help = "When a certificate of this server ends, in seconds since 1970.";
    let ends = GaugeVec::new(Opts::new(name, help), &["certificate"])?;
    let known = [
        ("authority", &pki.authority.certificate),
        ("serving", &pki.serving.certificate),
        ("admin", &pki.admin.certificate),
    ];
    for (certificate, pem) in known {
        if let Some(end) = tls::end_of(pem) {
            let seconds = u32::try_from(end.seconds()).map_or(f64::INFINITY, f64::from);
            ends.with_label_values(&[certificate]).set(seconds);
        }
    }
    registry.register(Box::new(ends))
}
