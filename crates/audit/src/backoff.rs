//! How long to wait before something is tried again.

use std::time::Duration;

use world::World;

/// Doubles from half a second to half a minute, with chance on top so that many do not come at once.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

const FIRST: Duration = Duration::from_millis(500);
const MOST: Duration = Duration::from_secs(30);
const JITTER_PERCENT: u32 = 20;

impl Backoff {
    /// Waits after a failure, at least as long as was asked for.
    pub(crate) async fn wait(&mut self, world: &World, asked: Option<Duration>) {
        let doubled = FIRST.saturating_mul(2_u32.saturating_pow(self.failures)).min(MOST);
        self.failures += 1;
        let least = asked.unwrap_or_default();
        world.clock.sleep(world.dice.jitter(doubled, JITTER_PERCENT).max(least)).await;
    }

    /// It worked.
    pub(crate) const fn reset(&mut self) {
        self.failures = 0;
    }
}
