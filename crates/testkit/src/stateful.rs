//! Stateful sets described in one line.

use serde_json::{Value, json};

use crate::{
    Scene,
    notation::{Words, ago, numbers},
};

impl Scene {
    /// Reads `wanted [words]`, then a part for each pod, revision or claim, parted by `|`:
    ///
    /// ```text
    /// 3 rolling partition=1 status=3/3/3/2/1 | web-0 ready old | web-1 ready old | web-2 ready
    /// ```
    /// - Set: `parallel`, `ondelete`, `strategy=`, `partition=`, `max=`, `no-block`, `start=`, `minready=`,
    ///   `limit=`, `deleting`, `generation=`, `observed=`, `collisions=`, `bad-selector`; `claims` (a claim
    ///   template `data`), `scaled-delete`, `deleted-delete` (the retention policy); `fresh` (no revision
    ///   yet), `rolling` (from revision 1, `web-old`, to 2, `web-new`; else all is `web-new`),
    ///   `status=replicas/ready/available/current/updated` as stored.
    /// - Pod: its name, phase (`ready` for a running one that is), `old` or `rev=` (else of `web-new`),
    ///   `since=` (seconds it is ready), `deleting`, `orphan`, `stranger` (another's), `stray` (no longer
    ///   selected), `nameless` (without the label of its name), `volumeless`.
    /// - Revision: `revision`, its name, its number; `holds=new` (the template), `orphan`, `stranger`.
    /// - Claim: `claim`, its name, `owners=` (`set`, `pod`, `stale-set`, `stale-pod`, `other`, parted by
    ///   commas), `deleting`.
    pub fn stateful(text: &str) -> Self {
        let mut parts = text.split('|').map(str::trim);
        let first = Words::new(parts.next().unwrap_or_default().split_whitespace());
        let mut scene = Self { stateful_sets: vec![set(&first)], ..Self::default() };
        if first.has("rolling") {
            scene.controller_revisions.push(revision("web-old 1"));
        }
        if !first.has("fresh") {
            let number = if first.has("rolling") { 2 } else { 1 };
            scene.controller_revisions.push(revision(&format!("web-new {number} holds=new")));
        }
        for part in parts.filter(|part| !part.is_empty()) {
            if let Some(rest) = part.strip_prefix("revision ") {
                scene.controller_revisions.push(revision(rest));
            } else if let Some(rest) = part.strip_prefix("claim ") {
                scene.claims.push(claim(rest));
            } else {
                scene.pods.push(pod(part, first.has("claims")));
            }
        }
        scene
    }
}

fn set(words: &Words<'_>) -> Value {
    let wanted: i64 = words.first().parse().expect("a number");
    let counts = numbers(words.text("status").unwrap_or("0/0/0/0/0"));
    let (current, update) = match (words.has("fresh"), words.has("rolling")) {
        (true, _) => ("", ""),
        (false, true) => ("web-old", "web-new"),
        (false, false) => ("web-new", "web-new"),
    };
    let selector = if words.has("bad-selector") {
        json!({"matchExpressions": [{"key": "app", "operator": "Like"}]})
    } else {
        json!({"matchLabels": {"app": "web"}})
    };
    let policy = |word: &str| if words.has(word) { "Delete" } else { "Retain" };
    json!({
        "metadata": {
            "name": "web", "namespace": "shop", "uid": "web-uid", "resourceVersion": "8",
            "generation": words.number("generation").unwrap_or(1), "creationTimestamp": ago(7200),
            "deletionTimestamp": words.has("deleting").then(|| ago(1)),
            "annotations": {"note": "mine"},
        },
        "spec": {
            "replicas": wanted, "selector": selector, "template": template("new"),
            "serviceName": "web", "minReadySeconds": words.number("minready").unwrap_or(0),
            "podManagementPolicy": if words.has("parallel") { "Parallel" } else { "OrderedReady" },
            "updateStrategy": strategy(words),
            "revisionHistoryLimit": words.number("limit").unwrap_or(10),
            "ordinals": {"start": words.number("start").unwrap_or(0)},
            "volumeClaimTemplates": Vec::from_iter(words.has("claims").then(claim_template)),
            "persistentVolumeClaimRetentionPolicy": {
                "whenScaled": policy("scaled-delete"), "whenDeleted": policy("deleted-delete"),
            },
        },
        "status": {
            "replicas": counts[0], "readyReplicas": counts[1], "availableReplicas": counts[2],
            "currentReplicas": counts[3], "updatedReplicas": counts[4],
            "currentRevision": current, "updateRevision": update,
            "observedGeneration": words.number("observed").unwrap_or(1),
            "collisionCount": words.number("collisions").unwrap_or(0),
        },
    })
}

fn strategy(words: &Words<'_>) -> Value {
    if words.has("ondelete") {
        return json!({"type": "OnDelete"});
    }
    let kind = words.text("strategy").unwrap_or("RollingUpdate");
    if words.has("no-block") {
        return json!({"type": kind});
    }
    let max = words.text("max").unwrap_or("1");
    let max = max.parse::<i64>().map_or_else(|_| json!(max), |number| json!(number));
    let partition = words.number("partition").unwrap_or(0);
    json!({"type": kind, "rollingUpdate": {"partition": partition, "maxUnavailable": max}})
}

fn claim_template() -> Value {
    json!({
        "metadata": {"name": "data", "labels": {"app": "other", "disk": "ssd"}},
        "spec": {"accessModes": ["ReadWriteOnce"]}, "status": {"phase": "Pending"},
    })
}

fn template(image: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "main", "image": image}]},
    })
}

fn revision(text: &str) -> Value {
    let mut words = text.split_whitespace();
    let mut word = || words.next().unwrap_or_default();
    let (name, number) = (word(), word());
    let words = Words::new(words);
    let mut template = template(words.text("holds").unwrap_or(name));
    template["$patch"] = "replace".into();
    json!({
        "metadata": {
            "name": name, "namespace": "shop", "uid": format!("{name}-uid"), "resourceVersion": "5",
            "labels": {"app": "web"}, "ownerReferences": owners(&words, "StatefulSet"),
        },
        "data": {"spec": {"template": template}},
        "revision": number.parse::<i64>().expect("a number"),
    })
}

fn pod(text: &str, has_claims: bool) -> Value {
    let mut words = text.split_whitespace();
    let mut word = || words.next().unwrap_or_default();
    let (name, phase) = (word(), word());
    let words = Words::new(words);
    let (phase, ready) = if phase == "ready" { ("Running", "True") } else { (phase, "False") };
    let since = words.number("since").map(|age| ago(u64::try_from(age).unwrap_or(0)));
    let revision =
        words.text("rev").unwrap_or(if words.has("old") { "web-old" } else { "web-new" });
    let mut labels = json!({
        "app": if words.has("stray") { "other" } else { "web" },
        "controller-revision-hash": revision,
    });
    if !words.has("nameless") {
        labels["statefulset.kubernetes.io/pod-name"] = name.into();
    }
    let volume =
        json!({"name": "data", "persistentVolumeClaim": {"claimName": format!("data-{name}")}});
    let has_volume = has_claims && !words.has("volumeless");
    json!({
        "metadata": {
            "name": name, "namespace": "shop", "uid": format!("{name}-uid"), "resourceVersion": "9",
            "labels": labels, "creationTimestamp": ago(1000),
            "deletionTimestamp": words.has("deleting").then(|| ago(1)),
            "ownerReferences": owners(&words, "StatefulSet"),
        },
        "spec": {"volumes": Vec::from_iter(has_volume.then_some(volume))},
        "status": {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": since}],
        },
    })
}

fn claim(text: &str) -> Value {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap_or_default();
    let words = Words::new(words);
    let pod = name.strip_prefix("data-").unwrap_or(name);
    let owner = |word: &str| {
        let (api_version, kind, name, uid) = match word {
            "set" => ("apps/v1", "StatefulSet", "web", "web-uid".to_owned()),
            "stale-set" => ("apps/v1", "StatefulSet", "web", "before".to_owned()),
            "pod" => ("v1", "Pod", pod, format!("{pod}-uid")),
            "stale-pod" => ("v1", "Pod", pod, "before".to_owned()),
            _ => ("example.com/v1", "Keeper", "keeper", "keeper-uid".to_owned()),
        };
        json!({
            "apiVersion": api_version, "kind": kind, "name": name, "uid": uid,
            "controller": true, "blockOwnerDeletion": true,
        })
    };
    let owners = words.text("owners").into_iter().flat_map(|owners| owners.split(','));
    let owners: Vec<Value> = owners.map(owner).collect();
    json!({
        "metadata": {
            "name": name, "namespace": "shop", "uid": format!("{name}-uid"), "resourceVersion": "6",
            "deletionTimestamp": words.has("deleting").then(|| ago(1)),
            "ownerReferences": owners,
        },
    })
}

/// The set's own, unless it is an `orphan` or a `stranger`.
pub(crate) fn owners(words: &Words<'_>, kind: &str) -> Value {
    if words.has("orphan") {
        return json!([]);
    }
    let uid = if words.has("stranger") { "stranger" } else { "web-uid" };
    json!([{
        "apiVersion": "apps/v1", "kind": kind, "name": "web", "uid": uid,
        "controller": true, "blockOwnerDeletion": true,
    }])
}
