//! A count of the tasks that have something to do, exact because it sits in their wakers.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use parking_lot::Mutex;

use crate::BoxFuture;

/// Counts tasks that are woken or running and blocking work that is under way. A task that waits for
/// a socket counts as resting: what others will send is not ours to know.
pub(super) struct Activity {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    busy: usize,
    /// Rises each time the last busy one comes to rest.
    rests: u64,
    waiting: Vec<Waker>,
}

/// One that is busy until it is dropped.
pub(super) struct Busy(Arc<Activity>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default() })
    }

    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.begin();
        Busy(Arc::clone(self))
    }

    /// The future with its wakers counted; busy from now on, as a new task is.
    pub(super) fn track(self: &Arc<Self>, future: BoxFuture<()>) -> Tracked {
        self.begin();
        let signal = Signal {
            activity: Arc::clone(self),
            phase: AtomicU8::new(WOKEN),
            outer: Mutex::new(None),
        };
        Tracked { future, signal: Arc::new(signal) }
    }

    /// Returns when nobody is busy, the caller itself left out.
    pub(super) async fn rest(&self) {
        let mut started = None;
        std::future::poll_fn(|context| {
            let mut state = self.state.lock();
            let rests = state.rests;
            if state.busy == 0 || started.is_some_and(|at| at != rests) {
                return Poll::Ready(());
            }
            started = Some(rests);
            state.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn begin(&self) {
        self.state.lock().busy += 1;
    }

    fn end(&self) {
        let waiting = {
            let mut state = self.state.lock();
            state.busy = state.busy.saturating_sub(1);
            if state.busy > 0 {
                return;
            }
            state.rests += 1;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

const RESTING: u8 = 0;
const WOKEN: u8 = 1;
const RUNNING: u8 = 2;
const DONE: u8 = 3;

/// The waker of one task: busy in the phases woken and running.
struct Signal {
    activity: Arc<Activity>,
    phase: AtomicU8,
    /// The runtime's own waker.
    outer: Mutex<Option<Waker>>,
}

impl Signal {
    fn is_busy(phase: u8) -> bool {
        phase == WOKEN || phase == RUNNING
    }

    fn finish(&self) {
        if Self::is_busy(self.phase.swap(DONE, Ordering::AcqRel)) {
            self.activity.end();
        }
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Counted before it shows, so that the count is never short of a woken task.
        self.activity.begin();
        let from = self.phase.fetch_update(Ordering::AcqRel, Ordering::Acquire, |phase| {
            (phase == RESTING || phase == RUNNING).then_some(WOKEN)
        });
        if from != Ok(RESTING) {
            self.activity.end();
        }
        let outer = from.is_ok().then(|| self.outer.lock().clone()).flatten();
        if let Some(outer) = outer {
            outer.wake();
        }
    }
}

/// A future that tells its [`Activity`] when it is busy.
pub(super) struct Tracked {
    future: BoxFuture<()>,
    signal: Arc<Signal>,
}

impl Future for Tracked {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let signal = Arc::clone(&self.signal);
        *signal.outer.lock() = Some(context.waker().clone());
        if !Signal::is_busy(signal.phase.swap(RUNNING, Ordering::AcqRel)) {
            signal.activity.begin();
        }
        let waker = Waker::from(Arc::clone(&signal));
        let poll = self.future.as_mut().poll(&mut Context::from_waker(&waker));
        let rest = |from, to| {
            signal.phase.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
        };
        if poll.is_ready() {
            signal.finish();
        } else if rest(RUNNING, RESTING) {
            signal.activity.end();
        }
        poll
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.signal.finish();
    }
}
