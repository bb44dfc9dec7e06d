//! The service on a socket: TLS, HTTP/2 and HTTP/1.1, and an orderly end.

mod body;
mod connection;

use std::{sync::Arc, time::Duration};

use rustls::ServerConfig;
use tokio::sync::{mpsc, watch};
use world::{Listener, Task};

use crate::Service;

/// A listening server. Dropping it lets it run on; [`Server::shut_down`] ends it.
pub struct Server {
    service: Service,
    address: String,
    acceptor: Box<dyn Task>,
    /// True when connections shall finish what they do and close.
    closing: watch::Sender<bool>,
    /// Ends when the last connection has.
    open: mpsc::Receiver<()>,
}

/// What all connections share.
#[derive(Clone)]
struct Shared {
    service: Service,
    tls: Arc<ServerConfig>,
    closing: watch::Receiver<bool>,
    /// Held by each connection while it lives.
    _open: mpsc::Sender<()>,
}

/// Requests that are not done by then are cut off.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);
/// After a failed accept (no more file descriptors), so that others may be closed meanwhile.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl Server {
    /// Serves every connection of `listener`.
    pub fn start(service: Service, listener: Box<dyn Listener>, tls: Arc<ServerConfig>) -> Self {
        let address = listener.address();
        let (closing, closed) = watch::channel(false);
        let (sender, open) = mpsc::channel(1);
        let shared = Shared { service: service.clone(), tls, closing: closed, _open: sender };
        let acceptor =
            service.world().tasks.spawn("http accept", Box::pin(accept(listener, shared)));
        Self { service, address, acceptor, closing, open }
    }

    /// `host:port` as bound.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Stops listening, ends watches, and waits a while for requests under way.
    pub async fn shut_down(mut self) {
        self.acceptor.abort();
        // Watches first: a connection is not done while one of them streams.
        self.service.close();
        self.closing.send_replace(true);
        let expired = self.service.world().clock.sleep(DRAIN_TIME_MAX);
        tokio::select! {
            biased;
            _ = self.open.recv() => {}
            () = expired => tracing::warn!("connections did not drain in time"),
        }
    }
}

async fn accept(listener: Box<dyn Listener>, shared: Shared) {
    loop {
        match listener.accept().await {
            Ok(accepted) => {
                let served = connection::serve(accepted, shared.clone());
                shared.service.world().tasks.spawn("http connection", Box::pin(served));
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                shared.service.world().clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
