//! Requests as values, and a transport that sends them. A transport is in process, HTTP, or the
//! simulator's; none of the callers can tell.
#![warn(missing_docs)]

mod account;
mod epoch;
mod error;
mod exec;
pub mod http;
pub mod kubeconfig;
mod request;
mod transport;

pub use account::AccountTokens;
pub use epoch::{EPOCH_HEADER, Epoch};
pub use error::{ApiError, ClientError};
pub use exec::ExecPlugin;
pub use request::{
    ACCEPT_METADATA, ACCEPT_METADATA_LIST, DeleteOptions, ListOptions, Method, PatchKind,
    Preconditions, Propagation, Request, WatchOptions, WriteOptions, path,
};
pub use transport::{EventType, Response, Transport, WatchEvent, WatchStream};
