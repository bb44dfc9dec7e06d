//! Power cuts of the store's disk, at every one of its operations.
//!
//! A run of many writes is recorded as the operations of its disk, of which a sync fails now and then.
//! Then the power is cut after each of them: what was synced is there, of the rest all, nothing, or some
//! in any order and torn. From each such disk the store must open with every write that it had
//! acknowledged, and in a state it was in.

mod recorder;
mod work;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use store::{Local, Range, Revision, Store as _, StoreError};
use world::{Dice, World};

use self::{
    recorder::{Image, Recorder},
    work::{Log, work},
};
use crate::world::{Simulation, dice};

const FOLDER: &str = "/data";
/// More than any of it takes; there is no fault to wait for.
const PATIENCE: Duration = Duration::from_hours(10);
/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// What power cuts have shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PowerCuts {
    /// Transactions of the run.
    pub writes: u64,
    /// Operations of its disk.
    pub operations: u64,
    /// Syncs among them that failed.
    pub failed_syncs: u64,
    /// Disks that the store was opened from.
    pub recoveries: u64,
}

/// A state after a power cut is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed}, power cut after disk operation {operation}: {reason}")]
pub struct PowerCutFailure {
    /// Of the run.
    pub seed: u64,
    /// The last one that the disk saw.
    pub operation: usize,
    /// What is wrong.
    pub reason: String,
}

/// How much of what was not synced survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Survives {
    All,
    Nothing,
    /// Some, in another order, and torn.
    Some,
}

/// Records a run of so many writes and cuts the power at each disk operation of the part `share.0` of
/// `share.1` of them. Every prefix is tried whole; a third each without and with some of what was not
/// synced.
///
/// # Errors
/// The first state that is wrong.
pub fn power_cuts(
    seed: u64,
    writes: u64,
    share: (usize, usize),
) -> Result<PowerCuts, PowerCutFailure> {
    let recorder = Recorder::failing(dice(seed, "failing syncs"));
    let fail = |operation, reason| PowerCutFailure { seed, operation, reason };
    let log = record(seed, writes, &recorder).map_err(|reason| fail(0, reason))?;
    let operations = recorder.operations();
    let dice = dice(seed, "power cuts");
    let mut image = Image::default();
    let mut report = PowerCuts { writes, ..PowerCuts::default() };
    for (number, operation) in operations.iter().enumerate() {
        image.apply(operation);
        report.operations += 1;
        report.failed_syncs += u64::from(operation.is_failed_sync());
        if number % share.1 != share.0 {
            continue;
        }
        let others = [None, Some(Survives::Nothing), Some(Survives::Some)];
        let other = others[usize::try_from(dice.below(3)).unwrap_or(0)];
        for survives in std::iter::once(Survives::All).chain(other) {
            let disk = Recorder::holding(survivors(&image, survives, &*dice));
            let recovered = recover(seed, &disk, number + 1, &log);
            recovered.map_err(|reason| fail(number, format!("{survives:?} survives: {reason}")))?;
            report.recoveries += 1;
        }
    }
    Ok(report)
}

fn world_of(simulation: &Simulation, disk: &Recorder) -> World {
    World { disk: Arc::new(disk.clone()), ..simulation.world("store") }
}

fn record(seed: u64, writes: u64, recorder: &Recorder) -> Result<Log, String> {
    let simulation = Simulation::new(seed);
    let world = world_of(&simulation, recorder);
    let store = Local::embedded(&world, Path::new(FOLDER)).map_err(|error| error.to_string())?;
    let log = Log::default();
    let done = work(world, Arc::new(store), recorder.clone(), log.clone(), writes);
    let deadline = simulation.now() + PATIENCE;
    let outcome = simulation.complete("store", deadline, done);
    outcome.ok_or_else(|| "the run does not end".to_owned())?.map_err(|error| error.to_string())?;
    Ok(log)
}

/// The disk as the next life finds it.
fn survivors(image: &Image, survives: Survives, dice: &dyn Dice) -> Image {
    let mut left = image.synced();
    let mut pending = image.pending().to_vec();
    match survives {
        Survives::Nothing => {}
        Survives::All => pending.iter().for_each(|operation| left.apply(operation)),
        Survives::Some => {
            shuffle(&mut pending, dice);
            for operation in pending {
                match dice.below(3) {
                    0 => left.apply(&operation),
                    1 => {}
                    _ => {
                        let torn = operation.sectors(SECTOR);
                        let kept = torn.iter().filter(|_| dice.below(2) == 0);
                        kept.for_each(|sector| left.apply(sector));
                    }
                }
            }
        }
    }
    left.settle();
    left
}

fn shuffle<T>(items: &mut [T], dice: &dyn Dice) {
    for place in (1..items.len()).rev() {
        let bound = u64::try_from(place + 1).unwrap_or(u64::MAX);
        items.swap(place, usize::try_from(dice.below(bound)).unwrap_or(0));
    }
}

/// Opens the store and holds it to what is known of the run after so many operations.
fn recover(seed: u64, disk: &Recorder, operations: usize, log: &Log) -> Result<(), String> {
    let simulation = Simulation::new(seed);
    let world = world_of(&simulation, disk);
    let store = Local::embedded(&world, Path::new(FOLDER)).map_err(|error| error.to_string())?;
    let deadline = simulation.now() + PATIENCE;
    let state = simulation.complete("store", deadline, state(store));
    let (newest, state) = state.ok_or("no answer")?.map_err(|error| error.to_string())?;
    let acknowledged = log.acknowledged_before(operations);
    if newest < acknowledged {
        return Err(format!("at {newest}, and {acknowledged} was acknowledged"));
    }
    log.judge(operations, newest, &state)
}

async fn state(store: Local) -> Result<(Revision, BTreeMap<Bytes, Bytes>), StoreError> {
    let newest = store.revision().await?;
    let answer = store.range(Range::prefix(b"k".to_vec())).await?;
    Ok((newest, answer.pairs.into_iter().map(|pair| (pair.key, pair.value)).collect()))
}
