//! Tasks on tokio, with and without a count of those that have something to do.

use std::sync::Arc;

use tokio::{runtime::Handle, task::AbortHandle};

use super::activity::Activity;
use crate::{BoxFuture, Task, Tasks};

/// Tasks on tokio. Names are for the reader of the code: tokio shows none in its stable build.
pub(super) struct Tokio {
    runtime: Handle,
}

impl Tokio {
    pub(super) fn new(runtime: &Handle) -> Self {
        Self { runtime: runtime.clone() }
    }
}

impl Tasks for Tokio {
    fn spawn(&self, _name: &'static str, future: BoxFuture<()>) -> Box<dyn Task> {
        Box::new(Running(self.runtime.spawn(future).abort_handle()))
    }

    fn block(&self, _name: &'static str, work: Box<dyn FnOnce() + Send>) {
        self.runtime.spawn_blocking(work);
    }
}

/// The same, counting who is busy so that a stepped clock knows when all have come to rest.
pub(super) struct Tracked {
    tokio: Tokio,
    activity: Arc<Activity>,
}

impl Tracked {
    pub(super) fn new(runtime: &Handle, activity: Arc<Activity>) -> Self {
        Self { tokio: Tokio::new(runtime), activity }
    }
}

impl Tasks for Tracked {
    fn spawn(&self, name: &'static str, future: BoxFuture<()>) -> Box<dyn Task> {
        // Without tokio's budget: a task that ran out of it would rest for a moment with work to do.
        let future = Box::pin(tokio::task::unconstrained(future));
        self.tokio.spawn(name, Box::pin(self.activity.track(future)))
    }

    fn block(&self, name: &'static str, work: Box<dyn FnOnce() + Send>) {
        let busy = self.activity.busy();
        let work = move || {
            work();
            drop(busy);
        };
        self.tokio.block(name, Box::new(work));
    }
}

struct Running(AbortHandle);

impl Task for Running {
    fn abort(&self) {
        self.0.abort();
    }
}
