//! Nodes described in one line.

use std::time::Duration;

use meta::time::Time;
use serde_json::{Value, json};
use testkit::now;

/// `name ready words`: ready is `True`, `False`, `Unknown` or `-` for a node that has said nothing.
/// - `for=` seconds that it is so, `heard=` seconds since its last status, `lease=` seconds since its last
///   renewal, `age=`;
/// - `zone=`, `excluded`; `cordoned`, `pressure=` (a condition that holds), `os=`, `beta-os=`;
/// - `taint=key:effect`, of the keys of Kubernetes.
pub(super) struct Line<'a>(Vec<&'a str>);

impl<'a> Line<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text.split_whitespace().collect())
    }
    pub(super) fn name(&self) -> &'a str {
        self.0[0]
    }
    fn has(&self, word: &str) -> bool {
        self.0.contains(&word)
    }
    fn texts(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(move |word| word.strip_prefix(name)?.strip_prefix('='))
    }
    fn text(&self, name: &str) -> Option<&'a str> {
        self.texts(name).next()
    }
    fn ago(&self, name: &str) -> Option<Time> {
        Some(now() - Duration::from_secs(self.text(name)?.parse().expect("seconds")))
    }

    /// The Node.
    pub(super) fn node(&self) -> Value {
        let names = [
            ("os", "kubernetes.io/os"),
            ("beta-os", "beta.kubernetes.io/os"),
            ("zone", "topology.kubernetes.io/zone"),
        ];
        let labels = names.iter().filter_map(|(word, label)| Some((*label, self.text(word)?)));
        let excluded =
            self.has("excluded").then_some(("node.kubernetes.io/exclude-disruption", ""));
        let labels: serde_json::Map<String, Value> =
            labels.chain(excluded).map(|(key, value)| (key.to_owned(), value.into())).collect();
        let taints: Vec<Value> = self.texts("taint").map(taint).collect();
        json!({
            "metadata": {
                "name": self.name(), "uid": format!("uid-{}", self.name()), "resourceVersion": "7",
                "creationTimestamp": self.ago("age").unwrap_or(now() - Duration::from_hours(1)),
                "labels": labels,
            },
            "spec": {"taints": taints, "unschedulable": self.has("cordoned")},
            "status": {"conditions": self.conditions()},
        })
    }

    fn conditions(&self) -> Vec<Value> {
        let heard = self.ago("heard").unwrap_or(now() - Duration::from_secs(1));
        let ready = Some(self.0[1]).filter(|ready| *ready != "-");
        let ready = ready.map(|status| {
            json!({
                "type": "Ready", "status": status, "reason": "KubeletReady",
                "lastHeartbeatTime": heard, "lastTransitionTime": self.ago("for").unwrap_or(heard),
            })
        });
        let pressures = self.texts("pressure").map(|kind| json!({"type": kind, "status": "True"}));
        ready.into_iter().chain(pressures).collect()
    }

    /// Its Lease, if it has one.
    pub(super) fn lease(&self) -> Option<Value> {
        let renewed = self.ago("lease")?;
        Some(json!({
            "metadata": {"name": self.name(), "namespace": "kube-node-lease", "resourceVersion": "7"},
            "spec": {"renewTime": renewed.to_micro_string()},
        }))
    }
}

fn taint(text: &str) -> Value {
    let (key, effect) = text.split_once(':').expect("a key and an effect");
    let key = if key.contains('/') { key.to_owned() } else { format!("node.kubernetes.io/{key}") };
    json!({"key": key, "effect": effect, "timeAdded": now() - Duration::from_secs(100)})
}
