//! A backend that knows one pod, and says what it was asked to do with it.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use crate::{
    Backend, Listed, Object, ObjectEvent, Operation, Outcome, Reason, Served, Service, Settings,
    Status, User, Verb,
    audit::Auditor,
    authentication::{Authentication, Proven, Unproven},
    authorization::Authorizer,
    health::Health,
};
use api::catalog::ResourceFacts;
use bytes::Bytes;
use meta::object::{Labels, ObjectKey, ResourceVersion, Uid};
use serde_json::json;
use tokio::sync::mpsc;
use world::{BoxFuture, World};

/// Lists of the namespace `large` have that many items.
const LARGE: usize = 2_000;

struct Double;

impl Backend for Double {
    fn run(&self, operation: Operation) -> BoxFuture<Result<Outcome, Status>> {
        Box::pin(outcome(operation))
    }

    fn served(&self) -> Arc<Served> {
        Arc::default()
    }
    fn catch_up(&self) -> BoxFuture<()> {
        Box::pin(async {})
    }

    fn version_before(&self, _: &ResourceFacts, _: Duration) -> Option<u64> {
        None
    }
    /// Believes the token `bob`.
    fn authenticate(
        &self,
        token: String,
        _wanted: Option<Vec<String>>,
    ) -> BoxFuture<Result<Proven, Unproven>> {
        let user = User { name: token, ..User::default() };
        let proven = Proven { user, audiences: Vec::new() };
        let known = proven.user.name == "bob";
        Box::pin(async move { known.then_some(proven).ok_or_else(Unproven::default) })
    }
}

/// The one object there is.
pub(super) fn pod() -> Arc<Object> {
    static POD: LazyLock<Arc<Object>> = LazyLock::new(|| {
        let json = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop","resourceVersion":"7"},"spec":{"nodeName":"node-0"}}"#;
        Arc::new(Object {
            key: ObjectKey::new("shop", "web"),
            version: ResourceVersion(7),
            json: Bytes::from_static(json.as_bytes()),
            uid: Uid::default(),
            labels: Labels::default(),
            fields: BTreeMap::new(),
        })
    });
    POD.clone()
}

pub(super) fn service(world: &World) -> Service {
    service_with(world, Authentication::default())
}

pub(super) fn service_with(world: &World, authentication: Authentication) -> Service {
    made(world, authentication, None)
}

pub(super) fn audited_service(
    world: &World,
    authentication: Authentication,
    auditor: Arc<Auditor>,
) -> Service {
    made(world, authentication, Some(auditor))
}

fn made(world: &World, authentication: Authentication, auditor: Option<Arc<Auditor>>) -> Service {
    let settings = Settings {
        world: world.clone(),
        authorizer: Arc::new(Authorizer::by_bootstrap_policy()),
        authentication: Arc::new(authentication),
        health: Health::default(),
        address: "127.0.0.1:6443".to_owned(),
        extensions: Vec::new(),
        faults: None,
        auditor,
    };
    Service::new(Arc::new(Double), settings)
}

/// Runs a test in the real world.
pub(super) fn run<F: Future<Output = ()>>(test: impl FnOnce(World) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = world::real::world(runtime.handle());
    runtime.block_on(test(world));
}

async fn run_slowly() -> Result<Outcome, Status> {
    std::future::pending().await
}

async fn outcome(operation: Operation) -> Result<Outcome, Status> {
    if operation.namespace == "slow" {
        return run_slowly().await;
    }
    let asked = format!(
        "{} {}/{} by {} as {} dry={} {:?}",
        operation.resource.resource.plural,
        operation.namespace,
        operation.name,
        operation.user.name,
        operation.field_manager,
        operation.dry_run,
        operation.field_validation,
    );
    match operation.verb {
        Verb::Get { .. } => {
            Ok(Outcome::Object { object: pod(), created: false, warnings: vec!["careful".into()] })
        }
        Verb::List(_) => Ok(Outcome::List(list(&operation.namespace))),
        Verb::Watch(_) => Ok(Outcome::Watch(events(&operation.namespace))),
        Verb::Create { content } | Verb::Update { content } => {
            let value =
                json!({"asked": asked, "protobuf": content.from_protobuf, "got": content.value});
            Ok(Outcome::Value { value, code: 201, warnings: Vec::new() })
        }
        Verb::Patch { kind, patch } => {
            let value = json!({"asked": asked, "kind": format!("{kind:?}"), "got": patch.value});
            Ok(Outcome::Value { value, code: 200, warnings: Vec::new() })
        }
        Verb::Apply { applied, on_conflict } => {
            let value = json!({
                "asked": asked, "on_conflict": format!("{on_conflict:?}"), "got": applied.value,
            });
            Ok(Outcome::Value { value, code: 200, warnings: Vec::new() })
        }
        Verb::Delete { options } | Verb::DeleteCollection { options, .. } => {
            let value = json!({"asked": asked, "options": format!("{options:?}")});
            Ok(Outcome::Value { value, code: 200, warnings: Vec::new() })
        }
    }
}

fn list(namespace: &str) -> Listed {
    let count = if namespace == "large" { LARGE } else { 2 };
    Listed {
        items: vec![pod(); count],
        version: ResourceVersion(9),
        continue_token: "more".to_owned(),
        remaining: Some(1),
    }
}

/// One object, one bookmark, one failure; nothing at all in the namespace `quiet`.
fn events(namespace: &str) -> mpsc::Receiver<Result<ObjectEvent, Status>> {
    let (sender, events) = mpsc::channel(8);
    if namespace == "quiet" {
        // Held for the rest of the test: the watch stays open.
        std::mem::forget(sender);
        return events;
    }
    let bookmark = ObjectEvent::Bookmark { version: ResourceVersion(9), initial_end: true };
    let expired = Status::new(410, Reason::Expired, "too old resource version: 1 (9)");
    for event in [Ok(ObjectEvent::Added(pod())), Ok(bookmark), Err(expired)] {
        sender.try_send(event).unwrap();
    }
    events
}
