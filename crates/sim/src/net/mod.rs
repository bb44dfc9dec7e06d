//! Messages between machines: what is under way, what is cut, and who answers where.

mod asked;
mod line;
mod sabotage;
mod servers;
mod store_line;
mod stream;
mod wires;

use std::time::Duration;

use client::ClientError;

pub(crate) use self::{
    asked::{Asked, names_its_object},
    line::{Line, Office},
    servers::{Server, Servers},
    store_line::{StoreLine, StoreServer},
    wires::Wires,
};

/// A connection on which nothing is heard for so long is given up: HTTP/2 pings do that.
const SILENCE_MAX: Duration = Duration::from_secs(50);

fn nobody() -> ClientError {
    ClientError::Unreachable { reason: "nobody listens".to_owned() }
}

fn lost() -> ClientError {
    ClientError::NoAnswer { reason: "the connection broke".to_owned() }
}
