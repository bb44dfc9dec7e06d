//! Who may not patch writes objects back as a whole, and reads them only if it must.

use std::sync::Arc;

use expect_test::expect;
use serde_json::json;

use super::{Bench, Replicas, SECOND, set_path};
use crate::{Actor, Manager};

/// A manager whose controller has the account of the reference's, which may update but not patch.
fn start(bench: &Bench) {
    let transport: Arc<dyn client::Transport> = Arc::new(bench.server.clone());
    let actor = Actor { transport: Arc::clone(&transport), field_manager: "test" };
    let mut manager = Manager::new(bench.world.world(), actor, Arc::clone(&bench.metrics));
    manager.give_accounts(Arc::new(move |_| Arc::clone(&transport)));
    manager.add_under::<Replicas>("replicaset-controller");
    manager.start();
    bench.world.run_for(SECOND);
}

#[test]
fn what_has_changed_lately_is_written_without_being_read() {
    let bench = Bench::new();
    start(&bench);
    bench.server.put(
        &set_path("web"),
        json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 1, "unknown": true}}),
    );
    bench.world.run_for(SECOND);
    bench.expect_log(expect![[r#"
        Post /api/v1/namespaces/shop/pods
        Put /apis/apps/v1/namespaces/shop/replicasets/web/status"#]]);
    let written = bench.server.object(&set_path("web")).expect("it is there");
    assert_eq!(
        (&written["spec"]["unknown"], &written["status"]["replicas"]),
        (&json!(true), &json!(1))
    );
}

#[test]
fn what_was_listed_by_pages_is_read_once() {
    let bench = Bench::new();
    bench.server.no_streaming_lists();
    bench.set("web", 1);
    start(&bench);
    bench.expect_log(expect![[r#"
        Post /api/v1/namespaces/shop/pods
        Get /apis/apps/v1/namespaces/shop/replicasets/web
        Put /apis/apps/v1/namespaces/shop/replicasets/web/status"#]]);
    bench.set("web", 2);
    bench.world.run_for(SECOND);
    bench.expect_log(expect![[r#"
        Post /api/v1/namespaces/shop/pods
        Put /apis/apps/v1/namespaces/shop/replicasets/web/status"#]]);
}
