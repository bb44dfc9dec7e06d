//! What was injected, as a path of the server that can be followed.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{Faults, Shared};
use crate::{Extension, Follow, Request, Response};

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
    let Follow { after, wait } = match Follow::of(request) {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    if wait {
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
        () = faults.world.clock.sleep(Follow::WAIT_MAX) => {}
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
