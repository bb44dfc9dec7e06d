//! Requests through the whole pipeline, with a double where the engine is: in process, and over TLS on
//! the loopback interface.

mod audit;
mod double;
mod loopback;

use crate::{Body, EventKind, Request, Response, Service, User, authorization::MASTERS};
use api::proto;
use expect_test::{Expect, expect};
use http::{Method, header};

/// Sends one request as administrator and shows the answer.
fn check(request: Request, wanted: Expect) {
    double::run(|world| async move {
        let service = double::service(&world);
        let response = service.call(request.by(admin())).await;
        wanted.assert_eq(&shown(&response));
    });
}

fn admin() -> User {
    User { name: "admin".into(), groups: vec![MASTERS.into()], ..User::default() }
}

fn shown(response: &Response) -> String {
    let content_type = response.headers.get(header::CONTENT_TYPE).unwrap().to_str().unwrap();
    let bytes = response.bytes();
    let body = String::from_utf8_lossy(&bytes);
    format!("{} {content_type}\n{body}", response.status.as_u16())
}

fn get(target: &str) -> Request {
    Request::new(Method::GET, target)
}

const PODS: &str = "/api/v1/namespaces/shop/pods";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

#[test]
fn an_object_is_sent_as_it_is_kept() {
    check(
        get("/api/v1/namespaces/shop/pods/web"),
        expect![[r#"
        200 application/json
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop","resourceVersion":"7"},"spec":{"nodeName":"node-0"}}
    "#]],
    );
}

#[test]
fn items_of_a_list_carry_no_kind() {
    check(
        get(PODS),
        expect![[r#"
        200 application/json
        {"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9","continue":"more","remainingItemCount":1},"items":[{"metadata":{"name":"web","namespace":"shop","resourceVersion":"7"},"spec":{"nodeName":"node-0"}},{"metadata":{"name":"web","namespace":"shop","resourceVersion":"7"},"spec":{"nodeName":"node-0"}}]}
    "#]],
    );
}

#[test]
fn people_get_it_indented() {
    let request =
        get("/api/v1/namespaces/shop/pods/web").with_header(header::USER_AGENT, "curl/8.0");
    check(
        request,
        expect![[r#"
        200 application/json
        {
          "apiVersion": "v1",
          "kind": "Pod",
          "metadata": {
            "name": "web",
            "namespace": "shop",
            "resourceVersion": "7"
          },
          "spec": {
            "nodeName": "node-0"
          }
        }"#]],
    );
}

#[test]
fn metadata_alone_can_be_asked_for() {
    let accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    check(
        get(PODS).with_header(header::ACCEPT, accept),
        expect![[r#"
        200 application/json
        {"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"9","continue":"more","remainingItemCount":1},"items":[{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"web","namespace":"shop","resourceVersion":"7"}},{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"web","namespace":"shop","resourceVersion":"7"}}]}
    "#]],
    );
    let accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    check(
        get(PODS).with_header(header::ACCEPT, accept),
        expect![[r#"
        406 application/json
        {
          "apiVersion": "v1",
          "code": 406,
          "kind": "Status",
          "message": "you requested PartialObjectMetadata, but the requested object is a list (*core.PodList)",
          "metadata": {},
          "reason": "NotAcceptable",
          "status": "Failure"
        }"#]],
    );
}

#[test]
fn a_table_without_objects_has_cells_only() {
    let target = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles?includeObject=None";
    check(
        get(target).with_header(header::ACCEPT, TABLE),
        expect![[r#"
            200 application/json
            {"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"9","continue":"more","remainingItemCount":1},"columnDefinitions":[{"name":"Name","type":"string","format":"name","description":"","priority":0},{"name":"Created At","type":"date","format":"","description":"","priority":0}],"rows":[{"cells":["web","<unknown>"],"object":null},{"cells":["web","<unknown>"],"object":null}]}
        "#]],
    );
}

#[test]
fn yaml_is_written_for_those_who_ask() {
    let request =
        get("/api/v1/namespaces/shop/pods/web").with_header(header::ACCEPT, "application/yaml");
    check(
        request,
        expect![[r#"
        200 application/yaml
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
          namespace: shop
          resourceVersion: "7"
        spec:
          nodeName: node-0
    "#]],
    );
}

#[test]
fn a_body_is_decoded_before_the_engine_sees_it() {
    let request =
        Request::new(Method::POST, "/api/v1/namespaces/shop/configmaps?fieldManager=me&dryRun=All")
            .with_body("application/yaml", "data:\n  a: b\n");
    check(
        request,
        expect![[r#"
        201 application/json
        {"asked":"configmaps shop/ by admin as me dry=true Warn","got":{"apiVersion":"v1","data":{"a":"b"},"kind":"ConfigMap"},"protobuf":false}
    "#]],
    );
}

#[test]
fn a_protobuf_body_is_answered_in_protobuf_only_on_demand() {
    let object = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}});
    let body = api::proto::encode_object(api::catalog::builtin(), &object).unwrap();
    let request = Request::new(Method::POST, "/api/v1/namespaces/shop/configmaps")
        .with_body("application/vnd.kubernetes.protobuf", body);
    check(
        request,
        expect![[r#"
        201 application/json
        {"asked":"configmaps shop/ by admin as unknown dry=false Warn","got":{"apiVersion":"v1","data":{"a":"b"},"kind":"ConfigMap","metadata":{}},"protobuf":true}
    "#]],
    );
}

#[test]
fn a_large_body_is_refused() {
    let request = Request::new(Method::POST, "/api/v1/namespaces/shop/configmaps")
        .with_body("application/json", vec![b' '; crate::BODY_BYTES_MAX + 1]);
    check(
        request,
        expect![[r#"
        413 application/json
        {"apiVersion":"v1","code":413,"kind":"Status","message":"Request entity too large: limit is 3145728","metadata":{},"reason":"RequestEntityTooLarge","status":"Failure"}
    "#]],
    );
}

#[test]
fn a_patch_of_unknown_type_is_refused() {
    let request = Request::new(Method::PATCH, "/api/v1/namespaces/shop/pods/web")
        .with_body("application/json", "{}");
    check(
        request,
        expect![[r#"
        415 application/json
        {"apiVersion":"v1","code":415,"details":{},"kind":"Status","message":"415: Unsupported Media Type","metadata":{},"reason":"UnsupportedMediaType","status":"Failure"}
    "#]],
    );
}

#[test]
fn a_delete_takes_its_options_from_the_body() {
    let request = Request::new(Method::DELETE, "/api/v1/namespaces/shop/pods/web").with_body(
        "application/json",
        r#"{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0}"#,
    );
    check(
        request,
        expect![[r#"
        200 application/json
        {"asked":"pods shop/web by admin as unknown dry=false Warn","options":"DeleteOptions { grace_period_seconds: Some(0), propagation_policy: None, orphan_dependents: None, uid: None, resource_version: None }"}
    "#]],
    );
}

#[test]
fn unknown_paths_and_methods_have_the_references_words() {
    check(
        get("/apis/nosuch.example/v1/things"),
        expect![[r#"
        404 text/plain; charset=utf-8
        404 page not found
    "#]],
    );
    check(
        get("/api/v1/nosuch"),
        expect![[r#"
        404 application/json
        {"apiVersion":"v1","code":404,"details":{},"kind":"Status","message":"the server could not find the requested resource","metadata":{},"reason":"NotFound","status":"Failure"}
    "#]],
    );
    check(
        Request::new(Method::POST, "/api/v1/pods"),
        expect![[r#"
        405 application/json
        {"apiVersion":"v1","code":405,"details":{},"kind":"Status","message":"the server does not allow this method on the requested resource","metadata":{},"reason":"MethodNotAllowed","status":"Failure"}
    "#]],
    );
    check(
        get(&format!("{PODS}?timeout=xx")),
        expect![[r#"
        400 application/json
        {"apiVersion":"v1","code":400,"kind":"Status","message":"invalid timeout specified in the request URL - time: invalid duration \"xx\"","metadata":{},"reason":"BadRequest","status":"Failure"}
    "#]],
    );
}

#[test]
fn strangers_see_health_and_nothing_else() {
    double::run(|world| async move {
        let service = double::service(&world);
        let answer = async |target: &str| service.call(get(target)).await.status.as_u16();
        assert_eq!(answer("/readyz").await, 200);
        assert_eq!(answer("/version").await, 200);
        assert_eq!(answer("/api").await, 403);
        let bearer = async |token: &'static str| {
            let request = get("/readyz").with_header(header::AUTHORIZATION, token);
            service.call(request).await.status.as_u16()
        };
        let rows =
            [("Bearer bob", 200), ("bearer  bob ", 200), ("Bearer ann", 401), ("Basic ann", 200)];
        for (token, wanted) in rows {
            assert_eq!(bearer(token).await, wanted, "{token}");
        }
        let bob = User { name: "bob".into(), ..User::default() };
        assert_eq!(service.call(get(PODS).by(bob)).await.status.as_u16(), 403);
    });
}

#[test]
fn a_request_without_answer_is_given_up() {
    check(
        get("/api/v1/namespaces/slow/pods/web?timeout=10ms"),
        expect![[r#"
        504 application/json
        {"apiVersion":"v1","code":504,"kind":"Status","message":"Timeout: request did not complete within requested timeout - context deadline exceeded","metadata":{},"reason":"Timeout","status":"Failure"}
    "#]],
    );
}

#[test]
fn a_watch_in_process_shares_the_kept_bytes() {
    double::run(|world| async move {
        let service = double::service(&world);
        let response = service.call(get(&format!("{PODS}?watch=1")).by(admin())).await;
        let mut watch = watch_of(response);
        let event = watch.next().await.unwrap();
        assert_eq!(event.kind, EventKind::Added);
        assert_eq!(event.object.as_ptr(), double::pod().json.as_ptr());
        let bookmark = watch.next().await.unwrap();
        assert_eq!(bookmark.kind, EventKind::Bookmark);
        expect![[r#"{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{"k8s.io/initial-events-end":"true"},"resourceVersion":"9"}}"#]].assert_eq(&String::from_utf8_lossy(&bookmark.object));
        let error = watch.next().await.unwrap();
        assert_eq!(error.kind, EventKind::Error);
        assert!(watch.next().await.is_none());
    });
}

#[test]
fn events_travel_in_protobuf_frames_too() {
    double::run(|world| async move {
        let service = double::service(&world);
        let accept = "application/vnd.kubernetes.protobuf;stream=watch";
        let request = get(&format!("{PODS}?watch=1")).with_header(header::ACCEPT, accept);
        let response = service.call(request.by(admin())).await;
        assert_eq!(response.headers[header::CONTENT_TYPE], accept);
        let mut watch = watch_of(response);
        let frames = std::future::poll_fn(|context| watch.poll_frame(context)).await.unwrap();
        let mut rest: &[u8] = &frames;
        let mut seen = Vec::new();
        while let Some((frame, after)) = proto::read_watch_frame(rest).unwrap() {
            let object = proto::decode_object(api::catalog::builtin(), frame.object).unwrap();
            seen.push(format!("{} {}", frame.event, object["kind"]));
            rest = after;
        }
        assert_eq!(seen, [r#"ADDED "Pod""#, r#"BOOKMARK "Pod""#, r#"ERROR "Status""#]);
    });
}

#[test]
fn a_table_tells_its_columns_once_in_a_watch() {
    double::run(|world| async move {
        let service = double::service(&world);
        let request = get(&format!("{PODS}?watch=1")).with_header(header::ACCEPT, TABLE);
        let mut watch = watch_of(service.call(request.by(admin())).await);
        let mut columns = Vec::new();
        for _ in 0..2 {
            let event = watch.next().await.unwrap();
            let table: serde_json::Value = serde_json::from_slice(&event.object).unwrap();
            columns.push(table["columnDefinitions"].is_array());
        }
        assert_eq!(columns, [true, false]);
    });
}

#[test]
fn a_shutdown_ends_watches_and_turns_readiness_red() {
    double::run(|world| async move {
        let service: Service = double::service(&world);
        let target = "/api/v1/namespaces/quiet/pods?watch=1";
        let mut watch = watch_of(service.call(get(target).by(admin())).await);
        service.close();
        assert!(watch.next().await.is_none());
        assert_eq!(service.call(get("/readyz")).await.status.as_u16(), 500);
        assert_eq!(service.call(get("/livez")).await.status.as_u16(), 200);
    });
}

#[test]
fn users_of_what_has_had_its_time_are_warned_also_when_they_fail() {
    double::run(|world| async move {
        let service = double::service(&world);
        let warning = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
        let target = "/api/v1/namespaces/shop/endpoints";
        assert_eq!(service.call(get(target).by(admin())).await.warnings, [warning]);
        let refused = get(target).with_header(header::ACCEPT, "text/html").by(admin());
        assert_eq!(service.call(refused).await.warnings, [warning]);
        assert_eq!(service.call(get(PODS).by(admin())).await.warnings, [""; 0]);
    });
}

#[test]
fn a_large_list_is_packed_for_those_who_can_unpack() {
    double::run(|world| async move {
        let service = double::service(&world);
        let request = get("/api/v1/namespaces/large/pods").by(admin());
        let plain = service.call(request.clone()).await;
        let packed = service.call(request.with_header(header::ACCEPT_ENCODING, "gzip")).await;
        assert_eq!(packed.headers.get(header::CONTENT_ENCODING).unwrap(), "gzip");
        assert!(packed.bytes().len() < plain.bytes().len() / 10);
    });
}

fn watch_of(response: Response) -> crate::WatchBody {
    match response.body {
        Body::Watch(watch) => *watch,
        Body::Full(bytes) => panic!("no watch but {bytes:?}"),
        Body::Cut => panic!("no watch but nothing"),
    }
}
