//! Whatever comes and goes: no rack ever has too many replicas of one owner, and a pod is refused only if
//! every rack has enough.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{labels, node, pod, rehearsal};
use meta::object::Uid;
use proptest::prelude::*;
use scheduler::Rehearsal;

#[derive(Debug, Clone)]
enum Happening {
    /// A node comes, or its cost changes.
    Node { node: u8, cost: u8 },
    /// A replica of that owner is wanted.
    Pod { owner: u8 },
    /// The pod that came at this place goes.
    Gone { pod: usize },
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        1 => (0..8_u8, 0..9_u8)
            .prop_map(|(node, cost)| Happening::Node { node, cost }),
        6 => (0..3_u8).prop_map(|owner| Happening::Pod { owner }),
        2 => (0..60_usize).prop_map(|pod| Happening::Gone { pod }),
    ]
}

/// Replicas by owner and rack, counted without the plugin.
fn replicas(scheduler: &Rehearsal) -> BTreeMap<(String, String), usize> {
    let mut replicas = BTreeMap::new();
    for node in scheduler.snapshot().nodes() {
        let rack = node.labels().get("topology.example.com/rack").expect("a rack");
        for pod in node.pods() {
            let owner = pod.metadata.controller().expect("an owner").name.to_string();
            *replicas.entry((owner, rack.to_string())).or_default() += 1;
        }
    }
    replicas
}

fn racks(scheduler: &Rehearsal) -> BTreeSet<String> {
    let nodes = scheduler.snapshot().nodes();
    nodes.map(|node| node.labels()["topology.example.com/rack"].to_string()).collect()
}

proptest! {
    #[test]
    fn no_rack_has_too_many_and_no_pod_is_refused_without_need(
        max in 1..3_usize,
        racks_of in prop::collection::vec(0..4_u8, 8),
        happenings in prop::collection::vec(happening(), 1..80),
    ) {
        let mut scheduler = rehearsal(&format!("replicasPerRackMax: {max}"), &[]);
        for (number, happening) in happenings.into_iter().enumerate() {
            match happening {
                // A node keeps its rack: replicas do not move when somebody changes a label.
                Happening::Node { node: name, cost } => {
                    let rack = format!("r{}", racks_of[usize::from(name)]);
                    let labels = labels(&rack, cost.into());
                    scheduler.set_node(&node(&format!("n{name}"), labels));
                }
                Happening::Gone { pod } => scheduler.remove_pod(&Uid::from(&*format!("p{pod}"))),
                Happening::Pod { owner } => {
                    let owner = format!("o{owner}");
                    let before = replicas(&scheduler);
                    let placed = scheduler.schedule(&pod(&format!("p{number}"), &owner));
                    let on = |rack: &String| {
                        before.get(&(owner.clone(), rack.clone())).copied().unwrap_or(0)
                    };
                    let full = racks(&scheduler).iter().all(|rack| on(rack) >= max);
                    prop_assert_eq!(placed.is_err(), full, "{:?}", placed);
                }
            }
            prop_assert!(replicas(&scheduler).values().all(|count| *count <= max));
        }
    }
}
