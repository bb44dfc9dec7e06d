//! From exec to an answer, and to a running pod.

use anyhow::Result;
use client::{Request, WriteOptions};
use world::World;

use crate::{deployment::web, plane::Plane, say};

const RUNS: usize = 5;

pub(crate) async fn measure(world: &World) -> Result<()> {
    let (mut ready, mut available) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let plane = Plane::start(world, 3).await?;
        ready.push(plane.now().since(plane.started).as_secs_f64());
        let options = WriteOptions::default();
        let resource = &api::resources::DEPLOYMENTS;
        let create = Request::create(resource, "default", &web(1), &options);
        plane.send(create).await?;
        let there = plane.until("the deployment is available", async || {
            Ok(plane.get(resource, "web").await?["status"]["availableReplicas"] == 1)
        });
        available.push(there.await?.since(plane.started).as_secs_f64());
    }
    say(&format!(
        "exec → /readyz ok: median {:.3} s of {RUNS} (at most 0.3; reference 3.0)",
        median(ready)
    ));
    say(&format!(
        "exec → 1-replica Deployment Available: median {:.3} s of {RUNS} (at most 1; reference 9.6)",
        median(available)
    ));
    Ok(())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
