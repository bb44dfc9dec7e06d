//! Known evils, each by name.

use http::{Method, header};

use crate::server::Server;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const PODS: &str = "/api/v1/namespaces/default/pods";
const DEEP: usize = 200_000;

/// What is answered to a body of a type.
async fn check(kind: &'static str, path: &str, body: Vec<u8>, codes: &[u16]) {
    let server = Server::start().await;
    let method = if kind.contains("patch") { Method::PATCH } else { Method::POST };
    let answer = server.send(method, path, kind, body).await;
    let told = String::from_utf8_lossy(&answer.body[..answer.body.len().min(300)]).into_owned();
    assert!(codes.contains(&answer.code), "{} {told}", answer.code);
}

async fn json(body: impl Into<Vec<u8>>, codes: &[u16]) {
    check("application/json", MAPS, body.into(), codes).await;
}

#[tokio::test]
async fn json_that_nests_without_end_is_refused() {
    json([b"[".repeat(DEEP), b"]".repeat(DEEP)].concat(), &[400]).await;
    json([br#"{"a":"#.repeat(DEEP), b"1".to_vec(), b"}".repeat(DEEP)].concat(), &[400]).await;
    let inside = format!(r#"{{"metadata":{{"name":"a"}},"data":{}}}"#, "[".repeat(DEEP));
    json(inside, &[400]).await;
}

#[tokio::test]
async fn yaml_lists_that_nest_without_end_are_refused() {
    check("application/yaml", MAPS, b"[".repeat(DEEP), &[400]).await;
}

#[tokio::test]
async fn yaml_blocks_that_nest_without_end_are_refused() {
    // In a debug build the frames of a hundred levels, which are read, do not fit on a test's stack.
    let deep = if cfg!(debug_assertions) { 50 } else { DEEP };
    check("application/yaml", MAPS, b"- ".repeat(deep), &[400]).await;
}

#[tokio::test]
async fn numbers_without_end_are_refused() {
    for number in ["1e999", "-1e999", "99999999999999999999999999", "0.00001", "\"1\""] {
        let body = format!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p"}},"spec":{{"terminationGracePeriodSeconds":{number},"containers":[{{"name":"c","image":"i"}}]}}}}"#
        );
        check("application/json", PODS, body.into(), &[400, 422]).await;
    }
    let digits = format!(r#"{{"metadata":{{"name":"a","generation":{}}}}}"#, "9".repeat(100_000));
    json(digits, &[400]).await;
    for quantity in ["9".repeat(5_000), "1e2147483647".to_owned(), "1E-2147483648".to_owned()] {
        let body = format!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p"}},"spec":{{"containers":[{{"name":"c","image":"i","resources":{{"limits":{{"cpu":"{quantity}"}}}}}}]}}}}"#
        );
        check("application/json", PODS, body.into(), &[201, 400, 422]).await;
    }
}

#[tokio::test]
async fn keys_given_twice_are_taken_once() {
    let twice = r#"{"metadata":{"name":"a"},"data":{"k":"1","k":"2"},"data":{"k":"3"}}"#;
    json(twice, &[201]).await;
    check("application/yaml", MAPS, b"metadata: {name: a, name: b}\n".to_vec(), &[201, 400]).await;
    let many = r#""k":"v","#.repeat(50_000);
    json(format!(r#"{{"metadata":{{"name":"a"}},"data":{{{many}"z":""}}}}"#), &[201]).await;
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    for bytes in
        [&b"\xff\xfe"[..], b"{\"metadata\":{\"name\":\"\xc3\x28\"}}", b"\xef\xbb\xbf{}", b"\0", b""]
    {
        json(bytes.to_vec(), &[400, 422]).await;
        check("application/yaml", MAPS, bytes.to_vec(), &[400, 422]).await;
    }
    json(br#"{"metadata":{"name":"a\u0000b"}}"#.to_vec(), &[422]).await;
    json(br#"{"metadata":{"name":"\ud800"}}"#.to_vec(), &[400, 422]).await;
}

#[tokio::test]
async fn aliases_that_explode_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(
            &["a", &level.to_string(), ": &a", &level.to_string(), " [", &alias, "]\n"].concat(),
        );
    }
    bomb.push_str("metadata: {name: a}\n");
    check("application/yaml", MAPS, bomb.into(), &[400]).await;
    check("application/yaml", MAPS, b"a: &a [*a]\n".to_vec(), &[400]).await;
    let merges = format!("x: &x {{a: b}}\nmetadata: {{name: a}}\n{}", "<<: *x\n".repeat(1_000));
    check("application/yaml", MAPS, merges.into(), &[201, 400]).await;
    let many = "---\n".repeat(10_000);
    check("application/yaml", MAPS, many.into(), &[400, 422]).await;
}

#[tokio::test]
async fn protobuf_that_ends_early_or_lies_is_refused() {
    let kind = "application/vnd.kubernetes.protobuf";
    let server = Server::start().await;
    server.post(MAPS, r#"{"metadata":{"name":"a"},"data":{"k":"v"}}"#).await;
    let whole = server.protobuf(&format!("{MAPS}/a")).await;
    for length in 0..whole.len() {
        let answer = server.send(Method::POST, MAPS, kind, whole[..length].to_vec()).await;
        assert!(answer.code >= 400, "{length} of {} bytes", whole.len());
    }
    for lie in [
        &b"k8s\0\x0a\xff\xff\xff\xff\x0f"[..],
        b"k8s\0\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"k8s\0",
    ] {
        let answer = server.send(Method::POST, MAPS, kind, lie.to_vec()).await;
        assert!(answer.code >= 400);
    }
}

#[tokio::test]
async fn patches_that_explode_are_refused() {
    let server = Server::start().await;
    server.post(MAPS, r#"{"metadata":{"name":"a"},"data":{"k":"0123456789"}}"#).await;
    let path = format!("{MAPS}/a");
    let send = |kind, body: String| server.send(Method::PATCH, &path, kind, body.into());
    let copies: Vec<String> =
        (0..60).map(|n| format!(r#"{{"op":"copy","from":"/data","path":"/data/k{n}"}}"#)).collect();
    let kind = "application/json-patch+json";
    assert!(send(kind, format!("[{}]", copies.join(","))).await.code >= 400);
    let tests = r#"{"op":"test","path":"/data/k","value":"0123456789"},"#.repeat(20_000);
    let many = format!("[{}{}]", tests, r#"{"op":"remove","path":"/data/k"}"#);
    assert!(send(kind, many).await.code >= 400);
    for pointer in ["", "/data/~2", "/metadata/ownerReferences/99999999999999999999", "/data/-"] {
        let body = format!(r#"[{{"op":"replace","path":"{pointer}","value":[]}}]"#);
        assert!(send(kind, body).await.code >= 400, "{pointer}");
    }
    let deep = format!("{}1{}", r#"{"a":"#.repeat(DEEP), "}".repeat(DEEP));
    assert!(send("application/merge-patch+json", deep.clone()).await.code >= 400);
    assert!(send("application/strategic-merge-patch+json", deep).await.code >= 400);
    let directives = r#"{"data":{"$patch":"merge","$retainKeys":[1]},"$setElementOrder/x":{}}"#;
    send("application/strategic-merge-patch+json", directives.to_owned()).await;
}

#[tokio::test]
async fn selectors_are_understood_or_refused() {
    let server = Server::start().await;
    let long = "a,".repeat(20_000);
    let nested = format!("a in ({}b)", "(".repeat(20_000));
    let items = format!("a in ({})", "b,".repeat(20_000));
    for selector in [&*long, &nested, &items, "%00", "=%3D", "a%20in", "!!a", "%ff%fe", "a%3Db%2C"]
    {
        for query in ["labelSelector", "fieldSelector"] {
            let target = format!("{PODS}?{query}={}", selector.replace(' ', "%20"));
            assert!(server.get(&target).await.code < 500);
        }
    }
}

#[tokio::test]
async fn paths_lead_nowhere_else() {
    let server = Server::start().await;
    for path in [
        "/api/v1/namespaces/default/pods/..%2f..%2fsecrets",
        "/api/v1/namespaces//pods",
        "//api//v1",
        "/api/v1/namespaces/default/pods/%00",
        "/api/v1/namespaces/default/pods/%",
        "/api/v1/namespaces/default/pods/%zz",
        "/apis/%2e%2e/%2e%2e/etc/passwd",
        "/api/v1/namespaces/default/pods/a/b/c/d/e",
        "/api/v1/watch/watch/watch/pods",
    ] {
        assert!(server.get(path).await.code >= 400, "{path}");
    }
    // Decoded before anybody is asked, these are a namespace that does not exist, and a list of pods.
    for path in ["/api/v1/namespaces/%2e%2e/pods", "/api/v1/namespaces/default%2fpods"] {
        let answer = server.get(path).await;
        assert!(String::from_utf8_lossy(&answer.body).contains(r#""items":[]"#), "{path}");
    }
    let long = format!("/api/v1/namespaces/default/pods/{}", "a".repeat(100_000));
    assert!(server.get(&long).await.code >= 400);
    for query in [
        "limit=-1",
        "limit=99999999999999999999",
        "resourceVersion=-1",
        "continue=%00",
        "continue=eyJ2IjoxfQ",
        "timeoutSeconds=-5&watch=1",
        "watch=maybe",
        "timeout=x",
        "&&&===&%",
    ] {
        server.get(&format!("{PODS}?{query}")).await;
    }
}

#[tokio::test]
async fn tokens_that_are_none_let_nobody_in() {
    let server = Server::start().await;
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.";
    let long = format!("Bearer {}", "a".repeat(200_000));
    let dots = format!("Bearer {}", ".".repeat(10_000));
    for text in [
        "Bearer",
        "Bearer ",
        "bearer x",
        "Basic YTpi",
        "Bearer a.b.c",
        &format!("Bearer {none}"),
        &long,
        &dots,
        "Bearer \u{fffd}",
        "Bearer abcdef.0123456789abcdef",
    ] {
        let answer = server.as_stranger(header::AUTHORIZATION, text.as_bytes()).await;
        assert!(
            matches!(answer.code, 401 | 403),
            "{} for {}",
            answer.code,
            &text[..text.len().min(40)]
        );
    }
    let review = format!(
        r#"{{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{{"token":"{none}"}}}}"#
    );
    let answer = server.post("/apis/authentication.k8s.io/v1/tokenreviews", review).await;
    assert!(!String::from_utf8_lossy(&answer.body).contains(r#""authenticated":true"#));
}

#[tokio::test]
async fn certificates_that_are_none_are_refused() {
    let path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    for request in ["", "AA==", "!!!", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K"] {
        let body = format!(
            r#"{{"metadata":{{"name":"r"}},"spec":{{"signerName":"kubernetes.io/kube-apiserver-client","usages":["client auth"],"request":"{request}"}}}}"#
        );
        check("application/json", path, body.into(), &[400, 403, 422]).await;
    }
}

#[tokio::test]
async fn bodies_that_are_too_large_are_refused() {
    let large =
        format!(r#"{{"metadata":{{"name":"a"}},"data":{{"k":"{}"}}}}"#, "v".repeat(4 << 20));
    json(large, &[413]).await;
    let data = format!(r#"{{"metadata":{{"name":"a"}},"data":{{"k":"{}"}}}}"#, "v".repeat(2 << 20));
    json(data, &[422]).await;
}
