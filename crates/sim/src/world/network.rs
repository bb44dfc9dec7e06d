//! Pipes between components, by address.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use tokio::{
    io::DuplexStream,
    sync::{Mutex as AsyncMutex, mpsc},
};
use world::{Accepted, BoxFuture, Connection, Listener, NetError, Network};

use super::incarnation::Incarnation;

/// Connections that may wait to be accepted.
const BACKLOG: usize = 128;
/// Bytes under way in one direction.
const PIPE_BYTES: usize = 64 << 10;
/// The first port given for port 0.
const PORT_FIRST: u16 = 40_000;

/// Who listens where.
#[derive(Default)]
pub(super) struct Wires {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    listeners: BTreeMap<String, (Weak<Incarnation>, mpsc::Sender<DuplexStream>)>,
    ports: u16,
}

impl State {
    /// The address itself, or one with a free port for port 0.
    fn bind(&mut self, address: &str) -> String {
        let Some(host) = address.strip_suffix(":0") else { return address.to_owned() };
        self.ports += 1;
        format!("{host}:{}", PORT_FIRST + self.ports)
    }

    fn listener(&self, address: &str) -> Option<&mpsc::Sender<DuplexStream>> {
        let (owner, sender) = self.listeners.get(address)?;
        let lives = owner.upgrade().is_some_and(|owner| !owner.has_ended());
        (lives && !sender.is_closed()).then_some(sender)
    }
}

/// The network as one incarnation sees it.
pub(super) struct OwnNetwork {
    pub(super) wires: Arc<Wires>,
    pub(super) owner: Arc<Incarnation>,
}

impl Network for OwnNetwork {
    fn listen(&self, address: &str) -> BoxFuture<Result<Box<dyn Listener>, NetError>> {
        let mut state = self.wires.state.lock();
        let address = state.bind(address);
        if state.listener(&address).is_some() {
            return Box::pin(async move { Err(NetError::InUse { address }) });
        }
        let (sender, incoming) = mpsc::channel(BACKLOG);
        state.listeners.insert(address.clone(), (Arc::downgrade(&self.owner), sender));
        let incoming = Arc::new(AsyncMutex::new(incoming));
        let listener: Box<dyn Listener> = Box::new(Pipes { address, incoming });
        Box::pin(async move { Ok(listener) })
    }

    fn connect(&self, address: &str) -> BoxFuture<Result<Box<dyn Connection>, NetError>> {
        let address = address.to_owned();
        let sender = self.wires.state.lock().listener(&address).cloned();
        Box::pin(async move {
            let (near, far) = tokio::io::duplex(PIPE_BYTES);
            let refused = || NetError::Connect { address, reason: "nobody listens".to_owned() };
            let Some(sender) = sender else { return Err(refused()) };
            sender.send(far).await.map_err(|_| refused())?;
            let connection: Box<dyn Connection> = Box::new(near);
            Ok(connection)
        })
    }
}

struct Pipes {
    address: String,
    incoming: Arc<AsyncMutex<mpsc::Receiver<DuplexStream>>>,
}

impl Listener for Pipes {
    fn address(&self) -> String {
        self.address.clone()
    }

    fn accept(&self) -> BoxFuture<Result<Accepted, NetError>> {
        let (incoming, address) = (Arc::clone(&self.incoming), self.address.clone());
        Box::pin(async move {
            let closed = NetError::Failed {
                action: "accept on",
                address,
                reason: "the listener is closed".to_owned(),
            };
            let stream = incoming.lock().await.recv().await.ok_or(closed)?;
            Ok(Accepted { connection: Box::new(stream), from: "127.0.0.1".to_owned() })
        })
    }
}
