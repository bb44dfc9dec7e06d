//! Lists and their pages (43, 48 to 56, 67 to 71).

use super::lab::{Lab, config_map, pod};
use crate::{ListQuery, VersionMatch};

fn limit(limit: i64) -> ListQuery {
    ListQuery { limit, ..ListQuery::default() }
}

async fn lab_with(names: &[&str]) -> Lab {
    let lab = Lab::start().await;
    for name in names {
        lab.create(config_map(name)).await;
    }
    lab
}

#[tokio::test]
async fn check_50_a_list_shows_what_was_just_written() {
    let lab = lab_with(&["b", "a"]).await;
    assert_eq!(lab.names("configmaps/default", limit(0)).await, ["a", "b"]);
    lab.create(config_map("c")).await;
    assert_eq!(lab.names("configmaps/-", limit(0)).await, ["a", "b", "c"]);
}

#[tokio::test]
async fn check_54_pages_are_of_one_version() {
    let lab = lab_with(&["a", "b", "c", "d", "e"]).await;
    let first = lab.list("configmaps/default", limit(2)).await.expect("a page");
    assert_eq!((first.items.len(), first.remaining), (2, Some(3)));
    lab.create(config_map("bb")).await;
    lab.delete("configmaps/default/d").await.expect("deleted");
    let next = ListQuery { continue_token: first.continue_token, ..limit(2) };
    let second = lab.list("configmaps/default", next).await.expect("a page");
    assert_eq!((second.version, second.remaining), (first.version, Some(1)));
    let names: Vec<_> = second.items.iter().map(|item| item.key.name.as_str()).collect();
    assert_eq!(names, ["c", "d"]);
    let last = ListQuery { continue_token: second.continue_token, ..limit(2) };
    let last = lab.list("configmaps/default", last).await.expect("a page");
    assert_eq!((last.items.len(), last.remaining, last.continue_token.as_str()), (1, None, ""));
}

#[tokio::test]
async fn check_54_with_a_selector_nobody_counts_the_rest() {
    let lab = lab_with(&["a", "b", "c"]).await;
    let query = ListQuery { label_selector: "name!=b".to_owned(), ..limit(1) };
    let page = lab.list("configmaps/default", query).await.expect("a page");
    assert_eq!((page.remaining, page.continue_token.is_empty()), (None, false));
}

#[tokio::test]
async fn check_53_an_old_version_is_shown_while_it_is_known() {
    let lab = lab_with(&["a", "b"]).await;
    let before = lab.list("configmaps/default", limit(0)).await.expect("a list").version;
    lab.delete("configmaps/default/a").await.expect("deleted");
    lab.create(config_map("c")).await;
    let query = ListQuery {
        resource_version: before.to_string(),
        version_match: VersionMatch::Exact,
        ..ListQuery::default()
    };
    assert_eq!(lab.names("configmaps/default", query.clone()).await, ["a", "b"]);
    assert_eq!(lab.names("configmaps/default", limit(0)).await, ["b", "c"]);
    let older = ListQuery { version_match: VersionMatch::NotOlderThan, ..query };
    assert_eq!(lab.names("configmaps/default", older).await, ["b", "c"]);
}

#[tokio::test]
async fn check_53_a_compacted_version_is_gone_and_its_token_goes_on() {
    let lab = lab_with(&["a", "b", "c"]).await;
    let revision = lab.store.revision().await.expect("a revision");
    lab.create(config_map("d")).await;
    let newest = lab.store.revision().await.expect("a revision");
    lab.store.compact(newest).await.expect("compacted");
    let query = ListQuery {
        resource_version: revision.to_string(),
        version_match: VersionMatch::Exact,
        ..limit(2)
    };
    let status = lab.list("configmaps/default", query).await.expect_err("gone");
    assert_eq!(
        (status.code, status.message.as_str()),
        (410, "The resourceVersion for the provided list is too old.")
    );
    let token = super::super::versions::Token::after(Some(revision.0), "b").encode();
    let next = ListQuery { continue_token: token, ..limit(1) };
    let status = lab.list("configmaps/default", next).await.expect_err("gone");
    assert_eq!(status.code, 410);
    let go_on = ListQuery { continue_token: status.continue_token, ..limit(5) };
    assert_eq!(lab.names("configmaps/default", go_on).await, ["c", "d"]);
}

#[tokio::test]
async fn check_52_a_version_that_is_still_to_come_is_waited_for_in_vain() {
    let lab = lab_with(&[]).await;
    let query = ListQuery { resource_version: "999999".to_owned(), ..ListQuery::default() };
    let (answer, ()) = tokio::join!(lab.list("configmaps/default", query), lab.advance(4));
    let status = answer.expect_err("too large");
    assert_eq!((status.code, status.retry_after_seconds), (504, 1));
    assert!(status.message.starts_with("Timeout: Too large resource version: 999999, current: "));
    assert_eq!(status.causes[0].reason, "ResourceVersionTooLarge");
}

#[tokio::test]
async fn check_67_and_68_selectors_narrow_a_list() {
    let lab = lab_with(&["a", "b", "c"]).await;
    let labelled = |text: &str| ListQuery { label_selector: text.to_owned(), ..limit(0) };
    let fielded = |text: &str| ListQuery { field_selector: text.to_owned(), ..limit(0) };
    assert_eq!(lab.names("configmaps/default", labelled("name in (a,c)")).await, ["a", "c"]);
    assert_eq!(lab.names("configmaps/default", fielded("metadata.name=b")).await, ["b"]);
    assert_eq!(lab.names("configmaps/-", fielded("metadata.name!=b")).await, ["a", "c"]);
    for (path, query) in [
        ("configmaps/default", labelled("a in b")),
        ("configmaps/default", fielded("data.a=1")),
        ("pods/default", fielded("spec.foo=1")),
    ] {
        let status = lab.list(path, query).await.expect_err("refused");
        assert_eq!(status.code, 400, "{status}");
    }
}

#[tokio::test]
async fn check_69_pods_are_selected_by_node_and_phase() {
    let lab = lab_with(&[]).await;
    let mut placed = pod("placed");
    placed["spec"]["nodeName"] = "node-0".into();
    lab.create(placed).await;
    lab.create(pod("free")).await;
    let fielded = |text: &str| ListQuery { field_selector: text.to_owned(), ..limit(0) };
    assert_eq!(lab.names("pods/default", fielded("spec.nodeName=node-0")).await, ["placed"]);
    assert_eq!(lab.names("pods/default", fielded("spec.host=")).await, ["free"]);
    let both = fielded("status.phase=Pending,spec.schedulerName=default-scheduler");
    assert_eq!(lab.names("pods/default", both).await, ["free", "placed"]);
}
