//! A store of ours served by etcd's protocol (v3), for tools that know nothing else: keys, transactions,
//! watches, and leases that are not prolonged. One member, without a cluster, users or encryption.

mod body;
mod calls;
mod connection;
mod header;
mod keys;
mod leases;
mod refusal;
mod transaction;
mod watch;

use std::sync::Arc;

use world::{Listener, Task, World};

use crate::Store;
use leases::Leases;

/// A listening server. Dropping it ends it; connections end with their tasks.
pub struct EtcdServer {
    address: String,
    acceptor: Box<dyn Task>,
}

/// What all connections share.
struct Shared {
    world: World,
    store: Arc<dyn Store>,
    leases: Leases,
    /// `http://host:port` under which clients reach it.
    url: String,
}

impl EtcdServer {
    /// The release whose protocol this is: new enough for clients that ask how far a watch is.
    pub const VERSION: &str = "3.5.16";

    /// Serves every connection of `listener`.
    pub fn start(world: &World, store: Arc<dyn Store>, listener: Box<dyn Listener>) -> Self {
        let address = listener.address();
        let url = format!("http://{address}");
        let leases = Leases::new(world);
        let shared = Arc::new(Shared { world: world.clone(), store, leases, url });
        let accept = connection::accept(listener, shared);
        Self { address, acceptor: world.tasks.spawn("etcd accept", Box::pin(accept)) }
    }

    /// `host:port` as bound.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for EtcdServer {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}
