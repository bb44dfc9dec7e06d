//! What happens, as a path of the API server. `GET ?after=N` gives what was recorded after record N; with
//! `&wait=true` it waits a while for the next one.

use std::{sync::Arc, time::Duration};

use apiserver::{Extension, Query, Request, Response};
use http::StatusCode;
use runtime::trace::Trace;
use world::World;

/// Short, so that a server that stops need not wait for those who wait.
const WAIT_MAX: Duration = Duration::from_secs(3);

pub(super) fn extension(trace: &Trace, world: &World) -> Extension {
    let (trace, world) = (trace.clone(), world.clone());
    Extension {
        path: "/pilothouse/trace",
        answer: Arc::new(move |request: Request| {
            let (trace, world) = (trace.clone(), world.clone());
            Box::pin(async move { answer(&trace, &world, &request).await })
        }),
    }
}

async fn answer(trace: &Trace, world: &World, request: &Request) -> Response {
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    let query = Query::parse(query);
    let after = match query.get("after") {
        "" => 0,
        text => match text.parse() {
            Ok(number) => number,
            Err(_) => return Response::text(StatusCode::BAD_REQUEST, "`after` is no number\n"),
        },
    };
    let clock = &*world.clock;
    let mut told = trace.after(after, clock);
    if told.records.is_empty() && query.flag("wait") {
        trace.wait(after, clock, WAIT_MAX).await;
        told = trace.after(after, clock);
    }
    match serde_json::to_vec(&told) {
        Ok(body) => Response::new(StatusCode::OK, "application/json", body),
        Err(error) => Response::text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}
