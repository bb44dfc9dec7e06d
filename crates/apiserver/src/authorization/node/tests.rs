//! What a node hears, before and after its pods are looked at.

use super::*;
use crate::RequestInfo;

fn check(rows: &[(http::Method, &str, &str)]) {
    for (method, target, wanted) in rows {
        let request = RequestInfo::parse(method, target);
        let path = request.resource.as_ref().unwrap();
        let answer = judge("n1", request.verb, path, request.query.get("fieldSelector"));
        let shown = match answer {
            Answer::Allowed => "allowed".to_owned(),
            Answer::ByRules => "by rules".to_owned(),
            Answer::Refused(reason) => reason,
            Answer::IfRelated(kept, _) => format!("if {kept:?}"),
        };
        assert_eq!(shown, *wanted, "{method} {target}");
    }
}

#[test]
fn a_node_reads_what_its_pods_need_by_name() {
    use http::Method;
    check(&[
        (Method::GET, "/api/v1/namespaces/a/secrets/s", "if Secret"),
        (
            Method::GET,
            "/api/v1/namespaces/a/secrets?watch=1&fieldSelector=metadata.name%3Ds",
            "if Secret",
        ),
        (Method::GET, "/api/v1/secrets", "can only read namespaced object of this type"),
        (Method::DELETE, "/api/v1/namespaces/a/secrets/s", "can only read resources of this type"),
        (Method::GET, "/api/v1/namespaces/a/configmaps/c", "if ConfigMap"),
        (Method::GET, "/api/v1/namespaces/a/persistentvolumeclaims/c", "if Claim"),
        (
            Method::GET,
            "/api/v1/persistentvolumes",
            "can only get individual resources of this type",
        ),
        (Method::POST, "/api/v1/namespaces/a/serviceaccounts/web/token", "if ServiceAccount"),
        (
            Method::POST,
            "/api/v1/namespaces/a/serviceaccounts",
            "can only create tokens for individual service accounts",
        ),
    ]);
}

#[test]
fn a_node_keeps_its_own_objects() {
    use http::Method;
    const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces";
    let lease = |rest: &str| format!("{LEASES}/{rest}");
    check(&[
        (Method::GET, "/api/v1/nodes/n1", "allowed"),
        (Method::GET, "/api/v1/nodes/zz9", "node 'n1' cannot read 'zz9', only its own Node object"),
        (Method::GET, "/api/v1/nodes", "node 'n1' cannot read all nodes, only its own Node object"),
        (Method::PATCH, "/api/v1/nodes/n2/status", "allowed"),
        (Method::DELETE, "/api/v1/nodes/n1", ""),
        (Method::PATCH, &lease("kube-node-lease/leases/n1"), "allowed"),
        (
            Method::PATCH,
            &lease("kube-node-lease/leases/n2"),
            "can only access node lease with the same name as the requesting node",
        ),
        (
            Method::PATCH,
            &lease("default/leases/n1"),
            "can only access leases in the \"kube-node-lease\" system namespace",
        ),
        (Method::GET, "/apis/apps/v1/deployments", "by rules"),
    ]);
}

#[test]
fn a_node_lists_only_its_own_pods() {
    use http::Method;
    check(&[
        (Method::GET, "/api/v1/pods?fieldSelector=spec.nodeName%3Dn1", "allowed"),
        (
            Method::GET,
            "/api/v1/pods?fieldSelector=spec.nodeName%3Dn2",
            "can only list/watch pods with spec.nodeName field selector",
        ),
        (Method::GET, "/api/v1/namespaces/a/pods/web", "if Pod"),
        (Method::POST, "/api/v1/namespaces/a/pods/web/eviction", "allowed"),
        (Method::GET, "/api/v1/namespaces/a/pods/web/log", ""),
    ]);
}

#[test]
fn a_node_is_known_by_name_and_group() {
    let of = |name: &str, group: &str| {
        let user = User { name: name.into(), groups: vec![group.into()], ..User::default() };
        node_of(&user).map(str::to_owned)
    };
    assert_eq!(of("system:node:n1", NODES_GROUP).as_deref(), Some("n1"));
    assert_eq!(of("system:node:", NODES_GROUP).as_deref(), Some(""));
    assert_eq!(of("system:node:n1", "ops"), None);
    assert_eq!(of("n1", NODES_GROUP), None);
}
