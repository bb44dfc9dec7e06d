//! `/metrics` of the API server: everything that the process counts.

use std::sync::Arc;

use apiserver::{Extension, Request, Response};
use http::{HeaderValue, StatusCode, header};
use runtime::Metrics;

/// The page as a path of the API server, behind its authentication and authorization.
pub(super) fn extension(metrics: Arc<Metrics>) -> Extension {
    Extension {
        path: "/metrics",
        answer: Arc::new(move |_: Request| {
            let text = app::metrics::encode(&metrics.gather());
            let mut response = Response::text(StatusCode::OK, text);
            let content_type = HeaderValue::from_static(app::metrics::CONTENT_TYPE);
            response.headers.insert(header::CONTENT_TYPE, content_type);
            Box::pin(async move { response })
        }),
    }
}
