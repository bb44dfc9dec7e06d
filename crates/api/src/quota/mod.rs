//! What an object counts as in a `ResourceQuota`, and which quotas it counts in. Admission charges by
//! these rules and the controller recounts by them. Follows `pkg/quota`.

mod claims;
mod pods;
mod scopes;
mod services;
#[cfg(test)]
mod tests;

use meta::{resource::Resource, text::Text, time::Time};

use crate::{
    resources::{PERSISTENT_VOLUME_CLAIMS, PODS, SERVICES},
    views::{Amounts, PersistentVolumeClaim, Pod, ResourceQuotaSpec, Service},
};

pub use pods::{is_counted, limits, requests, unstated};
pub use scopes::is_terminating;

/// An object as quotas see it.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    Pod(&'a Pod),
    Service(&'a Service),
    Claim(&'a PersistentVolumeClaim),
    /// Of a kind whose objects are only counted.
    Counted(&'a Resource),
}

/// Kinds of the core group that are counted by their plain name, too.
const PLAIN_NAMES: [&str; 4] =
    ["configmaps", "secrets", "replicationcontrollers", "resourcequotas"];
/// What is never counted: reviews and events come and go by the thousand and are not kept.
const IGNORED: [(&str, &str); 9] = [
    ("", "bindings"),
    ("", "componentstatuses"),
    ("", "events"),
    ("events.k8s.io", "events"),
    ("authentication.k8s.io", "tokenreviews"),
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authorization.k8s.io", "localsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
];

impl Subject<'_> {
    /// What it counts as now.
    pub fn usage(&self, now: Time) -> Amounts {
        match self {
            Self::Pod(pod) => pods::usage(pod, now),
            Self::Service(service) => services::usage(service),
            Self::Claim(claim) => claims::usage(claim),
            Self::Counted(resource) => {
                let names = [count_name(resource), plain_name(resource).unwrap_or_default()];
                ones(names.iter().filter(|name| !name.is_empty()).map(String::as_str))
            }
        }
    }

    /// Whether a quota is about it: it names something the object counts as, and its scopes fit.
    pub fn is_meant(&self, spec: &ResourceQuotaSpec, hard: &Amounts) -> bool {
        let resource = self.resource();
        hard.keys().any(|name| counts(&resource, name)) && scopes::fit(self, spec)
    }

    /// Its resource.
    pub fn resource(&self) -> Resource {
        match self {
            Self::Pod(_) => PODS,
            Self::Service(_) => SERVICES,
            Self::Claim(_) => PERSISTENT_VOLUME_CLAIMS,
            Self::Counted(resource) => (*resource).clone(),
        }
    }
}

/// Whether quotas count objects of a resource at all.
pub fn is_quotable(resource: &Resource) -> bool {
    !IGNORED.contains(&(&*resource.group, &*resource.plural))
        && resource.plural != "subjectaccessreviews"
}

/// Whether a name in a quota is about objects of a resource.
pub fn counts(resource: &Resource, name: &str) -> bool {
    if !is_quotable(resource) {
        return false;
    }
    if name == count_name(resource) || plain_name(resource).is_some_and(|plain| plain == name) {
        return true;
    }
    match (&*resource.group, &*resource.plural) {
        ("", "pods") => pods::counts(name),
        ("", "services") => services::NAMES.contains(&name),
        ("", "persistentvolumeclaims") => claims::counts(name),
        _ => false,
    }
}

/// `count/deployments.apps`.
pub fn count_name(resource: &Resource) -> String {
    format!("count/{}", resource.qualified())
}

fn plain_name(resource: &Resource) -> Option<String> {
    let is_plain = resource.group.is_empty() && PLAIN_NAMES.contains(&&*resource.plural);
    is_plain.then(|| resource.plural.to_string())
}

/// One of each.
fn ones<'a>(names: impl Iterator<Item = &'a str>) -> Amounts {
    names.map(|name| (Text::from(name), one())).collect()
}

fn one() -> meta::quantity::Quantity {
    whole(1)
}

fn whole(number: i64) -> meta::quantity::Quantity {
    meta::quantity::Quantity::from_units(number, meta::quantity::Format::DecimalSi)
}
