//! Sockets: streams of bytes between addresses.

use tokio::io::{AsyncRead, AsyncWrite};

use crate::BoxFuture;

/// Why a socket could not be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NetError {
    #[error("{address} is in use by another process")]
    InUse { address: String },
    #[error("connecting to {address}: {reason}")]
    Connect { address: String, reason: String },
    #[error("{action} {address}: {reason}")]
    Failed { action: &'static str, address: String, reason: String },
}

/// A connected stream.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// A connection that somebody opened.
pub struct Accepted {
    pub connection: Box<dyn Connection>,
    /// The address it comes from, without a port.
    pub from: String,
}

/// Waits for connections.
pub trait Listener: Send + Sync {
    /// The address as bound: port 0 has become a real one.
    fn address(&self) -> String;
    fn accept(&self) -> BoxFuture<Result<Accepted, NetError>>;
}

/// Where sockets come from. Addresses are `host:port`.
pub trait Network: Send + Sync {
    fn listen(&self, address: &str) -> BoxFuture<Result<Box<dyn Listener>, NetError>>;
    fn connect(&self, address: &str) -> BoxFuture<Result<Box<dyn Connection>, NetError>>;
}
