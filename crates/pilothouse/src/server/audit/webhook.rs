//! The way to an audit webhook: where its kubeconfig says.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use apiserver::audit::{Deliver, Retry, Undelivered};
use bytes::Bytes;
use client::{
    ClientError,
    http::{Posted, Poster},
    kubeconfig,
};
use world::{BoxFuture, World};

use crate::cli;

/// A server of events.
struct Way(Arc<Poster>);

/// As the reference waits for webhooks.
const TIME_MAX: Duration = Duration::from_secs(30);
const TOO_MANY_REQUESTS: u16 = 429;

/// Nothing is connected before the first event.
pub(super) fn open(world: &World, path: &Path) -> Result<Arc<dyn Deliver>> {
    let access =
        kubeconfig::load(&*world.disk, path).context("cannot use --audit-webhook-config-file")?;
    let agent = format!("kube-apiserver-admission/{}", cli::KUBERNETES_VERSION);
    let poster = Poster::new(world.clone(), &access, agent);
    Ok(Arc::new(Way(Arc::new(poster.context("cannot use --audit-webhook-config-file")?))))
}

impl Deliver for Way {
    fn deliver(&self, list: Bytes) -> BoxFuture<Result<(), Undelivered>> {
        let poster = Arc::clone(&self.0);
        Box::pin(async move { judge(poster.post("application/json", list, TIME_MAX).await) })
    }
}

/// What an answer means. As the reference: a server in trouble is asked again, one that refuses is not.
fn judge(answer: Result<Posted, ClientError>) -> Result<(), Undelivered> {
    match answer {
        Ok(Posted { code: 200..300, .. }) => Ok(()),
        Ok(Posted { code, retry_after }) => {
            let is_in_trouble = code >= 500 || code == TOO_MANY_REQUESTS;
            let retry = if is_in_trouble { Retry::After(retry_after) } else { Retry::Never };
            Err(Undelivered { reason: format!("the webhook answers with code {code}"), retry })
        }
        Err(error) => {
            let reason = error.to_string();
            Err(Undelivered { reason, retry: Retry::After(None) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_in_trouble_is_asked_again_and_one_that_refuses_is_not() {
        let check = |code, wanted: Option<Retry>| {
            let judged = judge(Ok(Posted { code, retry_after: None }));
            assert_eq!(judged.err().map(|undelivered| undelivered.retry), wanted, "{code}");
        };
        check(200, None);
        check(201, None);
        check(400, Some(Retry::Never));
        check(413, Some(Retry::Never));
        check(429, Some(Retry::After(None)));
        check(503, Some(Retry::After(None)));
    }
}
