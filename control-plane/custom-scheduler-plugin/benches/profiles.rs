//! A thousand pods over two hundred nodes, by the default profile and by the one with the plugin.
#![allow(missing_docs, reason = "the macros of criterion make public functions")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::Arc;

use api::views::Pod;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use scheduler::{Rehearsal, Settings};

const NODES: u32 = 200;
const RACKS: u32 = 40;
const OWNERS: usize = 50;
const PODS: usize = 1000;

fn cluster(settings: &Settings) -> Rehearsal {
    let mut scheduler = Rehearsal::new(settings, 1).expect("a scheduler");
    for number in 0..NODES {
        let labels = common::labels(&format!("r{}", number % RACKS), number % 7);
        scheduler.set_node(&common::node(&format!("n{number}"), labels));
    }
    scheduler
}

fn pods(profile: &str) -> Vec<Arc<Pod>> {
    let pod = |number: usize| {
        let pod = common::pod(&format!("p{number}"), &format!("o{}", number % OWNERS));
        let mut pod = (*pod).clone();
        pod.spec.scheduler_name = profile.into();
        Arc::new(pod)
    };
    (0..PODS).map(pod).collect()
}

fn profiles(criterion: &mut Criterion) {
    let with_plugin = common::settings("").expect("a configuration");
    let profiles = [("default-scheduler", Settings::default()), (common::PROFILE, with_plugin)];
    for (profile, settings) in &profiles {
        let pods = pods(profile);
        criterion.bench_function(&format!("1000 pods by {profile}"), |bencher| {
            bencher.iter_batched(
                || cluster(settings),
                |mut scheduler| {
                    for pod in &pods {
                        scheduler.schedule(pod).expect("a place");
                    }
                },
                BatchSize::PerIteration,
            );
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = profiles
}
criterion_main!(benches);
