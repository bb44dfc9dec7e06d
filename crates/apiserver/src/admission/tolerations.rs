//! `DefaultTolerationSeconds`: a pod stays five minutes on a node that is in trouble.

use api::{json, resources::PODS};
use serde_json::{Value, json};

use super::Link;

pub(super) const LINK: Link = Link {
    name: "DefaultTolerationSeconds",
    concerns: |attributes| attributes.is_about(&PODS),
    mutate: |_, _, pod| {
        tolerate(pod);
        Ok(())
    },
    ..Link::IDLE
};

const TAINTS: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
const SECONDS: i64 = 300;

fn tolerate(pod: &mut Value) {
    for key in TAINTS {
        if tolerates(json::list(&pod["spec"], "tolerations"), key) {
            continue;
        }
        let toleration = json!({
            "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": SECONDS,
        });
        json::push(&mut pod["spec"]["tolerations"], toleration);
    }
}

fn tolerates(tolerations: &[Value], key: &str) -> bool {
    tolerations.iter().any(|toleration| {
        let is_any = |text: &str, wanted: &str| text.is_empty() || text == wanted;
        is_any(json::text(toleration, "key"), key)
            && is_any(json::text(toleration, "effect"), "NoExecute")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(tolerations: Value) -> Vec<String> {
        let mut pod = json!({"spec": {"tolerations": tolerations}});
        let before = json::list(&pod["spec"], "tolerations").len();
        tolerate(&mut pod);
        let keys = json::list(&pod["spec"], "tolerations").iter().skip(before);
        keys.map(|toleration| json::text(toleration, "key").to_owned()).collect()
    }

    #[test]
    fn only_what_is_not_tolerated_yet_is_added() {
        assert_eq!(added(json!(null)), TAINTS);
        assert_eq!(added(json!([{"key": TAINTS[0], "operator": "Exists"}])), [TAINTS[1]]);
        assert_eq!(added(json!([{"operator": "Exists"}])), Vec::<String>::new());
        assert_eq!(added(json!([{"operator": "Exists", "effect": "NoSchedule"}])), TAINTS);
    }
}
