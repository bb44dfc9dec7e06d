//! A budget and pods as a line of text, and what is planned for it.

use std::time::Duration;

use api::views::{
    Deployment, Pod, PodDisruptionBudget, ReplicaSet, ReplicationController, StatefulSet,
};
use expect_test::Expect;
use meta::object::ObjectKey;
use runtime::{Answer, Answers, Controller, Informers, Observation, Plan, Read};
use serde_json::{Value, json};
use testkit::{fill, not_found, now, show};

use super::super::{DisruptionController, Guarded, Memory, View, Why};

/// `words | pod | pod …`, at 08:00:00.
///
/// - Words: `min=2`, `min=50%`, `max=1`, `max=30%`; owners and what they want by `deployment=3`,
///   `set=2`, `rc=2`, `foreign=4` (has a scale), `plain=1` (has none); `evicted=NAME@SECONDS`, more
///   parted by commas; `beside` (a second budget for the same pods).
/// - Pod: name, owner (`deployment`, …, else none), `unready`, `deleting`, `other` (not meant).
pub(super) struct Scene {
    pub(super) budgets: Vec<Value>,
    pub(super) pods: Vec<Value>,
    owners: Vec<(String, i64)>,
}

/// The scene that a line tells of.
pub(super) fn parse(text: &str) -> Scene {
    let mut parts = text.split('|').map(str::trim);
    let words: Vec<&str> = parts.next().unwrap_or_default().split_whitespace().collect();
    let text =
        |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let amount = |name: &str| {
        text(name)
            .map(|text| text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)))
    };
    let evicted = text("evicted").into_iter().flat_map(|list| list.split(','));
    let evicted = evicted.filter_map(|entry| {
        let (name, ago) = entry.split_once('@')?;
        Some((name.to_owned(), json!(self::ago(ago.parse().expect("seconds")))))
    });
    let budget = |name: &str| {
        json!({
            "metadata": {"name": name, "namespace": "shop", "uid": name, "resourceVersion": "8",
                "generation": 2},
            "spec": {"minAvailable": amount("min"), "maxUnavailable": amount("max"),
                "selector": {"matchLabels": {"app": "web"}}},
            "status": {},
        })
    };
    let mut first = budget("web");
    first["status"]["disruptedPods"] = Value::Object(evicted.collect());
    let second = words.contains(&"beside").then(|| budget("zoo"));
    let owner = |word: &&str| {
        let (kind, wanted) = word.split_once('=')?;
        owner_kind(kind)?;
        Some((kind.to_owned(), wanted.parse().ok()?))
    };
    Scene {
        budgets: std::iter::once(first).chain(second).collect(),
        pods: parts.filter(|part| !part.is_empty()).map(pod).collect(),
        owners: words.iter().filter_map(owner).collect(),
    }
}

/// `apiVersion` and kind of what owns a pod.
fn owner_kind(word: &str) -> Option<(&'static str, &'static str)> {
    Some(match word {
        "deployment" => ("apps/v1", "ReplicaSet"),
        "set" => ("apps/v1", "StatefulSet"),
        "rc" => ("v1", "ReplicationController"),
        "foreign" => ("example.com/v1", "Fleet"),
        "plain" => ("batch/v1", "Job"),
        "unknown" => ("example.com/v1", "Riddle"),
        _ => return None,
    })
}

fn pod(part: &str) -> Value {
    let words: Vec<&str> = part.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    let owner = words.iter().find_map(|word| Some((*word, owner_kind(word)?)));
    let owners: Vec<Value> = owner
        .map(|(name, (version, kind))| {
            json!({"apiVersion": version, "kind": kind, "name": name, "uid": name, "controller": true})
        })
        .into_iter()
        .collect();
    json!({
        "metadata": {"name": words[0], "namespace": "shop", "uid": words[0],
            "labels": {"app": if has("other") { "else" } else { "web" }},
            "ownerReferences": owners,
            "deletionTimestamp": has("deleting").then(|| ago(1))},
        "status": {"phase": "Running", "conditions": [
            {"type": "Ready", "status": if has("unready") { "False" } else { "True" }}]},
    })
}

pub(super) fn ago(seconds: u64) -> String {
    (now() - Duration::from_secs(seconds)).to_string()
}

impl Scene {
    pub(super) fn view(&self) -> View {
        let mut informers = Informers::default();
        let view = DisruptionController::view(&mut informers);
        fill::<PodDisruptionBudget>(&mut informers, &self.budgets);
        fill::<Pod>(&mut informers, &self.pods);
        let object = |kind: &str, name: &str, owner: Option<&str>| {
            let (_, wanted) = self.owners.iter().find(|(known, _)| known == kind)?;
            let above = owner.map(|above| {
                json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": above,
                    "uid": above, "controller": true}])
            });
            Some(json!({"metadata": {"name": name, "namespace": "shop", "uid": name,
                "ownerReferences": above.unwrap_or_else(|| json!([]))},
                "spec": {"replicas": wanted}}))
        };
        let list = |object: Option<Value>| object.into_iter().collect::<Vec<_>>();
        fill::<Deployment>(&mut informers, &list(object("deployment", "above", None)));
        fill::<ReplicaSet>(
            &mut informers,
            &list(object("deployment", "deployment", Some("above"))),
        );
        fill::<StatefulSet>(&mut informers, &list(object("set", "set", None)));
        fill::<ReplicationController>(&mut informers, &list(object("rc", "rc", None)));
        view
    }

    pub(super) fn observe(&self) -> Guarded {
        let view = self.view();
        let mut answers = Answers::default();
        loop {
            match DisruptionController::observe(&view, &ObjectKey::new("shop", "web"), &answers) {
                Observation::Ready(guarded) => return guarded,
                Observation::Gone => panic!("gone"),
                Observation::Ask(reads) => reads.into_iter().for_each(|read| {
                    let answer = self.answer(&read);
                    answers.insert(read, answer);
                }),
            }
        }
    }

    fn answer(&self, read: &Read) -> Answer {
        match read {
            Read::Discovery => Ok(discovery()),
            Read::Subresource { key, .. } => {
                let owner = self.owners.iter().find(|(known, _)| *known == *key.name);
                let (name, wanted) = owner.ok_or_else(not_found)?;
                Ok(json!({"metadata": {"uid": name}, "spec": {"replicas": wanted}}))
            }
            Read::Object { .. }
            | Read::Metadata { .. }
            | Read::List { .. }
            | Read::Objects { .. }
            | Read::Path { .. } => panic!("{read:?}"),
        }
    }

    pub(super) fn plan(&self) -> Plan<Why> {
        DisruptionController::plan(&mut Memory::default(), &self.observe(), now())
    }
}

fn discovery() -> Value {
    let resource = |plural: &str, kind: &str, subresources: Value| {
        json!({"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced",
            "verbs": ["list"], "subresources": subresources})
    };
    let fleets = resource("fleets", "Fleet", json!([{"subresource": "scale"}]));
    let jobs = resource("jobs", "Job", json!([{"subresource": "status"}]));
    json!({"items": [
        {"metadata": {"name": "example.com"}, "versions": [{"version": "v1", "resources": [fleets]}]},
        {"metadata": {"name": "batch"}, "versions": [{"version": "v1", "resources": [jobs]}]},
    ]})
}

/// Counts as `expected/desired/healthy/allowed`, then the condition, then what was told.
pub(super) fn check(text: &str, expected: Expect) {
    let plan = parse(text).plan();
    let mut lines = Vec::new();
    for step in plan.steps() {
        let runtime::Action::Patch { patch, .. } = &step.action else {
            let event = step.on_success.as_ref().expect("an event");
            let name = &event.regarding.key.name;
            lines.push(format!("{name}: {} {}", event.reason, event.message));
            continue;
        };
        let status = &patch["status"];
        let (condition, kept) = (&status["conditions"][0], &status["disruptedPods"]);
        lines.push(format!(
            "{}/{}/{}/{} {} {}{}",
            status["expectedPods"],
            status["desiredHealthy"],
            status["currentHealthy"],
            status["disruptionsAllowed"],
            condition["reason"].as_str().unwrap_or_default(),
            condition["message"].as_str().unwrap_or_default(),
            if kept.is_null() { String::new() } else { kept.to_string() },
        ));
    }
    lines.extend(plan.wake_after.map(|wake| format!("wake after {wake:?}")));
    expected.assert_eq(&lines.join("\n"));
}

/// The whole plan of a scene.
pub(super) fn whole(scene: &Scene, expected: Expect) {
    expected.assert_eq(&show(&scene.plan()));
}
