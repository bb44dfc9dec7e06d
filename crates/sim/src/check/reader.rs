//! Reads stored objects, each state once: what comes after it shows it again as what was before.

use std::{any::Any, collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use store::{Event, KeyValue};

use super::{Edge, Promise, Violation};

/// The last state of each key, as bytes and as what was read of them.
#[derive(Default)]
pub(super) struct Reader {
    known: BTreeMap<String, (Bytes, Arc<dyn Any + Send + Sync>)>,
}

impl Reader {
    /// What an event says of the object of a key.
    pub(super) fn edge<T>(&mut self, key: &str, event: &Event) -> Result<Edge<T>, Violation>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let (before, now) = match event {
            Event::Put { now, before } => (before.as_ref(), Some(now)),
            Event::Delete { before, .. } => (Some(before), None),
        };
        let before = before.map(|before| self.read_again(key, before)).transpose()?;
        let now = now.map(|now| read(key, now)).transpose()?;
        match event {
            Event::Put { now: pair, .. } => self.remember(key, pair, now.as_ref()),
            Event::Delete { .. } => drop(self.known.remove(key)),
        }
        Ok(Edge { before, now })
    }

    /// Reads a state, unless it is the last that was read.
    fn read_again<T>(&self, key: &str, pair: &KeyValue) -> Result<Arc<T>, Violation>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let known = self.known.get(key).filter(|(bytes, _)| *bytes == pair.value);
        match known.and_then(|(_, state)| Arc::clone(state).downcast().ok()) {
            Some(state) => Ok(state),
            None => read(key, pair),
        }
    }

    fn remember<T: Send + Sync + 'static>(
        &mut self,
        key: &str,
        pair: &KeyValue,
        state: Option<&Arc<T>>,
    ) {
        if let Some(state) = state {
            let state: Arc<dyn Any + Send + Sync> = Arc::<T>::clone(state);
            self.known.insert(key.to_owned(), (pair.value.clone(), state));
        }
    }
}

fn read<T: DeserializeOwned>(key: &str, pair: &KeyValue) -> Result<Arc<T>, Violation> {
    let unreadable = |error| {
        let text = format!("{key} is stored and cannot be read: {error}");
        Violation::new(Promise::Readable, text)
    };
    serde_json::from_slice(&pair.value).map(Arc::new).map_err(unreadable)
}
