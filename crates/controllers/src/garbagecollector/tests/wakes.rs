//! Whose key a change makes dirty.

use std::sync::Arc;

use api::{resources::CONFIG_MAPS, views::PartialObject};
use runtime::{Change, Controller, Enqueue, Informers};
use serde_json::{Value, json};

use super::{
    super::{GarbageCollector, Key, View, object_changed},
    reference,
};

/// An object, and whether it is there after a change, or was before.
type State = Option<Arc<PartialObject>>;

fn object(metadata: Value) -> Arc<PartialObject> {
    Arc::new(serde_json::from_value(json!({ "metadata": metadata })).expect("an object"))
}

fn owner(uid: &str) -> State {
    Some(object(json!({"name": "o", "uid": uid})))
}

fn dependent() -> State {
    Some(object(json!({"name": "d", "uid": "d", "ownerReferences": [reference("o")]})))
}

/// The UIDs of the objects that must be looked at after the last of some changes.
fn woken(changes: Vec<(State, State)>) -> Vec<String> {
    let view: View = GarbageCollector::view(&mut Informers::default());
    let mut last = Vec::new();
    for (old, new) in changes {
        let mut enqueue = Enqueue::default();
        object_changed(&view, &CONFIG_MAPS, &Change { old, new }, &mut enqueue);
        let keys = enqueue.keys().iter().map(|(key, _)| match key {
            Key::Object(uid) => uid.to_string(),
            Key::Resources => "resources".to_owned(),
        });
        last = keys.collect();
    }
    last
}

#[test]
fn dependents_are_looked_at_when_their_owner_goes() {
    assert_eq!(woken(vec![(None, owner("o")), (None, dependent()), (owner("o"), None)]), ["d"]);
}

#[test]
fn dependents_are_looked_at_when_their_owner_is_another_of_that_name() {
    let replaced = (owner("o"), owner("o2"));
    assert_eq!(woken(vec![(None, owner("o")), (None, dependent()), replaced]), ["d"]);
}

#[test]
fn nobody_is_looked_at_when_an_owner_changes_and_stays() {
    let changed = (owner("o"), owner("o"));
    assert!(woken(vec![(None, owner("o")), (None, dependent()), changed]).is_empty());
}
