//! Does what the scenario says, again and again until the server has it.

use std::{sync::Arc, time::Duration};

use api::{
    resources::{DEPLOYMENTS, NAMESPACES, PODS},
    views::PartialObject,
};
use client::{
    ClientError, DeleteOptions, ListOptions, PatchKind, Request, Response, Transport, WriteOptions,
};
use meta::{object::ObjectKey, resource::Resource};
use serde::Deserialize;
use serde_json::{Value, json};
use world::World;

use super::{
    Told,
    objects::{deployment, resource_named, resource_of},
};
use crate::{
    plan::{Action, NAMESPACE, Propagation, Verb},
    trace::Trace,
};

/// Between two attempts, and two looks at what is being deleted.
const RETRY: Duration = Duration::from_secs(1);
/// An API server that is not back after so many attempts never will be.
const ATTEMPTS_MAX: u32 = 300;

pub(crate) struct User {
    pub(crate) world: World,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) trace: Trace,
    /// Nodes to register.
    pub(crate) nodes: u32,
}

/// Something is wrong with an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the user cannot {action}")]
    Refused { action: String, source: ClientError },
    #[error("deleting {name} does not end")]
    Endless { name: String },
    #[error("the user knows no {name}")]
    NoKind { name: String },
}

/// From the first node to the last action.
pub(crate) async fn act(user: User, actions: Vec<Action>) -> Result<Told, Trouble> {
    user.set_up().await?;
    let mut told = Told::default();
    for Action { wait, verb } in actions {
        user.world.clock.sleep(wait).await;
        user.trace.note(user.world.clock.monotonic(), &format!("user: {verb}"));
        let done = user.carry_out(&verb).await;
        told.note(verb);
        match done {
            // While things go wrong it need not end; when they do not, it must: the user goes home.
            Err(Trouble::Endless { .. }) => return Ok(told),
            done => done?,
        }
    }
    Ok(told)
}

impl User {
    async fn set_up(&self) -> Result<(), Trouble> {
        for _ in 0..ATTEMPTS_MAX {
            if plane::register_nodes(&self.world, &*self.transport, self.nodes).await.is_ok() {
                break;
            }
            self.world.clock.sleep(RETRY).await;
        }
        let namespace = json!({"metadata": {"name": NAMESPACE}});
        let options = WriteOptions::default();
        self.send(Request::create(&NAMESPACES, "", &namespace, &options)).await.map(drop)
    }

    async fn carry_out(&self, verb: &Verb) -> Result<(), Trouble> {
        match verb {
            Verb::Create(draft) => {
                let options = WriteOptions::default();
                let object = deployment(draft);
                let request = Request::create(&DEPLOYMENTS, NAMESPACE, &object, &options);
                self.send(request).await.map(drop)
            }
            Verb::SetImage { name, image } => {
                let containers = json!([{"name": "app", "image": image}]);
                let spec = json!({"template": {"spec": {"containers": containers}}});
                self.patch(&DEPLOYMENTS, &key(name), json!({"spec": spec}), "").await
            }
            Verb::Scale { name, replicas } => {
                let patch = json!({"spec": {"replicas": replicas}});
                self.patch(&DEPLOYMENTS, &key(name), patch, "scale").await
            }
            Verb::Pause { name } => self.pause(name, json!(true)).await,
            Verb::Resume { name } => self.pause(name, Value::Null).await,
            Verb::Delete { name, propagation } => self.delete(name, *propagation).await,
            Verb::DeletePod { name, lot } => self.delete_pod(name, *lot).await,
            Verb::Cordon { node } => self.cordon(*node, json!(true)).await,
            Verb::Uncordon { node } => self.cordon(*node, Value::Null).await,
            Verb::CreateObject { object } => {
                let facts = resource_of(object).ok_or_else(|| no_kind(&object["kind"]))?;
                let options = WriteOptions::default();
                let request = Request::create(&facts.resource, NAMESPACE, object, &options);
                self.send(request).await.map(drop)
            }
            Verb::PatchObject { resource, name, patch } => {
                let (facts, subresource) =
                    resource_named(resource).ok_or_else(|| no_kind(resource))?;
                let options = WriteOptions::default();
                let request =
                    Request::patch(&facts.resource, &key(name), PatchKind::Merge, patch, &options);
                let request =
                    if subresource.is_empty() { request } else { request.subresource(subresource) };
                self.send(request).await.map(drop)
            }
            Verb::DeleteObject { resource, name, propagation } => {
                let (facts, _) = resource_named(resource).ok_or_else(|| no_kind(resource))?;
                let request = Request::delete(&facts.resource, &key(name), &deletion(*propagation));
                self.send(request).await.map(drop)
            }
            Verb::DeleteNamespace => {
                let key = ObjectKey::new("", NAMESPACE);
                let request = Request::delete(&NAMESPACES, &key, &DeleteOptions::default());
                self.send(request).await.map(drop)
            }
        }
    }

    async fn pause(&self, name: &str, paused: Value) -> Result<(), Trouble> {
        let patch = json!({"spec": {"paused": paused}});
        self.patch(&DEPLOYMENTS, &key(name), patch, "").await
    }

    async fn cordon(&self, node: u32, unschedulable: Value) -> Result<(), Trouble> {
        let key = ObjectKey::new("", format!("node-{node}").as_str());
        let patch = json!({"spec": {"unschedulable": unschedulable}});
        self.patch(&api::resources::NODES, &key, patch, "").await
    }

    async fn patch(
        &self,
        resource: &Resource,
        key: &ObjectKey,
        patch: Value,
        subresource: &str,
    ) -> Result<(), Trouble> {
        let options = WriteOptions::default();
        // What is patched as a scale knows no strategic merge.
        if subresource.is_empty() {
            let request = Request::patch(resource, key, PatchKind::Strategic, &patch, &options);
            return self.send(request).await.map(drop);
        }
        let request = Request::patch(resource, key, PatchKind::Merge, &patch, &options);
        self.send(request.subresource(subresource)).await.map(drop)
    }

    /// Waits for the end, as kubectl does.
    async fn delete(&self, name: &str, propagation: Propagation) -> Result<(), Trouble> {
        self.send(Request::delete(&DEPLOYMENTS, &key(name), &deletion(propagation))).await?;
        for _ in 0..ATTEMPTS_MAX {
            if self.send(Request::get(&DEPLOYMENTS, &key(name))).await?.is_none() {
                return Ok(());
            }
            self.world.clock.sleep(RETRY).await;
        }
        Err(Trouble::Endless { name: name.to_owned() })
    }

    async fn delete_pod(&self, name: &str, lot: u64) -> Result<(), Trouble> {
        let label_selector = format!("app={name}");
        let options = ListOptions { label_selector, ..ListOptions::default() };
        let Some(answer) = self.send(Request::list(&PODS, NAMESPACE, &options)).await? else {
            return Ok(());
        };
        let names = names(&answer.body);
        let count = u64::try_from(names.len()).unwrap_or(0).max(1);
        let place = usize::try_from(lot % count).unwrap_or(0);
        let Some(name) = names.get(place) else { return Ok(()) };
        let request = Request::delete(&PODS, &key(name), &DeleteOptions::default());
        self.send(request).await.map(drop)
    }

    /// Sends until there is an answer; `None` if there is nothing to do any more.
    async fn send(&self, request: Request) -> Result<Option<Response>, Trouble> {
        let mut last = ClientError::Unreachable { reason: "never tried".to_owned() };
        for _ in 0..ATTEMPTS_MAX {
            let error = match self.transport.send(request.clone()).await {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) if error.is_not_found() || error.is_already_exists() => return Ok(None),
                Err(error) => error,
            };
            let refused = error.api().is_some_and(|refusal| matches!(refusal.code, 400..=499));
            last = error;
            if refused && !last.is_conflict() {
                break;
            }
            self.world.clock.sleep(RETRY).await;
        }
        let action = format!("{:?} {}", request.method, request.path);
        Err(Trouble::Refused { action, source: last })
    }
}

fn no_kind(name: impl ToString) -> Trouble {
    Trouble::NoKind { name: name.to_string() }
}

fn deletion(propagation: Propagation) -> DeleteOptions {
    DeleteOptions { propagation: Some(propagation.into()), ..DeleteOptions::default() }
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new(NAMESPACE, name)
}

#[derive(Deserialize)]
struct List {
    items: Vec<PartialObject>,
}

fn names(list: &[u8]) -> Vec<String> {
    let list = serde_json::from_slice(list).unwrap_or(List { items: Vec::new() });
    list.items.iter().map(|item| item.metadata.name.to_string()).collect()
}
