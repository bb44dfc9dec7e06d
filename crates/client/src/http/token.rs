//! The bearer token of a transport. One in a file is read again, because it is renewed there; one that
//! is issued is asked for when it is needed.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use world::{BoxFuture, Monotonic, World};

use crate::{ClientError, kubeconfig::Credentials};

/// Where tokens come from that somebody issues and that end.
pub trait TokenSource: Send + Sync {
    /// A token that is good for a while.
    fn token(&self) -> BoxFuture<Result<String, ClientError>>;
    /// The server does not believe the token: it is not to be used again.
    fn refused(&self, token: &str);
}

/// Where the token comes from.
pub(super) enum Token {
    None,
    Fixed(String),
    File { path: PathBuf, known: Mutex<Option<Known>> },
    Issued(Arc<dyn TokenSource>),
}

/// What a file held, and when that was read.
pub(super) struct Known {
    token: String,
    read: Monotonic,
}

/// Tokens are renewed long before they end.
const READ_INTERVAL: Duration = Duration::from_mins(1);

impl Token {
    pub(super) fn new(credentials: &Credentials) -> Self {
        match credentials {
            Credentials::Token(token) => Self::Fixed(token.clone()),
            Credentials::TokenFile(path) => {
                Self::File { path: path.clone(), known: Mutex::new(None) }
            }
            Credentials::Anonymous | Credentials::Certificate { .. } => Self::None,
        }
    }

    /// The token as it is now; of a file that cannot be read, the last one known.
    pub(super) async fn get(&self, world: &World) -> Result<Option<String>, ClientError> {
        match self {
            Self::None => Ok(None),
            Self::Fixed(token) => Ok(Some(token.clone())),
            Self::File { path, known } => Ok(read(world, path, known)),
            Self::Issued(source) => source.token().await.map(Some),
        }
    }

    /// The server does not believe this token.
    pub(super) fn refused(&self, token: &str) {
        match self {
            Self::None | Self::Fixed(_) => {}
            Self::File { known, .. } => {
                known.lock().unwrap_or_else(PoisonError::into_inner).take();
            }
            Self::Issued(source) => source.refused(token),
        }
    }
}

fn read(world: &World, path: &Path, known: &Mutex<Option<Known>>) -> Option<String> {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let now = world.clock.monotonic();
    if known.as_ref().is_none_or(|known| now.since(known.read) >= READ_INTERVAL) {
        match world.disk.read(path) {
            Ok(bytes) => {
                let token = String::from_utf8_lossy(&bytes).trim().to_owned();
                *known = Some(Known { token, read: now });
            }
            Err(error) => tracing::warn!(%error, "cannot read the token"),
        }
    }
    known.as_ref().map(|known| known.token.clone())
}
