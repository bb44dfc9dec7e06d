//! An API server just good enough for the engine: objects by path, one revision, watches, and faults.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use client::{
    ApiError, ClientError, EventType, Method, Request, Response, Transport, WatchEvent, WatchStream,
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use world::BoxFuture;

/// What goes wrong with the next write whose `METHOD path` contains a text.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Refused with this code and reason.
    Refuse(u16, &'static str),
    /// Done, but the answer is lost.
    LoseReply,
    /// Not sent.
    Unreachable,
    /// Never answered, never done.
    Silence,
}

#[derive(Clone, Default)]
pub(crate) struct Server {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    revision: u64,
    /// By path of the object.
    objects: BTreeMap<String, Value>,
    watches: Vec<Watch>,
    faults: VecDeque<(String, Fault)>,
    /// `METHOD path` of all writes, and of reads of single objects.
    log: Vec<String>,
    /// Collections whose watches deliver nothing at present, and what they would have.
    held: BTreeMap<String, Vec<(String, WatchEvent)>>,
    no_streaming_lists: bool,
    no_bookmarks: bool,
    /// Lists of whole collections, streaming or not.
    lists: usize,
}

struct Watch {
    collection: String,
    sender: mpsc::Sender<Told>,
}

type Told = Result<WatchEvent, ClientError>;

impl Server {
    /// Puts an object; its revision grows.
    pub(crate) fn put(&self, path: &str, object: Value) {
        self.state.lock().write(path, object);
    }
    /// Takes an object out.
    pub(crate) fn remove(&self, path: &str) {
        self.state.lock().delete(path);
    }
    pub(crate) fn fail(&self, matching: &str, fault: Fault) {
        self.state.lock().faults.push_back((matching.to_owned(), fault));
    }
    /// As the reference over an old etcd: no streaming lists, and lists at a version are answered by a
    /// cache of the collection, which knows no revision but those of its own objects.
    pub(crate) fn no_streaming_lists(&self) {
        self.state.lock().no_streaming_lists = true;
    }
    /// As the reference, which says only now and then how far it is.
    pub(crate) fn no_bookmarks(&self) {
        self.state.lock().no_bookmarks = true;
    }
    /// Lists of whole collections since the last call.
    pub(crate) fn take_lists(&self) -> usize {
        std::mem::take(&mut self.state.lock().lists)
    }
    /// Ends all watches of a collection, with an `ERROR` event of that code if there is one.
    pub(crate) fn end_watches(&self, collection: &str, code: Option<u16>) {
        let mut state = self.state.lock();
        let (ended, kept) = std::mem::take(&mut state.watches)
            .into_iter()
            .partition(|watch| watch.collection == collection);
        state.watches = kept;
        let ended: Vec<Watch> = ended;
        for (watch, code) in ended.iter().zip(std::iter::repeat(code)) {
            let Some(code) = code else { continue };
            let object = json!({"code": code}).to_string().into();
            let event = WatchEvent { kind: EventType::Error, object };
            let _ = watch.sender.try_send(Ok(event));
        }
    }
    pub(crate) fn hold(&self, collection: &str) {
        self.state.lock().held.entry(collection.to_owned()).or_default();
    }
    pub(crate) fn release(&self, collection: &str) {
        let mut state = self.state.lock();
        let held = state.held.remove(collection).unwrap_or_default();
        for (collection, event) in held {
            state.tell(&collection, event);
        }
    }
    /// Paths of the objects in a collection.
    pub(crate) fn names(&self, collection: &str) -> Vec<String> {
        let state = self.state.lock();
        let paths = state.objects.keys().filter(|path| collection_of(path) == collection);
        paths.filter_map(|path| path.rsplit('/').next()).map(str::to_owned).collect()
    }
    /// The object at a path.
    pub(crate) fn object(&self, path: &str) -> Option<Value> {
        self.state.lock().objects.get(path).cloned()
    }
    /// Requests since the last call, events left out.
    pub(crate) fn take_log(&self) -> Vec<String> {
        let mut log = std::mem::take(&mut self.state.lock().log);
        log.retain(|line| !line.contains("/events"));
        log
    }
}

/// `/api/v1/namespaces/shop/pods/a` is in `/api/v1/pods`.
fn collection_of(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let Some(at) = parts.iter().position(|part| *part == "namespaces") else {
        return parts[..parts.len() - 1].join("/");
    };
    if parts.len() <= at + 2 {
        return parts[..parts.len() - 1].join("/");
    }
    [&parts[..at], &parts[at + 2..at + 3]].concat().join("/")
}

fn revision_of(object: &Value) -> Option<u64> {
    object["metadata"]["resourceVersion"].as_str()?.parse().ok()
}

/// The version after which a watch wants to be told.
fn version_after(query: &str) -> u64 {
    let version = query.split('&').find_map(|part| part.strip_prefix("resourceVersion="));
    version.and_then(|version| version.parse().ok()).unwrap_or(u64::MAX)
}

fn refusal(code: u16, reason: &str) -> ClientError {
    let causes = match reason {
        "NamespaceTerminating" => vec![reason.to_owned()],
        _ => Vec::new(),
    };
    let (reason, message) = (reason.to_owned(), format!("refused: {reason}"));
    ClientError::Api(ApiError { code, reason, message, causes, retry_after: None })
}

impl State {
    fn write(&mut self, path: &str, mut object: Value) -> Value {
        self.revision += 1;
        let known = self.objects.get(path);
        let uid = known.map_or(json!(format!("uid-{}", self.revision)), |known| {
            known["metadata"]["uid"].clone()
        });
        let kind = if known.is_some() { EventType::Modified } else { EventType::Added };
        object["metadata"]["uid"] = uid;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        self.objects.insert(path.to_owned(), object.clone());
        let event = WatchEvent { kind, object: object.to_string().into() };
        self.tell(&collection_of(path), event);
        object
    }
    fn delete(&mut self, path: &str) {
        let Some(mut object) = self.objects.remove(path) else { return };
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let event = WatchEvent { kind: EventType::Deleted, object: object.to_string().into() };
        self.tell(&collection_of(path), event);
    }
    fn tell(&mut self, collection: &str, event: WatchEvent) {
        if let Some(held) = self.held.get_mut(collection) {
            held.push((collection.to_owned(), event));
            return;
        }
        for watch in self.watches.iter().filter(|watch| watch.collection == collection) {
            let _ = watch.sender.try_send(Ok(event.clone()));
        }
    }
    fn list(&self, path: &str, cached: bool) -> Value {
        let items = self.objects.iter().filter(|(at, _)| collection_of(at) == path);
        let items: Vec<&Value> = items.map(|(_, object)| object).collect();
        let last = || items.iter().filter_map(|object| revision_of(object)).max().unwrap_or(1);
        let revision = if cached { last() } else { self.revision };
        json!({"metadata": {"resourceVersion": revision.to_string()}, "items": items})
    }
    fn answer(&mut self, request: &Request) -> Result<Value, ClientError> {
        let path = request.path.split('?').next().unwrap_or_default();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let object = path.trim_end_matches("/status");
        match request.method {
            Method::Get if path.rsplit('/').next().is_some_and(|last| last.ends_with('s')) => {
                let cached = self.no_streaming_lists && request.path.contains("resourceVersion=");
                Ok(self.list(path, cached))
            }
            Method::Get => self.objects.get(path).cloned().ok_or_else(|| refusal(404, "NotFound")),
            Method::Post => self.create(path, body),
            Method::Put => {
                self.check(object, &body["metadata"])?;
                Ok(self.write(object, body))
            }
            Method::Patch => {
                self.check(object, &body["metadata"])?;
                let mut patched = self.objects[object].clone();
                merge(&mut patched, &body);
                Ok(self.write(object, patched))
            }
            Method::Delete => {
                self.check(object, &body["preconditions"])?;
                self.delete(object);
                Ok(json!({"kind": "Status"}))
            }
        }
    }
    fn create(&mut self, path: &str, mut body: Value) -> Result<Value, ClientError> {
        let prefix = body["metadata"]["generateName"].as_str().unwrap_or_default().to_owned();
        if body["metadata"]["name"].as_str().is_none() {
            body["metadata"]["name"] = json!(format!("{prefix}{}", self.revision + 1));
        }
        if let Some((_, rest)) = path.split_once("/namespaces/") {
            body["metadata"]["namespace"] = json!(rest.split('/').next());
        }
        let object = format!("{path}/{}", body["metadata"]["name"].as_str().unwrap_or_default());
        if self.objects.contains_key(&object) {
            return Err(refusal(409, "AlreadyExists"));
        }
        Ok(self.write(&object, body))
    }
    fn check(&self, path: &str, wanted: &Value) -> Result<(), ClientError> {
        let known = self.objects.get(path).ok_or_else(|| refusal(404, "NotFound"))?;
        for field in ["uid", "resourceVersion"] {
            if !wanted[field].is_null() && wanted[field] != known["metadata"][field] {
                return Err(refusal(409, "Conflict"));
            }
        }
        Ok(())
    }
    fn watch(&mut self, request: &Request) -> Result<WatchStream, ClientError> {
        let (collection, query) = request.path.split_once('?').unwrap_or_default();
        let initial = query.contains("sendInitialEvents");
        if initial && self.no_streaming_lists {
            return Err(refusal(422, "Invalid"));
        }
        let (sender, receiver) = mpsc::channel(10_000);
        if !initial && !self.held.contains_key(collection) {
            self.resume(collection, version_after(query), &sender);
        }
        if initial {
            self.lists += 1;
            let present = self.objects.iter().filter(|(path, _)| collection_of(path) == collection);
            for (_, object) in present {
                let event =
                    WatchEvent { kind: EventType::Added, object: object.to_string().into() };
                let _ = sender.try_send(Ok(event));
            }
            let bookmark = json!({"metadata": {
                "resourceVersion": self.revision.to_string(),
                "annotations": {"k8s.io/initial-events-end": "true"},
            }});
            let object = Bytes::from(bookmark.to_string());
            let _ = sender.try_send(Ok(WatchEvent { kind: EventType::Bookmark, object }));
        }
        self.watches.push(Watch { collection: collection.to_owned(), sender });
        Ok(receiver)
    }
    /// Tells what has come or changed after a version, and how far the server is.
    fn resume(&self, collection: &str, version: u64, sender: &mpsc::Sender<Told>) {
        let changed = self.objects.iter().filter(|(path, object)| {
            collection_of(path) == collection && revision_of(object) > Some(version)
        });
        for (_, object) in changed {
            let object = object.to_string().into();
            let _ = sender.try_send(Ok(WatchEvent { kind: EventType::Modified, object }));
        }
        if !self.no_bookmarks {
            let object = json!({"metadata": {"resourceVersion": self.revision.to_string()}});
            let object = object.to_string().into();
            let _ = sender.try_send(Ok(WatchEvent { kind: EventType::Bookmark, object }));
        }
    }
    fn fault(&mut self, line: &str) -> Option<Fault> {
        let at = self.faults.iter().position(|(matching, _)| line.contains(matching))?;
        self.faults.remove(at).map(|(_, fault)| fault)
    }
}

fn merge(into: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else {
        *into = patch.clone();
        return;
    };
    for (name, value) in fields {
        merge(&mut into[name], value);
    }
}

impl Transport for Server {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, ClientError>> {
        let state = Arc::clone(&self.state);
        Box::pin(async move {
            let line =
                format!("{:?} {}", request.method, request.path).replace("?fieldManager=test", "");
            let fault = state.lock().fault(&line);
            if !line.contains("limit=") {
                state.lock().log.push(line);
            }
            let lost = match fault {
                Some(Fault::Refuse(code, reason)) => return Err(refusal(code, reason)),
                Some(Fault::Unreachable) => {
                    return Err(ClientError::Unreachable { reason: "nobody there".into() });
                }
                Some(Fault::Silence) => std::future::pending().await,
                Some(Fault::LoseReply) => true,
                None => false,
            };
            let answer = state.lock().answer(&request)?;
            if lost {
                return Err(ClientError::NoAnswer { reason: "lost".into() });
            }
            let body = answer.to_string().into();
            Ok(Response { code: 200, body, warnings: Vec::new() })
        })
    }
    fn watch(&self, request: Request) -> BoxFuture<Result<WatchStream, ClientError>> {
        let state = Arc::clone(&self.state);
        Box::pin(async move { state.lock().watch(&request) })
    }
}
