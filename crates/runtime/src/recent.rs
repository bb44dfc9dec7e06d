//! Objects as they were last told of, whole: who writes an object back as a whole need not read it first.
//!
//! Caches hold views, which know a part of an object. What changes is what is written about next, so it is
//! enough to keep the JSON of what has changed lately.

use std::collections::BTreeMap;

use bytes::Bytes;
use meta::{object::ObjectKey, resource::Resource};
use parking_lot::Mutex;

/// The roll-out of some hundred Deployments at once. In one process with the API server the JSON is its
/// own, shared.
const BYTES_MAX: usize = 2 * 1024 * 1024;
/// What is larger is read when it is needed.
const OBJECT_BYTES_MAX: usize = 64 * 1024;

type Place = (Resource, ObjectKey);

/// At most two megabytes; what was told of longest ago goes first.
#[derive(Default)]
pub(crate) struct Recent {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<Place, (u64, Bytes)>,
    by_age: BTreeMap<u64, Place>,
    bytes: usize,
    told: u64,
}

impl Recent {
    /// Takes in an object's newest state.
    pub(crate) fn saw(&self, resource: &Resource, key: ObjectKey, object: &Bytes) {
        let mut state = self.state.lock();
        let place = (resource.clone(), key);
        state.remove(&place);
        if object.len() > OBJECT_BYTES_MAX {
            return;
        }
        state.told += 1;
        state.bytes += object.len();
        let told = state.told;
        state.by_age.insert(told, place.clone());
        state.objects.insert(place, (told, object.clone()));
        while state.bytes > BYTES_MAX
            && let Some((_, oldest)) = state.by_age.first_key_value()
        {
            let oldest = oldest.clone();
            state.remove(&oldest);
        }
    }
    /// The object is gone.
    pub(crate) fn lost(&self, resource: &Resource, key: ObjectKey) {
        self.state.lock().remove(&(resource.clone(), key));
    }
    /// The JSON of an object, if it has changed lately.
    pub(crate) fn get(&self, resource: &Resource, key: &ObjectKey) -> Option<Bytes> {
        let state = self.state.lock();
        state.objects.get(&(resource.clone(), key.clone())).map(|(_, object)| object.clone())
    }
}

impl State {
    fn remove(&mut self, place: &Place) {
        let Some((told, object)) = self.objects.remove(place) else { return };
        self.by_age.remove(&told);
        self.bytes -= object.len();
    }
}

#[cfg(test)]
mod tests {
    use api::resources::DEPLOYMENTS;

    use super::*;

    fn key(number: usize) -> ObjectKey {
        ObjectKey::new("shop", format!("web-{number}"))
    }

    #[test]
    fn the_newest_state_of_an_object_is_known_until_it_is_gone() {
        let recent = Recent::default();
        for text in ["old", "new"] {
            recent.saw(&DEPLOYMENTS, key(0), &Bytes::from_static(text.as_bytes()));
        }
        assert_eq!(recent.get(&DEPLOYMENTS, &key(0)), Some(Bytes::from_static(b"new")));
        assert_eq!(recent.get(&DEPLOYMENTS, &key(1)), None);
        recent.lost(&DEPLOYMENTS, key(0));
        assert_eq!(recent.get(&DEPLOYMENTS, &key(0)), None);
        assert_eq!(recent.state.lock().bytes, 0);
    }

    #[test]
    fn what_was_told_of_longest_ago_makes_room() {
        let recent = Recent::default();
        let object = Bytes::from(vec![b' '; OBJECT_BYTES_MAX]);
        let room = BYTES_MAX / OBJECT_BYTES_MAX;
        (0..=room).for_each(|number| recent.saw(&DEPLOYMENTS, key(number), &object));
        assert_eq!(recent.get(&DEPLOYMENTS, &key(0)), None);
        assert!(recent.get(&DEPLOYMENTS, &key(1)).is_some());
        let state = recent.state.lock();
        assert_eq!((state.objects.len(), state.by_age.len(), state.bytes), (room, room, BYTES_MAX));
    }

    #[test]
    fn what_is_too_large_is_not_known() {
        let recent = Recent::default();
        recent.saw(&DEPLOYMENTS, key(0), &Bytes::from_static(b"small"));
        recent.saw(&DEPLOYMENTS, key(0), &Bytes::from(vec![b' '; OBJECT_BYTES_MAX + 1]));
        assert_eq!(recent.get(&DEPLOYMENTS, &key(0)), None);
    }
}
