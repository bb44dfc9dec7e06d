//! Looks after secrets of the type `kubernetes.io/service-account-token`: fills in the token, the
//! namespace and the CA by which the API server is believed, deletes those whose account is gone, and
//! takes a deleted one out of the list that old accounts have of theirs. Makes no secret by itself.
//! Follows `pkg/controller/serviceaccount/tokens_controller.go`.

mod observe;
mod plan;
mod port;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use api::{
    resources::SECRETS,
    views::{Secret, ServiceAccount},
};
use meta::{object::ObjectKey, resource::Resource, text::Text, time::Time};
use runtime::{Answers, Cache, Change, Controller, Enqueue, Informers, Observation, Plan, Watches};

use crate::shared::{
    account_tokens::{SECRETS_BY_ACCOUNT, account_of},
    root_ca::RootCa,
};
pub use observe::Observed;
pub use port::{Claims, Issuer, TokenIssuer};

/// See the module's documentation.
#[derive(Debug)]
pub struct ServiceAccountTokenController;

/// One unit of work.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A secret that holds a token.
    Secret(ObjectKey),
    /// What an account says of a secret that is gone.
    Reference {
        /// The account.
        account: ObjectKey,
        /// Name of the secret.
        secret: Text,
    },
}

/// What it reads.
pub struct View {
    secrets: Arc<Cache<Secret>>,
    accounts: Arc<Cache<ServiceAccount>>,
    root_ca: Option<Arc<RootCa>>,
    issuer: Option<Arc<Issuer>>,
}

/// Why something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The account of a secret is not there.
    AccountGone,
    /// A secret lacks something, or has another CA.
    Incomplete,
    /// An account lists a secret that is gone.
    SecretGone,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccountGone => "the service account it is for is gone",
            Self::Incomplete => "it lacks what a token of a service account needs",
            Self::SecretGone => "it lists a secret that is gone",
        })
    }
}

impl Controller for ServiceAccountTokenController {
    const NAME: &'static str = "serviceaccount-token-controller";
    const QUEUE: &'static str = "serviceaccount_tokens_service";
    const EVENT_SOURCE: &'static str = "serviceaccount-token-controller";
    type Key = Key;
    type Observed = Observed;
    type Memory = ();
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View {
            secrets: informers.index(&SECRETS_BY_ACCOUNT),
            accounts: informers.cache(),
            root_ca: informers.setting(),
            issuer: informers.setting(),
        }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_secret);
        watches.on(on_account);
    }
    fn observe(view: &View, key: &Key, answers: &Answers) -> Observation<Observed> {
        match key {
            Key::Secret(key) => observe::secret(view, key, answers),
            Key::Reference { account, secret } => observe::reference(view, account, secret),
        }
    }
    fn plan(_memory: &mut (), observed: &Observed, _now: Time) -> Plan<Why> {
        plan::plan(observed)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<Key> {
        (*resource == SECRETS).then(|| Key::Secret(key.clone()))
    }
}

fn on_secret(_: &View, change: &Change<Secret>, enqueue: &mut Enqueue<Key>) {
    if let Some(secret) = change.new.as_ref().filter(|secret| account_of(secret).is_some()) {
        return enqueue.add(Key::Secret(secret.metadata.key()));
    }
    let Some(old) = &change.old else { return };
    if let Some(account) = account_of(old) {
        enqueue.add(Key::Reference { account, secret: old.metadata.name.clone() });
    }
}

fn on_account(view: &View, change: &Change<ServiceAccount>, enqueue: &mut Enqueue<Key>) {
    let Some(account) = change.latest().map(|account| account.metadata.key()) else { return };
    for secret in view.secrets.by_index(&SECRETS_BY_ACCOUNT, &account.to_string()) {
        enqueue.add(Key::Secret(secret.metadata.key()));
    }
}
