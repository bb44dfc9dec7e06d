//! Caches follow the server, whatever happens to their watches.

use std::sync::Arc;

use api::resources::PODS;
use serde_json::{Value, json};

use super::{Bench, SECOND};

#[test]
fn a_lost_watch_is_taken_up_again() {
    for code in [None, Some(410), Some(500), Some(429)] {
        let bench = Bench::new();
        bench.start();
        bench.server.end_watches("/apis/apps/v1/replicasets", code);
        bench.world.run_for(SECOND * 3);
        bench.set("web", 1);
        bench.world.run_for(SECOND);
        assert_eq!(bench.pods(), 1, "after {code:?}");
    }
}

#[test]
fn a_server_without_streaming_lists_is_listed() {
    let bench = Bench::new();
    bench.server.no_streaming_lists();
    bench.set("web", 1);
    bench.server.put("/api/v1/namespaces/newest", json!({"metadata": {"name": "newest"}}));
    bench.start();
    assert_eq!(bench.pods(), 1);
    bench.set("web", 2);
    bench.world.run_for(SECOND);
    assert_eq!(bench.pods(), 2);
}

#[test]
fn resources_wanted_at_run_time_are_followed() {
    let bench = Bench::new();
    let mut manager = bench.manager();
    let dynamic = manager.informers.dynamic();
    let heard = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    dynamic.listen(Box::new(move |resource, change| {
        let name = change.latest().map(|object| object.metadata.name.to_string());
        log.lock().push(format!("{resource} {name:?} {}", change.new.is_some()));
    }));
    manager.start();
    bench.world.run_for(SECOND);
    bench.server.put("/api/v1/namespaces/shop/pods/a", pod("a"));
    dynamic.want(PODS);
    bench.world.run_for(SECOND);
    assert!(dynamic.is_synced(&PODS));
    dynamic.forget(&PODS);
    bench.world.run_for(SECOND);
    bench.server.put("/api/v1/namespaces/shop/pods/b", pod("b"));
    bench.world.run_for(SECOND);
    assert_eq!(*heard.lock(), [r#"pods Some("a") true"#, r#"pods Some("a") false"#]);
}
fn pod(name: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop"}})
}
