//! What a service sees of pods: which concern it, and under which addresses and ports they serve.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use api::views::{IpFamily, Pod, Service, ServicePort, TargetReference};
use meta::{int_or_string::IntOrString, object::ObjectKey, text::Text};
use runtime::{Cache, Change, Index};

/// Set on what belongs to a service whose clients connect to the endpoints themselves.
pub(crate) const HEADLESS: &str = "service.kubernetes.io/headless";

/// Pods by the node they are on.
pub(crate) static PODS_BY_NODE: Index<Pod> = Index {
    name: "node",
    values: |pod| {
        let node = &pod.spec.node_name;
        (!node.is_empty()).then(|| node.clone()).into_iter().collect()
    },
};

/// The services whose endpoints a change of a pod may change.
pub(crate) fn concerned(services: &Cache<Service>, change: &Change<Pod>) -> BTreeSet<ObjectKey> {
    let selecting = |pod: &Arc<Pod>| selecting(services, pod);
    let (Some(old), Some(new)) = (&change.old, &change.new) else {
        return change.latest().map(selecting).unwrap_or_default();
    };
    let relabelled = old.metadata.labels != new.metadata.labels;
    match (serves_differently(old, new), relabelled) {
        (false, false) => BTreeSet::new(),
        (true, false) => selecting(new),
        (true, true) => &selecting(old) | &selecting(new),
        (false, true) => &selecting(old) ^ &selecting(new),
    }
}

/// The services that select a pod.
pub(crate) fn selecting(services: &Cache<Service>, pod: &Pod) -> BTreeSet<ObjectKey> {
    let services = services.in_namespace(&pod.metadata.namespace);
    let selecting = services.iter().filter(|service| service.selects(&pod.metadata.labels));
    selecting.map(|service| service.metadata.key()).collect()
}

fn serves_differently(old: &Pod, new: &Pod) -> bool {
    old.metadata.is_deleting() != new.metadata.is_deleting()
        || old.is_finished() != new.is_finished()
        || old.is_ready() != new.is_ready()
        || old.status.pod_ip != new.status.pod_ip
        || old.status.pod_ips != new.status.pod_ips
        || old.spec.hostname != new.spec.hostname
        || old.spec.subdomain != new.spec.subdomain
}

/// The pods that a service selects and that have an address and may still serve, in key order.
pub(crate) fn selected(pods: &Cache<Pod>, service: &Service) -> Vec<Arc<Pod>> {
    let mut pods = pods.in_namespace(&service.metadata.namespace);
    pods.retain(|pod| {
        let has_address = !pod.status.pod_ip.is_empty() || !pod.status.pod_ips.is_empty();
        has_address && !pod.is_finished() && service.selects(&pod.metadata.labels)
    });
    pods
}

/// The pod's addresses of one family, in the pod's order, each in its canonical form.
pub(crate) fn addresses(pod: &Pod, family: IpFamily) -> Vec<Text> {
    let listed = pod.status.pod_ips.iter().map(|listed| &listed.ip);
    let alone = listed.len() == 0;
    let all = listed.chain(alone.then_some(&pod.status.pod_ip));
    all.filter_map(canonical).filter(|(of, _)| *of == family).map(|(_, ip)| ip).collect()
}

/// An address in the one form in which it is compared, and its family; `None` if it is none.
pub(crate) fn canonical(ip: &Text) -> Option<(IpFamily, Text)> {
    let parsed = ip.parse::<IpAddr>().ok()?.to_canonical();
    let family = if parsed.is_ipv4() { IpFamily::V4 } else { IpFamily::V6 };
    let text = parsed.to_string();
    Some((family, if *ip == *text { ip.clone() } else { Text::from(text) }))
}

/// The family of an address that is one.
pub(crate) fn family(ip: &Text) -> Option<IpFamily> {
    canonical(ip).map(|(family, _)| family)
}

/// The number of the pod's port that a service's port means; `None` if the pod has no port of that
/// name. A number needs no declaration.
pub(crate) fn target_port(pod: &Pod, port: &ServicePort) -> Option<i32> {
    let name = match &port.target_port {
        None => return Some(port.port),
        Some(IntOrString::Int(number)) => return Some(*number),
        Some(IntOrString::String(name)) => name,
    };
    let sidecars = pod.spec.init_containers.iter();
    let sidecars = sidecars.filter(|container| container.restart_policy == "Always");
    let declared = pod.spec.containers.iter().chain(sidecars).flat_map(|c| &c.ports);
    let mut meant =
        declared.filter(|declared| declared.name == **name && declared.protocol == port.protocol);
    meant.next().map(|declared| declared.container_port)
}

/// The name under which the service's domain knows the pod; empty if it has none there.
pub(crate) fn hostname(pod: &Pod, service: &Service) -> Text {
    if pod.spec.subdomain == service.metadata.name {
        return pod.spec.hostname.clone();
    }
    Text::default()
}

/// Names the pod behind an address.
pub(crate) fn reference(pod: &Pod) -> TargetReference {
    TargetReference {
        kind: Text::from("Pod"),
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
        ..TargetReference::default()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;
    use crate::shared::service_notation::{pod, service};

    /// Two services, `web` and `db`; the names of those that the change from `old` to `new` concerns.
    fn check(old: &str, new: &str, expected: Expect) {
        let services = Cache::default();
        services.insert(service("80"));
        let mut other = service("80");
        other.metadata.name = "db".into();
        other.spec.selector = [("app".into(), "db".into())].into();
        services.insert(other);
        let state = |text: &str| (!text.is_empty()).then(|| Arc::new(pod(text)));
        let change = Change { old: state(old), new: state(new) };
        let names: Vec<String> =
            concerned(&services, &change).iter().map(ToString::to_string).collect();
        expected.assert_eq(&names.join(" "));
    }

    #[test]
    fn a_pod_that_comes_or_goes_concerns_who_selects_it() {
        check("", "a 10.0.0.1", expect!["shop/web"]);
        check("a 10.0.0.1", "", expect!["shop/web"]);
        check("", "a 10.0.0.1 app=other", expect![""]);
    }
    #[test]
    fn readiness_address_deletion_and_end_concern_and_nothing_else_does() {
        check("a 10.0.0.1", "a 10.0.0.1 node=n", expect![""]);
        check("a 10.0.0.1", "a 10.0.0.1 ready", expect!["shop/web"]);
        check("a", "a 10.0.0.1", expect!["shop/web"]);
        check("a 10.0.0.1", "a 10.0.0.1 deleting", expect!["shop/web"]);
        check("a 10.0.0.1", "a 10.0.0.1 phase=Failed", expect!["shop/web"]);
    }
    #[test]
    fn new_labels_concern_who_gains_or_loses_the_pod() {
        check("a 10.0.0.1", "a 10.0.0.1 app=db", expect!["shop/db shop/web"]);
        check("a 10.0.0.1 app=x", "a 10.0.0.1 app=db", expect!["shop/db"]);
        check("a 10.0.0.1 app=x", "a 10.0.0.1 ready app=db", expect!["shop/db"]);
    }

    #[test]
    fn a_port_is_found_by_name_and_protocol_in_containers_and_then_sidecars() {
        let pod: Pod = serde_json::from_value(json!({"metadata": {"name": "a"}, "spec": {
            "containers": [{"ports": [{"name": "dns", "protocol": "UDP", "containerPort": 53}]}],
            "initContainers": [
                {"ports": [{"name": "once", "protocol": "TCP", "containerPort": 1}]},
                {"restartPolicy": "Always",
                    "ports": [{"name": "side", "protocol": "TCP", "containerPort": 2}]}],
        }}))
        .expect("a pod");
        let meant = |target, protocol: &str| {
            let port = ServicePort {
                target_port: Some(target),
                protocol: protocol.into(),
                ..ServicePort::default()
            };
            target_port(&pod, &port)
        };
        let named = |name: &str| IntOrString::String(name.into());
        assert_eq!(meant(named("dns"), "UDP"), Some(53));
        assert_eq!(meant(named("dns"), "TCP"), None);
        assert_eq!(meant(named("once"), "TCP"), None);
        assert_eq!(meant(named("side"), "TCP"), Some(2));
        assert_eq!(meant(IntOrString::Int(99), "TCP"), Some(99));
    }

    #[test]
    fn addresses_are_canonical_and_of_the_family() {
        let pod = pod("a 10.0.0.1,2001:DB8:0::1");
        assert_eq!(addresses(&pod, IpFamily::V4), ["10.0.0.1"]);
        assert_eq!(addresses(&pod, IpFamily::V6), ["2001:db8::1"]);
    }
}
