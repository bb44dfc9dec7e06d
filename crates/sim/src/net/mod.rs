//! Messages between machines: what is under way, what is cut, and who answers where.

mod asked;
mod line;
mod sabotage;
mod servers;
mod store_line;
mod stream;
mod wires;

use std::time::Duration;

use apiserver::{Service, User};
use client::ClientError;
use plane::InProcess;
use world::World;

pub(crate) use self::{
    asked::{Asked, names_its_object},
    line::{Line, Office},
    servers::{Server, Servers},
    store_line::{StoreLine, StoreServer},
    wires::Wires,
};

/// A connection on which nothing is heard for so long is given up: HTTP/2 pings do that.
const SILENCE_MAX: Duration = Duration::from_secs(50);

/// A way to a server for a person who may do everything.
pub(crate) fn join_as_master(
    world: &World,
    service: &Service,
    name: &str,
    agent: &'static str,
) -> InProcess {
    let groups = vec!["system:masters".to_owned()];
    let user = User { name: name.to_owned(), groups, ..User::default() };
    InProcess::new(world.clone(), service.clone(), user, agent)
}

/// The error where no server is.
pub(crate) fn nobody() -> ClientError {
    ClientError::Unreachable { reason: "nobody listens".to_owned() }
}

/// The error of a connection that ended before the answer.
pub(crate) fn lost() -> ClientError {
    ClientError::NoAnswer { reason: "the connection broke".to_owned() }
}
