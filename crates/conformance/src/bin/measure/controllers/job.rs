//! An indexed Job whose pods end at once.

use anyhow::Result;
use api::resources::JOBS;
use serde_json::{Value, json};
use world::World;

use super::{
    load::{NODES, create},
    span::Span,
};
use crate::{
    figure::{Bound, tell},
    plane::{Plane, Wanted},
};

const COMPLETIONS: u32 = 1000;
const PARALLELISM: u32 = 100;

pub(super) async fn measure(world: &World) -> Result<()> {
    let plane = Plane::start(world, NODES).await?;
    let mut jobs = plane.follow(&JOBS, "default", Wanted::Whole).await?;
    let span = Span::begin(&plane).await?;
    plane.send(create(&JOBS, "default", &batch())).await?;
    let end = jobs
        .until("the job is complete", |jobs| {
            jobs.get("default/batch").is_some_and(|job| {
                let conditions = job["status"]["conditions"].as_array();
                conditions.into_iter().flatten().any(|found| found["type"] == "Complete")
            })
        })
        .await?;
    let what = "indexed Job, 1,000 completions, 100 at a time";
    span.tell(what, end, &Bound::seconds(5.0, "100, or 13.2 with raised client limits")).await?;
    let labels = ["resource=\"jobs\"", "subresource=\"status\""];
    let writes = plane.answered(&labels).await?;
    tell("its status written", writes, &Bound { most: 20.0, unit: "times", reference: "" }, "");
    Ok(())
}

fn batch() -> Value {
    let container = json!({"name": "batch", "image": "registry.example/batch:1", "command": ["sh", "-c", "exit 0"]});
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "batch"},
        "spec": {
            "completions": COMPLETIONS, "parallelism": PARALLELISM, "completionMode": "Indexed",
            "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
        },
    })
}
