//! From anywhere, with plans cut off anywhere, a rollout ends where it should and never goes out of
//! bounds on the way.

use meta::object::ObjectKey;
use runtime::{Action, Plan};
use serde_json::{Map, Value, json};
use testkit::{NOW, Scene, decide};

use super::{DeploymentController, Memory, Why};

/// Runs from one scene that are cut off at different moments.
const RUNS: u64 = 60;
/// More rounds than any of these rollouts needs.
const ROUNDS_MAX: usize = 400;

/// The objects, a lot to draw from, and the bounds that hold from the start.
struct World {
    scene: Scene,
    lots: u64,
    min_available: i64,
    max_total: i64,
}

/// From `scene` all desired pods become new ones, within `min_available` and `max_total`.
fn check(scene: &str, desired: i64, (min_available, max_total): (i64, i64)) {
    for seed in 0..RUNS {
        let scene = Scene::parse(scene);
        let mut world = World { scene, lots: seed, min_available, max_total };
        world.run();
        let sizes = world.sizes(|set| set["spec"]["replicas"].as_i64());
        assert_eq!(sizes, desired, "seed {seed}");
        let status = &world.scene.deployments[0]["status"];
        assert_eq!(status["updatedReplicas"].as_i64().unwrap_or(0), desired, "seed {seed}");
    }
}

#[test]
fn a_rollout_reaches_its_end_within_bounds() {
    check("3 +1 -0 deadline=600 | old 3/3/3 revision=1", 3, (3, 4));
    check("10 +25% -25% deadline=600 | old 10/10/10 revision=1", 10, (8, 13));
    check("5 +0 -1 | new 2/2/2 revision=2 | old 3/3/3 revision=1", 5, (4, 5));
}
#[test]
fn so_does_one_with_several_old_ones_some_of_them_unhealthy() {
    check(
        "6 +2 -1 | old 3/3/3 revision=1 | old 3/0/0 revision=2 | old 2/2/2 revision=3",
        6,
        (5, 8),
    );
}
#[test]
fn so_does_one_that_recreates() {
    check("4 +0 -0 recreate | old 4/4/4 revision=1", 4, (0, 4));
}
#[test]
fn so_does_one_whose_size_changes_midway() {
    check(
        "8 +2 -0 | new 3/3/3 desired=4 max=6 revision=2 | old 3/3/3 desired=4 max=6 revision=1",
        8,
        (6, 10),
    );
}
#[test]
fn so_does_one_whose_strategy_and_size_change_midway() {
    check(
        "3 +0 -0 recreate | new 1/1/1 desired=2 revision=2 | old 1/1/1 desired=2 revision=1",
        3,
        (0, 3),
    );
}
#[test]
fn so_does_one_with_a_sizing_annotation_that_was_edited() {
    check("3 +1 -0 | old 3/3/3 desired=7 max=9 revision=1", 3, (3, 4));
}

impl World {
    fn run(&mut self) {
        let mut memory = Memory::default();
        for _ in 0..ROUNDS_MAX {
            let plan =
                decide::<DeploymentController>(&self.scene, &mut memory).expect("it is there");
            let steps = plan.steps().count();
            if steps == 0 && !self.advance() {
                return;
            }
            self.carry_out(&plan);
            if self.draw(2) == 0 {
                self.advance();
            }
            self.hold_bounds();
        }
        panic!("no rest after {ROUNDS_MAX} rounds");
    }

    /// As many steps as happen before a crash.
    fn carry_out(&mut self, plan: &Plan<Why>) {
        let steps: Vec<_> = plan.steps().collect();
        let taken = self.draw(steps.len() + 1);
        for step in &steps[..taken] {
            match &step.action {
                Action::Create { object, .. } => self.create(object.clone()),
                Action::Patch { target, patch, .. } => {
                    merge(self.object(&target.resource.kind, &target.key), patch);
                }
                Action::Delete { target, .. } => {
                    let name = target.key.name.to_string();
                    self.scene.replica_sets.retain(|set| set["metadata"]["name"] != name);
                }
                other @ (Action::CreateSubresource { .. }
                | Action::Replace { .. }
                | Action::DeleteCollection { .. }
                | Action::Announce) => panic!("not expected: {other:?}"),
            }
        }
    }

    fn create(&mut self, mut object: Value) {
        let uid = format!("made-{}", self.scene.replica_sets.len());
        object["metadata"]["uid"] = uid.into();
        object["metadata"]["creationTimestamp"] = NOW.into();
        object["metadata"]["resourceVersion"] = "9".into();
        object["status"] = json!({});
        self.scene.replica_sets.push(object);
    }

    fn object(&mut self, kind: &str, key: &ObjectKey) -> &mut Value {
        let objects = match kind {
            "Deployment" => &mut self.scene.deployments,
            _ => &mut self.scene.replica_sets,
        };
        let found = objects.iter_mut().find(|object| object["metadata"]["name"] == *key.name);
        found.expect("a target that is there")
    }

    /// Each ReplicaSet comes one pod nearer to its size; answers whether any moved.
    fn advance(&mut self) -> bool {
        let mut moved = false;
        for set in &mut self.scene.replica_sets {
            let size = set["spec"]["replicas"].as_i64().unwrap_or(1);
            let available = set["status"]["availableReplicas"].as_i64().unwrap_or(0);
            let pods = set["status"]["replicas"].as_i64().unwrap_or(0);
            if available == size && pods == size {
                continue;
            }
            moved = true;
            let now = if available < size { available + 1 } else { size };
            set["status"] = json!({
                "replicas": size, "readyReplicas": now, "availableReplicas": now,
                "observedGeneration": 1,
            });
        }
        moved
    }

    fn sizes(&self, count: fn(&Value) -> Option<i64>) -> i64 {
        self.scene.replica_sets.iter().map(|set| count(set).unwrap_or(0)).sum()
    }

    fn hold_bounds(&self) {
        let total = self.sizes(|set| set["spec"]["replicas"].as_i64());
        assert!(total <= self.max_total, "{total} pods: {:?}", self.scene);
        let available = self.sizes(|set| {
            let available = set["status"]["availableReplicas"].as_i64().unwrap_or(0);
            Some(available.min(set["spec"]["replicas"].as_i64()?))
        });
        assert!(available >= self.min_available, "{available} available: {:?}", self.scene);
    }

    /// A number below `bound`.
    fn draw(&mut self, bound: usize) -> usize {
        self.lots = self.lots.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.lots >> 33).unwrap_or(0) % bound
    }
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    for (name, value) in fields {
        if value.is_null() {
            target.as_object_mut().map(|target| target.remove(name));
        } else {
            merge(&mut target[name], value);
        }
    }
}
