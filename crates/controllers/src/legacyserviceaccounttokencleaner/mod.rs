//! Once a day: tokens in secrets that old clusters made by themselves and nobody has used for a year are
//! marked as invalid, and deleted when nobody has missed them for another year. A secret that a pod names
//! is left alone, which a live read says. Without the day since which the API server notes the use of
//! tokens nothing is done. Follows
//! `pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go`.

mod day;
mod observe;
mod plan;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use api::views::{Secret, ServiceAccount};
use meta::time::Time;
use runtime::{Answers, Cache, Controller, Informers, Observation, Plan, Watches};

use crate::shared::account_tokens::SECRETS_BY_ACCOUNT;
pub use observe::Observed;

/// How long a token may be unused before it is marked, and marked before it goes. The reference's default
/// unless [provided](Informers::provide).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CleanUpPeriod(pub Duration);

impl Default for CleanUpPeriod {
    fn default() -> Self {
        Self(Duration::from_hours(8760))
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub struct LegacyTokenCleaner;

/// The one unit of work: all such secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sweep;

/// What it reads.
pub struct View {
    secrets: Arc<Cache<Secret>>,
    accounts: Arc<Cache<ServiceAccount>>,
    period: CleanUpPeriod,
}

/// Why a secret is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nobody has used its token for long.
    Unused,
    /// Nobody has missed its token for long.
    Unmissed,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unused => "nobody has used its token for as long as tokens are kept",
            Self::Unmissed => "its token was invalid for as long as tokens are kept",
        })
    }
}

impl Controller for LegacyTokenCleaner {
    const NAME: &'static str = "legacy-serviceaccount-token-cleaner-controller";
    const QUEUE: &'static str = "legacy_serviceaccount_token_cleaner";
    const EVENT_SOURCE: &'static str = "legacy-service-account-token-cleaner";
    type Key = Sweep;
    type Observed = Observed;
    type Memory = ();
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        let period = informers.setting::<CleanUpPeriod>();
        View {
            secrets: informers.index(&SECRETS_BY_ACCOUNT),
            accounts: informers.cache(),
            period: period.map_or_else(CleanUpPeriod::default, |set| *set),
        }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.at_start(Sweep);
    }
    fn observe(view: &View, _key: &Sweep, answers: &Answers) -> Observation<Observed> {
        observe::observe(view, answers)
    }
    fn plan(_memory: &mut (), observed: &Observed, now: Time) -> Plan<Why> {
        plan::plan(observed, now)
    }
}
