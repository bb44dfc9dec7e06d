//! The power is cut at each disk operation of a short run, of which some syncs fail; continuous integration does it with a long one.

use sim::power_cuts;

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_any_disk_operation() {
    let mut failed_syncs = 0;
    for seed in 0..3 {
        let cuts = power_cuts(seed, 160, (0, 1));
        let cuts = cuts.unwrap_or_else(|failure| panic!("{failure}"));
        assert!(cuts.operations > 100, "{cuts:?}");
        failed_syncs += cuts.failed_syncs;
    }
    assert!(failed_syncs > 0, "no sync has failed");
}
