//! How many addresses an Endpoints object may hold, and which stay when there are more.

use api::views::{Address, Subset};

/// Larger objects would burden everyone who watches Endpoints.
pub(super) const ADDRESSES_MAX: usize = 1000;

/// Whether everything found a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Whole,
    Truncated,
}

/// Leaves as many addresses as may be: ready ones first, of each subset the same share.
pub(super) fn truncate(subsets: &mut Vec<Subset>) -> Fit {
    let ready: usize = subsets.iter().map(|subset| subset.addresses.len()).sum();
    let others: usize = subsets.iter().map(|subset| subset.not_ready_addresses.len()).sum();
    if ready + others <= ADDRESSES_MAX {
        return Fit::Whole;
    }
    let room = ADDRESSES_MAX.saturating_sub(ready);
    shorten(subsets, ready, ADDRESSES_MAX, |subset| &mut subset.addresses);
    shorten(subsets, others, room, |subset| &mut subset.not_ready_addresses);
    subsets.retain(|s| !s.addresses.is_empty() || !s.not_ready_addresses.is_empty());
    Fit::Truncated
}

/// Shortens the lists, which hold `total`, to `room` together.
fn shorten(
    subsets: &mut [Subset],
    total: usize,
    room: usize,
    list: fn(&mut Subset) -> &mut Vec<Address>,
) {
    if total <= room {
        return;
    }
    let mut left = room;
    for subset in subsets {
        let addresses = list(subset);
        let share = (addresses.len() * room).div_ceil(total).min(left);
        addresses.truncate(share);
        left -= share;
    }
}
