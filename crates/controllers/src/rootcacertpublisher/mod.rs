//! Keeps the ConfigMap `kube-root-ca.crt` in every namespace: pods trust the API server by it. Its
//! data is exactly the CA; labels and other annotations are the users'. Follows
//! `pkg/controller/certificates/rootcacertpublisher`.

use std::{fmt, sync::Arc};

use api::{
    resources::CONFIG_MAPS,
    views::{ConfigMap, Namespace},
};
use meta::{object::ObjectKey, resource::Resource, text::Text, time::Time};
use runtime::{
    Action, Answers, CODE, Cache, Change, Controller, Counter, Enqueue, Guard, Histogram,
    Informers, Metric, Observation, PatchKind, Plan, Step, Target, Watches, When, exponential,
};
use serde_json::{Value, json};

use crate::shared::root_ca::RootCa;

const NAME: &str = "kube-root-ca.crt";
const DATA_KEY: &str = "ca.crt";
const DESCRIPTION: &str = "kubernetes.io/description";
const DESCRIPTION_TEXT: &str = "Contains a CA bundle that can be used to verify the kube-apiserver \
    when using internal endpoints such as the internal service IP or kubernetes.default.svc. No \
    other usage is guaranteed across distributions of Kubernetes clusters.";

const SYNCS: Counter<1> = Counter::new(
    "root_ca_cert_publisher_sync_total",
    "[ALPHA] Looks at namespaces, by the HTTP code of what came of them.",
    &["code"],
);
const SYNC_SECONDS: Histogram<1> = Histogram::new(
    "root_ca_cert_publisher_sync_duration_seconds",
    "[ALPHA] Seconds that a look at a namespace took, by the HTTP code of what came of it.",
    &["code"],
    &exponential::<15>(0.001, 2.0),
);

/// See the module's documentation.
#[derive(Debug)]
pub struct RootCaCertPublisher;

/// Namespaces, their config maps and the CA.
pub struct View {
    namespaces: Arc<Cache<Namespace>>,
    config_maps: Arc<Cache<ConfigMap>>,
    root_ca: Option<Arc<RootCa>>,
}

/// A namespace and its copy of the CA.
#[derive(Debug)]
pub struct Observed {
    namespace: Text,
    published: Option<Arc<ConfigMap>>,
    root_ca: Arc<RootCa>,
}

/// Why the ConfigMap is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is not there.
    Missing,
    /// Its data or description is not what it should be.
    Differs,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the namespace has no copy of the root CA",
            Self::Differs => "the namespace's copy of the root CA differs",
        })
    }
}

impl Controller for RootCaCertPublisher {
    const NAME: &'static str = "root-ca-certificate-publisher-controller";
    const QUEUE: &'static str = "root_ca_cert_publisher";
    const EVENT_SOURCE: &'static str = "root-ca-cert-publisher";
    const METRICS: &'static [Metric] = &[SYNCS.metric(), SYNC_SECONDS.metric()];
    type Key = Text;
    type Observed = Observed;
    type Memory = ();
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        let root_ca = informers.setting();
        View { namespaces: informers.cache(), config_maps: informers.cache(), root_ca }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<Namespace>(|_, change: &Change<Namespace>, enqueue: &mut Enqueue<Text>| {
            if let Some(namespace) = &change.new {
                enqueue.add(namespace.metadata.name.clone());
            }
        });
        watches.on::<ConfigMap>(|_, change, enqueue| {
            let changed = change.old.as_ref().filter(|old| old.metadata.name == NAME);
            if let Some(changed) = changed {
                enqueue.add(changed.metadata.namespace.clone());
            }
        });
    }
    fn observe(view: &View, key: &Text, _answers: &Answers) -> Observation<Observed> {
        let namespace = view.namespaces.get(&ObjectKey::new("", key.clone()));
        let active = namespace.is_some_and(|namespace| namespace.status.phase == "Active");
        let Some(root_ca) = view.root_ca.clone().filter(|_| active) else {
            return Observation::Gone;
        };
        let published = view.config_maps.get(&ObjectKey::new(key.clone(), NAME));
        Observation::Ready(Observed { namespace: key.clone(), published, root_ca })
    }
    fn plan(_memory: &mut (), observed: &Observed, _now: Time) -> Plan<Why> {
        let mut plan = Plan::rest();
        match &observed.published {
            None => plan.step(Step::new(create(observed), Why::Missing)),
            Some(published) if !is_right(published, &observed.root_ca) => {
                plan.step(Step::new(correct(published, &observed.root_ca), Why::Differs));
            }
            Some(_) => {}
        }
        plan.measure(When::Always, SYNCS.add(1, [CODE]));
        plan.measure(When::Always, SYNC_SECONDS.took([CODE]));
        plan
    }
    fn describe(observed: &Observed, _now: Time) -> Vec<String> {
        let state = match &observed.published {
            None => "missing",
            Some(published) if is_right(published, &observed.root_ca) => "as it should be",
            Some(_) => "other than it should be",
        };
        vec![format!("config map {NAME}: {state}")]
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<Text> {
        (*resource == api::resources::NAMESPACES).then(|| key.name.clone())
    }
}

fn create(observed: &Observed) -> Action {
    let object = json!({
        "metadata": {
            "name": NAME, "namespace": observed.namespace,
            "annotations": {DESCRIPTION: DESCRIPTION_TEXT},
        },
        "data": {DATA_KEY: observed.root_ca.0},
    });
    Action::Create { resource: CONFIG_MAPS, namespace: observed.namespace.clone(), object }
}

/// Any description will do, the data must be exact.
fn is_right(published: &ConfigMap, root_ca: &RootCa) -> bool {
    let described = published.metadata.annotations.get(DESCRIPTION);
    published.data.len() == 1
        && published.data.get(DATA_KEY) == Some(&root_ca.0)
        && described.is_some_and(|text| !text.is_empty())
}

fn correct(published: &ConfigMap, root_ca: &RootCa) -> Action {
    let extra = published.data.keys().filter(|key| *key != DATA_KEY);
    let mut data: serde_json::Map<String, Value> =
        extra.map(|key| (key.clone(), Value::Null)).collect();
    data.insert(DATA_KEY.to_owned(), root_ca.0.as_str().into());
    let described = published.metadata.annotations.get(DESCRIPTION).map_or("", |text| text);
    let description = if described.is_empty() { DESCRIPTION_TEXT } else { described };
    Action::Patch {
        target: Target::of(published),
        kind: PatchKind::Merge,
        patch: json!({"metadata": {"annotations": {DESCRIPTION: description}}, "data": data}),
        subresource: "",
        guard: Guard::Version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(published: Option<Value>) -> Option<Why> {
        let observed = Observed {
            namespace: "n".into(),
            published: published.map(|json| Arc::new(serde_json::from_value(json).expect("valid"))),
            root_ca: Arc::new(RootCa("PEM".into())),
        };
        let plan = RootCaCertPublisher::plan(&mut (), &observed, Time::default());
        plan.steps().next().map(|step| step.why)
    }

    #[test]
    fn the_data_must_be_exact_and_any_description_will_do() {
        let described = json!({"name": NAME, "annotations": {DESCRIPTION: "ours"}});
        assert_eq!(why(None), Some(Why::Missing));
        assert_eq!(why(Some(json!({"metadata": described, "data": {"ca.crt": "PEM"}}))), None);
        let more = json!({"metadata": described, "data": {"ca.crt": "PEM", "more": "x"}});
        assert_eq!(why(Some(more)), Some(Why::Differs));
        assert_eq!(why(Some(json!({"data": {"ca.crt": "PEM"}}))), Some(Why::Differs));
    }
}
