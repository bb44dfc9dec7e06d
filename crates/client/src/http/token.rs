//! The bearer token of a transport; one in a file is read again, because it is renewed there.

use std::{path::PathBuf, sync::Mutex, sync::PoisonError, time::Duration};

use world::{Monotonic, World};

use crate::kubeconfig::Credentials;

/// Where the token comes from.
pub(super) enum Token {
    None,
    Fixed(String),
    File { path: PathBuf, known: Mutex<Option<Known>> },
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

    /// The token as it is now; the last one known if the file cannot be read.
    pub(super) fn get(&self, world: &World) -> Option<String> {
        let (path, known) = match self {
            Self::None => return None,
            Self::Fixed(token) => return Some(token.clone()),
            Self::File { path, known } => (path, known),
        };
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
}
