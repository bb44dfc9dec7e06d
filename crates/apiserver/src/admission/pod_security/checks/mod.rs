//! The checks of the Pod Security Standards, by level and by the release that each form of them came
//! with.

mod baseline;
mod pod;
mod restricted;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub(super) use pod::Pod;

use super::level::{Level, Standard, Version};

/// What a check has against a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Violation {
    reason: &'static str,
    detail: String,
}

/// Everything that a standard has against a pod; nothing if it keeps to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Violations(Vec<Violation>);

/// What a check looks at from which minor version on, ascending.
type Forms = &'static [(u64, fn(&Pod<'_>) -> Option<Violation>)];

struct Check {
    name: &'static str,
    level: Level,
    /// The last that is not too new counts.
    forms: Forms,
    /// The check of a lower level that it does the work of.
    instead_of: &'static str,
}

/// The newest release with a check of its own; later ones are as this one.
const NEWEST: u64 = 37;

const fn baseline(name: &'static str, forms: Forms) -> Check {
    Check { name, level: Level::Baseline, forms, instead_of: "" }
}

const fn restricted(name: &'static str, forms: Forms, instead_of: &'static str) -> Check {
    Check { name, level: Level::Restricted, forms, instead_of }
}

/// In the order in which they are told of.
const CHECKS: [Check; 19] = [
    baseline("appArmorProfile", &[(0, baseline::app_armor)]),
    baseline("capabilities_baseline", &[(0, baseline::capabilities)]),
    baseline("hostNamespaces", &[(0, baseline::host_namespaces)]),
    baseline("hostPathVolumes", &[(0, baseline::host_paths)]),
    baseline("hostPorts", &[(0, baseline::host_ports)]),
    baseline("hostProbesAndHostLifecycle", &[(34, baseline::host_probes)]),
    baseline("privileged", &[(0, baseline::privileged)]),
    baseline("procMount", &[(0, baseline::proc_mount), (35, baseline::proc_mount_1_35)]),
    baseline("seLinuxOptions", &[(0, baseline::se_linux), (31, baseline::se_linux_1_31)]),
    baseline("seccompProfile_baseline", &[(0, baseline::seccomp), (19, baseline::seccomp_1_19)]),
    baseline(
        "sysctls",
        &[
            (0, baseline::sysctls),
            (27, baseline::sysctls_1_27),
            (29, baseline::sysctls_1_29),
            (32, baseline::sysctls_1_32),
            (37, baseline::sysctls_1_37),
        ],
    ),
    baseline("windowsHostProcess", &[(0, baseline::windows_host_process)]),
    restricted(
        "allowPrivilegeEscalation",
        &[(8, restricted::privilege_escalation), (25, restricted::privilege_escalation_1_25)],
        "",
    ),
    restricted(
        "capabilities_restricted",
        &[(22, restricted::capabilities), (25, restricted::capabilities_1_25)],
        "capabilities_baseline",
    ),
    restricted("procMount_restricted", &[(35, baseline::proc_mount)], "procMount"),
    restricted("restrictedVolumes", &[(0, restricted::volumes)], "hostPathVolumes"),
    restricted("runAsNonRoot", &[(0, restricted::non_root), (35, restricted::non_root_1_35)], ""),
    restricted("runAsUser", &[(23, restricted::user), (35, restricted::user_1_35)], ""),
    restricted(
        "seccompProfile_restricted",
        &[(19, restricted::seccomp), (25, restricted::seccomp_1_25)],
        "seccompProfile_baseline",
    ),
];

/// What a standard has against a pod.
pub(super) fn violations(standard: Standard, pod: &Pod<'_>) -> Violations {
    let minor = match standard.version {
        Version::Latest => NEWEST,
        Version::Minor(minor) => minor.min(NEWEST),
    };
    let form = |check: &Check| check.forms.iter().rev().find(|(since, _)| *since <= minor);
    let due: Vec<_> = CHECKS
        .iter()
        .filter(|check| check.level <= standard.level)
        .filter_map(|check| form(check).map(|(_, form)| (check, form)))
        .collect();
    let replaced: BTreeSet<&str> = due.iter().map(|(check, _)| check.instead_of).collect();
    let meant = due.iter().filter(|(check, _)| !replaced.contains(check.name));
    Violations(meant.filter_map(|(_, form)| form(pod)).collect())
}

impl Violations {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Each with what exactly is wrong.
    pub(super) fn details(&self) -> String {
        let told = self.0.iter().map(|violation| {
            let Violation { reason, detail } = violation;
            if detail.is_empty() { (*reason).to_owned() } else { format!("{reason} ({detail})") }
        });
        told.collect::<Vec<_>>().join(", ")
    }
    /// The names alone, by which pods are told of together.
    pub(super) fn reasons(&self) -> String {
        self.0.iter().map(|violation| violation.reason).collect::<Vec<_>>().join(", ")
    }
}
