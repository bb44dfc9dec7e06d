//! Caches and live reads → [`Observed`].

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use api::{
    references,
    resources::{CONFIG_MAPS, PODS},
    views::Secret,
};
use meta::{object::ObjectKey, text::Text};
use runtime::{Answers, Observation, Read};

use super::{CleanUpPeriod, View, day::Day};
use crate::shared::account_tokens::{account_of, is_for};

/// What tokens were made by the cluster, and what is known of their use.
#[derive(Debug)]
pub struct Observed {
    /// Since when the use of tokens is noted; `None` if nobody can say.
    pub(super) tracked_since: Option<Day>,
    /// Secrets that their account lists.
    pub(super) secrets: Vec<Arc<Secret>>,
    /// The secrets that pods name, by namespace, where that was asked for and answered.
    pub(super) named: BTreeMap<Text, BTreeSet<String>>,
    /// Where that was asked for.
    pub(super) asked: BTreeSet<Text>,
    pub(super) period: CleanUpPeriod,
}

/// Written by the API server.
fn tracking() -> Read {
    let key = ObjectKey::new("kube-system", "kube-apiserver-legacy-service-account-token-tracking");
    Read::Object { resource: CONFIG_MAPS, key }
}

/// All pods of a namespace.
pub(super) fn pods_of(namespace: &Text) -> Read {
    Read::Objects { resource: PODS, namespace: namespace.clone() }
}

pub(super) fn observe(view: &View, answers: &Answers) -> Observation<Observed> {
    let Some(tracking) = answers.get(&tracking()) else {
        return Observation::Ask(vec![tracking()]);
    };
    let since = tracking.as_ref().ok().and_then(|map| map["data"]["since"].as_str());
    let secrets: Vec<_> =
        view.secrets.list().into_iter().filter(|secret| is_listed(view, secret)).collect();
    let namespaces: BTreeSet<&Text> =
        secrets.iter().map(|secret| &secret.metadata.namespace).collect();
    let (mut named, mut asked) = (BTreeMap::new(), BTreeSet::new());
    for namespace in namespaces {
        let Some(answer) = answers.get(&pods_of(namespace)) else { continue };
        asked.insert(namespace.clone());
        if let Some(pods) = answer.as_ref().ok().and_then(|list| list["items"].as_array()) {
            named.insert(namespace.clone(), pods.iter().flat_map(references::secrets).collect());
        }
    }
    Observation::Ready(Observed {
        tracked_since: since.and_then(Day::parse),
        secrets,
        named,
        asked,
        period: view.period,
    })
}

/// Whether the cluster made the secret: only then does its account list it.
fn is_listed(view: &View, secret: &Secret) -> bool {
    let account = account_of(secret).and_then(|place| view.accounts.get(&place));
    account.is_some_and(|account| {
        let mut listed = account.secrets.iter();
        is_for(secret, &account) && listed.any(|listed| listed.name == secret.metadata.name)
    })
}
