//! Leader election by a Lease object, wire-compatible with the reference's.

mod driver;
mod release;
mod rules;

use std::time::Duration;

use meta::object::ObjectKey;

pub(crate) use driver::Driver;
pub(crate) use release::release;

/// Which lease, held by whom, and how long.
#[derive(Debug, Clone)]
pub struct LeaseSettings {
    /// Where the lease is.
    pub key: ObjectKey,
    /// Who holds it; unique among all processes.
    pub identity: String,
    /// Others wait so long after the last sign of life.
    pub duration: Duration,
    /// A leader that could not renew for so long stops. Shorter than `duration`.
    pub renew_deadline: Duration,
    /// Between two attempts.
    pub retry_period: Duration,
}

impl LeaseSettings {
    /// The reference's times: 15 s, 10 s, 2 s.
    pub const fn new(key: ObjectKey, identity: String) -> Self {
        Self {
            key,
            identity,
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
        }
    }
}
