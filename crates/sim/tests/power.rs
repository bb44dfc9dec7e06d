//! The power is cut at each disk operation of a short run, of which some syncs fail; continuous integration does it with a long one.

use sim::power_cuts;

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_any_disk_operation() {
    for seed in 0..3 {
        let cuts = power_cuts(seed, 80, (0, 1));
        let cuts = cuts.unwrap_or_else(|failure| panic!("{failure}"));
        assert!(cuts.operations > 100 && cuts.failed_syncs > 0, "{cuts:?}");
    }
}
