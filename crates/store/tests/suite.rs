//! One body of tests for every engine: etcd's semantics, as the API server relies on them.

mod common;

use common::{Bench, delete, put, put_for};
use store::{Compare, Range, Revision, StoreError, TransactionAnswer};

/// Makes one test per engine of a sentence and a body.
macro_rules! every {
    ($name:ident, $body:expr) => {
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_memory() {
                let body = $body;
                body(Bench::memory()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_disk() {
                let body = $body;
                body(Bench::embedded()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_etcd() {
                let body = $body;
                if let Some(bench) = Bench::etcd() {
                    body(bench).await;
                }
            }
        }
    };
}

every!(an_empty_store_is_at_revision_one, |bench: Bench| async move {
    assert_eq!(bench.revision().await, 1);
    assert_eq!(bench.list("").await, "1:");
});

every!(a_write_has_created_modified_and_version, |bench: Bench| async move {
    assert_eq!(bench.apply([put("a", "1")]).await, 2);
    assert_eq!(bench.apply([put("b", "1")]).await, 3);
    assert_eq!(bench.apply([put("a", "2")]).await, 4);
    assert_eq!(bench.list("").await, "4: a=2(2,4,2) b=1(3,3,1)");
});

every!(a_deleted_and_recreated_key_starts_anew, |bench: Bench| async move {
    bench.apply([put("a", "1")]).await;
    bench.apply([put("a", "2")]).await;
    assert_eq!(bench.apply([delete("a")]).await, 4);
    assert_eq!(bench.list("").await, "4:");
    bench.apply([put("a", "3")]).await;
    assert_eq!(bench.list("").await, "5: a=3(5,5,1)");
});

every!(deleting_what_is_not_there_makes_no_revision, |bench: Bench| async move {
    assert_eq!(bench.apply([delete("a")]).await, 1);
    assert_eq!(bench.revision().await, 1);
});

every!(several_operations_share_a_revision, |bench: Bench| async move {
    bench.apply([put("c", "0")]).await;
    assert_eq!(bench.apply([put("a", "1"), put("b", "1"), delete("c")]).await, 3);
    assert_eq!(bench.list("").await, "3: a=1(3,3,1) b=1(3,3,1)");
});

every!(of_several_operations_on_a_key_the_last_counts, |bench: Bench| async move {
    bench.apply([put("a", "1"), put("b", "1"), put("a", "2")]).await;
    assert_eq!(bench.list("").await, "2: a=2(2,2,1) b=1(2,2,1)");
});

every!(a_comparison_that_fails_changes_nothing_and_shows_the_state, |bench: Bench| async move {
    bench.apply([put("a", "1")]).await;
    let compare = [("a", 1), ("absent", 0)];
    let answer = bench.transact(compare, [put("a", "2"), put("b", "2")]).await.expect("answers");
    let TransactionAnswer::Refused { revision, present } = answer else {
        panic!("applied: {answer:?}");
    };
    assert_eq!(revision, Revision(2));
    assert_eq!(present.len(), 2);
    assert_eq!(present[0].as_ref().map(common::show).as_deref(), Some("a=1(2,2,1)"));
    assert_eq!(present[1], None);
    assert_eq!(bench.list("").await, "2: a=1(2,2,1)");
});

every!(comparisons_that_hold_apply, |bench: Bench| async move {
    bench.apply([put("a", "1")]).await;
    let answer = bench.transact([("a", 2), ("b", 0)], [put("a", "2")]).await.expect("answers");
    assert_eq!(answer, TransactionAnswer::Applied { revision: Revision(3) });
});

every!(of_many_creators_of_a_key_one_wins, |bench: Bench| async move {
    let store = bench.store();
    let create = |value: usize| store::Transaction {
        compare: vec![Compare { key: b"a".to_vec(), modified: Revision(0) }],
        then: vec![put("a", &value.to_string())],
    };
    let answers: Vec<_> = (0..50).map(|value| store.transact(create(value))).collect();
    let mut applied = 0;
    for answer in answers {
        applied += usize::from(matches!(answer.await, Ok(TransactionAnswer::Applied { .. })));
    }
    assert_eq!((applied, bench.revision().await), (1, 2));
});

every!(a_range_reads_the_past, |bench: Bench| async move {
    bench.apply([put("a", "1")]).await;
    bench.apply([put("a", "2"), put("b", "1")]).await;
    bench.apply([delete("a")]).await;
    let at = |revision| Range { at: Some(Revision(revision)), ..Range::prefix("") };
    assert_eq!(bench.range(at(1)).await, "4: of 0");
    assert_eq!(bench.range(at(2)).await, "4: a=1(2,2,1) of 1");
    assert_eq!(bench.range(at(3)).await, "4: a=2(2,3,2) b=1(3,3,1) of 2");
    assert_eq!(bench.range(at(4)).await, "4: b=1(3,3,1) of 1");
});

every!(a_limit_cuts_the_pairs_and_not_the_count, |bench: Bench| async move {
    bench.apply(["a", "b", "c"].map(|key| put(key, "1"))).await;
    let range = Range { limit: Some(2), ..Range::prefix("") };
    assert_eq!(bench.range(range).await, "2: a=1(2,2,1) b=1(2,2,1) of 3");
});

every!(a_prefix_takes_no_neighbours, |bench: Bench| async move {
    bench.apply(["/pod", "/pods/", "/pods/a", "/pods/b", "/podsx"].map(|key| put(key, "1"))).await;
    assert_eq!(bench.list("/pods/").await, "2: /pods/=1(2,2,1) /pods/a=1(2,2,1) /pods/b=1(2,2,1)");
    assert_eq!(bench.range(Range::key("/pods/a")).await, "2: /pods/a=1(2,2,1) of 1");
    assert_eq!(bench.range(Range::key("/pods")).await, "2: of 0");
});

every!(a_prefix_of_the_highest_bytes_has_no_end, |bench: Bench| async move {
    bench.apply([put("a", "1")]).await;
    let range = Range::prefix([u8::MAX, u8::MAX]);
    assert_eq!(bench.range(range).await, "2: of 0");
    let backwards = Range { end: Some(b"a".to_vec()), ..Range::key("b") };
    assert_eq!(bench.range(backwards).await, "2: of 0");
});

every!(the_future_is_refused, |bench: Bench| async move {
    let range = Range { at: Some(Revision(2)), ..Range::prefix("") };
    let ahead = StoreError::Future { requested: Revision(2), current: Revision(1) };
    assert_eq!(bench.store().range(range).await, Err(ahead));
    let error = bench.store().watch(Vec::new(), Revision(3)).await.expect_err("ahead");
    assert_eq!(error, StoreError::Future { requested: Revision(3), current: Revision(1) });
});

every!(a_watch_sees_each_change_once_with_what_was_before, |bench: Bench| async move {
    let mut watch = bench.watch("/pods/", 2).await;
    bench.apply([put("/pods/a", "1")]).await;
    bench.apply([put("/nodes/a", "1")]).await;
    bench.apply([put("/pods/a", "2"), put("/pods/b", "1"), put("/nodes/b", "1")]).await;
    bench.apply([delete("/pods/a")]).await;
    assert_eq!(watch.next().await, "2: +/pods/a=1(2,2,1)");
    assert_eq!(watch.next().await, "4: /pods/a=1(2,2,1)>/pods/a=2(2,4,2) +/pods/b=1(4,4,1)");
    assert_eq!(watch.next().await, "5: -/pods/a=2(2,4,2)");
});

every!(a_watch_from_the_past_catches_up_and_goes_live, |bench: Bench| async move {
    bench.apply([put("a", "1")]).await;
    bench.apply([put("a", "2")]).await;
    bench.apply([delete("a")]).await;
    let mut watch = bench.watch("", 3).await;
    assert_eq!(watch.next().await, "3: a=1(2,2,1)>a=2(2,3,2)");
    assert_eq!(watch.next().await, "4: -a=2(2,3,2)");
    bench.apply([put("a", "3")]).await;
    assert_eq!(watch.next().await, "5: +a=3(5,5,1)");
});

every!(a_watch_that_lags_far_loses_nothing, |bench: Bench| async move {
    for value in 0..3000 {
        bench.apply([put("a", &value.to_string()), put("b", "")]).await;
    }
    let mut watch = bench.watch("a", 2).await;
    for revision in 2..3002 {
        assert_eq!(watch.next_revision().await, revision);
    }
    bench.apply([put("a", "last")]).await;
    assert_eq!(watch.next_revision().await, 3002);
});

every!(asking_for_the_revision_makes_watches_report_progress, |bench: Bench| async move {
    let mut watch = bench.watch("/pods/", 2).await;
    bench.apply([put("/nodes/a", "1")]).await;
    bench.apply([put("/nodes/a", "2")]).await;
    assert_eq!(bench.revision().await, 3);
    assert!(watch.progress().await >= 3);
    let revision = bench.apply([put("/pods/a", "1")]).await;
    assert_eq!(watch.next_revision().await, revision);
});

every!(a_watch_whose_past_concerns_others_reports_progress_when_live, |bench: Bench| async move {
    bench.apply([put("/nodes/a", "1")]).await;
    bench.apply([put("/nodes/a", "2")]).await;
    let mut watch = bench.watch("/pods/", 2).await;
    assert!(watch.progress().await >= 3);
});

every!(a_reader_that_falls_behind_is_ended_with_slow, |bench: Bench| async move {
    let mut watch = bench.watch("", 2).await;
    for _ in 0..1100 {
        bench.apply([put("a", "1")]).await;
    }
    for revision in 2..1026 {
        assert_eq!(watch.next_revision().await, revision);
    }
    assert_eq!(watch.end().await, Some(StoreError::Slow));
    let mut resumed = bench.watch("", 1026).await;
    assert_eq!(resumed.next_revision().await, 1026);
});

every!(dropping_the_store_ends_its_watches, |bench: Bench| async move {
    let mut watch = bench.watch("", 2).await;
    drop(bench);
    assert_eq!(watch.end().await, Some(StoreError::Closed));
});

every!(compaction_forgets_the_past_and_keeps_the_present, |bench: Bench| async move {
    bench.apply([put("a", "1"), put("gone", "1")]).await;
    bench.apply([put("a", "2"), delete("gone")]).await;
    bench.apply([put("b", "1")]).await;
    bench.store().compact(Revision(4)).await.expect("compacts");
    assert_eq!(bench.list("").await, "4: a=2(2,3,2) b=1(4,4,1)");
    let past = Range { at: Some(Revision(3)), ..Range::prefix("") };
    let compacted = |requested, oldest| StoreError::Compacted {
        requested: Revision(requested),
        oldest: Revision(oldest),
    };
    assert_eq!(bench.store().range(past).await, Err(compacted(3, 4)));
    let error = bench.store().watch(Vec::new(), Revision(4)).await.expect_err("compacted");
    assert_eq!(error, compacted(4, 5));
    assert_eq!(bench.store().compact(Revision(4)).await, Err(compacted(4, 4)));
    let ahead = StoreError::Future { requested: Revision(9), current: Revision(4) };
    assert_eq!(bench.store().compact(Revision(9)).await, Err(ahead));
    let mut watch = bench.watch("", 5).await;
    bench.apply([put("a", "3")]).await;
    assert_eq!(watch.next().await, "5: a=2(2,3,2)>a=3(2,5,3)");
});

every!(a_key_with_a_time_to_live_ends_and_watches_see_it, |bench: Bench| async move {
    let mut watch = bench.watch("", 2).await;
    bench.apply([put_for("event", "1", bench.seconds(60)), put("pod", "1")]).await;
    bench.apply([put_for("lasting", "1", bench.seconds(60))]).await;
    bench.apply([put("lasting", "2")]).await;
    assert_eq!(bench.revision().await, 4);
    bench.pass_until(60, "5: lasting=2(3,4,2) pod=1(2,2,1)").await;
    for revision in 2..5 {
        assert_eq!(watch.next_revision().await, revision);
    }
    assert_eq!(watch.next().await, "5: -event=1(2,2,1)");
});

every!(a_thousand_keys_may_end_at_once, |bench: Bench| async move {
    for key in 0..1000 {
        bench.apply([put_for(&format!("event{key}"), "1", bench.seconds(300))]).await;
    }
    bench.pass_until(300, ":").await;
});
