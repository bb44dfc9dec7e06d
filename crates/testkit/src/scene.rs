//! Objects described in one line.

use serde_json::{Value, json};

use crate::notation::{Words, ago, numbers};

/// Objects as the caches hold them.
///
/// A rollout is `desired +surge -unavailable [words]`, then a part for each ReplicaSet or pod, parted
/// by `|`:
///
/// ```text
/// 3 +1 -0 deadline=10 progress=ReplicaSetUpdated@4 | new 1/1/0 revision=2 | old 3/3/3 revision=1
/// ```
/// - Deployment: `recreate`, `paused`, `deleting`, `deadline=`, `limit=`, `minready=`, `rollback=`,
///   `collisions=`, `generation=`, `observed=`, `revision=`, `note=` (an annotation of the user's),
///   `available` and `failing` (the conditions),
///   `status=replicas/updated/ready/available` as stored, `progress=Reason@seconds-ago`.
/// - ReplicaSet: `new` (has the template), `old`, `orphan`, `orphan-new`, `stray` (owned, but no longer
///   selected), then size/ready/available; `pods=` (else as many as the size), `revision=`, `desired=`,
///   `max=`, `history=`, `minready=`, `note=`, `terminating=`, `failure=Reason`, `generation=`,
///   `observed=`, `deleting`. Those that come later are younger; a new one is younger than all old ones.
/// - Pod: `pod`, the name of its ReplicaSet, its phase; `deleting`.
///
/// A ReplicaSet alone is `replicas wanted [words]`, then a part for each pod: its name, phase (`ready`
/// for a running one that is), `node=`, `cost=`, `since=` (seconds it is ready), `age=`, `restarts=`,
/// `deleting`, `orphan`, `stray`.
#[derive(Debug, Default)]
pub struct Scene {
    /// At most one.
    pub deployments: Vec<Value>,
    /// In the order written.
    pub replica_sets: Vec<Value>,
    /// None but those that a test puts in.
    pub replication_controllers: Vec<Value>,
    /// At most one.
    pub stateful_sets: Vec<Value>,
    /// At most one.
    pub daemon_sets: Vec<Value>,
    /// In the order written.
    pub controller_revisions: Vec<Value>,
    /// In the order written.
    pub claims: Vec<Value>,
    /// In the order written.
    pub nodes: Vec<Value>,
    /// In the order written.
    pub pods: Vec<Value>,
    /// What live reads find where it differs from the above.
    pub live: Vec<Value>,
}

impl Scene {
    /// Reads the notation.
    pub fn parse(text: &str) -> Self {
        let mut parts = text.split('|').map(str::trim);
        let first = parts.next().unwrap_or_default();
        let mut scene = Self::default();
        if let Some(rest) = first.strip_prefix("replicas ") {
            scene.replica_sets.push(lone_replica_set(rest));
            scene.pods.extend(parts.filter(|part| !part.is_empty()).map(lone_pod));
            return scene;
        }
        scene.deployments.push(deployment(first));
        for part in parts.filter(|part| !part.is_empty()) {
            if let Some(rest) = part.strip_prefix("pod ") {
                scene.pods.push(pod_of_rollout(rest, scene.pods.len()));
                continue;
            }
            let replica_set = replica_set(part, &scene.replica_sets);
            scene.replica_sets.push(replica_set);
        }
        scene
    }
}

fn deployment(text: &str) -> Value {
    let mut words = text.split_whitespace();
    let mut number = || words.next().unwrap_or_default();
    let (desired, surge, unavailable) = (number(), number(), number());
    let words = Words::new(words);
    let share = |text: &str| -> Value {
        let text = text.trim_start_matches(['+', '-']);
        text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number))
    };
    let strategy = if words.has("recreate") {
        json!({"type": "Recreate"})
    } else {
        let bounds = json!({"maxSurge": share(surge), "maxUnavailable": share(unavailable)});
        json!({"type": words.text("strategy").unwrap_or("RollingUpdate"), "rollingUpdate": bounds})
    };
    let generation = words.number("generation").unwrap_or(1);
    let counts = numbers(words.text("status").unwrap_or("0/0/0/0"));
    let present = [
        words.has("available").then(available),
        words.has("failing").then(failing),
        words.text("progress").map(progressing),
    ];
    let conditions: Vec<Value> = present.into_iter().flatten().collect();
    json!({
        "metadata": {
            "name": "web", "namespace": "shop", "uid": "web-uid", "resourceVersion": "7",
            "generation": generation, "creationTimestamp": ago(7200),
            "deletionTimestamp": words.has("deleting").then(|| ago(1)),
            "labels": {"app": "web"}, "annotations": annotations(&words),
        },
        "spec": {
            "replicas": share(desired),
            "selector": selector(&words),
            "template": template("new"),
            "strategy": strategy,
            "minReadySeconds": words.number("minready").unwrap_or(0),
            "revisionHistoryLimit": words.number("limit"),
            "progressDeadlineSeconds": words.number("deadline"),
            "paused": words.has("paused"),
        },
        "status": {
            "observedGeneration": words.number("observed").unwrap_or(generation),
            "replicas": counts[0], "updatedReplicas": counts[1],
            "readyReplicas": counts[2], "availableReplicas": counts[3],
            "collisionCount": words.number("collisions"), "conditions": conditions,
        },
    })
}

fn selector(words: &Words<'_>) -> Value {
    if words.has("select-all") {
        return json!({});
    }
    if words.has("bad-selector") {
        return json!({"matchExpressions": [{"key": "app", "operator": "Like"}]});
    }
    json!({"matchLabels": {"app": "web"}})
}

fn available() -> Value {
    json!({
        "type": "Available", "status": "True", "reason": "MinimumReplicasAvailable",
        "message": "Deployment has minimum availability.",
        "lastUpdateTime": ago(60), "lastTransitionTime": ago(60),
    })
}

/// What a ReplicaSet has that cannot make its pods.
fn failing() -> Value {
    json!({
        "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
        "message": "no quota", "lastTransitionTime": ago(30),
    })
}

/// `Reason@seconds-ago`, with the status that goes with the reason.
fn progressing(text: &str) -> Value {
    let (reason, seconds) = text.split_once('@').unwrap_or((text, "60"));
    let status = match reason {
        "ProgressDeadlineExceeded" | "ReplicaSetCreateError" => "False",
        "DeploymentPaused" | "DeploymentResumed" => "Unknown",
        _ => "True",
    };
    let since = ago(seconds.parse().expect("seconds"));
    json!({
        "type": "Progressing", "status": status, "reason": reason, "message": "as before",
        "lastUpdateTime": since, "lastTransitionTime": since,
    })
}

fn annotations(words: &Words<'_>) -> Value {
    let keys = [
        ("revision", "deployment.kubernetes.io/revision"),
        ("history", "deployment.kubernetes.io/revision-history"),
        ("desired", "deployment.kubernetes.io/desired-replicas"),
        ("max", "deployment.kubernetes.io/max-replicas"),
        ("rollback", "deprecated.deployment.rollback.to"),
        ("applied", "kubectl.kubernetes.io/last-applied-configuration"),
        ("note", "note"),
    ];
    let present = keys
        .iter()
        .filter_map(|(word, key)| Some(((*key).to_owned(), Value::from(words.text(word)?))));
    Value::Object(present.collect())
}

fn template(image: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "main", "image": image}]},
    })
}

fn replica_set(text: &str, earlier: &[Value]) -> Value {
    let mut words = text.split_whitespace();
    let role = words.next().unwrap_or_default();
    let counts = numbers(words.next().unwrap_or("0/0/0"));
    let words = Words::new(words);
    let is_new = role.ends_with("new");
    let namesakes = earlier.iter().filter(|set| set["role"] == *role).count();
    let name = match namesakes {
        0 => format!("web-{role}"),
        more => format!("web-{role}{}", more + 1),
    };
    let mut template = template(if is_new { "new" } else { &name });
    template["metadata"]["labels"]["pod-template-hash"] = name.as_str().into();
    let owner = json!([{
        "apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "web-uid",
        "controller": true, "blockOwnerDeletion": true,
    }]);
    let order = u64::try_from(earlier.len()).unwrap_or(0) * 60;
    let age = if is_new { 1800 - order } else { 3600 - order };
    let generation = words.number("generation").unwrap_or(1);
    let failure = words.text("failure").map(|reason| {
        json!({
            "type": "ReplicaFailure", "status": "True", "reason": reason, "message": "no quota",
            "lastTransitionTime": ago(30),
        })
    });
    json!({
        "role": role,
        "metadata": {
            "name": words.text("name").unwrap_or(&name), "namespace": "shop",
            "uid": format!("{name}-uid"), "resourceVersion": "8", "generation": generation,
            "creationTimestamp": ago(age), "deletionTimestamp": words.has("deleting").then(|| ago(1)),
            "labels": {"app": if role == "stray" { "other" } else { "web" }},
            "annotations": annotations(&words),
            "ownerReferences": if role.starts_with("orphan") { json!([]) } else { owner },
        },
        "spec": {
            "replicas": counts[0], "minReadySeconds": words.number("minready").unwrap_or(0),
            "selector": {"matchLabels": {"app": "web", "pod-template-hash": name}},
            "template": template,
        },
        "status": {
            "replicas": words.number("pods").unwrap_or(counts[0]),
            "readyReplicas": counts[1], "availableReplicas": counts[2],
            "observedGeneration": words.number("observed").unwrap_or(generation),
            "terminatingReplicas": words.number("terminating"),
            "conditions": Vec::from_iter(failure),
        },
    })
}

fn pod_of_rollout(text: &str, earlier: usize) -> Value {
    let mut words = text.split_whitespace();
    let mut word = || words.next().unwrap_or_default();
    let (replica_set, phase) = (word(), word());
    let words = Words::new(words);
    json!({
        "metadata": {
            "name": format!("{replica_set}-{earlier}"), "namespace": "shop",
            "uid": format!("pod-{earlier}"), "resourceVersion": "9", "labels": {"app": "web"},
            "deletionTimestamp": words.has("deleting").then(|| ago(1)),
            "ownerReferences": [owned_by_replica_set(replica_set, &format!("{replica_set}-uid"))],
        },
        "status": {"phase": phase},
    })
}

fn owned_by_replica_set(name: &str, uid: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": uid,
        "controller": true, "blockOwnerDeletion": true,
    })
}

fn lone_replica_set(text: &str) -> Value {
    let mut words = text.split_whitespace();
    let wanted: i64 = words.next().unwrap_or_default().parse().expect("a number");
    let words = Words::new(words);
    let counts = numbers(words.text("status").unwrap_or("0/0/0/0"));
    let failure = words.text("failure").map(|reason| {
        json!({
            "type": "ReplicaFailure", "status": "True", "reason": reason, "message": "no quota",
            "lastTransitionTime": ago(30),
        })
    });
    let owner = words.text("owner").map(|uid| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": uid,
            "controller": true,
        })
    });
    let labels = match (words.has("unlabelled"), words.has("extra-label")) {
        (true, _) => json!({}),
        (false, true) => json!({"app": "web", "extra": "yes"}),
        (false, false) => json!({"app": "web"}),
    };
    json!({
        "metadata": {
            "name": "web", "namespace": "shop", "uid": "web-uid", "resourceVersion": "8",
            "generation": words.number("generation").unwrap_or(1), "creationTimestamp": ago(7200),
            "deletionTimestamp": words.has("deleting").then(|| ago(1)),
            "ownerReferences": Vec::from_iter(owner),
        },
        "spec": {
            "replicas": wanted, "minReadySeconds": words.number("minready").unwrap_or(0),
            "selector": selector(&words),
            "template": {"metadata": {"labels": labels}, "spec": {"containers": []}},
        },
        "status": {
            "replicas": counts[0], "fullyLabeledReplicas": counts[1], "readyReplicas": counts[2],
            "availableReplicas": counts[3], "terminatingReplicas": words.number("terminating"),
            "observedGeneration": words.number("observed").unwrap_or(1),
            "conditions": Vec::from_iter(failure),
        },
    })
}

fn lone_pod(text: &str) -> Value {
    let mut words = text.split_whitespace();
    let mut word = || words.next().unwrap_or_default();
    let (name, phase) = (word(), word());
    let words = Words::new(words);
    let (phase, ready) = if phase == "ready" { ("Running", "True") } else { (phase, "False") };
    let since = |word: &str| words.number(word).map(|age| ago(u64::try_from(age).unwrap_or(0)));
    let owners = if words.has("orphan") {
        json!([])
    } else {
        json!([owned_by_replica_set("web", "web-uid")])
    };
    let restarts = json!([{"name": "main", "restartCount": words.number("restarts").unwrap_or(0)}]);
    let beside =
        json!([{"name": "side", "restartCount": words.number("side-restarts").unwrap_or(0)}]);
    let cost =
        words.text("cost").map(|cost| json!({"controller.kubernetes.io/pod-deletion-cost": cost}));
    json!({
        "metadata": {
            "name": name, "namespace": "shop", "uid": format!("uid-{name}"), "resourceVersion": "9",
            "labels": {"app": if words.has("stray") { "other" } else { "web" }},
            "annotations": cost.unwrap_or_else(|| json!({})),
            "creationTimestamp": since("age").unwrap_or_else(|| ago(1000)),
            "deletionTimestamp": words.has("deleting").then(|| ago(1)),
            "ownerReferences": owners,
        },
        "spec": {
            "nodeName": words.text("node").unwrap_or("node-0"),
            "initContainers": [{"name": "side", "restartPolicy": "Always"}],
        },
        "status": {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": since("since")}],
            "containerStatuses": restarts, "initContainerStatuses": beside,
        },
    })
}
