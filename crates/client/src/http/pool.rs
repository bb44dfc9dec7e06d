//! The connections to one server: one for requests, and as many for watches as these need. A server
//! lets a connection have a hundred streams or so; watches stay open, and requests must not wait for one
//! of them to end.

use std::sync::Arc;

use tokio::sync::Mutex;
use world::World;

use super::{Sender, connect::Connector};
use crate::ClientError;

/// Well below the hundred streams that servers allow at least.
const WATCHES_PER_CONNECTION: usize = 80;

/// Connections that are made when they are needed, and again when they break.
#[derive(Default)]
pub(super) struct Pool {
    requests: Mutex<Option<(u64, Sender)>>,
    watches: Mutex<Vec<Shared>>,
}

/// A connection that several watches use.
struct Shared {
    certificate: u64,
    sender: Sender,
    seats: Arc<()>,
}

/// A watch's place on a connection, free again when it is dropped.
pub(super) struct Seat {
    _seat: Arc<()>,
}

impl Pool {
    /// The connection for requests. One that was made with another certificate is used no more.
    pub(super) async fn for_request(
        &self,
        world: &World,
        connector: &Connector,
        certificate: u64,
    ) -> Result<Sender, ClientError> {
        let mut connection = self.requests.lock().await;
        if let Some((known, sender)) = connection.as_mut()
            && *known == certificate
            && sender.ready().await.is_ok()
        {
            return Ok(sender.clone());
        }
        let sender = connector.connect(world).await?;
        *connection = Some((certificate, sender.clone()));
        Ok(sender)
    }

    /// A connection with room for one more watch.
    pub(super) async fn for_watch(
        &self,
        world: &World,
        connector: &Connector,
        certificate: u64,
    ) -> Result<(Sender, Seat), ClientError> {
        let mut watches = self.watches.lock().await;
        // The watches of one that is dropped here go on until they end.
        watches.retain(|shared| shared.certificate == certificate && !shared.sender.is_closed());
        for shared in watches.iter_mut().filter(|shared| shared.has_room()) {
            if shared.sender.ready().await.is_ok() {
                return Ok(shared.take());
            }
        }
        let sender = connector.connect(world).await?;
        let shared = Shared { certificate, sender, seats: Arc::default() };
        let taken = shared.take();
        watches.push(shared);
        Ok(taken)
    }
}

impl Shared {
    fn has_room(&self) -> bool {
        // One count is our own.
        Arc::strong_count(&self.seats) <= WATCHES_PER_CONNECTION
    }
    fn take(&self) -> (Sender, Seat) {
        (self.sender.clone(), Seat { _seat: Arc::clone(&self.seats) })
    }
}
