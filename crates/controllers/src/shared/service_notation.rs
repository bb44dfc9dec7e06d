//! Services and pods in one line, for the tests of those who make endpoints of them.

use api::views::{Pod, Service};
use serde_json::{Value, json};

/// Service `shop/web`, which selects `app=web`: its ports as `[name:]port[>target]`, then words:
/// `headless`, `unready` (publishes addresses that are not ready),
/// `deleting`, `v6`, `dual`, `label` (one of the user's), `traffic=`, `mode=`.
pub(crate) fn service(text: &str) -> Service {
    let words: Vec<&str> = text.split_whitespace().collect();
    let has = |word: &str| words.contains(&word);
    let value = |key: &str| words.iter().find_map(|word| word.strip_prefix(key));
    let is_port = |word: &&&str| word.contains(|c: char| c.is_ascii_digit()) && !has_reserved(word);
    let ports: Vec<Value> = words.iter().filter(is_port).map(|word| port(word)).collect();
    let families = match (has("v6"), has("dual")) {
        (true, _) => json!(["IPv6"]),
        (false, true) => json!(["IPv4", "IPv6"]),
        (false, false) => json!(["IPv4"]),
    };
    let mut service = json!({
        "metadata": {
            "name": "web", "namespace": "shop", "uid": "web-uid", "resourceVersion": "5",
            "creationTimestamp": "2026-11-24T08:00:00Z",
            "deletionTimestamp": has("deleting").then_some("2026-11-24T08:30:00Z"),
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": if has("headless") { "None" } else { "10.96.0.9" },
            "selector": {"app": "web"}, "ports": ports, "ipFamilies": families,
            "publishNotReadyAddresses": has("unready"),
            "trafficDistribution": value("traffic="),
        },
    });
    if has("label") {
        service["metadata"]["labels"] = json!({"l": "1"});
    }
    if let Some(mode) = value("mode=") {
        service["metadata"]["annotations"] = json!({"service.kubernetes.io/topology-mode": mode});
    }
    serde_json::from_value(service).expect("a service")
}

fn has_reserved(word: &str) -> bool {
    word == "v6" || word.contains('=')
}

fn port(word: &str) -> Value {
    let (name, rest) = word.split_once(':').unwrap_or(("", word));
    let (number, target) = rest.split_once('>').unwrap_or((rest, rest));
    let target: Value = target.parse::<i32>().map_or_else(|_| json!(target), |n| json!(n));
    let number: i32 = number.parse().expect("a port");
    json!({"name": name, "port": number, "protocol": "TCP", "targetPort": target})
}

/// A pod in `shop` with `app=web`: its name, its addresses parted by commas, then words: `ready`,
/// `deleting`, `node=`, `app=`, `host=` (in the domain of `web`), `phase=`, `port=` (number of its port
/// `named`), `since=` (second of 08:00 at which it became what it is).
pub(crate) fn pod(text: &str) -> Pod {
    let mut words = text.split_whitespace();
    let name = words.next().expect("a name");
    let words: Vec<&str> = words.collect();
    let is_address = |word: &&&str| word.contains('.') || word.contains("::");
    let addresses = words.iter().find(is_address).copied().unwrap_or_default();
    let ips: Vec<Value> =
        addresses.split(',').filter(|ip| !ip.is_empty()).map(|ip| json!({"ip": ip})).collect();
    let has = |word: &str| words.contains(&word);
    let value = |key: &str| words.iter().find_map(|word| word.strip_prefix(key));
    let port: Option<i32> = value("port=").map(|port| port.parse().expect("a port"));
    let ports =
        port.map(|port| json!([{"name": "named", "containerPort": port, "protocol": "TCP"}]));
    let since = value("since=").unwrap_or("00");
    serde_json::from_value(json!({
        "metadata": {
            "name": name, "namespace": "shop", "uid": format!("{name}-uid"), "resourceVersion": "6",
            "labels": {"app": value("app=").unwrap_or("web")},
            "deletionTimestamp": has("deleting").then_some("2026-11-24T08:30:00Z"),
        },
        "spec": {
            "nodeName": value("node=").unwrap_or_default(),
            "hostname": value("host=").unwrap_or_default(),
            "subdomain": value("host=").map(|_| "web"),
            "containers": [{"name": "c", "ports": ports.unwrap_or_else(|| json!([]))}],
        },
        "status": {
            "phase": value("phase=").unwrap_or("Running"),
            "podIP": ips.first().map(|first| first["ip"].clone()), "podIPs": ips,
            "conditions": [{"type": "Ready", "status": if has("ready") { "True" } else { "False" },
                "lastTransitionTime": format!("2026-11-24T08:00:{since}Z")}],
        },
    }))
    .expect("a pod")
}
