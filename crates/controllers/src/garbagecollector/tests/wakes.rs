//! Whose key a change makes dirty.

use std::sync::Arc;

use api::{resources::CONFIG_MAPS, views::PartialObject};
use runtime::{Change, Controller, Enqueue, Informers};
use serde_json::{Value, json};

use super::{
    super::{GarbageCollector, Key, View, object_changed},
    reference,
};

fn object(metadata: Value) -> Arc<PartialObject> {
    Arc::new(serde_json::from_value(json!({ "metadata": metadata })).expect("an object"))
}

fn owner(uid: &str) -> Arc<PartialObject> {
    object(json!({"name": "o", "uid": uid}))
}

fn dependent() -> Arc<PartialObject> {
    object(json!({"name": "d", "uid": "d", "ownerReferences": [reference("o")]}))
}

/// Whom the end of an owner wakes, or what it changes to, once its dependent is known too.
fn woken_by(new: Option<&str>) -> Vec<String> {
    let view: View = GarbageCollector::view(&mut Informers::default());
    let last = (Some(owner("o")), new.map(owner));
    let mut woken = Vec::new();
    for (old, new) in [(None, Some(owner("o"))), (None, Some(dependent())), last] {
        let mut enqueue = Enqueue::default();
        object_changed(&view, &CONFIG_MAPS, &Change { old, new }, &mut enqueue);
        let keys = enqueue.keys().iter().map(|(key, _)| match key {
            Key::Object(uid) => uid.to_string(),
            Key::Resources => "resources".to_owned(),
        });
        woken = keys.collect();
    }
    woken
}

#[test]
fn dependents_are_looked_at_when_their_owner_goes_and_so_is_what_went() {
    assert_eq!(woken_by(None), ["d", "o"]);
}

#[test]
fn dependents_are_looked_at_when_their_owner_is_another_of_that_name() {
    assert_eq!(woken_by(Some("o2")), ["d", "o"]);
}

#[test]
fn nobody_is_looked_at_when_an_owner_changes_and_stays() {
    assert!(woken_by(Some("o")).is_empty());
}
