//! Watches (57 to 66).

use serde_json::json;

use super::lab::{Lab, Watch, config_map};
use crate::{ListQuery, ObjectEvent, VersionMatch, WatchQuery};

fn from(version: &str) -> WatchQuery {
    let list = ListQuery { resource_version: version.to_owned(), ..ListQuery::default() };
    WatchQuery { list, ..WatchQuery::default() }
}

fn with_bookmarks(query: WatchQuery) -> WatchQuery {
    WatchQuery { allow_bookmarks: true, ..query }
}

async fn check(watch: &mut Watch, wanted: &[&str]) {
    for one in wanted {
        assert_eq!(watch.next().await, *one);
    }
    assert!(watch.is_silent());
}

async fn newest(lab: &Lab) -> String {
    lab.list("configmaps/-", ListQuery::default()).await.expect("a list").version.to_string()
}

#[tokio::test]
async fn check_57_a_deletion_shows_the_last_state_at_its_version() {
    let lab = Lab::start().await;
    lab.create(config_map("a")).await;
    let mut watch =
        lab.watch("configmaps/default", from(&newest(&lab).await)).await.expect("begins");
    lab.delete("configmaps/default/a").await.expect("deleted");
    let ObjectEvent::Deleted(last) = watch.event().await else { panic!("no deletion") };
    assert_eq!(last.value()["data"]["a"], "1");
    assert_eq!(last.version.to_string(), newest(&lab).await);
    assert_eq!(last.value()["metadata"]["resourceVersion"], last.version.to_string());
}

#[tokio::test]
async fn check_58_a_watch_tells_every_change_after_its_version_once() {
    let lab = Lab::start().await;
    let start = newest(&lab).await;
    lab.create(config_map("a")).await;
    lab.patch("configmaps/default/a", json!({"data": {"a": "2"}})).await.expect("patched");
    let mut watch = lab.watch("configmaps/-", from(&start)).await.expect("begins");
    lab.delete("configmaps/default/a").await.expect("deleted");
    newest(&lab).await;
    check(&mut watch, &["ADDED a", "MODIFIED a", "DELETED a"]).await;
}

#[tokio::test]
async fn check_58_without_a_version_the_present_comes_first() {
    let lab = Lab::start().await;
    lab.create(config_map("a")).await;
    let mut watch =
        lab.watch("configmaps/default", with_bookmarks(from(""))).await.expect("begins");
    lab.create(config_map("b")).await;
    newest(&lab).await;
    check(&mut watch, &["ADDED a", "BOOKMARK end", "ADDED b"]).await;
}

#[tokio::test]
async fn check_59_and_66_a_selector_turns_changes_into_comings_and_goings() {
    let lab = Lab::start().await;
    let mut query = from(&newest(&lab).await);
    query.list.label_selector = "tier=web".to_owned();
    let mut watch = lab.watch("configmaps/default", query).await.expect("begins");
    lab.create(config_map("a")).await;
    let path = "configmaps/default/a";
    for tier in ["web", "web2", "web"] {
        lab.patch(path, json!({"metadata": {"labels": {"tier": tier}}})).await.expect("patched");
    }
    lab.patch(path, json!({"data": {"a": "2"}})).await.expect("patched");
    lab.delete(path).await.expect("deleted");
    newest(&lab).await;
    check(&mut watch, &["ADDED a", "DELETED a", "ADDED a", "MODIFIED a", "DELETED a"]).await;
}

#[tokio::test]
async fn a_watch_of_a_quiet_resource_is_told_at_once_how_far_the_server_is() {
    let lab = Lab::start().await;
    let start = newest(&lab).await;
    lab.create(super::lab::pod("p")).await;
    let reached = newest(&lab).await;
    let mut watch =
        lab.watch("configmaps/default", with_bookmarks(from(&start))).await.expect("begins");
    let ObjectEvent::Bookmark { version, initial_end } = watch.event().await else {
        panic!("no bookmark")
    };
    assert_eq!((version.to_string(), initial_end), (reached, false));
    assert!(watch.is_silent());
}

#[tokio::test]
async fn check_60_bookmarks_come_each_minute_if_there_is_news() {
    let lab = Lab::start().await;
    let mut watch = lab
        .watch("configmaps/default", with_bookmarks(from(&newest(&lab).await)))
        .await
        .expect("begins");
    lab.advance(61).await;
    assert!(watch.is_silent());
    lab.create(super::lab::pod("p")).await;
    newest(&lab).await;
    lab.advance(61).await;
    check(&mut watch, &["BOOKMARK"]).await;
}

#[tokio::test]
async fn check_61_a_watch_ends_when_its_time_is_over() {
    let lab = Lab::start().await;
    let query =
        WatchQuery { timeout_seconds: Some(5), ..with_bookmarks(from(&newest(&lab).await)) };
    let mut watch = lab.watch("configmaps/default", query).await.expect("begins");
    lab.create(super::lab::pod("p")).await;
    newest(&lab).await;
    lab.advance(6).await;
    assert_eq!(watch.next().await, "BOOKMARK");
    assert_eq!(watch.next().await, "END");
}

#[tokio::test]
async fn check_62_a_version_that_is_forgotten_ends_in_an_error() {
    let lab = Lab::start().await;
    newest(&lab).await;
    let mut watch = lab.watch("configmaps/default", from("1")).await.expect("begins");
    assert_eq!(watch.next().await, "ERROR 410");
    assert_eq!(watch.next().await, "END");
}

#[tokio::test]
async fn check_52_a_version_that_never_comes_ends_the_watch() {
    let lab = Lab::start().await;
    let mut watch = lab.watch("configmaps/default", from("999999")).await.expect("begins");
    lab.create(config_map("a")).await;
    newest(&lab).await;
    assert!(watch.is_silent());
    lab.advance(4).await;
    assert_eq!(watch.next().await, "ERROR 410");
    assert_eq!(watch.next().await, "END");
}

#[tokio::test]
async fn check_52_a_version_that_comes_in_time_is_waited_for() {
    let lab = Lab::start().await;
    let present: u64 = newest(&lab).await.parse().expect("a number");
    let ahead = (present + 1).to_string();
    let mut watch = lab.watch("configmaps/default", from(&ahead)).await.expect("begins");
    for name in ["a", "b"] {
        lab.create(config_map(name)).await;
    }
    newest(&lab).await;
    lab.advance(4).await;
    check(&mut watch, &["ADDED b"]).await;
}

#[tokio::test]
async fn check_63_a_list_can_be_streamed() {
    let lab = Lab::start().await;
    lab.create(config_map("a")).await;
    let list = ListQuery {
        send_initial_events: Some(true),
        version_match: VersionMatch::NotOlderThan,
        ..ListQuery::default()
    };
    let query = WatchQuery { list, allow_bookmarks: true, timeout_seconds: None };
    let mut watch = lab.watch("configmaps/default", query.clone()).await.expect("begins");
    check(&mut watch, &["ADDED a", "BOOKMARK end"]).await;
    let silent = WatchQuery { allow_bookmarks: false, ..query.clone() };
    let mut watch = lab.watch("configmaps/default", silent).await.expect("begins");
    check(&mut watch, &["ADDED a"]).await;
    let mut now = query;
    now.list.send_initial_events = Some(false);
    let mut watch = lab.watch("configmaps/default", now).await.expect("begins");
    assert!(watch.is_silent());
    lab.create(config_map("b")).await;
    newest(&lab).await;
    check(&mut watch, &["ADDED b"]).await;
}

#[tokio::test]
async fn check_64_one_object_can_be_watched() {
    let lab = Lab::start().await;
    let mut query = from(&newest(&lab).await);
    query.list.field_selector = "metadata.name=b".to_owned();
    let mut watch = lab.watch("configmaps/default", query).await.expect("begins");
    lab.create(config_map("a")).await;
    lab.create(config_map("b")).await;
    newest(&lab).await;
    check(&mut watch, &["ADDED b"]).await;
}

#[tokio::test]
async fn check_66_a_slow_reader_is_let_go_with_a_reason_and_resumes() {
    let lab = Lab::start().await;
    lab.create(config_map("a")).await;
    let start = newest(&lab).await;
    let mut watch = lab.watch("configmaps/default", from(&start)).await.expect("begins");
    for step in 0..4200 {
        let change = json!({"data": {"a": step.to_string()}});
        lab.patch("configmaps/default/a", change).await.expect("patched");
    }
    newest(&lab).await;
    let mut events = 0;
    let last = loop {
        match watch.next().await.as_str() {
            "MODIFIED a" => events += 1,
            other => break other.to_owned(),
        }
    };
    assert_eq!((events, last.as_str()), (4095, "ERROR 429"));
    assert_eq!(watch.next().await, "END");
}

#[tokio::test]
async fn concurrent_watchers_see_the_same_order() {
    let lab = Lab::start().await;
    let start = newest(&lab).await;
    let mut first = lab.watch("configmaps/-", from(&start)).await.expect("begins");
    for name in ["a", "b", "c"] {
        lab.create(config_map(name)).await;
    }
    let mut second = lab.watch("configmaps/-", from(&start)).await.expect("begins");
    lab.delete("configmaps/default/b").await.expect("deleted");
    newest(&lab).await;
    let wanted = ["ADDED a", "ADDED b", "ADDED c", "DELETED b"];
    check(&mut first, &wanted).await;
    check(&mut second, &wanted).await;
}
