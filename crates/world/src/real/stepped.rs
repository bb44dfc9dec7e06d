//! A clock that stands still until somebody advances it.
//!
//! [`SteppedClock::advance`] goes from timer to timer and lets everybody come to rest after each, so
//! that ten minutes pass in about a second although tasks set their timers anew on the way. "At
//! rest" is exact for tasks and blocking work of the same world: their wakers count. Timers that are
//! due close to each other fire together, so that a hundred heartbeats are not a hundred stops; a
//! timer may so fire late by a six-hundredth of the advance, never early.

use std::{sync::Arc, time::Duration};

use meta::time::Time;

use super::activity::Activity;
use crate::{Clock, Monotonic, Sleep, timers::Timers};

/// Timers due within this much of each other fire together.
const WINDOW_MIN: Duration = Duration::from_millis(10);
/// Short enough for the shortest period the components have.
const WINDOW_MAX: Duration = Duration::from_secs(1);
/// An advance makes about this many stops at most.
const STOPS: u32 = 600;
/// Real time to wait for rest at one stop; a client that never pauses must not stop time.
const REST_MAX: Duration = Duration::from_millis(250);

/// See the module. Made by [`super::stepped`].
pub struct SteppedClock {
    start: Time,
    timers: Timers,
    activity: Arc<Activity>,
    /// One advance at a time; the next waits.
    advancing: tokio::sync::Mutex<()>,
}

impl SteppedClock {
    pub(super) fn new(start: Time, activity: Arc<Activity>) -> Self {
        let (timers, advancing) = (Timers::default(), tokio::sync::Mutex::default());
        Self { start, timers, activity, advancing }
    }

    /// Moves time on by `duration` and returns when all that came due has been done.
    pub async fn advance(&self, duration: Duration) {
        let _turn = self.advancing.lock().await;
        let target = self.monotonic() + duration;
        let window = (duration / STOPS).clamp(WINDOW_MIN, WINDOW_MAX);
        self.rest().await;
        while self.timers.fire_next(target, window) {
            self.rest().await;
        }
    }

    /// Waits for everybody to come to rest, for a bounded real time.
    async fn rest(&self) {
        let _ = tokio::time::timeout(REST_MAX, self.activity.rest()).await;
    }
}

impl Clock for SteppedClock {
    fn wall(&self) -> Time {
        self.start + self.monotonic().0
    }

    fn monotonic(&self) -> Monotonic {
        self.timers.now()
    }

    fn sleep_until(&self, deadline: Monotonic) -> Sleep {
        self.timers.sleep_until(deadline)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{runtime::Handle, sync::mpsc};

    use super::*;
    use crate::{World, real};

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(60 * count)
    }

    fn ticker(world: &World, period: Duration) -> mpsc::UnboundedReceiver<Monotonic> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let clock = Arc::clone(&world.clock);
        let ticks = async move {
            loop {
                clock.sleep(period).await;
                let _ = sender.send(clock.monotonic());
            }
        };
        world.tasks.spawn("ticker", Box::pin(ticks));
        receiver
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_task_that_sets_its_timer_anew_ticks_all_the_way() {
        let (world, clock) = real::stepped(&Handle::current());
        let mut ticks = ticker(&world, Duration::from_secs(10));
        clock.advance(minutes(10)).await;
        assert_eq!(clock.monotonic(), Monotonic(minutes(10)));
        let mut seen = Vec::new();
        while let Ok(tick) = ticks.try_recv() {
            seen.push(tick.0.as_secs());
        }
        assert_eq!(seen, (1..=60).map(|tick| tick * 10).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn time_stands_still_unless_it_is_advanced() {
        let (world, clock) = real::stepped(&Handle::current());
        let (wall, mut ticks) = (clock.wall(), ticker(&world, Duration::from_secs(1)));
        clock.advance(Duration::from_millis(999)).await;
        assert!(ticks.try_recv().is_err());
        assert_eq!(clock.wall(), wall + Duration::from_millis(999));
        clock.advance(Duration::from_millis(1)).await;
        assert!(ticks.try_recv().is_ok());
    }

    #[tokio::test]
    async fn blocking_work_and_all_that_follows_from_it_is_waited_for() {
        let (world, clock) = real::stepped(&Handle::current());
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let inner = world.clone();
        let chain = async move {
            inner.clock.sleep(Duration::from_secs(1)).await;
            let (done, finished) = tokio::sync::oneshot::channel();
            let work = Box::new(move || done.send(()).unwrap_or_default());
            inner.tasks.block("work", work);
            let _ = finished.await;
            inner.clock.sleep(Duration::from_secs(1)).await;
            let _ = sender.send(inner.clock.monotonic());
        };
        world.tasks.spawn("chain", Box::pin(chain));
        clock.advance(minutes(1)).await;
        assert_eq!(receiver.recv().await, Some(Monotonic(Duration::from_secs(2))));
    }

    #[tokio::test]
    async fn an_advance_may_be_asked_for_from_a_task_of_the_same_world() {
        let (world, clock) = real::stepped(&Handle::current());
        let mut ticks = ticker(&world, Duration::from_secs(1));
        let (done, finished) = tokio::sync::oneshot::channel();
        let advance = async move {
            clock.advance(Duration::from_secs(5)).await;
            let _ = done.send(());
        };
        world.tasks.spawn("advance", Box::pin(advance));
        finished.await.expect("advanced");
        assert_eq!(std::iter::from_fn(|| ticks.try_recv().ok()).count(), 5);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_hundred_heartbeats_make_few_stops() {
        let (world, clock) = real::stepped(&Handle::current());
        let period = |node: u64| Duration::from_millis(10_000 + node * 7);
        let mut nodes: Vec<_> = (0..100).map(|node| ticker(&world, period(node))).collect();
        clock.advance(minutes(10)).await;
        for ticks in &mut nodes {
            let beats = std::iter::from_fn(|| ticks.try_recv().ok()).count();
            assert!((53..=60).contains(&beats), "{beats}");
        }
    }
}
