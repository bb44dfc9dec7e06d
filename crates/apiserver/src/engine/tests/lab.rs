//! An engine of its own for each test, on a clock that the test moves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use api::catalog::{ResourceFacts, builtin};
use parking_lot::Mutex;
use serde_json::{Value, json};
use store::{
    Local, Range, RangeAnswer, Revision, Store, StoreError, Transaction, TransactionAnswer,
    WatchStream,
};
use tokio::{runtime::Handle, sync::mpsc};
use world::{BoxFuture, Dice, real::SteppedClock};

use crate::{
    Content, DeleteOptions, Engine, EngineOptions, FieldValidation, ListQuery, Listed, Notes,
    ObjectEvent, Operation, Outcome, PatchType, Status, User, Verb, WatchQuery,
};

pub(super) struct Lab {
    pub(super) engine: Engine,
    pub(super) store: Arc<dyn Store>,
    pub(super) interposed: Arc<Interposed>,
    clock: Arc<SteppedClock>,
}

/// A store in which something can be made to happen right before a write.
pub(super) struct Interposed {
    store: Arc<dyn Store>,
    before: Mutex<Option<(Vec<u8>, BoxFuture<()>)>>,
}

impl Interposed {
    /// Lets `happen` happen once, right before the next write of `key`.
    pub(super) fn before(&self, key: &str, happen: impl Future<Output = ()> + Send + 'static) {
        *self.before.lock() = Some((key.as_bytes().to_vec(), Box::pin(happen)));
    }
    fn take(&self, transaction: &Transaction) -> Option<BoxFuture<()>> {
        let mut before = self.before.lock();
        let (key, _) = before.as_ref()?;
        transaction.compare.iter().find(|compare| compare.key == *key)?;
        before.take().map(|(_, happen)| happen)
    }
}

impl Store for Interposed {
    fn revision(&self) -> BoxFuture<Result<Revision, StoreError>> {
        self.store.revision()
    }
    fn range(&self, range: Range) -> BoxFuture<Result<RangeAnswer, StoreError>> {
        self.store.range(range)
    }
    fn transact(
        &self,
        transaction: Transaction,
    ) -> BoxFuture<Result<TransactionAnswer, StoreError>> {
        let (before, store) = (self.take(&transaction), Arc::clone(&self.store));
        Box::pin(async move {
            if let Some(before) = before {
                before.await;
            }
            store.transact(transaction).await
        })
    }
    fn watch(&self, prefix: Vec<u8>, from: Revision) -> BoxFuture<Result<WatchStream, StoreError>> {
        self.store.watch(prefix, from)
    }
    fn compact(&self, revision: Revision) -> BoxFuture<Result<(), StoreError>> {
        self.store.compact(revision)
    }
}

/// The same numbers in every run.
struct Counter(AtomicU64);

impl Dice for Counter {
    fn roll(&self) -> u64 {
        let step = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        step.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
    }
}

impl Lab {
    /// An engine with the first objects, and the account that pods need.
    pub(super) async fn start() -> Self {
        Self::start_with(EngineOptions::default()).await
    }

    pub(super) async fn start_with(options: EngineOptions) -> Self {
        let (mut world, clock) = world::real::stepped(&Handle::current());
        world.dice = Arc::new(Counter(AtomicU64::new(1)));
        let store = Arc::new(Interposed {
            store: Arc::new(Local::memory(&world)),
            before: Mutex::default(),
        });
        let interposed = Arc::clone(&store);
        let store: Arc<dyn Store> = store;
        let engine = Engine::start(world, Arc::clone(&store), options).await;
        let lab = Self { engine: engine.expect("starts"), store, interposed, clock };
        lab.create(json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": "default"}}))
            .await;
        lab
    }

    pub(super) async fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds)).await;
    }

    pub(super) async fn run(&self, operation: Operation) -> Result<Outcome, Status> {
        self.engine.run(operation).await
    }

    /// Whom a token names: `NAME [GROUPS] {EXTRA}` or the refusal.
    pub(super) async fn whose(&self, token: &str) -> String {
        match self.engine.authenticate(token.to_owned(), None).await {
            Ok(proven) => {
                let User { name, groups, extra, .. } = proven.user;
                format!("{name} {groups:?} {extra:?}")
            }
            Err(unproven) => unproven.to_string(),
        }
    }

    pub(super) async fn create(&self, object: Value) -> Value {
        let answer = self.try_create(object).await;
        answer.unwrap_or_else(|status| panic!("{status}"))
    }
    pub(super) async fn try_create(&self, object: Value) -> Result<Value, Status> {
        let (facts, namespace) = of(&object);
        let content = Content { value: object, ..Content::default() };
        shown(self.run(on(facts, &namespace, "", Verb::Create { content })).await)
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Status> {
        self.act(path, Verb::Get { resource_version: String::new() }).await
    }
    pub(super) async fn update(&self, path: &str, object: Value) -> Result<Value, Status> {
        let content = Content { value: object, ..Content::default() };
        self.act(path, Verb::Update { content }).await
    }
    pub(super) async fn patch(&self, path: &str, change: Value) -> Result<Value, Status> {
        let content = Content { value: change, ..Content::default() };
        self.act(path, Verb::Patch { kind: PatchType::Merge, patch: content }).await
    }
    pub(super) async fn post(&self, path: &str, object: Value) -> Result<Value, Status> {
        let content = Content { value: object, ..Content::default() };
        self.act(path, Verb::Create { content }).await
    }
    pub(super) async fn delete(&self, path: &str) -> Result<Value, Status> {
        self.delete_with(path, DeleteOptions::default()).await
    }
    pub(super) async fn delete_with(
        &self,
        path: &str,
        options: DeleteOptions,
    ) -> Result<Value, Status> {
        self.act(path, Verb::Delete { options }).await
    }
    async fn act(&self, path: &str, verb: Verb) -> Result<Value, Status> {
        shown(self.run(at(path, verb)).await)
    }

    pub(super) async fn list(&self, path: &str, query: ListQuery) -> Result<Listed, Status> {
        let outcome = self.run(at(path, Verb::List(query))).await?;
        let Outcome::List(listed) = outcome else { panic!("{outcome:?}") };
        Ok(listed)
    }
    pub(super) async fn names(&self, path: &str, query: ListQuery) -> Vec<String> {
        let listed = self.list(path, query).await.unwrap_or_else(|status| panic!("{status}"));
        listed.items.iter().map(|item| item.key.name.to_string()).collect()
    }
    pub(super) async fn watch(&self, path: &str, query: WatchQuery) -> Result<Watch, Status> {
        let outcome = self.run(at(path, Verb::Watch(query))).await?;
        let Outcome::Watch(events) = outcome else { panic!("{outcome:?}") };
        Ok(Watch { events })
    }
}

/// A watch whose events are told as words.
pub(super) struct Watch {
    events: mpsc::Receiver<Result<ObjectEvent, Status>>,
}

impl Watch {
    /// The next event: `ADDED a`, `BOOKMARK end`, `ERROR 410`, or `END`.
    pub(super) async fn next(&mut self) -> String {
        match self.events.recv().await {
            None => "END".to_owned(),
            Some(Ok(ObjectEvent::Added(object))) => format!("ADDED {}", object.key.name),
            Some(Ok(ObjectEvent::Modified(object))) => format!("MODIFIED {}", object.key.name),
            Some(Ok(ObjectEvent::Deleted(object))) => format!("DELETED {}", object.key.name),
            Some(Ok(ObjectEvent::Bookmark { initial_end, .. })) => {
                format!("BOOKMARK{}", if initial_end { " end" } else { "" })
            }
            Some(Err(status)) => format!("ERROR {}", status.code),
        }
    }
    /// The next event itself.
    pub(super) async fn event(&mut self) -> ObjectEvent {
        self.events.recv().await.expect("an event").expect("no error")
    }
    /// Whether nothing has come.
    pub(super) fn is_silent(&mut self) -> bool {
        self.events.try_recv().is_err()
    }
}

/// `configmaps/default/a`, `nodes/n`, `deployments.apps/default/web/scale`, `pods` and so on. `-` is
/// every namespace.
pub(super) fn at(path: &str, verb: Verb) -> Operation {
    let mut steps = path.split('/');
    let resource = steps.next().expect("a resource");
    let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
    let facts = builtin()
        .resources()
        .iter()
        .find(|facts| facts.resource.plural == plural && facts.resource.group == group);
    let facts = facts.unwrap_or_else(|| panic!("{resource} is not served"));
    let is_cluster = facts.resource.scope == meta::resource::Scope::Cluster;
    let namespace = if is_cluster { "" } else { steps.next().unwrap_or("-") };
    let name = steps.next().unwrap_or_default();
    let namespace = if namespace == "-" { "" } else { namespace };
    let mut operation = on(facts, namespace, name, verb);
    operation.subresource = steps.next().unwrap_or_default().to_owned();
    operation
}

pub(super) fn on(facts: &Arc<ResourceFacts>, namespace: &str, name: &str, verb: Verb) -> Operation {
    Operation {
        resource: Arc::clone(facts),
        subresource: String::new(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        verb,
        user: User {
            name: "admin".to_owned(),
            groups: vec!["system:masters".to_owned(), "system:authenticated".to_owned()],
            ..User::default()
        },
        field_manager: "test".to_owned(),
        epoch: None,
        dry_run: false,
        field_validation: FieldValidation::Warn,
        notes: Notes::default(),
    }
}

fn of(object: &Value) -> (&'static Arc<ResourceFacts>, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let api_version = text(&object["apiVersion"]);
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
    let facts = builtin().resource_of_kind(group, version, &text(&object["kind"]));
    (facts.expect("a served kind"), text(&object["metadata"]["namespace"]))
}

/// What a client reads; a created object is told from others by its code.
pub(super) fn shown(outcome: Result<Outcome, Status>) -> Result<Value, Status> {
    match outcome? {
        Outcome::Object { object, .. } => Ok(object.value()),
        Outcome::Value { value, .. } => Ok(value),
        outcome @ (Outcome::List(_) | Outcome::Watch(_)) => panic!("{outcome:?}"),
    }
}

/// A refusal as `CODE REASON message`.
pub(super) fn refusal(answer: Result<Value, Status>) -> String {
    let status = answer.expect_err("a refusal");
    format!("{} {} {}", status.code, status.reason, status.message)
}

pub(super) fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"},
        "metadata": {"name": name, "namespace": "default", "labels": {"name": name}}})
}

pub(super) fn pod(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": [{"name": "c", "image": "nginx:1"}]}})
}

pub(super) fn deployment(name: &str) -> Value {
    let labels = json!({"app": name});
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "c", "image": "nginx:1"}]}}}})
}
