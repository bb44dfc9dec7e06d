//! Does what the scenario says, again and again until the server has it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use api::{
    resources::{DEPLOYMENTS, NAMESPACES, PODS},
    views::PartialObject,
};
use client::{
    ClientError, DeleteOptions, ListOptions, PatchKind, Propagation, Request, Response, Transport,
    WriteOptions,
};
use meta::{object::ObjectKey, resource::Resource};
use serde::Deserialize;
use serde_json::{Value, json};
use world::World;

use super::{Action, Draft, NAMESPACE, NODES, POD_MILLICORES, Strategy, Verb};
use crate::trace::Trace;

/// Between two attempts, and two looks at what is being deleted.
const RETRY: Duration = Duration::from_secs(1);
/// An API server that is not back after so many attempts never will be.
const ATTEMPTS_MAX: u32 = 300;

/// What the user has been told; it may never become untrue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    There { image: String, replicas: i32, paused: bool },
    Missing,
}

pub(crate) struct User {
    pub(crate) world: World,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) trace: Trace,
}

/// What came of a scenario.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) deployments: BTreeMap<&'static str, Expected>,
    /// Whether the namespace is to be gone.
    pub(crate) namespace_deleted: bool,
}

/// Something is wrong with an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the user cannot {action}")]
    Refused { action: String, source: ClientError },
    #[error("deleting {name} does not end")]
    Endless { name: &'static str },
}

/// From the first node to the last action.
pub(crate) async fn act(user: User, actions: Vec<Action>) -> Result<Told, Trouble> {
    user.set_up().await?;
    let mut told = Told::default();
    for Action { wait, verb } in actions {
        user.world.clock.sleep(wait).await;
        user.trace.note(user.world.clock.monotonic(), &format!("user: {verb}"));
        user.carry_out(&verb).await?;
        told.note(verb);
    }
    Ok(told)
}

impl Told {
    fn note(&mut self, verb: Verb) {
        match verb {
            Verb::Create(Draft { name, image, replicas, .. }) => {
                let there = Expected::There { image, replicas, paused: false };
                self.deployments.insert(name, there);
            }
            Verb::SetImage { name, image: wanted } => {
                self.change(name, |image, _, _| *image = wanted);
            }
            Verb::Scale { name, replicas: wanted } => {
                self.change(name, |_, replicas, _| *replicas = wanted);
            }
            Verb::Pause { name } => self.change(name, |_, _, paused| *paused = true),
            Verb::Resume { name } => self.change(name, |_, _, paused| *paused = false),
            Verb::Delete { name, .. } => {
                self.deployments.insert(name, Expected::Missing);
            }
            Verb::DeleteNamespace => {
                self.deployments.values_mut().for_each(|expected| *expected = Expected::Missing);
                self.namespace_deleted = true;
            }
            Verb::DeletePod { .. } | Verb::Cordon { .. } | Verb::Uncordon { .. } => {}
        }
    }

    fn change(
        &mut self,
        name: &'static str,
        change: impl FnOnce(&mut String, &mut i32, &mut bool),
    ) {
        if let Some(Expected::There { image, replicas, paused }) = self.deployments.get_mut(name) {
            change(image, replicas, paused);
        }
    }
}

impl User {
    async fn set_up(&self) -> Result<(), Trouble> {
        for _ in 0..ATTEMPTS_MAX {
            if plane::register_nodes(&self.world, &*self.transport, NODES).await.is_ok() {
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
    async fn delete(&self, name: &'static str, propagation: Propagation) -> Result<(), Trouble> {
        let options = DeleteOptions { propagation: Some(propagation), ..DeleteOptions::default() };
        self.send(Request::delete(&DEPLOYMENTS, &key(name), &options)).await?;
        for _ in 0..ATTEMPTS_MAX {
            if self.send(Request::get(&DEPLOYMENTS, &key(name))).await?.is_none() {
                return Ok(());
            }
            self.world.clock.sleep(RETRY).await;
        }
        Err(Trouble::Endless { name })
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

fn deployment(draft: &Draft) -> Value {
    let labels = json!({"app": draft.name});
    let strategy = match &draft.strategy {
        Strategy::Recreate => json!({"type": "Recreate"}),
        Strategy::Rolling { surge, unavailable } => json!({
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
        }),
    };
    let container = json!({
        "name": "app", "image": draft.image,
        "resources": {"requests": {"cpu": format!("{POD_MILLICORES}m")}},
    });
    json!({
        "metadata": {"name": draft.name},
        "spec": {
            "replicas": draft.replicas,
            "selector": {"matchLabels": labels},
            "strategy": strategy,
            "progressDeadlineSeconds": draft.deadline_seconds,
            "minReadySeconds": draft.min_ready_seconds,
            "revisionHistoryLimit": draft.history_limit,
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    })
}
