//! TCP.

use std::{io, sync::Arc};

use tokio::net::{TcpListener, TcpStream};

use crate::{Accepted, BoxFuture, Connection, Listener, NetError, Network};

/// TCP of this machine.
pub(super) struct Tcp;

impl Network for Tcp {
    fn listen(&self, address: &str) -> BoxFuture<Result<Box<dyn Listener>, NetError>> {
        let address = address.to_owned();
        Box::pin(async move {
            let socket = TcpListener::bind(&address).await.map_err(|e| refused(&address, &e))?;
            let bound =
                socket.local_addr().map_err(|e| failed("read the port of", &address, &e))?;
            let listener: Box<dyn Listener> =
                Box::new(TcpSocket { socket: Arc::new(socket), address: bound.to_string() });
            Ok(listener)
        })
    }

    fn connect(&self, address: &str) -> BoxFuture<Result<Box<dyn Connection>, NetError>> {
        let address = address.to_owned();
        Box::pin(async move {
            let stream = TcpStream::connect(&address).await.map_err(|error| NetError::Connect {
                address: address.clone(),
                reason: error.to_string(),
            })?;
            connection(stream, &address)
        })
    }
}

struct TcpSocket {
    socket: Arc<TcpListener>,
    address: String,
}

impl Listener for TcpSocket {
    fn address(&self) -> String {
        self.address.clone()
    }

    fn accept(&self) -> BoxFuture<Result<Accepted, NetError>> {
        let (socket, address) = (Arc::clone(&self.socket), self.address.clone());
        Box::pin(async move {
            let (stream, peer) =
                socket.accept().await.map_err(|e| failed("accept on", &address, &e))?;
            let connection = connection(stream, &address)?;
            Ok(Accepted { connection, from: peer.ip().to_string() })
        })
    }
}

/// Small answers leave at once: watch events are smaller than a segment.
fn connection(stream: TcpStream, address: &str) -> Result<Box<dyn Connection>, NetError> {
    stream.set_nodelay(true).map_err(|e| failed("set no-delay for", address, &e))?;
    Ok(Box::new(stream))
}

fn refused(address: &str, error: &io::Error) -> NetError {
    if error.kind() == io::ErrorKind::AddrInUse {
        return NetError::InUse { address: address.to_owned() };
    }
    failed("listen on", address, error)
}

fn failed(action: &'static str, address: &str, error: &io::Error) -> NetError {
    NetError::Failed { action, address: address.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn what_is_written_at_one_end_is_read_at_the_other() {
        let listener = Tcp.listen("127.0.0.1:0").await.expect("a free port");
        let accepted = listener.accept();
        let mut client = Tcp.connect(&listener.address()).await.expect("listening");
        client.write_all(b"hello").await.expect("connected");
        let Accepted { connection: mut server, from } = accepted.await.expect("a connection waits");
        assert_eq!(from, "127.0.0.1");
        let mut buffer = [0; 5];
        server.read_exact(&mut buffer).await.expect("five bytes were sent");
        assert_eq!(&buffer, b"hello");
    }

    #[tokio::test]
    async fn a_busy_port_is_told_apart() {
        let first = Tcp.listen("127.0.0.1:0").await.expect("a free port");
        let second = Tcp.listen(&first.address()).await.err().expect("taken");
        assert!(matches!(second, NetError::InUse { .. }), "{second}");
    }

    #[tokio::test]
    async fn nobody_listening_is_a_failed_connect() {
        let address = Tcp.listen("127.0.0.1:0").await.expect("a free port").address();
        let error = Tcp.connect(&address).await.err().expect("closed");
        assert!(matches!(error, NetError::Connect { .. }), "{error}");
    }
}
