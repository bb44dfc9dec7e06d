//! How fast a manager's components go.

use super::Manager;
use crate::{Actor, Pace, pace::Pacing};

impl Manager {
    /// Sends requests to `host` no faster than this; call it before components are added. Renewals of
    /// a lease are never held up.
    pub fn set_pace(&mut self, pace: Pace, host: &str) {
        self.pacing = Some(Pacing::new(&self.world, pace, host));
        self.actor = self.paced(self.actor.clone());
    }
    /// Lets a controller that is added later act on so many keys at once, instead of 64.
    pub fn limit_keys(&mut self, controller: &'static str, keys: usize) {
        self.limits.insert(controller, keys.max(1));
    }
    pub(super) fn paced(&self, actor: Actor) -> Actor {
        match &self.pacing {
            Some(pacing) => pacing.slow_down(&self.world, &self.metrics, actor),
            None => actor,
        }
    }
}
