//! Things that go on beside each other.

use crate::BoxFuture;

/// A running task. Dropping it lets the task run on; [`Task::abort`] ends it at its next wait.
pub trait Task: Send + Sync {
    fn abort(&self);
}

/// The only way to start a task. Futures may use `tokio::sync`, which needs no runtime; everything
/// else that waits goes through the clock and the network of the same world.
pub trait Tasks: Send + Sync {
    /// `name` is what a stack of tasks shows.
    fn spawn(&self, name: &'static str, future: BoxFuture<()>) -> Box<dyn Task>;
    /// Runs what blocks (an fsync) without holding other tasks up; in the simulator, in line.
    fn block(&self, name: &'static str, work: Box<dyn FnOnce() + Send>);
}
