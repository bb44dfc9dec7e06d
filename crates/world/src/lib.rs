//! The outside world as narrow traits: clock, dice, tasks, sockets, disks, programs. `real` alone touches the
//! system; the simulator has its own side. A component gets a [`World`] and can reach nothing else.

mod clock;
mod dice;
mod disk;
mod net;
mod processes;
pub mod real;
mod tasks;
mod timers;
mod watched;

use std::sync::Arc;

pub use clock::{Clock, Monotonic, Sleep};
pub use dice::Dice;
pub use disk::{Disk, DiskError, File};
pub use net::{Accepted, Connection, Listener, NetError, Network};
pub use processes::{Finished, Input, NoProcesses, ProcessError, Processes, Program};
pub use tasks::{Task, Tasks, yield_now};
pub use timers::Timers;
pub use watched::{Watched, WatchedError};

/// A boxed future that may move between threads.
pub type BoxFuture<T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// Everything a component may know of the world outside. Cheap to clone.
#[derive(Clone)]
pub struct World {
    pub clock: Arc<dyn Clock>,
    pub dice: Arc<dyn Dice>,
    pub tasks: Arc<dyn Tasks>,
    pub disk: Arc<dyn Disk>,
    pub network: Arc<dyn Network>,
    pub processes: Arc<dyn Processes>,
}
