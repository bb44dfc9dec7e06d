//! What a namespace still holds, read live.

use std::sync::Arc;

use api::{
    resources::{NAMESPACES, PODS},
    views::{Namespace, PartialObject, Pod},
};
use meta::{
    object::ObjectKey,
    resource::{Resource, Scope},
    text::Text,
};
use runtime::{Answers, Cache, ClientError, Observation, Read};
use serde::Deserialize;
use serde_json::Value;

use super::Settle;

/// The namespaces.
pub struct View {
    pub(super) namespaces: Arc<Cache<Namespace>>,
    pub(super) settle: Settle,
}

/// A namespace that is being deleted, and what is in it.
#[derive(Debug)]
pub struct Content {
    pub(super) namespace: Namespace,
    /// The same as it is stored.
    pub(super) live: Value,
    /// In the order in which it is to go: pods alone, then everything else.
    pub(super) left: Vec<Left>,
    /// Seconds that the pods may still take.
    pub(super) pods_grace_seconds: i64,
    pub(super) discovery_errors: Vec<String>,
    pub(super) read_errors: Vec<String>,
}

/// Objects of one resource that are left.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) resource: Resource,
    pub(super) objects: Vec<PartialObject>,
    pub(super) can_delete_collection: bool,
}

pub(super) fn observe(view: &View, key: &Text, answers: &Answers) -> Observation<Content> {
    let key = ObjectKey::new("", key.clone());
    let cached = view.namespaces.get(&key).filter(|namespace| is_ours(namespace));
    let Some(cached) = cached else { return Observation::Gone };
    let live_read = Read::Object { resource: NAMESPACES, key: key.clone() };
    let pods_read = Read::List { resource: PODS, namespace: key.name.clone() };
    let (Some(live), Some(discovery), Some(pods)) =
        (answers.get(&live_read), answers.discovery(), answers.get(&pods_read))
    else {
        return Observation::Ask(vec![live_read, Read::Discovery, pods_read]);
    };
    let live = match live {
        Ok(live) => live,
        Err(error) if error.is_not_found() => return Observation::Gone,
        // Nothing else will ask for another look.
        Err(error) => return Observation::Ready(Content::unread(&cached, error)),
    };
    let Some(namespace) = Namespace::deserialize(live).ok().filter(is_ours) else {
        return Observation::Gone;
    };
    let mut content = Content::empty(namespace, live.clone());
    content.take_pods(pods);
    if !content.left.is_empty() || !content.read_errors.is_empty() {
        // Pods first: the rest may be what they need to end well.
        return Observation::Ready(content);
    }
    let discovery = discovery.unwrap_or_else(|error| {
        content.discovery_errors.push(error.to_string());
        runtime::Discovery::default()
    });
    content.discovery_errors.extend(discovery.stale.iter().map(|group| format!("{group}: stale")));
    let deletable = discovery.served.into_iter().filter(|served| {
        served.resource.scope == Scope::Namespaced
            && served.resource != PODS
            && served.can(&["delete", "list"])
    });
    let deletable: Vec<(Resource, bool)> = deletable
        .map(|served| (served.resource.clone(), served.can(&["deletecollection"])))
        .collect();
    let read = |resource: &Resource| Read::List {
        resource: resource.clone(),
        namespace: key.name.clone(),
    };
    let open: Vec<Read> = deletable.iter().map(|(resource, _)| read(resource)).collect();
    let open: Vec<Read> = open.into_iter().filter(|read| answers.get(read).is_none()).collect();
    if !open.is_empty() {
        return Observation::Ask(open);
    }
    for (resource, can_delete_collection) in deletable {
        if let Some(answer) = answers.get(&read(&resource)) {
            content.take(resource, can_delete_collection, answer);
        }
    }
    Observation::Ready(content)
}

/// Whether the namespace waits for this controller.
fn is_ours(namespace: &Namespace) -> bool {
    namespace.metadata.is_deleting()
        && namespace.spec.finalizers.iter().any(|finalizer| *finalizer == *"kubernetes")
}

fn items<T: for<'de> Deserialize<'de>>(list: &Value) -> Vec<T> {
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(|item| T::deserialize(item).ok()).collect()
}

impl Content {
    const fn empty(namespace: Namespace, live: Value) -> Self {
        Self {
            namespace,
            live,
            left: Vec::new(),
            pods_grace_seconds: 0,
            discovery_errors: Vec::new(),
            read_errors: Vec::new(),
        }
    }

    /// Of a namespace that could not be read: it may be empty or not.
    fn unread(namespace: &Namespace, error: &ClientError) -> Self {
        let read_errors = vec![error.to_string()];
        Self { read_errors, ..Self::empty(namespace.clone(), Value::Null) }
    }

    fn take_pods(&mut self, answer: &Result<Value, ClientError>) {
        if let Ok(list) = answer {
            let graces = items::<Pod>(list).into_iter().filter(|pod| !pod.is_finished());
            let graces = graces.filter_map(|pod| {
                pod.metadata
                    .deletion_grace_period_seconds
                    .or(pod.spec.termination_grace_period_seconds)
            });
            self.pods_grace_seconds = graces.max().unwrap_or(0);
        }
        self.take(PODS, true, answer);
    }

    fn take(
        &mut self,
        resource: Resource,
        can_delete_collection: bool,
        answer: &Result<Value, ClientError>,
    ) {
        match answer {
            Ok(list) => {
                let objects = items::<PartialObject>(list);
                if !objects.is_empty() {
                    self.left.push(Left { resource, objects, can_delete_collection });
                }
            }
            // A resource that is served no more holds nothing.
            Err(error) if error.is_not_found() => {}
            Err(error) => self.read_errors.push(error.to_string()),
        }
    }
}
