//! A pod as checks see it, and how they name the containers that they have something against.

use std::{collections::BTreeSet, fmt};

use api::json;
use serde_json::Value;

/// A pod, or the template of pods.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Pod<'a> {
    pub(in super::super) metadata: &'a Value,
    pub(in super::super) spec: &'a Value,
}

/// Containers, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Containers<'a>(Vec<&'a str>);

impl<'a> Pod<'a> {
    /// All containers, in the order in which the reference tells of them.
    pub(super) fn containers(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        let spec = self.spec;
        ["initContainers", "containers", "ephemeralContainers"]
            .into_iter()
            .flat_map(move |field| json::list(spec, field))
    }

    /// The containers that something is to be said against; `None` if there are none.
    pub(super) fn offenders(&self, offends: impl Fn(&'a Value) -> bool) -> Option<Containers<'a>> {
        let names: Vec<_> = self
            .containers()
            .filter(|container| offends(container))
            .map(|container| json::text(container, "name"))
            .collect();
        (!names.is_empty()).then_some(Containers(names))
    }

    /// Whose security context something is to be said against: the pod's, or that of containers.
    pub(super) fn setters(&self, offends: impl Fn(&Value) -> bool) -> Option<String> {
        let pod = offends(&self.spec["securityContext"]).then(|| "pod".to_owned());
        let containers = self.offenders(|container| offends(&container["securityContext"]));
        let containers = containers.map(|containers| containers.to_string());
        let setters: Vec<String> = pod.into_iter().chain(containers).collect();
        (!setters.is_empty()).then(|| setters.join(" and "))
    }

    /// The pod's security context and those of its containers.
    pub(super) fn contexts(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        let own = &self.spec["securityContext"];
        std::iter::once(own).chain(self.containers().map(|container| &container["securityContext"]))
    }

    /// Whether it runs in a user namespace of its own, in which root is nobody.
    pub(super) fn has_own_users(&self) -> bool {
        self.spec["hostUsers"] == false
    }
    pub(super) fn is_windows(&self) -> bool {
        self.spec["os"]["name"] == "windows"
    }
    pub(super) fn annotations(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let entries = json::entries(self.metadata, "annotations");
        entries.map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
    }
}

impl Containers<'_> {
    /// The verb after them.
    pub(super) const fn uses(&self) -> &'static str {
        if self.0.len() == 1 { "uses" } else { "use" }
    }
}

impl fmt::Display for Containers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(names) = self;
        write!(f, "{} {}", plural("container", names.len()), quoted(names.iter().copied()))
    }
}

/// A word for that many.
pub(super) fn plural(word: &str, count: usize) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// `"a", "b"`
pub(super) fn quoted<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    texts.into_iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(", ")
}

/// The different texts, in order.
pub(super) fn set<'t>(texts: impl Iterator<Item = &'t str>) -> BTreeSet<&'t str> {
    texts.collect()
}
