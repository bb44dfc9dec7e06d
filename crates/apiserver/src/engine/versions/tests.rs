//! Rows: a query, and what it asks for or why it is refused.

use super::*;

fn query(text: &str) -> ListQuery {
    let mut query = ListQuery::default();
    for (name, value) in text.split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "rv" => query.resource_version = value.to_owned(),
            "limit" => query.limit = value.parse().expect("a number"),
            "continue" => query.continue_token = value.to_owned(),
            "initial" => query.send_initial_events = Some(value == "true"),
            "match" => {
                query.version_match = match value {
                    "Exact" => VersionMatch::Exact,
                    "NotOlderThan" => VersionMatch::NotOlderThan,
                    other => VersionMatch::Other(other.to_owned()),
                }
            }
            other => panic!("{other}"),
        }
    }
    query
}

fn check_list(text: &str, wanted: &str) {
    let told = match list(&query(text)) {
        Ok(at) => format!("{at:?}"),
        Err(status) => format!("{} {}", status.code, status.message),
    };
    assert_eq!(told, wanted, "{text}");
}

fn check_watch_query(text: &str, wanted: &str) {
    let told = match watch(&WatchQuery { list: query(text), ..WatchQuery::default() }) {
        Ok(WatchAt { start, reach }) => format!("{start:?} {reach:?}"),
        Err(status) => format!("{} {}", status.code, status.message),
    };
    assert_eq!(told, wanted, "{text}");
}

#[test]
fn the_version_of_a_list_says_how_fresh_it_is() {
    check_list("", "Newest");
    check_list("limit=5", "Newest");
    check_list("limit=-5", "Newest");
    check_list("rv=0&limit=5", "Any");
    check_list("rv=7", "AtLeast(7)");
    check_list("rv=7&limit=5", "Exactly(7)");
    check_list("rv=7&match=Exact", "Exactly(7)");
    check_list("rv=7&limit=5&match=NotOlderThan", "AtLeast(7)");
}

#[test]
fn a_list_refuses_what_does_not_go_together() {
    let head = r#"422 ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: "#;
    let rows = [
        (
            "match=Exact",
            "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            "rv=1&match=Exact&continue=x",
            "Forbidden: resourceVersionMatch is forbidden when continue is provided",
        ),
        (
            "rv=0&match=Exact",
            r#"Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0""#,
        ),
        (
            "rv=1&match=Foo",
            r#"Unsupported value: "Foo": supported values: "Exact", "NotOlderThan", """#,
        ),
    ];
    for (text, wanted) in rows {
        check_list(text, &format!("{head}{wanted}"));
    }
    check_list(
        "initial=true",
        r#"422 ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"#,
    );
    check_list(
        "rv=3&continue=x",
        "400 specifying resource version is not allowed when using continue",
    );
    check_list(
        "rv=abc",
        r#"400 invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax"#,
    );
}

#[test]
fn a_token_names_its_state_and_key() {
    let token = Token::after(Some(40), "ns/a");
    let text = token.encode();
    let json = URL_SAFE_NO_PAD.decode(&text).expect("base64");
    assert_eq!(json, br#"{"v":"meta.k8s.io/v1","rv":40,"start":"ns/a\u0000"}"#);
    assert_eq!(Token::decode(&text).expect("valid"), token);
    let slashed =
        URL_SAFE_NO_PAD.encode(br#"{"v":"meta.k8s.io/v1","rv":-1,"start":"/ns/a\u0000"}"#);
    assert_eq!(Token::decode(&slashed).expect("valid"), Token { version: None, ..token });
    assert_eq!(Token::decode("?").expect_err("broken").code, 400);
}

#[test]
fn the_version_of_a_watch_says_where_it_begins() {
    check_watch_query("", "Initial Newest");
    check_watch_query("rv=0", "Initial Anything");
    check_watch_query("rv=9", "After(9) Anything");
    check_watch_query("initial=true&match=NotOlderThan", "Initial Newest");
    check_watch_query("initial=true&match=NotOlderThan&rv=9", "Initial AtLeast(9)");
    check_watch_query("initial=false&match=NotOlderThan", "Now Newest");
}

#[test]
fn a_watch_refuses_what_does_not_go_together() {
    let head = r#"422 ListOptions.meta.k8s.io "" is invalid: "#;
    let rows = [
        (
            "rv=1&match=NotOlderThan",
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
        (
            "initial=true",
            "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ),
        (
            "initial=true&match=Foo",
            r#"resourceVersionMatch: Unsupported value: "Foo": supported values: "NotOlderThan""#,
        ),
        ("continue=x", "continue: Forbidden: continue is forbidden for watch"),
    ];
    for (text, wanted) in rows {
        check_watch_query(text, &format!("{head}{wanted}"));
    }
    check_watch_query(
        "rv=x",
        r#"500 resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax"#,
    );
}
