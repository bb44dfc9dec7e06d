//! The bearer token of a transport. One in a file is read again, because it is renewed there; one that
//! is issued, or that a plug-in knows, is asked for when it is needed.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use world::{BoxFuture, Monotonic, World};

use super::{CertificateSlot, Observer};
use crate::{
    ClientError,
    exec::{ExecSource, Proof},
    kubeconfig::{Access, Credentials},
};

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
    Plugin(Box<ExecSource>),
}

/// What a file held, and when that was read.
pub(super) struct Known {
    token: String,
    read: Monotonic,
}

/// Tokens are renewed long before they end.
const READ_INTERVAL: Duration = Duration::from_mins(1);

impl Token {
    pub(super) fn new(access: &Access, slot: &Arc<CertificateSlot>) -> Self {
        match &access.credentials {
            Credentials::Token(token) => Self::Fixed(token.clone()),
            Credentials::TokenFile(path) => {
                Self::File { path: path.clone(), known: Mutex::new(None) }
            }
            Credentials::Plugin(plugin) => Self::Plugin(Box::new(ExecSource::new(
                (**plugin).clone(),
                access,
                Arc::clone(slot),
            ))),
            Credentials::Anonymous | Credentials::Certificate { .. } => Self::None,
        }
    }

    /// The token as it is now; of a file that cannot be read, the last one known.
    pub(super) async fn get(
        &self,
        world: &World,
        observer: Option<&dyn Observer>,
    ) -> Result<Proof, ClientError> {
        let token = match self {
            Self::None => None,
            Self::Fixed(token) => Some(token.clone()),
            Self::File { path, known } => read(world, path, known),
            Self::Issued(source) => Some(source.token().await?),
            Self::Plugin(source) => return source.proof(world, observer).await,
        };
        Ok(Proof { token, ..Proof::default() })
    }

    /// The server does not believe this.
    pub(super) fn refused(&self, proof: &Proof) {
        match self {
            Self::None | Self::Fixed(_) => {}
            Self::File { known, .. } => {
                known.lock().unwrap_or_else(PoisonError::into_inner).take();
            }
            Self::Issued(source) => source.refused(proof.token.as_deref().unwrap_or_default()),
            Self::Plugin(source) => source.refused(proof),
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
