//! The server's time: with `--clock=virtual` it is another than this process's.

use std::sync::Arc;

use client::{Request, Transport};
use meta::time::Time;
use world::{Clock, Monotonic, Sleep, World};

/// A clock whose wall time is that of a server.
struct Aligned {
    clock: Arc<dyn Clock>,
    /// What the server showed, and when that was here.
    shown: Time,
    at: Time,
}

impl Clock for Aligned {
    fn wall(&self) -> Time {
        self.shown + self.clock.wall().since(self.at)
    }
    fn monotonic(&self) -> Monotonic {
        self.clock.monotonic()
    }
    fn sleep_until(&self, deadline: Monotonic) -> Sleep {
        self.clock.sleep_until(deadline)
    }
}

/// The same world, with the server's time if that is virtual.
pub(super) async fn align(world: &World, transport: &dyn Transport) -> World {
    let mut world = world.clone();
    let shown = transport.send(Request::read("/pilothouse/clock")).await.ok();
    let shown = shown.and_then(|answer| String::from_utf8_lossy(&answer.body).trim().parse().ok());
    if let Some(shown) = shown {
        let at = world.clock.wall();
        world.clock = Arc::new(Aligned { clock: Arc::clone(&world.clock), shown, at });
    }
    world
}
