//! A plan may need a live read, and may be the last of its key.

use std::sync::Arc;

use api::{resources::REPLICA_SETS, views::ReplicaSet};
use expect_test::expect;
use meta::{object::ObjectKey, time::Time};

use super::{Bench, SECOND, Why, enqueue_key, set_path, status};
use crate::{
    Actor, Answers, Cache, Change, Controller, Informers, Manager, Metrics, Observation, Plan,
    Read, Step, Watches,
};

/// Writes how often it has planned for a set, and forgets that once the set wants nothing.
struct Counting;

struct Counted {
    set: Arc<ReplicaSet>,
    is_confirmed: bool,
}
impl std::fmt::Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.set.metadata.name)
    }
}

impl Controller for Counting {
    const NAME: &'static str = "counting";
    const QUEUE: &'static str = "counting";
    const EVENT_SOURCE: &'static str = "counting";
    type Key = ObjectKey;
    type Observed = Counted;
    type Memory = usize;
    type Why = Why;
    type View = Arc<Cache<ReplicaSet>>;

    fn view(informers: &mut Informers) -> Self::View {
        informers.cache()
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<ReplicaSet>(|_, change: &Change<ReplicaSet>, enqueue| {
            let old = change.old.as_ref().map(|set| set.spec.replicas);
            let new = change.new.as_ref().filter(|set| old != Some(set.spec.replicas));
            enqueue_key(new.map(|set| &set.metadata), enqueue);
        });
    }
    fn observe(view: &Self::View, key: &ObjectKey, answers: &Answers) -> Observation<Counted> {
        let Some(set) = view.get(key) else { return Observation::Gone };
        let is_confirmed = answers.get(&read(key)).is_some_and(Result::is_ok);
        Observation::Ready(Counted { set, is_confirmed })
    }
    fn plan(planned: &mut usize, counted: &Counted, _: Time) -> Plan<Why> {
        if !counted.is_confirmed {
            return Plan::ask(vec![read(&counted.set.metadata.key())]);
        }
        *planned += 1;
        let mut plan = Plan::rest();
        plan.step(Step::new(status(&counted.set, *planned), Why("it was looked at")));
        plan.ends = counted.set.spec.replicas == Some(0);
        plan
    }
}

fn read(key: &ObjectKey) -> Read {
    Read::Object { resource: REPLICA_SETS, key: key.clone() }
}

#[test]
fn a_plan_asks_before_it_decides_and_the_last_one_leaves_no_memory() {
    let bench = Bench::new();
    let actor = Actor { transport: Arc::new(bench.server.clone()), field_manager: "test" };
    let metrics = Arc::new(Metrics::default());
    let mut manager = Manager::new(bench.world.world(), actor, metrics);
    manager.add::<Counting>();
    let _running = manager.start();
    bench.world.run_for(SECOND);
    for (replicas, counted) in [(1, 1), (2, 2), (0, 3), (1, 1)] {
        bench.set("web", replicas);
        bench.world.run_for(SECOND);
        let set = bench.server.object(&set_path("web")).expect("it is there");
        assert_eq!(set["status"]["replicas"], counted);
        bench.expect_log(expect![[r#"
            Get /apis/apps/v1/namespaces/shop/replicasets/web
            Patch /apis/apps/v1/namespaces/shop/replicasets/web/status"#]]);
    }
}
