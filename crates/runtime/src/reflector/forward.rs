//! Brings a cache forward that cannot know by itself whether it is current: a quiet resource sends nothing
//! that would tell.

use std::{sync::Arc, time::Duration};

use meta::object::ResourceVersion;
use tokio::sync::watch;
use world::{Clock, Monotonic, World};

use crate::feed::Signal;

/// A server that begins a watch with a bookmark has told by then how far it is. From others a list is
/// wanted.
const WATCH_WAIT: Duration = Duration::from_millis(100);
/// After a list, which may come from a server that lags; twice as long after each further one.
const LIST_WAIT: Duration = Duration::from_millis(500);
const LIST_WAIT_MAX: Duration = Duration::from_secs(30);

/// What is to be asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// The watch, begun anew where the cache is. It costs next to nothing.
    Watch,
    /// All objects.
    List,
}

/// Knows what was asked for already.
pub(super) struct Forward {
    clock: Arc<dyn Clock>,
    floor: watch::Receiver<ResourceVersion>,
    asked: Option<Asked>,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    floor: ResourceVersion,
    /// How long the answer may take.
    wait: Duration,
    at: Monotonic,
}

impl Forward {
    pub(super) fn new(world: &World, signal: &Signal) -> Self {
        Self { clock: Arc::clone(&world.clock), floor: signal.floor(), asked: None }
    }
    /// Waits until something is to be asked for because the cache is behind, and answers what.
    pub(super) async fn due(&mut self, signal: &Signal) -> Ask {
        loop {
            self.is_behind(signal).await;
            let floor = *self.floor.borrow_and_update();
            let Some(asked) = self.asked.filter(|asked| asked.floor == floor) else {
                self.asked = Some(Asked { floor, wait: WATCH_WAIT, at: self.clock.monotonic() });
                return Ask::Watch;
            };
            tokio::select! {
                biased;
                // An error would mean that the feed is gone, which the reflector holds.
                _ = self.floor.changed() => {}
                () = self.clock.sleep_until(asked.at + asked.wait) => {
                    let wait = (asked.wait * 2).clamp(LIST_WAIT, LIST_WAIT_MAX);
                    self.asked = Some(Asked { floor, wait, at: self.clock.monotonic() });
                    return Ask::List;
                }
            }
        }
    }
    /// Waits until more is wanted of the cache than it shows.
    pub(super) async fn is_behind(&mut self, signal: &Signal) {
        let reached = signal.progress().version;
        // An error would mean that the feed is gone, which the reflector holds.
        let _ = self.floor.wait_for(|floor| *floor > reached).await;
    }
}
