//! One thread that runs tasks in order and moves a virtual clock when all of them wait.

use std::{
    collections::{BTreeMap, VecDeque},
    path::Path,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use meta::time::Time;
use parking_lot::Mutex;
use world::{
    BoxFuture, Clock, Connection, Dice, Disk, DiskError, File, Listener, Monotonic, NetError,
    Network, NoProcesses, Sleep, Task, Tasks, World,
};

#[derive(Clone, Default)]
pub(crate) struct TestWorld {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    now: Duration,
    ready: VecDeque<u64>,
    tasks: BTreeMap<u64, BoxFuture<()>>,
    timers: BTreeMap<(Duration, u64), Waker>,
    next: u64,
    rolled: u64,
}

impl TestWorld {
    pub(crate) fn world(&self) -> World {
        World {
            clock: Arc::new(self.clone()),
            dice: Arc::new(self.clone()),
            tasks: Arc::new(self.clone()),
            disk: Arc::new(Nothing),
            network: Arc::new(Nothing),
            processes: Arc::new(NoProcesses),
        }
    }
    /// Runs everything that happens within `duration`.
    pub(crate) fn run_for(&self, duration: Duration) {
        let end = self.shared.state.lock().now + duration;
        loop {
            while self.run_one() {}
            let mut state = self.shared.state.lock();
            let due = state.timers.first_entry().filter(|timer| timer.key().0 <= end);
            let Some(due) = due else {
                state.now = end;
                return;
            };
            let ((at, _), waker) = due.remove_entry();
            state.now = state.now.max(at);
            drop(state);
            waker.wake();
        }
    }
    /// Runs `future` to its end, or for a minute.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let answer = Arc::new(Mutex::new(None));
        let into = Arc::clone(&answer);
        self.start(Box::pin(async move {
            let outcome = future.await;
            *into.lock() = Some(outcome);
        }));
        self.run_for(Duration::from_mins(1));
        answer.lock().take().expect("it ends within a minute")
    }

    fn start(&self, future: BoxFuture<()>) -> u64 {
        let mut state = self.shared.state.lock();
        state.next += 1;
        let id = state.next;
        state.tasks.insert(id, future);
        state.ready.push_back(id);
        id
    }
    fn run_one(&self) -> bool {
        let taken = {
            let mut state = self.shared.state.lock();
            let Some(id) = state.ready.pop_front() else { return false };
            state.tasks.remove(&id).map(|future| (id, future))
        };
        let Some((id, mut future)) = taken else { return true };
        let waker = Waker::from(Arc::new(Bell { id, shared: Arc::clone(&self.shared) }));
        if future.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Pending {
            self.shared.state.lock().tasks.insert(id, future);
        }
        true
    }
}

struct Bell {
    id: u64,
    shared: Arc<Shared>,
}
impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let mut state = self.shared.state.lock();
        if !state.ready.contains(&self.id) {
            state.ready.push_back(self.id);
        }
    }
}

impl Clock for TestWorld {
    fn wall(&self) -> Time {
        Time::default() + self.shared.state.lock().now
    }
    fn monotonic(&self) -> Monotonic {
        Monotonic(self.shared.state.lock().now)
    }
    fn sleep_until(&self, deadline: Monotonic) -> Sleep {
        let shared = Arc::clone(&self.shared);
        Box::pin(std::future::poll_fn(move |context| {
            let mut state = shared.state.lock();
            if state.now >= deadline.0 {
                return Poll::Ready(());
            }
            state.next += 1;
            let timer = (deadline.0, state.next);
            state.timers.insert(timer, context.waker().clone());
            Poll::Pending
        }))
    }
}
impl Dice for TestWorld {
    fn roll(&self) -> u64 {
        let mut state = self.shared.state.lock();
        state.rolled = state.rolled.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.rolled >> 16
    }
}
impl Tasks for TestWorld {
    fn spawn(&self, _: &'static str, future: BoxFuture<()>) -> Box<dyn Task> {
        let id = self.start(future);
        Box::new(Handle { id, shared: Arc::clone(&self.shared) })
    }
    fn block(&self, _: &'static str, work: Box<dyn FnOnce() + Send>) {
        work();
    }
}

struct Handle {
    id: u64,
    shared: Arc<Shared>,
}
impl Task for Handle {
    fn abort(&self) {
        let ended = self.shared.state.lock().tasks.remove(&self.id);
        drop(ended);
    }
}

/// No disk and no network.
struct Nothing;

fn missing<T>(path: &Path) -> Result<T, DiskError> {
    Err(DiskError::Missing { path: path.display().to_string() })
}
impl Disk for Nothing {
    fn open(&self, path: &Path) -> Result<Arc<dyn File>, DiskError> {
        missing(path)
    }
    fn read(&self, path: &Path) -> Result<Vec<u8>, DiskError> {
        missing(path)
    }
    fn replace(&self, path: &Path, _: &[u8]) -> Result<(), DiskError> {
        missing(path)
    }
    fn rename(&self, from: &Path, _: &Path) -> Result<(), DiskError> {
        missing(from)
    }
    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        missing(path)
    }
    fn list(&self, folder: &Path) -> Result<Vec<String>, DiskError> {
        missing(folder)
    }
    fn create_folder(&self, path: &Path) -> Result<(), DiskError> {
        missing(path)
    }
    fn lock_folder(&self, path: &Path) -> Result<Box<dyn Send + Sync>, DiskError> {
        missing(path)
    }
}
impl Network for Nothing {
    fn listen(&self, address: &str) -> BoxFuture<Result<Box<dyn Listener>, NetError>> {
        let address = address.to_owned();
        Box::pin(async { Err(NetError::InUse { address }) })
    }
    fn connect(&self, address: &str) -> BoxFuture<Result<Box<dyn Connection>, NetError>> {
        let address = address.to_owned();
        Box::pin(async { Err(NetError::InUse { address }) })
    }
}
