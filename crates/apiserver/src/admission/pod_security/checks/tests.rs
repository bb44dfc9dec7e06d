//! A row for each thing that each check has something against.

use serde_json::{Value, json};

use super::*;

/// A pod that keeps to everything.
fn good() -> Value {
    json!({
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "a", "securityContext":
            {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
    })
}

/// What a standard has against a good pod with one thing changed: `PATH=VALUE`, below `spec`.
fn with(standard: &str, changes: &[(&str, Value)]) -> String {
    let mut spec = good();
    for (path, value) in changes {
        let pointer = format!("/{}", path.replace('.', "/"));
        let (parent, field) = pointer.rsplit_once('/').expect("a path");
        let parent = spec.pointer_mut(parent).expect("a parent");
        parent[field] = value.clone();
    }
    of(standard, &json!({}), &spec)
}

fn of(standard: &str, metadata: &Value, spec: &Value) -> String {
    let (level, version) = standard.split_once(':').expect("LEVEL:VERSION");
    let level = Level::parse(level).expect("a level");
    let version = Version::parse(version).expect("a version");
    violations(Standard { level, version }, &Pod { metadata, spec }).details()
}

fn annotated(standard: &str, annotations: Value) -> String {
    of(standard, &json!({ "annotations": annotations }), &good())
}

const CONTEXT: &str = "containers.0.securityContext";

fn context(standard: &str, field: &str, value: Value) -> String {
    with(standard, &[(&format!("{CONTEXT}.{field}"), value)])
}

#[test]
fn a_careful_pod_keeps_to_every_version_of_every_level() {
    for minor in 0..=40 {
        for level in ["privileged", "baseline", "restricted"] {
            assert_eq!(with(&format!("{level}:v1.{minor}"), &[]), "", "{level} v1.{minor}");
        }
    }
    assert_eq!(of("privileged:latest", &json!({}), &json!({"hostPID": true})), "");
}

#[test]
fn a_careless_pod_is_told_everything_at_once() {
    let privileged = json!({"containers": [
        {"name": "c", "securityContext": {"privileged": true}}]});
    assert_eq!(
        of("restricted:latest", &json!({}), &privileged),
        r#"privileged (container "c" must not set securityContext.privileged=true), allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#
    );
}

#[test]
fn every_kind_of_container_is_looked_at() {
    let privileged = |name: &str| json!([{"name": name, "securityContext": {"privileged": true}}]);
    let spec = json!({"containers": privileged("b"), "initContainers": privileged("a"),
        "ephemeralContainers": privileged("c")});
    assert_eq!(
        of("baseline:latest", &json!({}), &spec),
        r#"privileged (containers "a", "b", "c" must not set securityContext.privileged=true)"#
    );
}

#[test]
fn baseline_is_against_app_armor_switched_off() {
    let unconfined = json!({"type": "Unconfined"});
    assert_eq!(
        context("baseline:latest", "appArmorProfile", unconfined.clone()),
        r#"forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")"#
    );
    let key = "container.apparmor.security.beta.kubernetes.io/a";
    assert_eq!(
        annotated("baseline:latest", json!({key: "unconfined"})),
        r#"forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a="unconfined"")"#
    );
    for fine in ["", "runtime/default", "localhost/x"] {
        assert_eq!(annotated("baseline:latest", json!({key: fine})), "", "{fine}");
    }
    let mut spec = good();
    spec["securityContext"]["appArmorProfile"] = unconfined;
    assert_eq!(
        of("baseline:latest", &json!({"annotations": {key: "bad"}}), &spec),
        r#"forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/a="bad"")"#
    );
}

#[test]
fn capabilities_beyond_the_usual_are_named() {
    let adding = |names: Value| json!({"add": names, "drop": ["ALL"]});
    assert_eq!(
        context("baseline:latest", "capabilities", adding(json!(["SYS_ADMIN", "KILL", "BPF"]))),
        r#"non-default capabilities (container "a" must not include "BPF", "SYS_ADMIN" in securityContext.capabilities.add)"#
    );
    assert_eq!(
        context("restricted:latest", "capabilities", adding(json!(["KILL", "NET_BIND_SERVICE"]))),
        r#"unrestricted capabilities (container "a" must not include "KILL" in securityContext.capabilities.add)"#
    );
    assert_eq!(
        context("restricted:v1.22", "capabilities", json!({"add": ["BPF"], "drop": ["KILL"]})),
        r#"unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "BPF" in securityContext.capabilities.add)"#
    );
    // Before it had a check of its own, the one of baseline held for restricted as well.
    assert_eq!(
        context("restricted:v1.21", "capabilities", json!({"add": ["BPF"]})),
        r#"non-default capabilities (container "a" must not include "BPF" in securityContext.capabilities.add)"#
    );
}

#[test]
fn baseline_is_against_what_is_the_hosts() {
    let rows = [
        (
            vec![("hostNetwork", json!(true)), ("hostIPC", json!(true))],
            "host namespaces (hostNetwork=true, hostIPC=true)",
        ),
        (
            vec![("volumes", json!([{"name": "v", "hostPath": {"path": "/"}}]))],
            r#"hostPath volumes (volume "v")"#,
        ),
        (
            vec![(
                "containers.0.ports",
                json!([{"hostPort": 90}, {"hostPort": 80}, {"hostPort": 0}]),
            )],
            r#"hostPort (container "a" uses hostPorts 80, 90)"#,
        ),
        (
            vec![
                ("containers.0.livenessProbe", json!({"httpGet": {"host": "x"}})),
                ("containers.0.lifecycle", json!({"preStop": {"tcpSocket": {"host": "y"}}})),
            ],
            r#"probe or lifecycle host (container "a" uses probe or lifecycle hosts "x", "y")"#,
        ),
        (
            vec![("securityContext.windowsOptions", json!({"hostProcess": true}))],
            "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
        ),
    ];
    for (changes, wanted) in rows {
        assert_eq!(with("baseline:latest", &changes), wanted);
    }
    let probe = [("containers.0.livenessProbe", json!({"httpGet": {"host": "x"}}))];
    assert_eq!(with("baseline:v1.33", &probe), "");
}

#[test]
fn an_unmasked_proc_is_for_those_with_users_of_their_own() {
    let unmasked = (format!("{CONTEXT}.procMount"), json!("Unmasked"));
    let told = r#"procMount (container "a" must not set securityContext.procMount to "Unmasked")"#;
    let mount = [(&*unmasked.0, unmasked.1.clone())];
    let own_users = [(&*unmasked.0, unmasked.1.clone()), ("hostUsers", json!(false))];
    assert_eq!(with("baseline:latest", &mount), told);
    assert_eq!(with("baseline:latest", &own_users), "");
    assert_eq!(with("baseline:v1.34", &own_users), told);
    assert_eq!(with("restricted:latest", &own_users), told);
}

#[test]
fn se_linux_is_what_the_runtime_gives() {
    let options = json!({"type": "spc_t", "user": "u", "role": "r"});
    assert_eq!(
        context("baseline:latest", "seLinuxOptions", options),
        r#"seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)"#
    );
    let engine = json!({"type": "container_engine_t"});
    assert_eq!(context("baseline:latest", "seLinuxOptions", engine.clone()), "");
    assert_eq!(
        context("baseline:v1.30", "seLinuxOptions", engine),
        r#"seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "container_engine_t")"#
    );
}

#[test]
fn seccomp_may_not_be_switched_off_and_restricted_wants_it_said() {
    let unconfined = json!({"type": "Unconfined"});
    let told = r#"seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")"#;
    assert_eq!(context("baseline:latest", "seccompProfile", unconfined.clone()), told);
    assert_eq!(context("restricted:latest", "seccompProfile", unconfined.clone()), told);
    assert_eq!(
        with("baseline:latest", &[("securityContext.seccompProfile", unconfined)]),
        r#"seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")"#
    );
    assert_eq!(with("baseline:latest", &[("securityContext.seccompProfile", json!(null))]), "");
    assert_eq!(
        with("restricted:latest", &[("securityContext.seccompProfile", json!(null))]),
        r#"seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#
    );
    let annotations = json!({"seccomp.security.alpha.kubernetes.io/pod": "unconfined",
        "container.seccomp.security.alpha.kubernetes.io/a": "docker/default"});
    assert_eq!(
        annotated("baseline:v1.18", annotations.clone()),
        r#"seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")"#
    );
    assert_eq!(annotated("baseline:v1.19", annotations), "");
}

#[test]
fn the_safe_sysctls_grow_with_the_releases() {
    let set = |name: &str| [("securityContext.sysctls", json!([{"name": name, "value": "1"}]))];
    assert_eq!(with("baseline:latest", &set("kernel.msgmax")), "forbidden sysctls (kernel.msgmax)");
    for (name, since) in [
        ("net.ipv4.ip_local_reserved_ports", 27),
        ("net.ipv4.tcp_fin_timeout", 29),
        ("net.ipv4.tcp_wmem", 32),
        ("net.ipv4.tcp_notsent_lowat", 37),
    ] {
        let before = with(&format!("baseline:v1.{}", since - 1), &set(name));
        assert_eq!(before, format!("forbidden sysctls ({name})"));
        assert_eq!(with(&format!("baseline:v1.{since}"), &set(name)), "");
    }
}

#[test]
fn restricted_wants_no_way_up_and_no_root() {
    let escalating = "allowPrivilegeEscalation != false (container \"a\" must set securityContext.allowPrivilegeEscalation=false)";
    assert_eq!(context("restricted:latest", "allowPrivilegeEscalation", json!(true)), escalating);
    assert_eq!(context("restricted:v1.8", "allowPrivilegeEscalation", json!(null)), escalating);
    assert_eq!(context("restricted:v1.7", "allowPrivilegeEscalation", json!(null)), "");
    assert_eq!(
        context("restricted:latest", "runAsNonRoot", json!(false)),
        r#"runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)"#
    );
    assert_eq!(
        with("restricted:latest", &[("securityContext.runAsNonRoot", json!(null))]),
        r#"runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)"#
    );
    let root = ("securityContext.runAsUser", json!(0));
    let told = "runAsUser=0 (pod must not set runAsUser=0)";
    assert_eq!(with("restricted:latest", std::slice::from_ref(&root)), told);
    assert_eq!(with("restricted:v1.22", std::slice::from_ref(&root)), "");
    let own_users =
        [root, ("hostUsers", json!(false)), ("securityContext.runAsNonRoot", json!(null))];
    assert_eq!(with("restricted:latest", &own_users), "");
}

#[test]
fn restricted_wants_volumes_that_are_the_clusters() {
    let volumes = json!([{"name": "x", "nfs": {}}, {"name": "y", "hostPath": {}},
        {"name": "z", "emptyDir": {}}, {"name": "w", "image": {}}]);
    assert_eq!(
        with("restricted:latest", &[("volumes", volumes)]),
        r#"restricted volume types (volumes "x", "y" use restricted volume types "hostPath", "nfs")"#
    );
}

#[test]
fn restricted_asks_of_windows_only_what_it_has() {
    let careless = |os: &str| {
        json!({"os": {"name": os}, "containers": [{"name": "a"}],
            "securityContext": {"runAsNonRoot": true}})
    };
    assert_eq!(of("restricted:latest", &json!({}), &careless("windows")), "");
    assert!(of("restricted:v1.24", &json!({}), &careless("windows")).contains("Escalation"));
    assert!(of("restricted:latest", &json!({}), &careless("linux")).contains("Escalation"));
}
