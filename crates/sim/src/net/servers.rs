//! Where the API servers are found while they live.

use std::{collections::BTreeMap, sync::Arc};

use apiserver::Service;
use parking_lot::Mutex;
use world::World;

use crate::plan::Component;

/// One life of an API server.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) service: Service,
    /// Where its tasks run.
    pub(crate) world: World,
}

/// Clones share the servers.
#[derive(Clone, Default)]
pub(crate) struct Servers(Arc<Mutex<BTreeMap<Component, Server>>>);

impl Servers {
    /// It answers from now on.
    pub(crate) fn open(&self, api: Component, server: Server) {
        self.0.lock().insert(api, server);
    }

    /// It is gone.
    pub(crate) fn close(&self, api: Component) {
        let server = self.0.lock().remove(&api);
        // Outside the lock: its end may spawn and abort.
        drop(server);
    }

    pub(crate) fn get(&self, api: Component) -> Option<Server> {
        self.0.lock().get(&api).cloned()
    }
}
