//! What a user has been told; it may never become untrue.

use std::collections::BTreeMap;

use crate::plan::{Draft, Verb};

/// What must be true of a Deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    There { image: String, replicas: i32, paused: bool },
    Missing,
}

/// What came of a scenario.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    pub(crate) deployments: BTreeMap<String, Expected>,
    /// Whether the namespace is to be gone.
    pub(crate) namespace_deleted: bool,
}

impl Told {
    pub(crate) fn note(&mut self, verb: Verb) {
        match verb {
            Verb::Create(Draft { name, image, replicas, .. }) => {
                let there = Expected::There { image, replicas, paused: false };
                self.deployments.insert(name, there);
            }
            Verb::SetImage { name, image: wanted } => {
                self.change(&name, |image, _, _| *image = wanted);
            }
            Verb::Scale { name, replicas: wanted } => {
                self.change(&name, |_, replicas, _| *replicas = wanted);
            }
            Verb::Pause { name } => self.change(&name, |_, _, paused| *paused = true),
            Verb::Resume { name } => self.change(&name, |_, _, paused| *paused = false),
            Verb::Delete { name, .. } => {
                self.deployments.insert(name, Expected::Missing);
            }
            Verb::DeleteNamespace => {
                self.deployments.values_mut().for_each(|expected| *expected = Expected::Missing);
                self.namespace_deleted = true;
            }
            Verb::PatchObject { resource, name, .. }
            | Verb::DeleteObject { resource, name, .. }
                if resource.starts_with("deployments") =>
            {
                self.deployments.remove(&name);
            }
            Verb::DeletePod { .. }
            | Verb::Cordon { .. }
            | Verb::Uncordon { .. }
            | Verb::CreateObject { .. }
            | Verb::PatchObject { .. }
            | Verb::DeleteObject { .. } => {}
        }
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut String, &mut i32, &mut bool)) {
        if let Some(Expected::There { image, replicas, paused }) = self.deployments.get_mut(name) {
            change(image, replicas, paused);
        }
    }
}
