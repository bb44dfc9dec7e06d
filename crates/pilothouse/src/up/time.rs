//! Virtual time behind a path of the API server: `GET` shows it, `POST ?advance=…` steps it.

use std::sync::Arc;

use apiserver::{Extension, Query, Request, Response};
use http::{Method, StatusCode};
use world::{Clock as _, real::SteppedClock};

use crate::clock;

/// The extension for a clock that is stepped; a real one says that it cannot be.
pub(super) fn extension(stepped: Option<Arc<SteppedClock>>) -> Extension {
    Extension {
        path: "/pilothouse/clock",
        answer: Arc::new(move |request: Request| {
            let stepped = stepped.clone();
            Box::pin(async move { answer(stepped, &request).await })
        }),
    }
}

async fn answer(stepped: Option<Arc<SteppedClock>>, request: &Request) -> Response {
    let Some(clock) = stepped else {
        let text = "time is real here; start with `pilothouse up --clock=virtual` to step it\n";
        return Response::text(StatusCode::CONFLICT, text);
    };
    if request.method == Method::POST {
        let query = request.target.split_once('?').map_or("", |(_, query)| query);
        let query = Query::parse(query);
        let Some(duration) = clock::parse(query.get("advance")) else {
            let text = "say how far: ?advance=10m\n";
            return Response::text(StatusCode::BAD_REQUEST, text);
        };
        clock.advance(duration).await;
    }
    Response::text(StatusCode::OK, format!("{}\n", clock.wall()))
}
