//! What only etcd does: it can be lost and come back, and others use it too.

mod common;

use common::{Bench, put};
use store::{
    Compare, Etcd, EtcdOptions, Range, Revision, Store as _, StoreError, Transaction,
    TransactionAnswer,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_goes_on_after_etcd_was_killed_and_misses_nothing() {
    let Some(mut bench) = Bench::etcd() else { return };
    let mut watch = bench.watch("/registry/", 2).await;
    bench.apply([put("/registry/a", "1")]).await;
    assert_eq!(watch.next_revision().await, 2);
    for round in 0..3_u64 {
        let server = bench.server.as_mut().expect("it runs");
        server.kill();
        server.restart();
        // Guarded writes wait until somebody answers.
        let value = format!("after {round}");
        let answer = bench.transact([("/registry/a", round + 2)], [put("/registry/a", &value)]);
        let revision = Revision(round + 3);
        assert_eq!(answer.await, Ok(TransactionAnswer::Applied { revision }));
        assert_eq!(watch.next_revision().await, revision.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_lie_under_the_prefix_that_was_asked_for() {
    let Some(bench) = Bench::etcd() else { return };
    let server = bench.server.as_ref().expect("it runs");
    let prefix = Some("/clusters/one".to_owned());
    let endpoints = vec![server.url.clone()];
    let other = EtcdOptions { endpoints, prefix, ..EtcdOptions::default() };
    let other = Etcd::new(&bench.world, &other).expect("a valid URL");
    let mut watch = other.watch(b"/registry/".to_vec(), Revision(2)).await.expect("starts");
    let write = Transaction { compare: Vec::new(), then: vec![put("/registry/pods/a", "1")] };
    other.transact(write).await.expect("applies");
    bench.apply([put("/registry/pods/b", "1")]).await;
    assert_eq!(bench.list("").await, "3: /clusters/one/pods/a=1(2,2,1) /registry/pods/b=1(3,3,1)");
    let seen = other.range(Range::prefix("/registry/")).await.expect("reads");
    assert_eq!(
        seen.pairs.iter().map(common::show).collect::<Vec<_>>(),
        ["/registry/pods/a=1(2,2,1)"]
    );
    let batch = watch.recv().await.expect("open").expect("no error");
    assert_eq!((batch.revision, batch.events.len()), (Revision(2), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_comes_in_pages_of_one_revision() {
    let Some(bench) = Bench::etcd() else { return };
    for batch in 0..25 {
        let keys = batch * 100..(batch + 1) * 100;
        let then = keys.map(|key| put(&format!("/registry/{key:04}"), "1")).collect();
        bench.store().transact(Transaction { compare: Vec::new(), then }).await.expect("applies");
    }
    let answer = bench.store().range(Range::prefix("/registry/")).await.expect("reads");
    assert_eq!((answer.pairs.len(), answer.count, answer.revision), (2500, 2500, Revision(26)));
    assert!(answer.pairs.is_sorted_by_key(|pair| pair.key.clone()));
    let limited = Range { limit: Some(1500), ..Range::prefix("/registry/") };
    let answer = bench.store().range(limited).await.expect("reads");
    assert_eq!((answer.pairs.len(), answer.count), (1500, 2500));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_ahead_of_a_restored_cluster_is_told() {
    let Some(bench) = Bench::etcd() else { return };
    bench.apply([put("/registry/a", "1")]).await;
    let error = bench.store().watch(b"/registry/".to_vec(), Revision(9)).await.expect_err("ahead");
    assert_eq!(error, StoreError::Future { requested: Revision(9), current: Revision(2) });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_at_home_is_unavailable_for_guarded_and_blind_writes() {
    let Some(mut bench) = Bench::etcd() else { return };
    bench.apply([put("/registry/a", "1")]).await;
    bench.server.as_mut().expect("it runs").kill();
    let guard = Compare { key: b"/registry/a".to_vec(), modified: Revision(2) };
    for compare in [Vec::new(), vec![guard]] {
        let write = Transaction { compare, then: vec![put("/registry/a", "2")] };
        let error = bench.store().transact(write).await.expect_err("nobody answers");
        assert!(
            matches!(error, StoreError::Unavailable { .. } | StoreError::Unknown { .. }),
            "{error}"
        );
    }
}
