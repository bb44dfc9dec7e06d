//! The way to a collector.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use audit::{Batch, Refusal, Sink};
use client::{
    ClientError,
    http::{Posted, Poster},
    kubeconfig::{Access, Credentials, Trust},
};
use world::{BoxFuture, World};

/// A collector behind a URL.
pub(super) struct Collector(Arc<Poster>);

/// Collectors that write before they answer may take a while.
const TIME_MAX: Duration = Duration::from_secs(30);
const TOO_LARGE: u16 = 413;

impl Collector {
    /// `authority` (PEM) vouches for it, `token` proves who sends.
    pub(super) fn new(
        world: &World,
        url: &str,
        authority: Option<Vec<u8>>,
        token: Option<String>,
    ) -> Result<Self> {
        ensure!(
            url.starts_with("http://") || url.starts_with("https://"),
            "--sink-url must begin with http:// or https://"
        );
        let credentials = token.map_or(Credentials::Anonymous, Credentials::Token);
        let access = Access { credentials, ..address(url, authority) };
        let poster = Poster::new(world.clone(), &access, "pilothouse-audit/0.1.0");
        Ok(Self(Arc::new(poster.context("cannot use --sink-url")?)))
    }
}

impl Sink for Collector {
    fn deliver(&self, batch: Batch) -> BoxFuture<Result<(), Refusal>> {
        let poster = Arc::clone(&self.0);
        Box::pin(async move {
            let answer = poster.post(batch.content_type, batch.body, TIME_MAX).await;
            match (post_failure(&answer), answer) {
                (None, _) => Ok(()),
                (Some(_), Ok(Posted { code: TOO_LARGE, .. })) => Err(Refusal::TooLarge),
                (Some(reason), answer) => {
                    let after = answer.ok().and_then(|posted| posted.retry_after);
                    Err(Refusal::Later { after, reason })
                }
            }
        })
    }
}

/// A server of which no more is known than its URL.
fn address(url: &str, authority: Option<Vec<u8>>) -> Access {
    Access {
        server: url.to_owned(),
        trust: Trust::Authority(authority.unwrap_or_default()),
        server_name: None,
        credentials: Credentials::Anonymous,
        namespace: String::new(),
    }
}

/// Why a body did not arrive; `None` if it did.
pub(super) fn post_failure(posted: &Result<Posted, ClientError>) -> Option<String> {
    match posted {
        Ok(posted) if (200..300).contains(&posted.code) => None,
        Ok(posted) => Some(format!("it answers with code {}", posted.code)),
        Err(error) => Some(error.to_string()),
    }
}
