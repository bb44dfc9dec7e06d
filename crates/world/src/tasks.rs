//! Things that go on beside each other.

use std::{future::poll_fn, task::Poll};

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
    /// Runs what blocks (an fsync) without holding other tasks up; in the simulator, as one step of its own.
    fn block(&self, name: &'static str, work: Box<dyn FnOnce() + Send>);
}

/// Lets the other tasks run first. Unlike tokio's own it wakes at once, so that every world can tell
/// a task that yields from one that rests.
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
