//! How soon another manager acts when the one that leads dies, or leaves.

use std::time::Duration;

use anyhow::Result;
use api::resources::{DEPLOYMENTS, LEASES, REPLICA_SETS};
use serde_json::Value;
use world::{Monotonic, World};

use super::{
    load::{create, deployment},
    manager::start_manager,
};
use crate::{
    figure::{Bound, tell},
    folder::Folder,
    follow::{Followed, Objects},
    plane::{Plane, Wanted},
    process::Process,
};

const RUNS: u32 = 3;
const LEASE: &str = "kube-system/kube-controller-manager";
/// Until a standby has filled its caches.
const WARM: Duration = Duration::from_secs(10);
/// Between two looks at a process that is to end.
const LOOK_EVERY: Duration = Duration::from_millis(1);

pub(super) async fn measure(world: &World) -> Result<()> {
    let plane = Plane::on(world, Folder::create(world)?, &["apiserver"]).await?;
    let mut stage = Stage::set(&plane).await?;
    let mut leader = start_manager(&plane)?;
    stage.lease.until("somebody leads", |found| !holder(found).is_empty()).await?;
    let (mut killed, mut left) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let standby = start_manager(&plane)?;
        plane.sleep(WARM).await;
        killed.push(stage.kill(&mut leader).await?);
        let next = start_manager(&plane)?;
        plane.sleep(WARM).await;
        left.push(stage.leave(standby).await?);
        leader = next;
    }
    let bound = Bound::seconds(0.1, "17.4 from the death on, its lease of 15 s included");
    tell(
        "the leader is killed: another acts after the lease's end, at worst",
        worst(&killed),
        &bound,
        &listed(&killed),
    );
    let bound = Bound::seconds(0.5, "");
    tell(
        "the leader leaves: another acts after the signal, at worst",
        worst(&left),
        &bound,
        &listed(&left),
    );
    Ok(())
}

struct Stage<'p, 'w> {
    plane: &'p Plane<'w>,
    lease: Followed<'w>,
    replica_sets: Followed<'w>,
    made: u32,
}

impl<'p, 'w> Stage<'p, 'w> {
    async fn set(plane: &'p Plane<'w>) -> Result<Self> {
        let lease = plane.follow(&LEASES, "kube-system", Wanted::Whole).await?;
        let replica_sets = plane.follow(&REPLICA_SETS, "default", Wanted::Metadata).await?;
        Ok(Self { plane, lease, replica_sets, made: 0 })
    }

    /// Seconds from the end of the lease to the first act of the other.
    async fn kill(&mut self, leader: &mut Process) -> Result<f64> {
        let renewed = self.next_renewal().await?;
        leader.kill()?;
        let spec = &self.lease.objects()[LEASE]["spec"];
        let duration = spec["leaseDurationSeconds"].as_u64().unwrap_or_default();
        let expires = renewed + Duration::from_secs(duration);
        let acted = self.act().await?;
        Ok(acted.since(expires).as_secs_f64())
    }

    /// Seconds from the signal to the first act of the other.
    async fn leave(&mut self, mut leader: Process) -> Result<f64> {
        self.lease.catch_up()?;
        let before = holder(self.lease.objects()).to_owned();
        let told = self.plane.now();
        leader.terminate()?;
        // What is asked for after that is not done by the one that leaves.
        self.lease.until("it has left", |found| holder(found) != before).await?;
        let acted = self.act().await?;
        while !leader.has_ended()? {
            self.plane.sleep(LOOK_EVERY).await;
        }
        Ok(acted.since(told).as_secs_f64())
    }

    /// Makes a Deployment; answers when its ReplicaSet is there.
    async fn act(&mut self) -> Result<Monotonic> {
        self.made += 1;
        let name = format!("web-{}", self.made);
        self.plane.send(create(&DEPLOYMENTS, "default", &deployment(&name, 1))).await?;
        let prefix = format!("default/{name}-");
        let is_there = |found: &Objects| found.keys().any(|key| key.starts_with(&prefix));
        self.replica_sets.until("its ReplicaSet is there", is_there).await
    }

    /// Waits until the lease is renewed; answers when.
    async fn next_renewal(&mut self) -> Result<Monotonic> {
        self.lease.catch_up()?;
        let before = renewed(self.lease.objects()).clone();
        self.lease.until("the lease is renewed", |found| *renewed(found) != before).await
    }
}

fn holder(found: &Objects) -> &str {
    found.get(LEASE).and_then(|lease| lease["spec"]["holderIdentity"].as_str()).unwrap_or_default()
}

fn renewed(found: &Objects) -> &Value {
    found.get(LEASE).map_or(&Value::Null, |lease| &lease["spec"]["renewTime"])
}

fn worst(figures: &[f64]) -> f64 {
    figures.iter().copied().fold(f64::MIN, f64::max)
}

fn listed(figures: &[f64]) -> String {
    let figures: Vec<String> = figures.iter().map(|figure| format!("{figure:.3}")).collect();
    figures.join(", ")
}
