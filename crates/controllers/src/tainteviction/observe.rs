//! Caches → [`TaintedPod`]: reads, decides nothing.

use std::{fmt, sync::Arc};

use api::{
    resources::{NODES, PODS},
    views::{Node, Pod, Taint},
};
use meta::{object::ObjectKey, time::Time};
use runtime::{Answers, Observation, Read};
use serde::de::DeserializeOwned;

use super::{View, evicting};

/// A pod and what drives it from its node.
pub struct TaintedPod {
    pub(super) pod: Arc<Pod>,
    /// Of its node, those that drive pods away.
    pub(super) taints: Vec<Taint>,
    pub(super) live: Live,
}

/// What live reads of pod and node found.
pub(super) enum Live {
    /// They were not asked for.
    NotRead,
    /// So they are.
    There { pod: Box<Pod>, taints: Vec<Taint> },
    /// One of them is not there any more, or not the same.
    Gone,
    /// The server did not say.
    Unanswered,
}

pub(super) fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<TaintedPod> {
    let Some(pod) = view.pods.get(key).filter(|pod| pod.is_active()) else {
        return Observation::Gone;
    };
    let node = view.nodes.get(&ObjectKey::new("", pod.spec.node_name.clone()));
    let taints = node.iter().flat_map(|node| evicting(node)).cloned().collect();
    Observation::Ready(TaintedPod { live: live(answers, &pod), taints, pod })
}

/// How pod and node are read live.
pub(super) fn reads(pod: &Pod) -> [Read; 2] {
    let node = ObjectKey::new("", pod.spec.node_name.clone());
    [
        Read::Object { resource: PODS, key: pod.metadata.key() },
        Read::Object { resource: NODES, key: node },
    ]
}

fn live(answers: &Answers, pod: &Pod) -> Live {
    let [read_pod, read_node] = reads(pod);
    let found = (found::<Pod>(answers, &read_pod), found::<Node>(answers, &read_node));
    match found {
        (None, _) | (_, None) => Live::NotRead,
        (Some(Found::Unanswered), _) | (_, Some(Found::Unanswered)) => Live::Unanswered,
        (Some(Found::There(live)), Some(Found::There(node)))
            if live.metadata.uid == pod.metadata.uid =>
        {
            let taints = evicting(&node).cloned().collect();
            Live::There { pod: live, taints }
        }
        (Some(_), Some(_)) => Live::Gone,
    }
}

enum Found<T> {
    There(Box<T>),
    Missing,
    Unanswered,
}

fn found<T: DeserializeOwned>(answers: &Answers, read: &Read) -> Option<Found<T>> {
    Some(match answers.get(read)? {
        Ok(object) => T::deserialize(object)
            .map_or(Found::Unanswered, |object| Found::There(Box::new(object))),
        Err(error) if error.is_not_found() => Found::Missing,
        Err(_) => Found::Unanswered,
    })
}

/// One fact a line.
pub(super) fn describe(observed: &TaintedPod, now: Time) -> Vec<String> {
    let mut lines = vec![format!("pod: on {}", observed.pod.spec.node_name)];
    for taint in &observed.taints {
        let age = taint.time_added.map(|added| format!(", for {} s", now.since(added).as_secs()));
        let tolerations = observed.pod.spec.tolerations.iter();
        let mut covering = tolerations.filter(|toleration| toleration.covers(taint));
        let tolerated = match covering.next().map(|first| first.toleration_seconds) {
            None => "not tolerated".to_owned(),
            Some(None) => "tolerated".to_owned(),
            Some(Some(seconds)) => format!("tolerated for {seconds} s"),
        };
        lines.push(format!("taint: {}{}, {tolerated}", taint.key, age.unwrap_or_default()));
    }
    lines
}

impl fmt::Debug for TaintedPod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}: {:?}", self.pod.metadata.name, self.pod.spec.node_name, self.taints)
    }
}
