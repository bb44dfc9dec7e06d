//! `/pilothouse/rights`: which rules of roles were used, and what was denied to whom.

use std::sync::Arc;

use apiserver::{Extension, Response, authorization::Usage};
use http::{HeaderValue, StatusCode, header};

const PATH: &str = "/pilothouse/rights";

pub(super) fn extension(usage: &Usage) -> Extension {
    let usage = usage.clone();
    Extension {
        path: PATH,
        answer: Arc::new(move |_| {
            let mut answer = Response::text(StatusCode::OK, usage.to_json().to_string());
            let content_type = HeaderValue::from_static("application/json");
            answer.headers.insert(header::CONTENT_TYPE, content_type);
            Box::pin(std::future::ready(answer))
        }),
    }
}
