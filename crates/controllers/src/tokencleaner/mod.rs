//! Deletes tokens by which nodes join when their time is over. Off unless it is asked for. A deletion
//! that fails is tried again, where the reference waits for the next change. Follows
//! `pkg/controller/bootstrap/tokencleaner.go`.

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use api::{resources::SECRETS, views::Secret};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Action, Answers, Cache, Change, Controller, Enqueue, Guard, Informers, Observation, Plan, Step,
    Target, Watches,
};

use crate::shared::bootstrap_tokens::{Expiry, is_token};

/// See the module's documentation.
#[derive(Debug)]
pub struct TokenCleaner;

/// The secrets.
pub struct View {
    secrets: Arc<Cache<Secret>>,
}

/// A token that ends.
#[derive(Debug)]
pub struct Ending {
    token: Target,
    expiry: Expiry,
}

/// The one reason there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired;

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time of the bootstrap token is over")
    }
}

impl Controller for TokenCleaner {
    const NAME: &'static str = "token-cleaner-controller";
    const QUEUE: &'static str = "token_cleaner";
    const EVENT_SOURCE: &'static str = "token-cleaner";
    type Key = ObjectKey;
    type Observed = Ending;
    type Memory = ();
    type Why = Expired;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { secrets: informers.cache() }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on(on_secret);
    }
    fn observe(view: &View, key: &ObjectKey, _answers: &Answers) -> Observation<Ending> {
        let secret = view.secrets.get(key).filter(|secret| ends(secret));
        secret.map_or(Observation::Gone, |secret| {
            Observation::Ready(Ending { token: Target::of(&*secret), expiry: Expiry::of(&secret) })
        })
    }
    fn plan(_memory: &mut (), ending: &Ending, now: Time) -> Plan<Expired> {
        let mut plan = Plan::rest();
        match ending.expiry {
            Expiry::At(time) if now < time => plan.wake(time.since(now)),
            Expiry::At(_) | Expiry::Unreadable => {
                let action = Action::Delete {
                    target: ending.token.clone(),
                    propagation: None,
                    grace_period_seconds: None,
                    guard: Guard::Uid,
                };
                plan.step(Step::new(action, Expired));
            }
            Expiry::Never => {}
        }
        plan
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ObjectKey> {
        (*resource == SECRETS).then(|| key.clone())
    }
}

fn on_secret(_: &View, change: &Change<Secret>, enqueue: &mut Enqueue<ObjectKey>) {
    if let Some(secret) = change.new.as_ref().filter(|secret| ends(secret)) {
        enqueue.add(secret.metadata.key());
    }
}

fn ends(secret: &Secret) -> bool {
    is_token(secret) && !secret.metadata.is_deleting() && Expiry::of(secret) != Expiry::Never
}
