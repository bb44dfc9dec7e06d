//! Makes up what a user does beyond Deployments: each seed has a few other kinds.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use world::Dice;

use super::{below, pick};
use crate::plan::{Propagation, Verb};

/// Processor time that each pod asks for; as the pods of Deployments.
const CPU: &str = "500m";

/// A kind that a user plays with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Other {
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
    Service,
    Quota,
}

const OTHERS: [Other; 6] = [
    Other::StatefulSet,
    Other::DaemonSet,
    Other::Job,
    Other::CronJob,
    Other::Service,
    Other::Quota,
];

pub(super) struct Others<'a> {
    dice: &'a dyn Dice,
    on: Vec<Other>,
    there: BTreeSet<Other>,
    made: u32,
}

impl<'a> Others<'a> {
    pub(super) fn new(dice: &'a dyn Dice) -> Self {
        let on = OTHERS.into_iter().filter(|_| dice.below(5) == 0).collect();
        Self { dice, on, there: BTreeSet::new(), made: 0 }
    }

    /// What happens to one of the other kinds, if it is their turn.
    pub(super) fn next(&mut self) -> Option<Verb> {
        if self.on.is_empty() || self.dice.below(3) > 0 {
            return None;
        }
        let other = self.on[below(self.dice, self.on.len())];
        self.made += 1;
        if self.there.insert(other) {
            return Some(Verb::CreateObject { object: self.object(other) });
        }
        if self.dice.below(4) == 0 {
            self.there.remove(&other);
            return Some(self.delete(other));
        }
        Some(self.change(other))
    }

    /// What would go on for ever is taken away.
    pub(super) fn last(&mut self) -> Option<Verb> {
        self.there.remove(&Other::CronJob).then(|| self.delete(Other::CronJob))
    }

    fn delete(&self, other: Other) -> Verb {
        let propagation = pick(self.dice, &[Propagation::Background, Propagation::Foreground]);
        let (resource, name) = (resource(other).to_owned(), name(other).to_owned());
        Verb::DeleteObject { resource, name, propagation }
    }

    fn size(&self) -> u64 {
        self.dice.below(4)
    }

    fn change(&self, other: Other) -> Verb {
        let made = self.made;
        let image =
            json!({"template": {"spec": {"containers": containers(&format!("app:{made}"))}}});
        let spec = match other {
            Other::StatefulSet if self.dice.below(2) == 0 => json!({"replicas": self.size()}),
            Other::StatefulSet | Other::DaemonSet => image,
            Other::Job => json!({"parallelism": self.size()}),
            Other::CronJob => json!({"suspend": self.dice.below(2) == 0}),
            Other::Service => json!({"selector": {"app": pick(self.dice, &["web", "api"])}}),
            Other::Quota => json!({"hard": {"pods": 60 + self.size()}}),
        };
        Verb::PatchObject {
            resource: resource(other).to_owned(),
            name: name(other).to_owned(),
            patch: json!({"spec": spec}),
        }
    }

    fn object(&self, other: Other) -> Value {
        let name = name(other);
        let labels = json!({"app": name});
        let template =
            json!({"metadata": {"labels": labels}, "spec": {"containers": containers("app:0")}});
        let once = json!({"spec": {"restartPolicy": "Never", "containers": containers("once:0")}});
        let (api_version, kind, spec) = match other {
            Other::StatefulSet => (
                "apps/v1",
                "StatefulSet",
                json!({
                    "replicas": self.size(), "serviceName": "", "template": template,
                    "selector": {"matchLabels": labels},
                    "podManagementPolicy": pick(self.dice, &["OrderedReady", "Parallel"]),
                }),
            ),
            Other::DaemonSet => (
                "apps/v1",
                "DaemonSet",
                json!({
                    "template": template, "selector": {"matchLabels": labels},
                }),
            ),
            Other::Job => (
                "batch/v1",
                "Job",
                json!({
                    "completions": 1 + self.size(), "parallelism": 1 + self.size(), "template": once,
                }),
            ),
            Other::CronJob => (
                "batch/v1",
                "CronJob",
                json!({
                    "schedule": "* * * * *", "jobTemplate": {"spec": {"template": once}},
                    "concurrencyPolicy": pick(self.dice, &["Allow", "Forbid", "Replace"]),
                }),
            ),
            Other::Service => (
                "v1",
                "Service",
                json!({
                    "selector": {"app": "web"}, "ports": [{"port": 80}],
                }),
            ),
            Other::Quota => ("v1", "ResourceQuota", json!({"hard": {"pods": 60}})),
        };
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": spec})
    }
}

fn containers(image: &str) -> Value {
    json!([{"name": "app", "image": image, "resources": {"requests": {"cpu": CPU}}}])
}

const fn name(other: Other) -> &'static str {
    match other {
        Other::StatefulSet => "db",
        Other::DaemonSet => "agent",
        Other::Job => "batch",
        Other::CronJob => "nightly",
        Other::Service => "front",
        Other::Quota => "limits",
    }
}

const fn resource(other: Other) -> &'static str {
    match other {
        Other::StatefulSet => "statefulsets.apps",
        Other::DaemonSet => "daemonsets.apps",
        Other::Job => "jobs.batch",
        Other::CronJob => "cronjobs.batch",
        Other::Service => "services",
        Other::Quota => "resourcequotas",
    }
}
