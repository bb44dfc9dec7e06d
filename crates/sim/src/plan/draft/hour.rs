//! The standard hour of a cluster, by which the simulator's speed is measured: 20 Deployments on ten
//! nodes, a thousand writes of the user, two hundred faults.

use std::time::Duration;

use meta::int_or_string::IntOrString;
use world::Dice;

use super::pick;
use crate::plan::{
    Action, Cluster, Component, Draft, Fault, Plan, Request, RequestVerb, Strategy, Verb, Ways,
    What, When,
};

const HOUR: Duration = Duration::from_hours(1);
const DEPLOYMENTS: u32 = 20;
const WRITES: u32 = 1000;
const FAULTS: u32 = 200;
const NODES: u32 = 10;
/// Faults are short: most of the hour the cluster works.
const LENGTH_MAX: u64 = 5000;
const IMAGES: u64 = 4;
const REPLICAS_MAX: u64 = 6;

impl Plan {
    /// The standard hour, with so many API servers and controller managers.
    pub fn of_cluster_hour(seed: u64, replicas: u8) -> Self {
        let dice = crate::world::dice(seed, "hour");
        let cluster = Cluster {
            disk: false,
            api_servers: replicas,
            controller_managers: replicas,
            nodes: NODES,
        };
        let creations = (0..DEPLOYMENTS).map(creation);
        let changes = (DEPLOYMENTS..WRITES).map(|_| change(&*dice));
        let wait = HOUR / WRITES;
        let actions = creations.chain(changes).map(|verb| Action { wait, verb }).collect();
        let faults = (0..FAULTS).map(|number| Fault {
            when: When::At { time: HOUR / FAULTS * (number + 1) },
            what: fault(&*dice, cluster),
        });
        Self { cluster, actions, faults: faults.collect(), ..Self::calm(seed) }
    }
}

fn name(number: u32) -> String {
    format!("app-{number}")
}

fn creation(number: u32) -> Verb {
    Verb::Create(Draft {
        name: name(number),
        image: "app:0".to_owned(),
        replicas: 3,
        strategy: Strategy::Rolling {
            surge: IntOrString::String("25%".to_owned()),
            unavailable: IntOrString::String("25%".to_owned()),
        },
        deadline_seconds: 60,
        min_ready_seconds: 0,
        history_limit: 3,
    })
}

fn change(dice: &dyn Dice) -> Verb {
    let name = name(u32::try_from(dice.below(u64::from(DEPLOYMENTS))).unwrap_or(0));
    match dice.below(4) {
        0 => Verb::SetImage { name, image: format!("app:{}", dice.below(IMAGES)) },
        1 => Verb::DeletePod { name, lot: dice.roll() },
        _ => {
            let replicas = i32::try_from(1 + dice.below(REPLICAS_MAX)).unwrap_or(1);
            Verb::Scale { name, replicas }
        }
    }
}

fn fault(dice: &dyn Dice, cluster: Cluster) -> What {
    let all = Component::PARTS.into_iter().filter(|part| cluster.has(*part));
    let parts: Vec<Component> = all.collect();
    let (component, length) = (pick(dice, &parts), Duration::from_millis(dice.below(LENGTH_MAX)));
    let request = Request { of: Some(component), verb: RequestVerb::Write, ..Request::default() };
    match dice.below(7) {
        0 => What::Crash { component, down: length },
        1 => What::Freeze { component, length },
        2 => What::Cut { from: component, to: Component::Api1, ways: Ways::Both, length },
        3 => What::Redirect { component, api: Component::Api1 },
        4 => What::LoseReply { request, times: 2 },
        5 => What::Refuse { request, code: 503, times: 3 },
        _ => What::Compact,
    }
}
