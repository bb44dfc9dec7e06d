//! `TaintNodesByCondition`: a new node takes no pods until the node controller has heard of it.

use api::{json, resources::NODES};
use serde_json::{Value, json};

use super::Link;

pub(super) const LINK: Link = Link {
    name: "TaintNodesByCondition",
    concerns: |attributes| attributes.is_about(&NODES) && attributes.is_create(),
    mutate: |_, _, node| {
        taint(node);
        Ok(())
    },
    ..Link::IDLE
};

const KEY: &str = "node.kubernetes.io/not-ready";
const EFFECT: &str = "NoSchedule";

fn taint(node: &mut Value) {
    let known = json::list(&node["spec"], "taints");
    let is_there = known
        .iter()
        .any(|taint| json::text(taint, "key") == KEY && json::text(taint, "effect") == EFFECT);
    if is_there {
        return;
    }
    let taint = json!({"key": KEY, "effect": EFFECT});
    json::push(&mut node["spec"]["taints"], taint);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_tainted_once() {
        let ours = json!({"key": KEY, "effect": EFFECT});
        let other = json!({"key": KEY, "effect": "NoExecute"});
        for (taints, expected) in [
            (json!(null), json!([ours])),
            (json!([ours]), json!([ours])),
            (json!([other]), json!([other, ours])),
        ] {
            let mut node = json!({"spec": {"taints": taints}});
            taint(&mut node);
            assert_eq!(node["spec"]["taints"], expected);
        }
    }
}
