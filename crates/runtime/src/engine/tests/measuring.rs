//! What plans measure is recorded when it is known, and gauges follow the keys.

use expect_test::{Expect, expect};
use prometheus::proto::LabelPair;

use super::{Bench, SECOND, set_path};
use crate::testing::Fault;

fn expect_metrics(bench: &Bench, expected: Expect) {
    let mut shown = Vec::new();
    for family in bench.metrics.gather() {
        if !["created_total", "looks_total", "wanted"].contains(&family.name()) {
            continue;
        }
        for metric in family.get_metric() {
            // Only one of them is there.
            let value = metric.get_counter().get_value() + metric.get_gauge().get_value();
            let code = metric.get_label().first().map_or("", LabelPair::value);
            shown.push(format!("{} {code} {value}", family.name()));
        }
    }
    expected.assert_eq(&shown.join("\n"));
}

#[test]
fn looks_and_steps_are_counted_by_what_became_of_them() {
    let bench = Bench::new();
    bench.server.fail("Post /api/v1/namespaces/shop/pods", Fault::Refuse(403, "Forbidden"));
    bench.set("web", 3);
    bench.start();
    expect_metrics(
        &bench,
        expect![[r#"
            created_total  3
            looks_total 200 3
            looks_total 403 1
            wanted  3"#]],
    );
}

#[test]
fn a_gauge_forgets_keys_that_are_gone() {
    let bench = Bench::new();
    bench.set("web", 3);
    bench.set("shop", 2);
    let running = bench.start();
    bench.server.remove(&set_path("web"));
    bench.world.run_for(SECOND);
    expect_metrics(
        &bench,
        expect![[r#"
        created_total  5
        looks_total 200 6
        wanted  2"#]],
    );
    running.stop();
}
