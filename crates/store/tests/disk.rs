//! What only an engine on disk can do: outlive its process.

mod common;

use std::os::unix::fs::PermissionsExt as _;

use common::{Bench, delete, put, put_for};
use store::{Local, Range, Revision, StoreError};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_acknowledged_is_there_after_a_restart() {
    let bench = Bench::embedded();
    bench.apply([put("a", "1"), put("b", "1")]).await;
    bench.apply([put("a", "2")]).await;
    bench.apply([delete("b")]).await;
    let bench = bench.reopen().await;
    assert_eq!(bench.list("").await, "4: a=2(2,3,2)");
    let past = Range { at: Some(Revision(2)), ..Range::prefix("") };
    assert_eq!(bench.range(past).await, "4: a=1(2,2,1) b=1(2,2,1) of 2");
    let mut watch = bench.watch("", 4).await;
    assert_eq!(watch.next().await, "4: -b=1(2,2,1)");
    assert_eq!(bench.apply([put("b", "2")]).await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compaction_stays_done_after_a_restart() {
    let bench = Bench::embedded();
    bench.apply([put("a", "1")]).await;
    bench.apply([put("a", "2")]).await;
    bench.apply([delete("a")]).await;
    bench.store().compact(Revision(4)).await.expect("compacts");
    let bench = bench.reopen().await;
    assert_eq!(bench.revision().await, 4);
    let past = Range { at: Some(Revision(3)), ..Range::prefix("") };
    let compacted = StoreError::Compacted { requested: Revision(3), oldest: Revision(4) };
    assert_eq!(bench.store().range(past).await, Err(compacted));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_leaves_a_key_the_rest_of_its_time() {
    let bench = Bench::embedded();
    bench.apply([put_for("event", "1", 60)]).await;
    bench.pass(40).await;
    let bench = bench.reopen().await;
    bench.pass(19).await;
    assert_eq!(bench.list("").await, "2: event=1(2,2,1)");
    bench.pass(1).await;
    assert_eq!(bench.list("").await, "3:");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_is_told_that_the_folder_is_held() {
    let bench = Bench::embedded();
    let error = Local::embedded(&bench.world, bench.folder()).err().expect("held");
    let text = error.to_string();
    assert!(text.ends_with("another process holds the lock"), "{text}");
    assert!(text.starts_with("the store cannot open: /"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_is_for_its_owner_alone() {
    let bench = Bench::embedded();
    let metadata = std::fs::metadata(bench.folder().join("store.redb")).expect("exists");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_no_store_is_refused() {
    let (world, clock, folder) = Bench::embedded().close().await;
    std::fs::write(folder.0.join("store.redb"), [7; 8192]).expect("writes");
    let error = Local::embedded(&world, &folder.0).err().expect("damaged");
    assert!(matches!(error, StoreError::Unavailable { action: "open", .. }), "{error}");
    drop(clock);
}
