//! A load that remembers what it saw: writers that each have keys of their own, watches that resume, and
//! lists. It goes on through the death of the API server.

mod note;
mod reader;
mod writer;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use client::{Transport, http::HttpTransport, kubeconfig};
use tokio::runtime::Runtime;
use world::World;

use crate::{chance::Chance, history::History, patience::eventually};
use note::Notes;

const WRITERS: usize = 8;
const WATCHES: usize = 2;
/// After a request to nobody.
const PAUSE: Duration = Duration::from_millis(50);
/// What writers and readers finish with.
const END_TIME_MAX: Duration = Duration::from_mins(1);

/// Writes and reads until it is finished.
pub struct Load {
    runtime: Runtime,
    shared: Shared,
}

/// What all clients have in common.
#[derive(Clone)]
struct Shared {
    world: World,
    transport: Arc<dyn Transport>,
    notes: Arc<Notes>,
    /// Writers are done: readers look once more and end.
    ending: Arc<AtomicBool>,
}

impl Load {
    /// Starts to make so many writes by what a kubeconfig says.
    pub fn start(kubeconfig: &Path, writes: u64, chance: &mut Chance) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime can be started");
        let world = world::real::world(runtime.handle());
        let access = kubeconfig::load(&*world.disk, kubeconfig).expect("the kubeconfig is good");
        let connect = || -> Arc<dyn Transport> {
            let transport = HttpTransport::new(world.clone(), &access, "load/1");
            Arc::new(transport.expect("the kubeconfig says how to connect"))
        };
        let shared = Shared {
            world: world.clone(),
            transport: connect(),
            notes: Arc::new(Notes::new(writes)),
            ending: Arc::default(),
        };
        for number in 0..WRITERS {
            let own = Shared { transport: connect(), ..shared.clone() };
            world.tasks.spawn("writer", Box::pin(writer::run(own, number, chance.branch())));
        }
        for _ in 0..WATCHES {
            let own = Shared { transport: connect(), ..shared.clone() };
            world.tasks.spawn("watch", Box::pin(reader::watch(own)));
        }
        world.tasks.spawn("lists", Box::pin(reader::list_often(shared.clone())));
        Self { runtime, shared }
    }

    /// How many writes have been asked for.
    pub fn written(&self) -> u64 {
        self.shared.notes.written()
    }

    /// Whether all have been.
    pub fn is_done(&self) -> bool {
        self.shared.notes.is_done()
    }

    /// Waits for the last answers, looks once more at everything, and tells what was seen.
    pub fn finish(self, limit: Duration) -> History {
        eventually("the writers are done", limit, || {
            let left = self.shared.notes.at_work();
            (left == WATCHES + 1).then_some(())
        });
        self.shared.ending.store(true, Ordering::SeqCst);
        eventually("the readers are done", END_TIME_MAX, || {
            (self.shared.notes.at_work() == 0).then_some(())
        });
        let history = self.shared.notes.history();
        self.runtime.shutdown_background();
        history
    }
}
