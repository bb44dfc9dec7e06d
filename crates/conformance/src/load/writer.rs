//! A writer: creates, changes and deletes its own keys, one after the other.

use api::resources::CONFIG_MAPS;
use client::{
    ClientError, DeleteOptions, PatchKind, Preconditions, Request, Response, WriteOptions,
};
use meta::object::ObjectKey;
use serde_json::{Value as Json, json};

use super::{PAUSE, Shared};
use crate::{
    chance::Chance,
    history::{Action, Answer, Revision, Value, Write},
};

pub(super) const NAMESPACE: &str = "default";
/// What all keys of a load begin with.
pub(super) const PREFIX: &str = "load-";
const KEYS: u64 = 20;
/// Of a hundred writes to something that is there, how many delete it.
const DELETES: u64 = 15;
/// Half of the others replace with the version that is known, half patch without.
const PATCHES: u64 = 42;

/// One key, as its writer knows it.
struct Key {
    name: String,
    /// `None` if it is not there.
    revision: Option<Revision>,
}

pub(super) async fn run(shared: Shared, number: usize, mut chance: Chance) {
    let key = |index| Key { name: format!("{PREFIX}{number}-{index}"), revision: None };
    let mut keys: Vec<Key> = (0..KEYS).map(key).collect();
    while let Some(value) = shared.notes.next_value() {
        let place = usize::try_from(chance.below(KEYS)).unwrap_or(0);
        let roll = chance.below(100);
        write(&shared, &mut keys[place], value, roll).await;
    }
    shared.notes.leave();
}

async fn write(shared: &Shared, key: &mut Key, value: Value, roll: u64) {
    let action = match key.revision {
        Some(_) if roll < DELETES => Action::Delete,
        Some(_) | None => Action::Put(value),
    };
    let (sent, outcome) = loop {
        let sent = shared.notes.tick();
        match shared.transport.send(request(key, action, roll)).await {
            Err(ClientError::Unreachable { .. }) => shared.world.clock.sleep(PAUSE).await,
            outcome => break (sent, outcome),
        }
    };
    let answer = understood(&outcome, action);
    let answered = shared.notes.tick();
    shared.notes.write(Write { key: key.name.clone(), action, sent, answered, answer });
    match answer {
        Answer::Done(revision) => key.revision = revision,
        Answer::Refused | Answer::Unknown => read_back(shared, key).await,
    }
}

/// Finds out what became of a write.
async fn read_back(shared: &Shared, key: &mut Key) {
    loop {
        let sent = shared.notes.tick();
        let outcome = shared.transport.send(Request::get(&CONFIG_MAPS, &object_key(key))).await;
        let seen = match &outcome {
            Ok(response) => Some(parsed(response)),
            Err(ClientError::Api(error)) if error.code == 404 => None,
            Err(_) => {
                shared.world.clock.sleep(PAUSE).await;
                continue;
            }
        };
        let action = Action::Read(seen.as_ref().map(value_of));
        key.revision = seen.as_ref().map(revision_of);
        let (answered, answer) = (shared.notes.tick(), Answer::Done(None));
        shared.notes.write(Write { key: key.name.clone(), action, sent, answered, answer });
        return;
    }
}

fn request(key: &Key, action: Action, roll: u64) -> Request {
    let options = WriteOptions::default();
    let object = |value: Value| {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": key.name, "namespace": NAMESPACE},
            "data": {"value": value.to_string()},
        })
    };
    match (action, key.revision) {
        (Action::Put(value), None) => {
            Request::create(&CONFIG_MAPS, NAMESPACE, &object(value), &options)
        }
        (Action::Put(value), Some(_)) if roll < DELETES + PATCHES => {
            let patch = json!({"data": {"value": value.to_string()}});
            Request::patch(&CONFIG_MAPS, &object_key(key), PatchKind::Merge, &patch, &options)
        }
        (Action::Put(value), Some(revision)) => {
            let mut object = object(value);
            object["metadata"]["resourceVersion"] = revision.to_string().into();
            Request::update(&CONFIG_MAPS, &object_key(key), &object, &options)
        }
        (Action::Delete, _) => {
            let preconditions = Preconditions::default();
            let options = DeleteOptions { preconditions, ..DeleteOptions::default() };
            Request::delete(&CONFIG_MAPS, &object_key(key), &options)
        }
        (Action::Read(_), _) => Request::get(&CONFIG_MAPS, &object_key(key)),
    }
}

fn understood(outcome: &Result<Response, ClientError>, action: Action) -> Answer {
    match outcome {
        Ok(_) if action == Action::Delete => Answer::Done(None),
        Ok(response) => Answer::Done(Some(revision_of(&parsed(response)))),
        Err(ClientError::Api(error)) if error.code < 500 => Answer::Refused,
        Err(_) => Answer::Unknown,
    }
}

fn object_key(key: &Key) -> ObjectKey {
    ObjectKey::new(NAMESPACE, key.name.as_str())
}

fn parsed(response: &Response) -> Json {
    serde_json::from_slice(&response.body).expect("an answer is JSON")
}

/// The revision of an object.
pub(super) fn revision_of(object: &Json) -> Revision {
    let text = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    text.parse().expect("an object has a resource version")
}

/// The value that a writer stored in an object.
pub(super) fn value_of(object: &Json) -> Value {
    let text = object["data"]["value"].as_str().unwrap_or_default();
    text.parse().expect("an object of the load has a value")
}
