//! Signs the ConfigMap `kube-public/cluster-info` with every bootstrap token that may, so that a node
//! which knows a token can believe what it reads there before it believes anything else. Signatures of
//! tokens that ended or changed go. Off unless it is asked for. Follows
//! `pkg/controller/bootstrap/bootstrapsigner.go`.

mod signature;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, sync::Arc};

use api::{
    resources::CONFIG_MAPS,
    views::{ConfigMap, Secret},
};
use meta::{object::ObjectKey, resource::Resource, time::Time};
use runtime::{
    Action, Answers, Cache, Change, Controller, Enqueue, Guard, Informers, Observation, PatchKind,
    Plan, Step, Target, Watches,
};
use serde_json::{Value, json};

use crate::shared::bootstrap_tokens::{Expiry, NAMESPACE, is_token};
use signature::{SigningToken, sign};

const PLACE: &str = "kube-public";
const NAME: &str = "cluster-info";
/// What is signed.
const KUBECONFIG: &str = "kubeconfig";
/// Before the token's id: where its signature is.
const SIGNATURE: &str = "jws-kubeconfig-";

/// See the module's documentation.
#[derive(Debug)]
pub struct BootstrapSigner;

/// The one unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterInfo;

/// The ConfigMap and the tokens.
pub struct View {
    config_maps: Arc<Cache<ConfigMap>>,
    secrets: Arc<Cache<Secret>>,
}

/// What is to be signed, and by which tokens.
#[derive(Debug)]
pub struct Observed {
    cluster_info: Arc<ConfigMap>,
    tokens: Vec<SigningToken>,
}

/// The one reason there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Differs;

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signatures are not those of the bootstrap tokens")
    }
}

impl Controller for BootstrapSigner {
    const NAME: &'static str = "bootstrap-signer-controller";
    const QUEUE: &'static str = "bootstrap_signer_queue";
    const EVENT_SOURCE: &'static str = "bootstrap-signer";
    type Key = ClusterInfo;
    type Observed = Observed;
    type Memory = ();
    type Why = Differs;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        View { config_maps: informers.cache(), secrets: informers.cache() }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<ConfigMap>(|_, change: &Change<ConfigMap>, enqueue: &mut Enqueue<_>| {
            if change.new.as_ref().is_some_and(|map| map.metadata.key() == place()) {
                enqueue.add(ClusterInfo);
            }
        });
        watches.on::<Secret>(|_, change, enqueue| {
            if change.latest().is_some_and(|secret| is_token(secret)) {
                enqueue.add(ClusterInfo);
            }
        });
    }
    fn observe(view: &View, _key: &ClusterInfo, _answers: &Answers) -> Observation<Observed> {
        let cluster_info = view.config_maps.get(&place());
        let Some(cluster_info) = cluster_info.filter(|map| map.data.contains_key(KUBECONFIG))
        else {
            return Observation::Gone;
        };
        let secrets = view.secrets.in_namespace(NAMESPACE);
        let tokens = secrets.iter().filter_map(|secret| SigningToken::of(secret)).collect();
        Observation::Ready(Observed { cluster_info, tokens })
    }
    fn plan(_memory: &mut (), observed: &Observed, now: Time) -> Plan<Differs> {
        let mut plan = Plan::rest();
        let good = || observed.tokens.iter().filter(|token| !token.expiry.is_over(now));
        for token in good() {
            if let Expiry::At(time) = token.expiry {
                plan.wake(time.since(now));
            }
        }
        let data = &observed.cluster_info.data;
        let text = data.get(KUBECONFIG).map_or("", |text| text);
        let wanted: BTreeMap<String, String> =
            good().map(|token| (format!("{SIGNATURE}{}", token.id), sign(token, text))).collect();
        let changes = changes(data, &wanted);
        if !changes.is_empty() {
            cov_mark::hit!(bootstrap_signer_puts_signatures_right);
            let action = Action::Patch {
                target: Target::of(&*observed.cluster_info),
                kind: PatchKind::Merge,
                patch: json!({"data": changes}),
                subresource: "",
                guard: Guard::Version,
            };
            plan.step(Step::new(action, Differs));
        }
        plan
    }
    fn describe(observed: &Observed, now: Time) -> Vec<String> {
        let line = |token: &SigningToken| match token.expiry {
            Expiry::At(time) if now < time => format!("token {}: signs until {time}", token.id),
            Expiry::At(_) | Expiry::Unreadable => format!("token {}: its time is over", token.id),
            Expiry::Never => format!("token {}: signs", token.id),
        };
        observed.tokens.iter().map(line).collect()
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<ClusterInfo> {
        (*resource == CONFIG_MAPS && *key == place()).then_some(ClusterInfo)
    }
}

fn place() -> ObjectKey {
    ObjectKey::new(PLACE, NAME)
}

/// Signatures that are missing or other ones, and `null` for those that are to go.
fn changes(
    data: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> serde_json::Map<String, Value> {
    let new = wanted.iter().filter(|(key, signature)| data.get(*key) != Some(signature));
    let new = new.map(|(key, signature)| (key.clone(), signature.as_str().into()));
    let left = data.keys().filter(|key| key.starts_with(SIGNATURE) && !wanted.contains_key(*key));
    new.chain(left.map(|key| (key.clone(), Value::Null))).collect()
}
