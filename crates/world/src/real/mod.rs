//! The real side: the system clock, its randomness, tokio, sockets, files and programs.

mod activity;
mod clock;
mod dice;
mod disk;
mod network;
mod processes;
mod stepped;
mod tasks;

use std::sync::Arc;

pub use disk::folders;
pub use stepped::SteppedClock;
use tokio::runtime::Handle;

use crate::{Clock, World};

/// The world as it is. Tasks run on `runtime`.
pub fn world(runtime: &Handle) -> World {
    assemble(Arc::new(clock::SystemClock::start()), Arc::new(tasks::Tokio::new(runtime)))
}

/// The real world but for its time, which stands still until [`SteppedClock::advance`]. Starts at the
/// system's present wall time.
pub fn stepped(runtime: &Handle) -> (World, Arc<SteppedClock>) {
    let activity = activity::Activity::new();
    let start = clock::SystemClock::start().wall();
    let clock = Arc::new(SteppedClock::new(start, Arc::clone(&activity)));
    let tasks = Arc::new(tasks::Tracked::new(runtime, activity));
    (assemble(clock.clone(), tasks), clock)
}

fn assemble(clock: Arc<dyn Clock>, tasks: Arc<dyn crate::Tasks>) -> World {
    World {
        clock,
        dice: Arc::new(dice::SystemDice),
        processes: Arc::new(processes::SystemProcesses { tasks: Arc::clone(&tasks) }),
        tasks,
        disk: Arc::new(disk::FileDisk),
        network: Arc::new(network::Tcp),
    }
}
