//! Which pods the autoscalers look at: two that look at the same pod would fight over it.

use std::collections::BTreeMap;

use api::views::Pod;
use meta::{object::ObjectKey, selector::Selector};
use parking_lot::Mutex;

/// The selectors of all autoscalers that have looked at their pods.
#[derive(Debug, Default)]
pub(super) struct Selectors(Mutex<BTreeMap<ObjectKey, Selector>>);

impl Selectors {
    /// Notes what an autoscaler selects.
    pub(super) fn put(&self, key: &ObjectKey, selector: &Selector) {
        self.0.lock().insert(key.clone(), selector.clone());
    }
    /// The autoscaler selects nothing any more.
    pub(super) fn forget(&self, key: &ObjectKey) {
        self.0.lock().remove(key);
    }
    /// Two autoscalers that both select one of these pods of a namespace, if there are such.
    pub(super) fn rivals<'p>(
        &self,
        namespace: &str,
        pods: impl IntoIterator<Item = &'p Pod>,
    ) -> Option<[ObjectKey; 2]> {
        let selectors = self.0.lock();
        let of_namespace: Vec<_> =
            selectors.iter().filter(|(key, _)| key.namespace == *namespace).collect();
        if of_namespace.len() < 2 {
            return None;
        }
        pods.into_iter().find_map(|pod| {
            let mut selecting =
                of_namespace.iter().filter(|(_, selector)| selector.matches(&pod.metadata.labels));
            let (first, second) = (selecting.next()?, selecting.next()?);
            Some([first.0.clone(), second.0.clone()])
        })
    }
}
