//! Where the API server is found while it lives.

use std::sync::Arc;

use apiserver::Service;
use tokio::sync::watch;

/// Clones share one server.
#[derive(Clone)]
pub(super) struct Gateway(Arc<watch::Sender<Option<Service>>>);

impl Default for Gateway {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Gateway {
    /// The server answers from now on.
    pub(super) fn open(&self, service: Service) {
        self.0.send_replace(Some(service));
    }

    /// The server is gone: who waits for an answer hears that there is none.
    pub(super) fn close(&self) {
        self.0.send_replace(None);
    }

    /// The server, and what ends when it does.
    pub(super) fn server(&self) -> Option<(Service, Lifetime)> {
        let mut lifetime = self.0.subscribe();
        let service = lifetime.borrow_and_update().clone()?;
        Some((service, Lifetime(lifetime)))
    }
}

/// One life of the server.
pub(super) struct Lifetime(watch::Receiver<Option<Service>>);

impl Lifetime {
    /// Waits for its end.
    pub(super) async fn ended(&mut self) {
        // An error means that there is no gateway any more, which is an end as well.
        let _ = self.0.changed().await;
    }
}
