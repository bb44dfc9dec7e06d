//! Caches → [`Observed`]. That an account is gone is read live: secrets go by it.

use std::sync::Arc;

use api::{
    resources::SERVICE_ACCOUNTS,
    views::{Secret, ServiceAccount},
};
use meta::{object::ObjectKey, text::Text};
use runtime::{Answers, ClientError, Observation, Read};
use serde::Deserialize as _;

use super::{Issuer, RootCa, View};
use crate::shared::account_tokens::{account_of, is_for};

/// What may be written to.
#[derive(Debug)]
pub enum Observed {
    /// A secret that should be complete.
    Owned {
        /// The secret.
        secret: Arc<Secret>,
        /// Whose token it holds.
        account: Arc<ServiceAccount>,
        /// By what the API server is believed; `None` leaves that out.
        root_ca: Option<Arc<RootCa>>,
        /// Makes the token; `None` makes none.
        issuer: Option<Arc<Issuer>>,
    },
    /// A secret whose account is not there.
    Orphaned(Arc<Secret>),
    /// Nobody can say now whether the account of a secret is there.
    Unknown,
    /// An account that lists a secret which is gone, by its places in the list.
    Listed {
        /// The account.
        account: Arc<ServiceAccount>,
        /// Where the secret stands.
        places: Vec<usize>,
    },
}

pub(super) fn secret(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Observed> {
    let secret = view.secrets.get(key).filter(|secret| !secret.metadata.is_deleting());
    let Some((secret, place)) = secret.and_then(|secret| {
        let account = account_of(&secret)?;
        Some((secret, account))
    }) else {
        return Observation::Gone;
    };
    let known = view.accounts.get(&place).filter(|account| is_for(&secret, account));
    if let Some(account) = known {
        return Observation::Ready(owned(view, secret, account));
    }
    let read = Read::Object { resource: SERVICE_ACCOUNTS, key: place };
    Observation::Ready(match answers.get(&read) {
        None => return Observation::Ask(vec![read]),
        Some(Err(error)) if ClientError::is_not_found(error) => Observed::Orphaned(secret),
        Some(Err(_)) => Observed::Unknown,
        Some(Ok(live)) => match ServiceAccount::deserialize(live) {
            Ok(account) if is_for(&secret, &account) => owned(view, secret, Arc::new(account)),
            Ok(_) => Observed::Orphaned(secret),
            Err(_) => Observed::Unknown,
        },
    })
}

fn owned(view: &View, secret: Arc<Secret>, account: Arc<ServiceAccount>) -> Observed {
    let (root_ca, issuer) = (view.root_ca.clone(), view.issuer.clone());
    Observed::Owned { secret, account, root_ca, issuer }
}

pub(super) fn reference(view: &View, account: &ObjectKey, secret: &Text) -> Observation<Observed> {
    let place = ObjectKey::new(account.namespace.clone(), secret.clone());
    if view.secrets.get(&place).is_some() {
        return Observation::Gone;
    }
    let Some(account) = view.accounts.get(account) else { return Observation::Gone };
    let listed = account.secrets.iter().enumerate().filter(|(_, listed)| listed.name == *secret);
    let places: Vec<usize> = listed.map(|(place, _)| place).collect();
    if places.is_empty() {
        return Observation::Gone;
    }
    Observation::Ready(Observed::Listed { account, places })
}
