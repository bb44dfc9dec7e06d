//! What the flags of this controller set.

use std::time::Duration;

use runtime::Informers;

/// How long silence is borne, and how fast nodes in trouble are cleared. The reference's defaults unless
/// [provided](Informers::provide).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeMonitor {
    /// Silence after which a node is unknown.
    pub grace: Duration,
    /// The same for a node that has never said how it is.
    pub startup_grace: Duration,
    /// Silence is looked at once more after this long before it counts.
    pub period: Duration,
    /// How fast nodes of a zone are cleared.
    pub eviction: EvictionRate,
    /// The same in a large zone of which much is down.
    pub secondary_eviction: EvictionRate,
    /// Zones with more nodes are large: the others are not cleared while much of them is down.
    pub large_zone: usize,
    /// How much of a zone is much, in thousandths.
    pub unhealthy_zone: usize,
}

/// The time from one node to the next; `None` clears none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EvictionRate(pub Option<Duration>);

impl EvictionRate {
    /// So many nodes a second. Below one in about 30,000 years there are none.
    pub fn per_second(rate: f64) -> Self {
        Self(Duration::try_from_secs_f64(1.0 / rate).ok())
    }
}

impl Default for NodeMonitor {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(50),
            startup_grace: Duration::from_mins(1),
            period: Duration::from_secs(5),
            eviction: EvictionRate(Some(Duration::from_secs(10))),
            secondary_eviction: EvictionRate(Some(Duration::from_secs(100))),
            large_zone: 50,
            unhealthy_zone: 550,
        }
    }
}

impl NodeMonitor {
    pub(super) fn of(informers: &Informers) -> Self {
        informers.setting::<Self>().map_or_else(Self::default, |set| *set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_time_from_one_to_the_next() {
        assert_eq!(EvictionRate::per_second(0.1).0, Some(Duration::from_secs(10)));
        assert_eq!(EvictionRate::per_second(0.0), EvictionRate(None));
    }
}
