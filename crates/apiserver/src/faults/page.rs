//! What was injected, as a path of the server. `GET ?after=N` lists what came after record N; with
//! `&wait=true` it waits a while for the next one.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{Faults, Shared};
use crate::{Extension, Query, Request, Response};

/// Short, so that a server that stops need not wait for those who wait.
const WAIT_MAX: Duration = Duration::from_secs(3);

pub(super) fn extension(faults: Faults) -> Extension {
    Extension {
        path: "/pilothouse/faults",
        answer: Arc::new(move |request: Request| {
            let faults = faults.clone();
            Box::pin(async move { answer(&faults.0, &request).await })
        }),
    }
}

async fn answer(faults: &Shared, request: &Request) -> Response {
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    let query = Query::parse(query);
    let after = match query.get("after") {
        "" => 0,
        text => match text.parse() {
            Ok(number) => number,
            Err(_) => return Response::text(StatusCode::BAD_REQUEST, "`after` is no number\n"),
        },
    };
    if query.flag("wait") {
        wait_for_more(faults, after).await;
    }
    let body = faults.listed(after).to_string();
    Response::new(StatusCode::OK, "application/json", body)
}

async fn wait_for_more(faults: &Shared, after: u64) {
    let injected: &Notify = &faults.injected;
    let mut next = std::pin::pin!(injected.notified());
    // Before the look, so that nothing is injected unnoticed between look and wait.
    next.as_mut().enable();
    if faults.state.lock().journal.last() > after {
        return;
    }
    tokio::select! {
        biased;
        () = next => {}
        () = faults.world.clock.sleep(WAIT_MAX) => {}
    }
}

impl Shared {
    fn listed(&self, after: u64) -> Value {
        let state = self.state.lock();
        let rules = self.plan.rules.iter().zip(&state.counts.0);
        let rules = rules.map(|(rule, count)| {
            json!({
                "rule": rule.name, "fault": rule.fault.name(),
                "fitting": count.fitting, "injected": count.injected,
            })
        });
        json!({
            "seed": self.seed,
            "rules": rules.collect::<Vec<_>>(),
            "injected": state.journal.after(after),
        })
    }
}
