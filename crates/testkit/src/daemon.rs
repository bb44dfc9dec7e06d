//! Daemon sets described in one line.

use serde_json::{Value, json};

use crate::{
    Scene,
    notation::{Words, ago, numbers},
    stateful::owners,
};

impl Scene {
    /// Reads the words of a daemon set, then a part for each node, pod or revision, parted by `|`:
    ///
    /// ```text
    /// rolling max=2 | node a | node b taint=NoExecute | web-a ready on=a old
    /// ```
    /// - Set: `max=` and `surge=` (of the rolling update), `ondelete`, `minready=`, `limit=`, `deleting`,
    ///   `generation=`, `observed=`, `collisions=`, `template-generation=`, `select-all`, `bad-selector`;
    ///   `selects=` (a label `disk` of the nodes), `named=` (a node's name), `host-network`,
    ///   `tolerates=` (the key of a taint); `fresh` (no revision yet), `rolling` (from revision 1, hash
    ///   `old`, to 2, hash `new`; else all is `new`);
    ///   `status=desired/current/misscheduled/ready/available/unavailable/updated` as stored.
    /// - Node: `node`, its name, `disk=` (a label), `taint=` (an effect).
    /// - Pod: its name, phase (`ready` for a running one that is), `on=` (its node), `for=` (the node that
    ///   its affinity names), `old`, `hash=` (else of hash `new`), `generation=` (of the template),
    ///   `hashless`, `since=`, `age=`, `deleting`, `orphan`, `stray`.
    /// - Revision: `revision`, its hash, its number; `holds=new` (the template), `hashless`, `orphan`.
    pub fn daemon(text: &str) -> Self {
        let mut parts = text.split('|').map(str::trim);
        let first = Words::new(parts.next().unwrap_or_default().split_whitespace());
        let mut scene = Self { daemon_sets: vec![set(&first)], ..Self::default() };
        if first.has("rolling") {
            scene.controller_revisions.push(revision("old 1", &first));
        }
        if !first.has("fresh") {
            let number = if first.has("rolling") { 2 } else { 1 };
            scene.controller_revisions.push(revision(&format!("new {number} holds=new"), &first));
        }
        for part in parts.filter(|part| !part.is_empty()) {
            if let Some(rest) = part.strip_prefix("revision ") {
                scene.controller_revisions.push(revision(rest, &first));
            } else if let Some(rest) = part.strip_prefix("node ") {
                scene.nodes.push(node(rest));
            } else {
                scene.pods.push(pod(part));
            }
        }
        scene
    }
}

fn set(words: &Words<'_>) -> Value {
    let counts = numbers(words.text("status").unwrap_or("0/0/0/0/0/0/0"));
    let selector = match (words.has("select-all"), words.has("bad-selector")) {
        (true, _) => json!({}),
        (false, true) => json!({"matchExpressions": [{"key": "app", "operator": "Like"}]}),
        (false, false) => json!({"matchLabels": {"app": "web"}}),
    };
    let generation = words.text("template-generation").unwrap_or("1");
    json!({
        "metadata": {
            "name": "web", "namespace": "shop", "uid": "web-uid", "resourceVersion": "8",
            "generation": words.number("generation").unwrap_or(1), "creationTimestamp": ago(7200),
            "deletionTimestamp": words.has("deleting").then(|| ago(1)),
            "annotations": {"deprecated.daemonset.template.generation": generation},
        },
        "spec": {
            "selector": selector, "template": template(words),
            "updateStrategy": strategy(words),
            "minReadySeconds": words.number("minready").unwrap_or(0),
            "revisionHistoryLimit": words.number("limit").unwrap_or(10),
        },
        "status": {
            "desiredNumberScheduled": counts[0], "currentNumberScheduled": counts[1],
            "numberMisscheduled": counts[2], "numberReady": counts[3],
            "numberAvailable": counts[4], "numberUnavailable": counts[5],
            "updatedNumberScheduled": counts[6],
            "observedGeneration": words.number("observed").unwrap_or(1),
            "collisionCount": words.number("collisions"),
        },
    })
}

fn strategy(words: &Words<'_>) -> Value {
    if words.has("ondelete") {
        return json!({"type": "OnDelete"});
    }
    let share = |word: &str, other: &str| -> Value {
        let text = words.text(word).unwrap_or(other);
        text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number))
    };
    let unavailable = share("max", if words.text("surge").is_some() { "0" } else { "1" });
    let bounds = json!({"maxUnavailable": unavailable, "maxSurge": share("surge", "0")});
    json!({"type": "RollingUpdate", "rollingUpdate": bounds})
}

fn template(words: &Words<'_>) -> Value {
    let selector = words.text("selects").map(|disk| json!({"disk": disk}));
    let toleration = words.text("tolerates").map(|key| json!({"key": key, "operator": "Exists"}));
    json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "containers": [{"name": "main", "image": "new"}],
            "nodeSelector": selector.unwrap_or_else(|| json!({})),
            "nodeName": words.text("named").unwrap_or(""),
            "hostNetwork": words.has("host-network"),
            "tolerations": Vec::from_iter(toleration),
        },
    })
}

fn node(text: &str) -> Value {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap_or_default();
    let words = Words::new(words);
    let labels = words.text("disk").map(|disk| json!({"disk": disk}));
    let taint = words.text("taint").map(|effect| json!({"key": "keep-out", "effect": effect}));
    json!({
        "metadata": {"name": name, "uid": name, "labels": labels.unwrap_or_else(|| json!({}))},
        "spec": {"taints": Vec::from_iter(taint)},
    })
}

fn revision(text: &str, set: &Words<'_>) -> Value {
    let mut words = text.split_whitespace();
    let mut word = || words.next().unwrap_or_default();
    let (hash, number) = (word(), word());
    let words = Words::new(words);
    let mut labels = json!({"app": "web", "controller-revision-hash": hash});
    if words.has("hashless") {
        labels = json!({"app": "web"});
    }
    let mut template = template(set);
    template["spec"]["containers"][0]["image"] = words.text("holds").unwrap_or(hash).into();
    template["$patch"] = "replace".into();
    json!({
        "metadata": {
            "name": format!("web-{hash}"), "namespace": "shop", "uid": format!("{hash}-uid"),
            "resourceVersion": "5", "labels": labels, "ownerReferences": owners(&words, "DaemonSet"),
        },
        "data": {"spec": {"template": template}},
        "revision": number.parse::<i64>().expect("a number"),
    })
}

fn pod(text: &str) -> Value {
    let mut words = text.split_whitespace();
    let mut word = || words.next().unwrap_or_default();
    let (name, phase) = (word(), word());
    let words = Words::new(words);
    let (phase, ready) = if phase == "ready" { ("Running", "True") } else { (phase, "False") };
    let time = |word: &str| words.number(word).map(|age| ago(u64::try_from(age).unwrap_or(0)));
    let hash = words.text("hash").unwrap_or(if words.has("old") { "old" } else { "new" });
    let mut labels = json!({"app": if words.has("stray") { "other" } else { "web" }});
    if !words.has("hashless") {
        labels["controller-revision-hash"] = hash.into();
    }
    if let Some(generation) = words.text("generation") {
        labels["pod-template-generation"] = generation.into();
    }
    json!({
        "metadata": {
            "name": name, "namespace": "shop", "uid": format!("{name}-uid"), "resourceVersion": "9",
            "labels": labels, "creationTimestamp": time("age").unwrap_or_else(|| ago(1000)),
            "deletionTimestamp": words.has("deleting").then(|| ago(1)),
            "ownerReferences": owners(&words, "DaemonSet"),
        },
        "spec": {
            "nodeName": words.text("on").unwrap_or(""),
            "affinity": words.text("for").map_or_else(|| json!({}), affinity),
        },
        "status": {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": time("since")}],
        },
    })
}

/// What ties a pod to a node.
fn affinity(node: &str) -> Value {
    let term = json!({
        "matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}],
    });
    let required = json!({"nodeSelectorTerms": [term]});
    json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}})
}
