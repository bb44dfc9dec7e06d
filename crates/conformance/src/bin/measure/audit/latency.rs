//! What telling costs: the same requests to a server with the recommended policy and to one without, in
//! turns, so that both have the same machine.

use std::time::Duration;

use anyhow::Result;
use api::resources::{CONFIG_MAPS, DEPLOYMENTS};
use client::{Request, WriteOptions};
use meta::object::ObjectKey;
use serde_json::json;
use world::World;

use crate::{
    deployment::web,
    folder::Folder,
    plane::{Plane, merge},
    say,
};

const ROUNDS: usize = 40;
const REQUESTS_PER_ROUND: usize = 100;
/// How far above the server that tells nothing.
const MOST_PERCENT: f64 = 10.0;

pub(crate) async fn measure(world: &World) -> Result<()> {
    let policy = conformance::tools::project()
        .join("control-plane/audit-pipeline/policies/recommended.yaml")
        .display()
        .to_string();
    let silent = Plane::on(world, Folder::create(world)?, &["apiserver"]).await?;
    let folder = Folder::create(world)?;
    let log = format!("--audit-log-path={}", folder.path().join("audit.log").display());
    let policy = format!("--audit-policy-file={policy}");
    let telling = Plane::on(world, folder, &["apiserver", &policy, &log]).await?;
    let planes = [&silent, &telling];
    for plane in planes {
        let (none, options) = (json!({}), WriteOptions::default());
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "top"}, "data": none});
        plane.send(Request::create(&CONFIG_MAPS, "default", &map, &options)).await?;
        plane.send(Request::create(&DEPLOYMENTS, "default", &web(1), &options)).await?;
    }
    let mut took: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        // Who comes first changes, so that neither gains by it.
        for turn in 0..2 {
            let which = (round + turn) % 2;
            for number in 0..REQUESTS_PER_ROUND {
                let milliseconds = ask(planes[which], round * REQUESTS_PER_ROUND + number).await?;
                took[which].push(milliseconds);
            }
        }
    }
    let [mut without, mut with] = took;
    let [p50, p99] = [50, 99].map(|percent| (at(&mut without, percent), at(&mut with, percent)));
    let above = (p99.1 / p99.0 - 1.0) * 100.0;
    let verdict = if above > MOST_PERCENT { "MISSED: " } else { "" };
    say(&format!(
        "{verdict}p99 with the recommended policy {:.2} ms, without {:.2} ms: {above:+.1} % (at most {MOST_PERCENT} %); \
         p50 {:.2} and {:.2} ms",
        p99.1, p99.0, p50.1, p50.0
    ));
    Ok(())
}

/// One of three reads and a write, in turns; its milliseconds.
async fn ask(plane: &Plane<'_>, number: usize) -> Result<f64> {
    let key = ObjectKey::new("default", "web");
    let request = match number % 4 {
        0 => merge(
            &DEPLOYMENTS,
            "default",
            "web",
            &json!({"metadata": {"annotations": {"n": number.to_string()}}}),
        ),
        1 => Request::get(&DEPLOYMENTS, &key),
        2 => Request::get(&CONFIG_MAPS, &ObjectKey::new("default", "top")),
        _ => Request::list(&DEPLOYMENTS, "default", &client::ListOptions::default()),
    };
    let began = plane.now();
    plane.send(request).await?;
    let took: Duration = plane.now().since(began);
    Ok(took.as_secs_f64() * 1000.0)
}

fn at(figures: &mut [f64], percent: usize) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[(figures.len() * percent / 100).min(figures.len() - 1)]
}
