//! What happens, as a path of the API server that can be followed.

use std::sync::Arc;

use apiserver::{Extension, Follow, Request, Response};
use http::StatusCode;
use runtime::trace::Trace;
use world::World;

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
    let Follow { after, wait } = match Follow::of(request) {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let clock = &*world.clock;
    let mut told = trace.after(after, clock);
    if told.records.is_empty() && wait {
        trace.wait(after, clock, Follow::WAIT_MAX).await;
        told = trace.after(after, clock);
    }
    match serde_json::to_vec(&told) {
        Ok(body) => Response::new(StatusCode::OK, "application/json", body),
        Err(error) => Response::text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}
