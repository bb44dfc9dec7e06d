//! A server that events are posted to, as lists (upstream: `apiserver/plugin/pkg/audit/webhook`).

use std::{sync::Arc, time::Duration};

use bytes::{BufMut as _, Bytes, BytesMut};
use parking_lot::Mutex;
use world::{BoxFuture, Monotonic, World};

/// The way to the server.
pub trait Deliver: Send + Sync {
    /// Ends when the server has an `EventList`, or will not have it.
    fn deliver(&self, list: Bytes) -> BoxFuture<Result<(), Undelivered>>;
}

/// A list that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Undelivered {
    pub reason: String,
    pub retry: Retry,
}

/// Whether the same list may arrive later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    Never,
    /// Not before the server is willing, if it said when.
    After(Option<Duration>),
}

/// How lists are sent. Cheap to clone; clones share the throttle.
#[derive(Clone)]
pub struct Webhook {
    way: Arc<dyn Deliver>,
    initial_backoff: Duration,
    throttle: Option<Arc<Mutex<Throttle>>>,
}

/// So many lists a second, and so many at once after a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    interval: Duration,
    burst: u32,
    /// When the lists that were sent would have been sent at the steady pace.
    next: Monotonic,
}

/// As the reference: five tries, each pause half as long again.
const TRIES: u32 = 5;
const JITTER_PERCENT: u32 = 20;
const HEAD: &[u8] =
    br#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":["#;
const TAIL: &[u8] = b"]}";

impl Throttle {
    /// Lists a second, and how many may come at once.
    pub fn new(per_second: f32, burst: u32) -> Self {
        let interval = Duration::try_from_secs_f32(1.0 / per_second).unwrap_or_default();
        Self { interval, burst: burst.max(1), next: Monotonic::default() }
    }

    /// Takes a turn; how long to wait for it.
    fn take(&mut self, now: Monotonic) -> Duration {
        let turn = self.next.max(now);
        self.next = turn + self.interval;
        turn.since(now + self.interval.saturating_mul(self.burst - 1))
    }
}

impl Webhook {
    /// Lists go `way`; after a failure, a first pause of `initial_backoff`.
    pub fn new(
        way: Arc<dyn Deliver>,
        initial_backoff: Duration,
        throttle: Option<Throttle>,
    ) -> Self {
        let throttle = throttle.map(|throttle| Arc::new(Mutex::new(throttle)));
        Self { way, initial_backoff, throttle }
    }

    /// Sends events, several times if need be; whether they arrived. Takes its time.
    pub(super) async fn send(&self, world: &World, events: &[Bytes]) -> bool {
        let list = list(events);
        let mut pause = self.initial_backoff;
        for tried in 1..=TRIES {
            self.wait_for_turn(world).await;
            let Err(undelivered) = self.way.deliver(list.clone()).await else { return true };
            let (error, count) = (&undelivered.reason, events.len());
            let after = match undelivered.retry {
                Retry::After(after) if tried < TRIES => after.unwrap_or_default(),
                Retry::After(_) | Retry::Never => {
                    tracing::warn!(error, count, "audit events are lost");
                    return false;
                }
            };
            tracing::debug!(error, count, "audit events are sent again");
            world.clock.sleep(world.dice.jitter(pause, JITTER_PERCENT).max(after)).await;
            pause += pause / 2;
        }
        false
    }

    async fn wait_for_turn(&self, world: &World) {
        let Some(throttle) = &self.throttle else { return };
        let wait = throttle.lock().take(world.clock.monotonic());
        if !wait.is_zero() {
            world.clock.sleep(wait).await;
        }
    }
}

/// Lines as an `EventList`.
fn list(events: &[Bytes]) -> Bytes {
    let length: usize = events.iter().map(Bytes::len).sum();
    let mut list = BytesMut::with_capacity(HEAD.len() + length + TAIL.len());
    list.put_slice(HEAD);
    for (position, event) in events.iter().enumerate() {
        if position > 0 {
            list.put_u8(b',');
        }
        list.put_slice(event.trim_ascii_end());
    }
    list.put_slice(TAIL);
    list.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_a_list() {
        let list = list(&[Bytes::from("{\"a\":1}\n"), Bytes::from("{\"b\":2}\n")]);
        let value: serde_json::Value = serde_json::from_slice(&list).unwrap();
        assert_eq!(value["kind"], "EventList");
        assert_eq!(value["items"][1]["b"], 2);
    }

    #[test]
    fn a_throttle_lets_a_few_through_and_then_keeps_its_pace() {
        let mut throttle = Throttle::new(10.0, 3);
        let at = |milliseconds| Monotonic(Duration::from_millis(milliseconds));
        let waits: Vec<u128> =
            [1000; 5].map(|now| throttle.take(at(now)).as_millis()).into_iter().collect();
        assert_eq!(waits, [0, 0, 0, 100, 200]);
        assert_eq!(throttle.take(at(9000)), Duration::ZERO);
    }
}
