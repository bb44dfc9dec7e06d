//! What level baseline has against pods: known ways to more rights than a pod should have.

use std::collections::BTreeSet;

use api::json;
use serde_json::Value;

use super::{
    Violation,
    pod::{Pod, plural, quoted, set},
};

const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
/// What a container gets anyway.
const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
/// Those that concern the pod alone; each release knows the first so many.
const SYSCTLS: [&str; 14] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_notsent_lowat",
];
/// Each release knows the first so many.
const SE_LINUX_TYPES: [&str; 5] =
    ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

pub(super) fn app_armor(pod: &Pod<'_>) -> Option<Violation> {
    let profile = |context: &Value| json::field(context, "appArmorProfile").is_some();
    let kind = |context: &'_ Value| json::text(&context["appArmorProfile"], "type").to_owned();
    let is_fine = |kind: &str| matches!(kind, "RuntimeDefault" | "Localhost");
    let offends = |context: &Value| profile(context) && !is_fine(&kind(context));
    let annotations: BTreeSet<String> = pod
        .annotations()
        .filter(|(key, _)| key.starts_with(APP_ARMOR))
        .filter(|(_, value)| !matches!(*value, "" | "runtime/default"))
        .filter(|(_, value)| !value.starts_with("localhost/"))
        .map(|(key, value)| format!("{key}={value:?}"))
        .collect();
    let kinds: BTreeSet<String> =
        pod.contexts().filter(|context| offends(context)).map(kind).collect();
    let count = annotations.len();
    let by_annotation = (count > 0).then(|| plural("annotation", count));
    let setters: Vec<String> = pod.setters(offends).into_iter().chain(by_annotation).collect();
    if setters.is_empty() {
        return None;
    }
    let values: Vec<&str> = kinds.iter().chain(&annotations).map(String::as_str).collect();
    let reason = match values.len() {
        1 => "forbidden AppArmor profile",
        _ => "forbidden AppArmor profiles",
    };
    let (setters, values) = (setters.join(" and "), quoted(values));
    let detail = format!("{setters} must not set AppArmor profile type to {values}");
    Some(Violation { reason, detail })
}

pub(super) fn capabilities(pod: &Pod<'_>) -> Option<Violation> {
    let more = |container| added(container).filter(|name| !CAPABILITIES.contains(name));
    let offenders = pod.offenders(|container| more(container).next().is_some())?;
    let names = quoted(set(pod.containers().flat_map(more)));
    let detail =
        format!("{offenders} must not include {names} in securityContext.capabilities.add");
    Some(Violation { reason: "non-default capabilities", detail })
}

/// The capabilities that a container adds.
pub(super) fn added(container: &Value) -> impl Iterator<Item = &str> {
    let capabilities = &container["securityContext"]["capabilities"];
    json::list(capabilities, "add").iter().filter_map(Value::as_str)
}

pub(super) fn host_namespaces(pod: &Pod<'_>) -> Option<Violation> {
    let shared = ["hostNetwork", "hostPID", "hostIPC"];
    let shared = shared.into_iter().filter(|field| json::is_true(pod.spec, field));
    let shared: Vec<String> = shared.map(|field| format!("{field}=true")).collect();
    let violation = Violation { reason: "host namespaces", detail: shared.join(", ") };
    (!shared.is_empty()).then_some(violation)
}

pub(super) fn host_paths(pod: &Pod<'_>) -> Option<Violation> {
    let volumes = json::list(pod.spec, "volumes").iter();
    let paths = volumes.filter(|volume| json::field(volume, "hostPath").is_some());
    let names: Vec<&str> = paths.map(|volume| json::text(volume, "name")).collect();
    let detail = format!("{} {}", plural("volume", names.len()), quoted(names.iter().copied()));
    (!names.is_empty()).then_some(Violation { reason: "hostPath volumes", detail })
}

pub(super) fn host_ports(pod: &Pod<'_>) -> Option<Violation> {
    let ports = |container| {
        let ports = json::list(container, "ports").iter();
        ports.filter_map(|port| json::number(port, "hostPort")).filter(|port| *port != 0)
    };
    let offenders = pod.offenders(|container| ports(container).next().is_some())?;
    let taken: BTreeSet<String> =
        pod.containers().flat_map(ports).map(|port| port.to_string()).collect();
    let detail = format!(
        "{offenders} {} {} {}",
        offenders.uses(),
        plural("hostPort", taken.len()),
        taken.into_iter().collect::<Vec<_>>().join(", ")
    );
    Some(Violation { reason: "hostPort", detail })
}

pub(super) fn host_probes(pod: &Pod<'_>) -> Option<Violation> {
    let hosts = |container: &'_ Value| {
        let probes = ["livenessProbe", "readinessProbe", "startupProbe"].map(|f| &container[f]);
        let hooks = ["postStart", "preStop"].map(|field| &container["lifecycle"][field]);
        let handlers = probes.into_iter().chain(hooks);
        let hosts = handlers.flat_map(|handler| ["httpGet", "tcpSocket"].map(|f| &handler[f]));
        let hosts = hosts.map(|action| json::text(action, "host").to_owned());
        hosts.filter(|host| !host.is_empty()).collect::<Vec<_>>()
    };
    let offending = pod.containers().filter(|container| !hosts(container).is_empty());
    let names = set(offending.map(|container| json::text(container, "name")));
    let hosts: BTreeSet<String> = pod.containers().flat_map(hosts).collect();
    if hosts.is_empty() {
        return None;
    }
    let detail = format!(
        "{} {} {} {} {}",
        plural("container", names.len()),
        quoted(names.iter().copied()),
        if names.len() == 1 { "uses" } else { "use" },
        plural("probe or lifecycle host", hosts.len()),
        quoted(hosts.iter().map(String::as_str))
    );
    Some(Violation { reason: "probe or lifecycle host", detail })
}

pub(super) fn privileged(pod: &Pod<'_>) -> Option<Violation> {
    let is_privileged = |container: &Value| container["securityContext"]["privileged"] == true;
    let offenders = pod.offenders(is_privileged)?;
    let detail = format!("{offenders} must not set securityContext.privileged=true");
    Some(Violation { reason: "privileged", detail })
}

pub(super) fn proc_mount(pod: &Pod<'_>) -> Option<Violation> {
    let offenders = pod.offenders(|container| proc_mount_of(container).is_some())?;
    let kinds = quoted(set(pod.containers().filter_map(proc_mount_of)));
    let detail = format!("{offenders} must not set securityContext.procMount to {kinds}");
    Some(Violation { reason: "procMount", detail })
}

/// How a container sees `/proc`, if not as containers do.
fn proc_mount_of(container: &Value) -> Option<&str> {
    let kind = json::text(&container["securityContext"], "procMount");
    (!matches!(kind, "" | "Default")).then_some(kind)
}

pub(super) fn proc_mount_1_35(pod: &Pod<'_>) -> Option<Violation> {
    if pod.has_own_users() { None } else { proc_mount(pod) }
}

pub(super) fn se_linux(pod: &Pod<'_>) -> Option<Violation> {
    se_linux_of(pod, &SE_LINUX_TYPES[..4])
}

pub(super) fn se_linux_1_31(pod: &Pod<'_>) -> Option<Violation> {
    se_linux_of(pod, &SE_LINUX_TYPES)
}

fn se_linux_of(pod: &Pod<'_>, types: &[&str]) -> Option<Violation> {
    let options =
        |context: &'_ Value, field: &str| json::text(&context["seLinuxOptions"], field).to_owned();
    let other_type = |context: &Value| !types.contains(&&*options(context, "type"));
    let sets = |context: &Value, field: &str| !options(context, field).is_empty();
    let offends =
        |context: &Value| other_type(context) || sets(context, "user") || sets(context, "role");
    let setters = pod.setters(offends)?;
    let others: BTreeSet<String> = pod
        .contexts()
        .filter(|context| other_type(context))
        .map(|context| options(context, "type"))
        .collect();
    let mut told = Vec::new();
    if !others.is_empty() {
        let names = quoted(others.iter().map(String::as_str));
        told.push(format!("{} {names}", plural("type", others.len())));
    }
    for field in ["user", "role"] {
        if pod.contexts().any(|context| sets(context, field)) {
            told.push(format!("{field} may not be set"));
        }
    }
    let told = told.join("; ");
    let detail = format!("{setters} set forbidden securityContext.seLinuxOptions: {told}");
    Some(Violation { reason: "seLinuxOptions", detail })
}

/// Before there was a field for it.
pub(super) fn seccomp(pod: &Pod<'_>) -> Option<Violation> {
    let names: BTreeSet<&str> = pod.containers().map(|c| json::text(c, "name")).collect();
    let concerns = |key: &str| {
        let container = key.strip_prefix(SECCOMP_CONTAINER);
        key == SECCOMP_POD || container.is_some_and(|name| names.contains(name))
    };
    let is_fine = |value: &str| {
        matches!(value, "runtime/default" | "docker/default") || value.starts_with("localhost/")
    };
    let forbidden: BTreeSet<String> = pod
        .annotations()
        .filter(|(key, value)| concerns(key) && !is_fine(value))
        .map(|(key, value)| format!("{key}={value:?}"))
        .collect();
    let (count, told) = (forbidden.len(), forbidden.into_iter().collect::<Vec<_>>().join(", "));
    let detail = format!("forbidden {} {told}", plural("annotation", count));
    (count > 0).then_some(Violation { reason: "seccompProfile", detail })
}

pub(super) fn seccomp_1_19(pod: &Pod<'_>) -> Option<Violation> {
    let offends = |context: &Value| seccomp_type(context).is_some_and(|kind| !is_confining(kind));
    let setters = pod.setters(offends)?;
    let kinds = pod.contexts().filter_map(seccomp_type).filter(|kind| !is_confining(kind));
    let kinds = quoted(set(kinds));
    let detail = format!("{setters} must not set securityContext.seccompProfile.type to {kinds}");
    Some(Violation { reason: "seccompProfile", detail })
}

/// The type of a security context's seccomp profile, if it has one.
pub(super) fn seccomp_type(context: &Value) -> Option<&str> {
    let profile = json::field(context, "seccompProfile")?;
    Some(json::text(profile, "type"))
}

/// Whether a seccomp profile keeps a container from anything.
pub(super) fn is_confining(kind: &str) -> bool {
    matches!(kind, "Localhost" | "RuntimeDefault")
}

pub(super) fn sysctls(pod: &Pod<'_>) -> Option<Violation> {
    sysctls_but(pod, &SYSCTLS[..5])
}
pub(super) fn sysctls_1_27(pod: &Pod<'_>) -> Option<Violation> {
    sysctls_but(pod, &SYSCTLS[..6])
}
pub(super) fn sysctls_1_29(pod: &Pod<'_>) -> Option<Violation> {
    sysctls_but(pod, &SYSCTLS[..10])
}
pub(super) fn sysctls_1_32(pod: &Pod<'_>) -> Option<Violation> {
    sysctls_but(pod, &SYSCTLS[..12])
}
pub(super) fn sysctls_1_37(pod: &Pod<'_>) -> Option<Violation> {
    sysctls_but(pod, &SYSCTLS)
}

fn sysctls_but(pod: &Pod<'_>, safe: &[&str]) -> Option<Violation> {
    let set = json::list(&pod.spec["securityContext"], "sysctls").iter();
    let names = set.map(|sysctl| json::text(sysctl, "name"));
    let forbidden: Vec<&str> = names.filter(|name| !safe.contains(name)).collect();
    let violation = Violation { reason: "forbidden sysctls", detail: forbidden.join(", ") };
    (!forbidden.is_empty()).then_some(violation)
}

pub(super) fn windows_host_process(pod: &Pod<'_>) -> Option<Violation> {
    let offends = |context: &Value| context["windowsOptions"]["hostProcess"] == true;
    let setters = pod.setters(offends)?;
    let detail = format!("{setters} must not set securityContext.windowsOptions.hostProcess=true");
    Some(Violation { reason: "hostProcess", detail })
}
