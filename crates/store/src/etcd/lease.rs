//! Leases, which keys with a time to live hang on. One serves many keys, as the reference does it
//! (upstream: `storage/etcd3/lease_manager.go`): each costs etcd a timer of its own.

use std::{collections::BTreeMap, time::Duration};

use parking_lot::Mutex;
use world::Monotonic;

use super::{
    Shared,
    failure::Failure,
    messages::{LeaseGrantRequest, LeaseResponse},
};

/// Keys on one lease: so many deletions etcd makes in one step when it ends.
const KEYS_MAX: u32 = 1000;
/// For how long a lease is given to new keys: so much longer than asked may keys live.
const SHARED_MAX: Duration = Duration::from_mins(1);
const SHARED_PART: u32 = 20;
const GRANT: &str = "/etcdserverpb.Lease/LeaseGrant";

/// The leases that take more keys, by the time to live.
#[derive(Debug, Default)]
pub(crate) struct LeaseBook(Mutex<BTreeMap<Duration, Shareable>>);

#[derive(Debug)]
struct Shareable {
    id: i64,
    until: Monotonic,
    keys: u32,
}

impl LeaseBook {
    fn take(&self, time_to_live: Duration, now: Monotonic) -> Option<i64> {
        let mut book = self.0.lock();
        let lease = book.get_mut(&time_to_live)?;
        if lease.keys >= KEYS_MAX || now >= lease.until {
            return None;
        }
        lease.keys += 1;
        Some(lease.id)
    }

    fn add(&self, time_to_live: Duration, id: i64, until: Monotonic) {
        self.0.lock().insert(time_to_live, Shareable { id, until, keys: 1 });
    }

    /// Some of them are not there any more.
    pub(crate) fn forget(&self) {
        self.0.lock().clear();
    }
}

impl Shared {
    /// A lease for one more key.
    pub(crate) async fn lease(&self, time_to_live: Duration) -> Result<i64, Failure> {
        let now = self.members.world.clock.monotonic();
        if let Some(id) = self.leases.take(time_to_live, now) {
            return Ok(id);
        }
        let shared = shared(time_to_live);
        let seconds = i64::try_from((time_to_live + shared).as_secs()).unwrap_or(i64::MAX);
        let request = LeaseGrantRequest { seconds: seconds.max(1), ..LeaseGrantRequest::default() };
        let granted: Result<LeaseResponse, Failure> = self.members.call(GRANT, &request).await;
        // A lease that nobody knows of ends by itself.
        let granted = granted.map_err(Failure::harmless)?;
        self.leases.add(time_to_live, granted.id, now + shared);
        Ok(granted.id)
    }
}

fn shared(time_to_live: Duration) -> Duration {
    (time_to_live / SHARED_PART).min(SHARED_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn at(seconds: u64) -> Monotonic {
        Monotonic(Duration::from_secs(seconds))
    }

    #[test]
    fn a_lease_serves_keys_of_the_same_time_for_a_while() {
        let book = LeaseBook::default();
        assert_eq!(book.take(HOUR, at(0)), None);
        book.add(HOUR, 7, at(0) + shared(HOUR));
        assert_eq!(book.take(HOUR, at(59)), Some(7));
        assert_eq!(book.take(HOUR, at(60)), None);
        assert_eq!(book.take(HOUR / 2, at(1)), None);
    }

    #[test]
    fn a_lease_takes_a_thousand_keys() {
        let book = LeaseBook::default();
        book.add(HOUR, 7, at(60));
        let taken = (0..2000).filter(|_| book.take(HOUR, at(1)).is_some()).count();
        assert_eq!(taken, 999);
    }

    #[test]
    fn short_times_are_kept_closer() {
        assert_eq!(shared(Duration::from_secs(100)), Duration::from_secs(5));
    }
}
