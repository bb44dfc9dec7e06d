//! What a service tells of requests, line by line.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use expect_test::{Expect, expect};
use http::{HeaderName, Method, header};
use parking_lot::Mutex;
use serde_json::Value;
use world::{BoxFuture, World};

use super::double;
use crate::{
    Body, Request, Service, User,
    audit::{
        Auditor, Backend, Batching, Deliver, Destination, LogFile, Mode, Policy, Retry, Rotation,
        Truncation, Undelivered, Webhook,
    },
    authentication::Authentication,
};

const ROTATION: Rotation =
    Rotation { bytes_max: u64::MAX, backups_max: 0, age_max: Duration::ZERO, compresses: false };
const TRUNCATION: Truncation =
    Truncation { event_bytes_max: usize::MAX, batch_bytes_max: usize::MAX };
const PODS: &str = "/api/v1/namespaces/shop/pods";

/// A service that tells of requests, and the log that it tells them to.
struct Told {
    world: World,
    service: Service,
    folder: PathBuf,
}

impl Told {
    fn new(world: World, rule: &str, mode: Mode, truncation: Option<Truncation>) -> Self {
        let text = format!("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{{{rule}}}]");
        let policy = Policy::parse(&text).unwrap();
        let folder = std::env::temp_dir().join(format!("audit-{}", world.dice.suffix(12)));
        let path = folder.join("audit.log");
        let log = LogFile::open(path, ROTATION, world.disk.clone(), world.clock.clone()).unwrap();
        let auditor = Auditor::new(
            &world,
            policy,
            vec![Backend { destination: Destination::Log(Arc::new(log)), mode, truncation }],
        );
        let service = double::audited_service(&world, Authentication::default(), Arc::new(auditor));
        Self { world, service, folder }
    }

    fn text(&self) -> String {
        let bytes = self.world.disk.read(&self.folder.join("audit.log")).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// The events, without what is another one each time.
    fn lines(&self) -> String {
        let mut lines = String::new();
        for line in self.text().lines() {
            let mut event: Value = serde_json::from_str(line).unwrap();
            let fields = event.as_object_mut().unwrap();
            for name in ["requestReceivedTimestamp", "stageTimestamp", "kind", "apiVersion"] {
                assert!(fields.remove(name).is_some(), "{name} in {line}");
            }
            lines.push_str(&event.to_string());
            lines.push('\n');
        }
        lines
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn ann() -> User {
    let groups = vec!["system:masters".to_owned()];
    User { name: "ann".to_owned(), groups, ..User::default() }
}

fn ask(method: Method, target: &str) -> Request {
    Request::new(method, target).with_header(HeaderName::from_static("audit-id"), "id-1")
}

fn check(rule: &str, request: Request, wanted: Expect) {
    let rule = rule.to_owned();
    double::run(|world| async move {
        let told = Told::new(world, &rule, Mode::Blocking, None);
        told.service.call(request).await;
        wanted.assert_eq(&told.lines());
    });
}

#[test]
fn a_read_is_told_of_twice() {
    let mut request = ask(Method::GET, &format!("{PODS}/web")).by(ann());
    request = request.with_header(header::USER_AGENT, "kubectl/v1");
    request.from = "10.0.0.7".to_owned();
    check(
        "level: Metadata",
        request,
        expect![[r#"
        {"auditID":"id-1","level":"Metadata","objectRef":{"apiVersion":"v1","name":"web","namespace":"shop","resource":"pods"},"requestURI":"/api/v1/namespaces/shop/pods/web","sourceIPs":["10.0.0.7"],"stage":"RequestReceived","user":{"groups":["system:masters","system:authenticated"],"username":"ann"},"userAgent":"kubectl/v1","verb":"get"}
        {"annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""},"auditID":"id-1","level":"Metadata","objectRef":{"apiVersion":"v1","name":"web","namespace":"shop","resource":"pods"},"requestURI":"/api/v1/namespaces/shop/pods/web","responseStatus":{"code":200,"metadata":{}},"sourceIPs":["10.0.0.7"],"stage":"ResponseComplete","user":{"groups":["system:masters","system:authenticated"],"username":"ann"},"userAgent":"kubectl/v1","verb":"get"}
    "#]],
    );
}

#[test]
fn a_create_is_told_of_with_its_bodies() {
    let body =
        r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "new", "managedFields": []}}"#;
    let request = ask(Method::POST, PODS).by(ann()).with_body("application/json", body);
    check(
        "level: Request, omitStages: [RequestReceived], omitManagedFields: true",
        request,
        expect![[r#"
            {"annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""},"auditID":"id-1","level":"Request","objectRef":{"apiVersion":"v1","name":"new","namespace":"shop","resource":"pods"},"requestObject":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"new"}},"requestURI":"/api/v1/namespaces/shop/pods","responseStatus":{"code":201,"metadata":{}},"stage":"ResponseComplete","user":{"groups":["system:masters","system:authenticated"],"username":"ann"},"verb":"create"}
        "#]],
    );
}

#[test]
fn a_refusal_is_told_of_with_its_reason() {
    let request = ask(Method::GET, PODS).by(User { name: "ben".to_owned(), ..User::default() });
    check(
        "level: RequestResponse, omitStages: [RequestReceived]",
        request,
        expect![[r#"
        {"annotations":{"authorization.k8s.io/decision":"forbid","authorization.k8s.io/reason":""},"auditID":"id-1","level":"RequestResponse","objectRef":{"apiVersion":"v1","namespace":"shop","resource":"pods"},"requestURI":"/api/v1/namespaces/shop/pods","responseObject":{"apiVersion":"v1","code":403,"details":{"kind":"pods"},"kind":"Status","message":"pods is forbidden: User \"ben\" cannot list resource \"pods\" in API group \"\" in the namespace \"shop\"","metadata":{},"reason":"Forbidden","status":"Failure"},"responseStatus":{"code":403,"details":{"kind":"pods"},"message":"pods is forbidden: User \"ben\" cannot list resource \"pods\" in API group \"\" in the namespace \"shop\"","metadata":{},"reason":"Forbidden","status":"Failure"},"stage":"ResponseComplete","user":{"groups":["system:authenticated"],"username":"ben"},"verb":"list"}
    "#]],
    );
}

#[test]
fn somebody_else_is_told_of_beside_the_sender() {
    let request = ask(Method::GET, PODS)
        .by(ann())
        .with_header(HeaderName::from_static("impersonate-user"), "ben");
    check(
        "level: Metadata, omitStages: [RequestReceived], users: [ann]",
        request,
        expect![[r#"
            {"annotations":{"authorization.k8s.io/decision":"forbid","authorization.k8s.io/reason":""},"auditID":"id-1","impersonatedUser":{"groups":["system:authenticated"],"username":"ben"},"level":"Metadata","objectRef":{"apiVersion":"v1","namespace":"shop","resource":"pods"},"requestURI":"/api/v1/namespaces/shop/pods","responseStatus":{"code":403,"details":{"kind":"pods"},"message":"pods is forbidden: User \"ben\" cannot list resource \"pods\" in API group \"\" in the namespace \"shop\"","metadata":{},"reason":"Forbidden","status":"Failure"},"stage":"ResponseComplete","user":{"groups":["system:masters","system:authenticated"],"username":"ann"},"verb":"list"}
        "#]],
    );
}

#[test]
fn a_stranger_with_a_bad_token_is_told_of() {
    let request = ask(Method::GET, PODS).with_header(header::AUTHORIZATION, "Bearer eve");
    check(
        "level: Metadata",
        request,
        expect![[r#"
        {"auditID":"id-1","level":"Metadata","objectRef":{"apiVersion":"v1","namespace":"shop","resource":"pods"},"requestURI":"/api/v1/namespaces/shop/pods","responseStatus":{"code":401,"message":"Authentication failed, attempted: bearer","metadata":{}},"stage":"ResponseStarted","user":{},"verb":"list"}
    "#]],
    );
}

#[test]
fn a_deprecated_kind_is_marked() {
    let request = ask(Method::GET, "/api/v1/namespaces/shop/endpoints").by(ann());
    check(
        "level: Metadata, omitStages: [RequestReceived]",
        request,
        expect![[r#"
        {"annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"","k8s.io/deprecated":"true"},"auditID":"id-1","level":"Metadata","objectRef":{"apiVersion":"v1","namespace":"shop","resource":"endpoints"},"requestURI":"/api/v1/namespaces/shop/endpoints","responseStatus":{"code":200,"metadata":{}},"stage":"ResponseComplete","user":{"groups":["system:masters","system:authenticated"],"username":"ann"},"verb":"list"}
    "#]],
    );
}

#[test]
fn what_no_rule_matches_is_not_told_of() {
    check("level: Metadata, verbs: [delete]", ask(Method::GET, PODS).by(ann()), expect![""]);
}

#[test]
fn a_watch_is_told_of_when_it_starts_and_when_it_ends() {
    double::run(|world| async move {
        let rule = "level: Metadata, omitStages: [RequestReceived]";
        let told = Told::new(world, rule, Mode::Blocking, None);
        let watch = ask(Method::GET, &format!("{PODS}?watch=true")).by(ann());
        let response = told.service.call(watch).await;
        let stages = || told.text().matches("\"stage\":\"ResponseStarted\"").count();
        assert_eq!((stages(), told.text().lines().count()), (1, 1));
        assert!(matches!(response.body, Body::Watch(_)));
        drop(response);
        assert_eq!(told.text().matches("\"stage\":\"ResponseComplete\"").count(), 1);
    });
}

#[test]
fn an_event_that_is_too_large_loses_its_bodies() {
    double::run(|world| async move {
        let truncation = Some(Truncation { event_bytes_max: 600, ..TRUNCATION });
        let rule = "level: RequestResponse, omitStages: [RequestReceived]";
        let told = Told::new(world, rule, Mode::Blocking, truncation);
        told.service.call(ask(Method::GET, PODS).by(ann())).await;
        assert!(told.text().contains(r#""audit.k8s.io/truncated":"true""#), "{}", told.text());
        assert!(!told.text().contains("responseObject"), "{}", told.text());
    });
}

#[test]
fn a_strict_log_that_cannot_be_written_refuses_requests() {
    double::run(|world| async move {
        let told = Told::new(world, "level: Metadata", Mode::BlockingStrict, None);
        let call = || told.service.call(ask(Method::GET, PODS).by(ann()));
        assert_eq!(call().await.status, 200);
        // A limit that every event is beyond.
        let truncation = Some(Truncation { event_bytes_max: 1, ..TRUNCATION });
        let world = told.world.clone();
        let told = Told::new(world, "level: Metadata", Mode::BlockingStrict, truncation);
        let refused = told.service.call(ask(Method::GET, PODS).by(ann())).await;
        assert_eq!(refused.status, 500);
        let text = String::from_utf8_lossy(&refused.bytes()).into_owned();
        assert_eq!(
            text,
            "Internal Server Error: \"/api/v1/namespaces/shop/pods\": failed to store audit event\n"
        );
    });
}

#[test]
fn batches_are_written_soon() {
    double::run(|world| async move {
        let wait_max = Duration::from_millis(10);
        let mode = Mode::Batch(Batching { buffer_max: 100, size_max: 10, wait_max });
        let told = Told::new(world.clone(), "level: Metadata", mode, None);
        for _ in 0..12 {
            told.service.call(ask(Method::GET, PODS).by(ann())).await;
        }
        while told.text().lines().count() < 24 {
            world.clock.sleep(wait_max).await;
        }
    });
}

#[test]
fn events_beyond_the_buffer_are_lost_and_counted() {
    double::run(|world| async move {
        let wait_max = Duration::from_hours(1);
        let mode = Mode::Batch(Batching { buffer_max: 2, size_max: 1_000, wait_max });
        let told = Told::new(world, "level: Metadata", mode, None);
        let registry = prometheus::Registry::new();
        told.service.register_metrics(&registry).unwrap();
        // The writer takes none of them before this test waits.
        let calls = (0..5).map(|_| told.service.call(ask(Method::GET, PODS).by(ann())));
        for call in calls {
            call.await;
        }
        assert!(lost(&registry) >= 1.0, "{}", lost(&registry));
    });
}

fn lost(registry: &prometheus::Registry) -> f64 {
    let families = registry.gather();
    let lost = families.iter().filter(|family| family.name() == "apiserver_audit_error_total");
    let metrics = lost.flat_map(prometheus::proto::MetricFamily::get_metric);
    metrics.map(|metric| metric.get_counter().get_value()).sum()
}

/// A server of events that takes nothing for a while.
#[derive(Clone, Default)]
struct Hook(Arc<Mutex<Answers>>);

#[derive(Default)]
struct Answers {
    failures: usize,
    lists: Vec<Bytes>,
}

impl Deliver for Hook {
    fn deliver(&self, list: Bytes) -> BoxFuture<Result<(), Undelivered>> {
        let mut answers = self.0.lock();
        let answer = if let Some(left) = answers.failures.checked_sub(1) {
            answers.failures = left;
            Err(Undelivered { reason: "busy".to_owned(), retry: Retry::After(None) })
        } else {
            answers.lists.push(list);
            Ok(())
        };
        Box::pin(std::future::ready(answer))
    }
}

impl Hook {
    fn failing(failures: usize) -> Self {
        Self(Arc::new(Mutex::new(Answers { failures, lists: Vec::new() })))
    }

    /// A service that posts its events here.
    fn serve(&self, world: &World, mode: Mode, truncation: Option<Truncation>) -> Service {
        let text = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]";
        let webhook = Webhook::new(Arc::new(self.clone()), Duration::from_millis(1), None);
        let backend = Backend { destination: Destination::Webhook(webhook), mode, truncation };
        let auditor = Auditor::new(world, Policy::parse(text).unwrap(), vec![backend]);
        double::audited_service(world, Authentication::default(), Arc::new(auditor))
    }

    /// Stages by list.
    fn stages(&self) -> Vec<usize> {
        let text = |list: &Bytes| String::from_utf8_lossy(list).matches("\"stage\"").count();
        self.0.lock().lists.iter().map(text).collect()
    }
}

#[test]
fn a_request_waits_until_a_webhook_has_its_events() {
    double::run(|world| async move {
        let hook = Hook::failing(3);
        let service = hook.serve(&world, Mode::Blocking, None);
        assert_eq!(service.call(ask(Method::GET, PODS).by(ann())).await.status, 200);
        assert_eq!(hook.stages(), [1, 1]);
    });
}

#[test]
fn a_strict_webhook_that_takes_nothing_refuses_requests() {
    double::run(|world| async move {
        for (mode, status) in [(Mode::Blocking, 200), (Mode::BlockingStrict, 500)] {
            let hook = Hook::failing(5);
            let service = hook.serve(&world, mode, None);
            let registry = prometheus::Registry::new();
            service.register_metrics(&registry).unwrap();
            let answer = service.call(ask(Method::GET, PODS).by(ann())).await;
            assert_eq!(answer.status, status, "{mode:?}");
            assert!((lost(&registry) - 1.0).abs() < f64::EPSILON, "{}", lost(&registry));
        }
    });
}

#[test]
fn a_webhook_has_batches_that_are_not_too_large() {
    double::run(|world| async move {
        let (hook, wait_max) = (Hook::default(), Duration::from_millis(10));
        let mode = Mode::Batch(Batching { buffer_max: 100, size_max: 100, wait_max });
        let truncation = Truncation { batch_bytes_max: 2_000, ..TRUNCATION };
        let service = hook.serve(&world, mode, Some(truncation));
        for _ in 0..5 {
            service.call(ask(Method::GET, PODS).by(ann())).await;
        }
        while hook.stages().iter().sum::<usize>() < 10 {
            world.clock.sleep(wait_max).await;
        }
        let lists = hook.0.lock().lists.clone();
        assert!(lists.len() > 1 && lists.iter().all(|list| list.len() < 2_200), "{lists:?}");
    });
}
