//! An autoscaler, its target and pods as a line of text, and what is planned for them.

use std::time::Duration;

use api::views::{HorizontalPodAutoscaler, Pod};
use expect_test::Expect;
use meta::object::ObjectKey;
use runtime::{
    Action, Answer, Answers, ClientError, Controller, Informers, Observation, Plan, Read,
};
use serde_json::{Value, json};
use testkit::{fill, now, refusal, show};

use super::super::{
    HorizontalPodAutoscalerController, Memory, Observed, View, Why, decide::verdict,
};

/// `words | pod | pod …`, at 08:00:00.
///
/// - Words: `at=` (replicas wanted), `has=` (replicas there), `min=`, `max=` (else 100); metrics by
///   `cpu=50%`, `cpu=200m`, `memory=1Gi`, `side:cpu=50%` (of a container), `pods:rate=10`,
///   `object:queue=30`, `object:queue=30/pod`, `external:queue=30`, `external:queue=30/pod`; their
///   readings by `rate:10` and `queue:45`; `zeroed` (scaled to zero by us), `deaf` (nobody serves metrics).
/// - Pod: `usage/request` in thousandths of a processor, `-` for none, times `xN`; `pending`, `failed`,
///   `deleting`, `unready`, `age=` (seconds since its start, else an hour), `side=usage/request` (a
///   container beside).
pub(super) struct Scene {
    pub(super) autoscaler: Value,
    pods: Vec<Value>,
    samples: Vec<Value>,
    scale: Answer,
    values: Vec<(String, i64)>,
    is_deaf: bool,
}

/// The scene that a line tells of.
pub(super) fn parse(text: &str) -> Scene {
    let mut parts = text.split('|').map(str::trim);
    let words: Vec<&str> = parts.next().unwrap_or_default().split_whitespace().collect();
    let number = |name: &str| {
        let text = words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))?;
        Some(text.parse::<i64>().expect("a number"))
    };
    let has = |word: &str| words.contains(&word);
    let at = number("at").unwrap_or(0);
    let metrics: Vec<Value> = words.iter().filter_map(|word| metric(word)).collect();
    let zeroed = json!({"type": "ScaledToZero", "status": "True"});
    let conditions = if has("zeroed") { vec![zeroed] } else { Vec::new() };
    let autoscaler = json!({
        "metadata": {"name": "web", "namespace": "shop", "uid": "h", "resourceVersion": "8",
            "generation": 2},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": number("min"), "maxReplicas": number("max").unwrap_or(100),
            "metrics": metrics,
        },
        "status": {"conditions": conditions},
    });
    let scale = json!({
        "metadata": {"name": "web", "namespace": "shop", "uid": "d", "resourceVersion": "7"},
        "spec": {"replicas": at},
        "status": {"replicas": number("has").unwrap_or(at), "selector": "app=web"},
    });
    let value = |word: &&str| {
        let (name, value) = word.split_once(':')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    let values = words.iter().filter_map(value).collect();
    let (mut pods, mut samples) = (Vec::new(), Vec::new());
    for part in parts.filter(|part| !part.is_empty()) {
        for _ in 0..times(part) {
            let name = format!("web-{}", pods.len());
            pods.push(pod(&name, part));
            samples.extend(sample(&name, part));
        }
    }
    Scene { autoscaler, pods, samples, scale: Ok(scale), values, is_deaf: has("deaf") }
}

fn times(part: &str) -> usize {
    let times = part.split_whitespace().find_map(|word| word.strip_prefix('x')?.parse().ok());
    times.unwrap_or(1)
}

fn metric(word: &str) -> Option<Value> {
    let (name, target) = word.split_once('=')?;
    let (kind, name) = name.split_once(':').unwrap_or(("", name));
    let (target, each) =
        target.split_once('/').map_or((target, false), |(target, _)| (target, true));
    let goal = match target.strip_suffix('%') {
        Some(percent) => json!({"type": "Utilization",
            "averageUtilization": percent.parse::<i32>().expect("percent")}),
        None if each || !matches!(kind, "object" | "external") => {
            json!({"type": "AverageValue", "averageValue": target})
        }
        None => json!({"type": "Value", "value": target}),
    };
    let metric = json!({"name": name});
    let described = json!({"apiVersion": "v1", "kind": "Service", "name": "front"});
    Some(match (kind, name) {
        ("", "cpu" | "memory") => {
            json!({"type": "Resource", "resource": {"name": name, "target": goal}})
        }
        ("pods", _) => json!({"type": "Pods", "pods": {"metric": metric, "target": goal}}),
        ("object", _) => json!({"type": "Object", "object": {
            "metric": metric, "target": goal, "describedObject": described}}),
        ("external", _) => {
            json!({"type": "External", "external": {"metric": metric, "target": goal}})
        }
        ("", _) => return None,
        (container, _) => json!({"type": "ContainerResource", "containerResource": {
            "name": name, "container": container, "target": goal}}),
    })
}

fn pod(name: &str, part: &str) -> Value {
    let words: Vec<&str> = part.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    let phase = match (has("pending"), has("failed")) {
        (true, _) => "Pending",
        (_, true) => "Failed",
        (false, false) => "Running",
    };
    let age = words.iter().find_map(|word| word.strip_prefix("age=")?.parse().ok());
    let started = ago(age.unwrap_or(3600));
    let ready = if has("unready") { "False" } else { "True" };
    let containers = containers(part).into_iter().map(|(name, _, request)| {
        let requests = request.map(|request| json!({"cpu": format!("{request}m")}));
        json!({"name": name, "resources": {"requests": requests.unwrap_or_else(|| json!({}))}})
    });
    json!({
        "metadata": {"name": name, "namespace": "shop", "uid": name, "labels": {"app": "web"},
            "deletionTimestamp": has("deleting").then(|| ago(1))},
        "spec": {"containers": containers.collect::<Vec<_>>()},
        "status": {"phase": phase, "startTime": started, "conditions": [
            {"type": "Ready", "status": ready, "lastTransitionTime": started}]},
    })
}

/// The containers of a pod: name, usage, request.
fn containers(part: &str) -> Vec<(String, Option<i64>, Option<i64>)> {
    let container = |word: &str| {
        let (name, amounts) = word.split_once('=').unwrap_or(("main", word));
        let (usage, request) = amounts.split_once('/')?;
        Some((name.to_owned(), usage.parse().ok(), request.parse().ok()))
    };
    part.split_whitespace().filter_map(container).collect()
}

fn sample(name: &str, part: &str) -> Option<Value> {
    let containers = containers(part);
    let usage = containers.iter().map(|(name, usage, _)| {
        Some(json!({"name": name, "usage": {"cpu": format!("{}m", (*usage)?)}}))
    });
    let containers: Vec<Value> = usage.collect::<Option<_>>()?;
    Some(json!({"metadata": {"name": name, "namespace": "shop"}, "timestamp": ago(10),
        "window": "30s", "containers": containers}))
}

pub(super) fn ago(seconds: u64) -> String {
    (now() - Duration::from_secs(seconds)).to_string()
}

impl Scene {
    pub(super) fn refuse_scale(&mut self, error: ClientError) {
        self.scale = Err(error);
    }
    pub(super) fn selector(&mut self, selector: &str) {
        if let Ok(scale) = &mut self.scale {
            scale["status"]["selector"] = selector.into();
        }
    }
    pub(super) fn behavior(mut self, behavior: Value) -> Self {
        self.autoscaler["spec"]["behavior"] = behavior;
        self
    }

    /// Caches that hold the scene.
    pub(super) fn view(&self) -> View {
        self.view_beside(&self.autoscaler)
    }

    /// The same, with another autoscaler.
    pub(super) fn view_beside(&self, other: &Value) -> View {
        let mut informers = Informers::default();
        let view = HorizontalPodAutoscalerController::view(&mut informers);
        let autoscalers = [self.autoscaler.clone(), other.clone()];
        fill::<HorizontalPodAutoscaler>(&mut informers, &autoscalers);
        fill::<Pod>(&mut informers, &self.pods);
        view
    }

    pub(super) fn observe(&self, view: &View, name: &str) -> Observed {
        let mut answers = Answers::default();
        loop {
            let key = ObjectKey::new("shop", name);
            match HorizontalPodAutoscalerController::observe(view, &key, &answers) {
                Observation::Ready(observed) => return observed,
                Observation::Gone => panic!("{name} is gone"),
                Observation::Ask(reads) => reads.into_iter().for_each(|read| {
                    let answer = self.answer(&read);
                    answers.insert(read, answer);
                }),
            }
        }
    }

    fn answer(&self, read: &Read) -> Answer {
        let path = match read {
            Read::Subresource { .. } => return self.scale.clone(),
            Read::Discovery => return Ok(discovery()),
            Read::Path { path } => path,
            Read::Object { .. }
            | Read::Metadata { .. }
            | Read::List { .. }
            | Read::Objects { .. } => panic!("{read:?}"),
        };
        if self.is_deaf {
            return Err(refusal(404, "", "404 page not found"));
        }
        if path.starts_with("/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?") {
            return Ok(json!({"items": self.samples}));
        }
        let name = path.split('?').next().and_then(|path| path.rsplit('/').next());
        let values = self.values.iter().filter(|(known, _)| Some(known.as_str()) == name);
        let about_pods = path.contains("/pods/%2A/");
        let items = values.flat_map(|(_, value)| {
            let names: Vec<&Value> = if about_pods {
                self.pods.iter().map(|pod| &pod["metadata"]["name"]).collect()
            } else {
                vec![&Value::Null]
            };
            let item = move |name: &Value| {
                json!({"value": value.to_string(),
                "describedObject": {"name": name}, "timestamp": ago(10)})
            };
            names.into_iter().map(item).collect::<Vec<_>>()
        });
        Ok(json!({"items": items.collect::<Vec<_>>()}))
    }

    pub(super) fn plan(&self, memory: &mut Memory) -> Plan<Why> {
        let observed = self.observe(&self.view(), "web");
        HorizontalPodAutoscalerController::plan(memory, &observed, now())
    }
}

fn discovery() -> Value {
    let services = json!({"resource": "services", "responseKind": {"kind": "Service"},
        "scope": "Namespaced", "verbs": ["list"]});
    json!({"items": [
        {"metadata": {}, "versions": [{"version": "v1", "resources": [services]}]},
        {"metadata": {"name": "custom.metrics.k8s.io"}, "versions": [{"version": "v1beta2"}]},
    ]})
}

/// The status that a plan writes, if it does.
pub(super) fn status(plan: &Plan<Why>) -> Option<&Value> {
    plan.steps().find_map(|step| {
        let Action::Patch { subresource: "status", patch, .. } = &step.action else { return None };
        Some(&patch["status"])
    })
}

/// What the metrics of a scene propose.
pub(super) fn proposal(text: &str, expected: Expect) {
    let scene = parse(text);
    let observed = scene.observe(&scene.view(), "web");
    let scale = observed.scale.as_ref().expect("a scale");
    let wanted = match verdict(&observed, scale, now()).wanted {
        Ok((replicas, metric)) => format!("{replicas} by {metric}"),
        Err(error) => error,
    };
    expected.assert_eq(&wanted);
}

/// The whole plan of a scene.
pub(super) fn check(scene: &Scene, expected: Expect) {
    expected.assert_eq(&show(&scene.plan(&mut Memory::default())));
}
