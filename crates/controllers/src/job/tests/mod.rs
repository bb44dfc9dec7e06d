//! Tables of decisions. A row is a job (see [`notation`]) with its pods, and the plan for it.

mod ending;
mod indexed;
mod manage;
mod metrics;
mod notation;
mod orphans;
mod rules;
mod suspend;
mod tracking;

use std::sync::Arc;

use api::views::{Job, Object, Pod};
use expect_test::Expect;
use meta::object::ObjectKey;
use runtime::{Answers, Controller, Informers, Observation, Plan};
use serde::Deserialize;
use serde_json::Value;
use testkit::{fill, now, show};

use super::{JobController, Memory, Why};
use notation::parse;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&show(&plan(text)));
}

/// Only what is done about pods, and what of the status changes.
fn plan(text: &str) -> Plan<Why> {
    let (job, pods) = parse(text);
    plan_of(&job, &pods, &mut Memory::default()).expect("it is looked after")
}

fn plan_of(job: &Value, pods: &[Value], memory: &mut Memory) -> Option<Plan<Why>> {
    let mut informers = Informers::default();
    let view = JobController::view(&mut informers);
    fill::<Job>(&mut informers, std::slice::from_ref(job));
    fill::<Pod>(&mut informers, pods);
    let mut answers = Answers::default();
    loop {
        match JobController::observe(&view, &ObjectKey::new("shop", "j"), &answers) {
            Observation::Ready(tracked) => {
                return Some(JobController::plan(memory, &tracked, now()));
            }
            Observation::Gone => return None,
            Observation::Ask(reads) => {
                for read in reads {
                    answers.insert(read, Ok(job.clone()));
                }
            }
        }
    }
}

fn pods(text: &str) -> Vec<Arc<Pod>> {
    let (_, pods) = parse(text);
    pods.iter().map(|pod| Arc::new(Pod::deserialize(pod).expect("sound"))).collect()
}

fn job(text: &str) -> Job {
    let job = Job::deserialize(parse(text).0).expect("sound");
    assert_eq!(job.metadata().key(), ObjectKey::new("shop", "j"));
    job
}
