//! Leases as times to live: a key that is put under one lives as long as the lease has left. A lease is not
//! prolonged, and is forgotten when the server ends; its keys go all the same.

use std::{collections::BTreeMap, time::Duration};

use parking_lot::Mutex;
use world::{Clock, Monotonic, World};

use super::refusal::Refusal;

/// The leases of a server.
#[derive(Debug)]
pub(super) struct Leases(Mutex<Book>);

#[derive(Debug)]
struct Book {
    leases: BTreeMap<i64, Lease>,
    next: i64,
}

#[derive(Debug)]
struct Lease {
    granted: i64,
    until: Monotonic,
    keys: Vec<Vec<u8>>,
}

/// Leases of different runs differ: so many may be granted in a second.
const PER_SECOND: i64 = 1 << 20;

impl Leases {
    pub(super) fn new(world: &World) -> Self {
        let next = world.clock.wall().seconds().saturating_mul(PER_SECOND);
        Self(Mutex::new(Book { leases: BTreeMap::new(), next }))
    }

    /// A lease of its own number, or of the one that was asked for.
    pub(super) fn grant(
        &self,
        clock: &dyn Clock,
        asked: i64,
        seconds: i64,
    ) -> Result<i64, Refusal> {
        let now = clock.monotonic();
        let granted = seconds;
        let seconds = u64::try_from(seconds).ok().filter(|seconds| *seconds > 0);
        let seconds = seconds.ok_or_else(|| Refusal::invalid("too small lease TTL"))?;
        let mut book = self.0.lock();
        book.leases.retain(|_, lease| lease.until > now);
        if asked != 0 && book.leases.contains_key(&asked) {
            return Err(Refusal::invalid("lease already exists"));
        }
        book.next += 1;
        let id = if asked == 0 { book.next } else { asked };
        let until = now + Duration::from_secs(seconds);
        book.leases.insert(id, Lease { granted, until, keys: Vec::new() });
        Ok(id)
    }

    /// How long the key may live; `None` for no lease.
    pub(super) fn attach(
        &self,
        clock: &dyn Clock,
        id: i64,
        key: &[u8],
    ) -> Result<Option<Duration>, Refusal> {
        if id == 0 {
            return Ok(None);
        }
        let now = clock.monotonic();
        let mut book = self.0.lock();
        let lease = book.leases.get_mut(&id).filter(|lease| lease.until > now);
        let lease = lease.ok_or_else(Refusal::no_lease)?;
        lease.keys.push(key.to_vec());
        Ok(Some(Duration::from_nanos(nanoseconds(lease.until, now))))
    }

    /// Seconds that are left, less than zero for a lease that is gone, and that were granted.
    pub(super) fn left(&self, clock: &dyn Clock, id: i64) -> (i64, i64) {
        let now = clock.monotonic();
        let book = self.0.lock();
        let lease = book.leases.get(&id).filter(|lease| lease.until > now);
        let Some(lease) = lease else { return (-1, 0) };
        let seconds = nanoseconds(lease.until, now) / 1_000_000_000;
        (i64::try_from(seconds).unwrap_or(i64::MAX), lease.granted)
    }

    /// Forgets a lease; its keys.
    pub(super) fn revoke(&self, id: i64) -> Result<Vec<Vec<u8>>, Refusal> {
        let lease = self.0.lock().leases.remove(&id);
        lease.map(|lease| lease.keys).ok_or_else(Refusal::no_lease)
    }
}

fn nanoseconds(until: Monotonic, now: Monotonic) -> u64 {
    u64::try_from(until.0.saturating_sub(now.0).as_nanos()).unwrap_or(u64::MAX)
}
