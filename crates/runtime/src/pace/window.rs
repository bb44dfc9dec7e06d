//! How many requests may be under way, and when the next one may go: pure decisions.

use std::time::Duration;

use world::Monotonic;

use super::Pace;
use crate::limit::Bucket;

/// Requests at once before anything is known of a server.
const WINDOW_FIRST: u32 = 64;
/// A server that refuses gets at least so many, so that it is seen when it recovers.
const WINDOW_LEAST: u32 = 4;
/// More at once than that never made a server faster.
const WINDOW_MOST: u32 = 512;
/// Refusals that come this soon after another are of the same trouble.
const ONE_TROUBLE: Duration = Duration::from_secs(1);
/// A server that says `Retry-After` is left alone at most so long: longer waits are one key's own.
const HOLD_MOST: Duration = Duration::from_secs(10);

/// What an answer says of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    /// It keeps up.
    Well,
    /// It has too much to do, and perhaps says how long to wait.
    Overloaded(Option<Duration>),
}

/// Lets requests pass.
#[derive(Debug)]
pub(super) enum Window {
    Free,
    /// So many a second.
    Steady(Bucket),
    /// So many at once as are answered well.
    Adaptive(Adaptive),
}

#[derive(Debug)]
pub(super) struct Adaptive {
    allowed: u32,
    under_way: u32,
    /// Good answers since the window last grew.
    good: u32,
    shrunk_at: Option<Monotonic>,
    held_until: Monotonic,
}

impl Window {
    pub(super) fn new(pace: Pace, now: Monotonic) -> Self {
        match pace {
            Pace::Free => Self::Free,
            Pace::Steady { per_second, burst } => {
                let every = Duration::try_from_secs_f64(1.0 / per_second);
                let every = every.unwrap_or(Duration::ZERO);
                Self::Steady(Bucket::full(burst.max(1), every, now))
            }
            Pace::Adaptive => Self::Adaptive(Adaptive {
                allowed: WINDOW_FIRST,
                under_way: 0,
                good: 0,
                shrunk_at: None,
                held_until: Monotonic::default(),
            }),
        }
    }
    /// Lets one request pass, or says when to ask again at the latest; `None` waits for an answer.
    pub(super) fn pass(&mut self, now: Monotonic) -> Result<(), Option<Monotonic>> {
        match self {
            Self::Free => Ok(()),
            Self::Steady(bucket) => {
                if bucket.take(now) {
                    Ok(())
                } else {
                    Err(Some(bucket.next()))
                }
            }
            Self::Adaptive(adaptive) => adaptive.pass(now),
        }
    }
    /// A request is over; `None` if nobody waited for its answer.
    pub(super) fn over(&mut self, answered: Option<Answered>, now: Monotonic) {
        match self {
            Self::Free | Self::Steady(_) => {}
            Self::Adaptive(adaptive) => adaptive.over(answered, now),
        }
    }
}

impl Adaptive {
    fn pass(&mut self, now: Monotonic) -> Result<(), Option<Monotonic>> {
        if now < self.held_until {
            return Err(Some(self.held_until));
        }
        if self.under_way >= self.allowed {
            return Err(None);
        }
        self.under_way += 1;
        Ok(())
    }
    fn over(&mut self, answered: Option<Answered>, now: Monotonic) {
        let was_full = self.under_way >= self.allowed;
        self.under_way = self.under_way.saturating_sub(1);
        match answered {
            Some(Answered::Well) if was_full => {
                self.good += 1;
                if self.good >= self.allowed {
                    self.good = 0;
                    self.allowed = (self.allowed + self.allowed / 8 + 1).min(WINDOW_MOST);
                }
            }
            None | Some(Answered::Well) => {}
            Some(Answered::Overloaded(wait)) => {
                if self.shrunk_at.is_none_or(|at| now.since(at) >= ONE_TROUBLE) {
                    self.allowed = (self.allowed / 2).max(WINDOW_LEAST);
                    self.shrunk_at = Some(now);
                }
                self.good = 0;
                let wait = wait.unwrap_or_default().min(HOLD_MOST);
                self.held_until = self.held_until.max(now + wait);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Monotonic {
        Monotonic(Duration::from_millis(milliseconds))
    }
    /// How many pass at once.
    fn passes(window: &mut Window, now: Monotonic) -> usize {
        std::iter::repeat_with(|| window.pass(now)).take_while(Result::is_ok).count()
    }
    fn adaptive() -> Window {
        Window::new(Pace::Adaptive, at(0))
    }

    #[test]
    fn a_steady_pace_is_kept_after_a_burst() {
        let mut window = Window::new(Pace::Steady { per_second: 20.0, burst: 30 }, at(0));
        assert_eq!(passes(&mut window, at(0)), 30);
        assert_eq!(window.pass(at(0)), Err(Some(at(50))));
        assert_eq!(passes(&mut window, at(1000)), 20);
    }
    #[test]
    fn a_free_pace_holds_nobody() {
        let mut window = Window::new(Pace::Free, at(0));
        assert!((0..10_000).all(|_| window.pass(at(0)).is_ok()));
    }
    #[test]
    fn a_server_that_keeps_up_gets_more_at_once() {
        let mut window = adaptive();
        assert_eq!(passes(&mut window, at(0)), 64);
        for _ in 0..64 {
            window.over(Some(Answered::Well), at(1));
            assert!(window.pass(at(1)).is_ok());
        }
        assert_eq!(passes(&mut window, at(2)), 9);
    }
    #[test]
    fn a_server_that_has_too_much_to_do_gets_half_and_is_left_alone_as_long_as_it_asks() {
        let mut window = adaptive();
        assert_eq!(passes(&mut window, at(0)), 64);
        for _ in 0..64 {
            window.over(Some(Answered::Overloaded(Some(Duration::from_secs(2)))), at(10));
        }
        assert_eq!(window.pass(at(10)), Err(Some(at(2010))));
        assert_eq!(passes(&mut window, at(2010)), 32);
        for _ in 0..5 {
            window.over(Some(Answered::Overloaded(None)), at(4000));
        }
        assert_eq!(window.pass(at(4000)), Err(None));
    }
    #[test]
    fn a_server_that_always_refuses_is_still_asked_a_little() {
        let mut window = adaptive();
        for second in 1..20 {
            assert!(window.pass(at(second * 1000)).is_ok());
            window.over(Some(Answered::Overloaded(None)), at(second * 1000));
        }
        assert_eq!(passes(&mut window, at(30_000)), 4);
    }
    #[test]
    fn a_request_that_nobody_waits_for_makes_room() {
        let mut window = adaptive();
        assert_eq!(passes(&mut window, at(0)), 64);
        window.over(None, at(0));
        assert!(window.pass(at(0)).is_ok());
    }
}
