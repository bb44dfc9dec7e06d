//! A transport that does not wait for ever: an answer that never comes is an unknown outcome.

use std::{sync::Arc, time::Duration};

use client::{ClientError, Request, Response, Transport, WatchStream};
use world::{BoxFuture, World};

use super::gather::within;

/// The reference's server ends a request after this long itself.
const ANSWER_WAIT: Duration = Duration::from_mins(1);

pub(crate) struct Timely {
    world: World,
    inner: Arc<dyn Transport>,
}

impl Timely {
    pub(crate) fn new(world: &World, inner: Arc<dyn Transport>) -> Self {
        Self { world: world.clone(), inner }
    }
    fn bounded<T: Send + 'static>(
        &self,
        request: BoxFuture<Result<T, ClientError>>,
    ) -> BoxFuture<Result<T, ClientError>> {
        let world = self.world.clone();
        Box::pin(async move {
            let answer = within(&world, ANSWER_WAIT, request).await;
            let silent = || Err(ClientError::NoAnswer { reason: "none within a minute".into() });
            answer.unwrap_or_else(silent)
        })
    }
}

impl Transport for Timely {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, ClientError>> {
        self.bounded(self.inner.send(request))
    }
    fn watch(&self, request: Request) -> BoxFuture<Result<WatchStream, ClientError>> {
        self.bounded(self.inner.watch(request))
    }
}
