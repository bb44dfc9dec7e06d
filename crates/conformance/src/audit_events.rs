//! Audit events as a busy cluster makes them: each is made from its number, so that every run has the same.

use std::fmt::Write as _;

use meta::time::Time;

/// Between two events: a million take half a day.
const STEP_MICROSECONDS: u64 = 50_000;
/// 2026-11-24T17:00:00Z: a million events lie in two days.
const START_SECONDS: i64 = 1_795_539_600;

const PEOPLE: [&str; 6] = ["ann", "ben", "cleo", "dan", "eve", "pilothouse-admin"];
const CONTROLLERS: [&str; 5] = [
    "deployment-controller",
    "replicaset-controller",
    "endpointslice-controller",
    "job-controller",
    "generic-garbage-collector",
];

/// What happens, in parts of a thousand.
#[derive(Debug, Clone, Copy)]
struct Deed {
    weight: u64,
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    subresource: &'static str,
    code: u32,
    by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Person,
    Controller,
    Kubelet,
}

const fn deed(weight: u64, verb: &'static str, what: [&'static str; 3], code: u32, by: By) -> Deed {
    let [group, resource, subresource] = what;
    Deed { weight, verb, group, resource, subresource, code, by }
}

const DEEDS: [Deed; 16] = [
    deed(300, "update", ["apps", "replicasets", "status"], 200, By::Controller),
    deed(150, "patch", ["", "pods", "status"], 200, By::Kubelet),
    deed(100, "create", ["", "pods", ""], 201, By::Controller),
    deed(60, "delete", ["", "pods", ""], 200, By::Controller),
    deed(60, "update", ["discovery.k8s.io", "endpointslices", ""], 200, By::Controller),
    deed(80, "patch", ["apps", "deployments", ""], 200, By::Person),
    deed(90, "get", ["", "pods", ""], 200, By::Person),
    deed(60, "list", ["", "pods", ""], 200, By::Person),
    deed(20, "watch", ["apps", "deployments", ""], 200, By::Person),
    deed(20, "get", ["", "secrets", ""], 200, By::Person),
    deed(20, "list", ["", "secrets", ""], 403, By::Person),
    deed(10, "delete", ["apps", "deployments", ""], 200, By::Person),
    deed(10, "create", ["", "serviceaccounts", "token"], 201, By::Kubelet),
    deed(5, "create", ["", "pods", "exec"], 101, By::Person),
    deed(5, "create", ["rbac.authorization.k8s.io", "rolebindings", ""], 201, By::Person),
    deed(10, "update", ["", "configmaps", ""], 200, By::Person),
];

/// One event as a line of the log, its end included.
pub fn event(number: u64) -> String {
    let chance = mixed(number);
    let deed = drawn(chance % 1000);
    let microseconds = number.saturating_mul(STEP_MICROSECONDS);
    let received = Time::from_microseconds(
        START_SECONDS * 1_000_000 + i64::try_from(microseconds).unwrap_or_default(),
    );
    let took = std::time::Duration::from_micros(700 + (chance >> 20) % 40_000);
    let (namespace, object) = (chance >> 8 & 0x1f, chance >> 13 & 0x3ff);
    let (user, groups, agent) = who(deed.by, chance);
    let Deed { verb, group, resource, subresource, code, .. } = deed;
    let uri = uri(&deed, namespace, object);
    let decision = if code == 403 { "forbid" } else { "allow" };
    let mut line = String::with_capacity(2048);
    // Writing to memory does not fail.
    let _ = write!(
        line,
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"{id}","#,
        id = id(number)
    );
    let _ = write!(
        line,
        r#""stage":"ResponseComplete","requestURI":"{uri}","verb":"{verb}","user":{{"username":"{user}","groups":[{groups}]}},"sourceIPs":["10.0.{a}.{b}"],"userAgent":"{agent}","#,
        a = namespace,
        b = chance >> 3 & 0xff,
    );
    let _ = write!(
        line,
        r#""objectRef":{{"resource":"{resource}","namespace":"team-{namespace}","name":"web-{object}","apiGroup":"{group}","apiVersion":"v1","subresource":"{subresource}"}},"responseStatus":{{"metadata":{{}},"code":{code}}},"#
    );
    if matches!(verb, "create" | "update" | "patch") {
        body(&mut line, resource, namespace, object);
    }
    let _ = writeln!(
        line,
        r#""requestReceivedTimestamp":"{}","stageTimestamp":"{}","annotations":{{"authorization.k8s.io/decision":"{decision}","authorization.k8s.io/reason":"RBAC: allowed by ClusterRoleBinding \"of-{user}\" of ClusterRole \"edit\" to User \"{user}\""}}}}"#,
        received.to_micro_string(),
        (received + took).to_micro_string(),
    );
    line
}

/// The audit ID of an event.
pub fn id(number: u64) -> String {
    let (high, low) = (mixed(number), mixed(number ^ 0x5555_5555_5555_5555));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

fn drawn(mut chance: u64) -> Deed {
    for deed in DEEDS {
        if chance < deed.weight {
            return deed;
        }
        chance -= deed.weight;
    }
    DEEDS[0]
}

fn who(by: By, chance: u64) -> (String, &'static str, &'static str) {
    let pick = |names: &[&str]| {
        let at = usize::try_from(chance >> 33).unwrap_or_default() % names.len();
        names[at].to_owned()
    };
    match by {
        By::Person => (
            pick(&PEOPLE),
            r#""developers","system:authenticated""#,
            "kubectl/v1.37.2 (linux/amd64) kubernetes/4b8e819",
        ),
        By::Controller => (
            format!("system:serviceaccount:kube-system:{}", pick(&CONTROLLERS)),
            r#""system:serviceaccounts","system:serviceaccounts:kube-system","system:authenticated""#,
            "kube-controller-manager/v1.37.2 (linux/amd64) kubernetes/4b8e819",
        ),
        By::Kubelet => (
            format!("system:node:node-{}", chance >> 40 & 0x3f),
            r#""system:nodes","system:authenticated""#,
            "kubelet/v1.37.2 (linux/amd64) kubernetes/4b8e819",
        ),
    }
}

fn uri(deed: &Deed, namespace: u64, object: u64) -> String {
    let root = if deed.group.is_empty() {
        "/api/v1".to_owned()
    } else {
        format!("/apis/{}/v1", deed.group)
    };
    let mut uri = format!("{root}/namespaces/team-{namespace}/{}/web-{object}", deed.resource);
    if !deed.subresource.is_empty() {
        uri.push('/');
        uri.push_str(deed.subresource);
    }
    uri
}

/// An object of the size that workloads have.
fn body(line: &mut String, resource: &str, namespace: u64, object: u64) {
    // Writing to memory does not fail.
    let _ = write!(
        line,
        r#""requestObject":{{"apiVersion":"v1","kind":"{resource}","metadata":{{"name":"web-{object}","namespace":"team-{namespace}","labels":{{"app":"web-{object}","team":"{namespace}","app.kubernetes.io/managed-by":"Helm"}},"annotations":{{"deployment.kubernetes.io/revision":"1"}}}},"spec":{{"replicas":3,"selector":{{"matchLabels":{{"app":"web-{object}"}}}},"template":{{"metadata":{{"labels":{{"app":"web-{object}"}}}},"spec":{{"containers":[{{"name":"web","image":"registry.example/team-{namespace}/web:1.{object}","ports":[{{"containerPort":8080,"protocol":"TCP"}}],"env":[{{"name":"STAGE","value":"live"}},{{"name":"LIMIT","value":"{object}"}}],"resources":{{"limits":{{"cpu":"1","memory":"512Mi"}},"requests":{{"cpu":"100m","memory":"128Mi"}}}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{{}},"schedulerName":"default-scheduler"}}}}}},"status":{{"observedGeneration":{object},"replicas":3,"readyReplicas":3}}}},"#
    );
}

/// `SplitMix64`: near numbers become far ones.
const fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn events_are_json_and_weights_make_a_whole() {
        assert_eq!(DEEDS.iter().map(|deed| deed.weight).sum::<u64>(), 1000);
        for number in 0..2000 {
            let value: Value = serde_json::from_str(&event(number)).expect("an event");
            assert_eq!(value["auditID"].as_str(), Some(&*id(number)));
        }
    }
}
