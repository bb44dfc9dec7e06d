//! Tokens by which nodes join: secrets of `kube-system`.

use api::views::{Secret, SecretType};
use meta::time::Time;

/// Where they are.
pub(crate) const NAMESPACE: &str = "kube-system";
const EXPIRATION: &str = "expiration";

/// When a token ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// It does not.
    Never,
    /// Then.
    At(Time),
    /// It says something that is no time: it must not be believed.
    Unreadable,
}

/// Whether a secret is such a token, sound or not.
pub(crate) fn is_token(secret: &Secret) -> bool {
    secret.kind == SecretType::BootstrapToken && secret.metadata.namespace == *NAMESPACE
}

impl Expiry {
    pub(crate) fn of(secret: &Secret) -> Self {
        if !secret.has(EXPIRATION) {
            return Self::Never;
        }
        let time = secret.text(EXPIRATION).and_then(|text| text.parse().ok());
        time.map_or(Self::Unreadable, Self::At)
    }

    pub(crate) fn is_over(self, now: Time) -> bool {
        match self {
            Self::Never => false,
            Self::At(time) => time <= now,
            Self::Unreadable => true,
        }
    }
}
