//! How time passes on a stage, and what happens meanwhile.

use std::{sync::Arc, time::Duration};

use client::Transport;
use world::Monotonic;

use super::{
    After, Broken, Stage, expect,
    script::ALL,
    wire::{Route, Wire},
};
use crate::world::Begun;

/// The longest legal back-off of what plays: when all is well again, this is enough.
pub const REST_MAX: Duration = Duration::from_mins(5);
/// Nothing was written for so long: it is rest.
const STILL: Duration = Duration::from_secs(20);
/// At rest nothing is written for so long.
const QUIET: Duration = Duration::from_mins(3);
/// Between two looks at whether there is rest.
const LOOK: Duration = Duration::from_secs(1);
/// A component that crashed comes back after so long.
const DOWN: Duration = Duration::from_secs(2);
/// Steps without time passing that no honest work takes.
const STEPS_AT_ONCE_MAX: u64 = 100_000;

impl Stage {
    /// Time since the start.
    pub fn now(&self) -> Monotonic {
        self.simulation.now()
    }

    /// Lets time pass.
    pub fn pass(&self, duration: Duration) {
        self.until(duration, || false);
    }

    /// Lets time pass until something holds, at most so long; answers whether it does.
    pub fn until(&self, most: Duration, holds: impl Fn() -> bool) -> bool {
        let end = self.now() + most;
        loop {
            let back = self.returns.borrow().iter().map(|(at, ..)| *at).min();
            let next = back.map_or(end, |back| back.min(end));
            let stops = || self.script.is_due() || self.spins() || holds();
            self.simulation.run_until(next, stops);
            self.carry_out();
            if holds() || self.now() >= end || self.spins.borrow().is_some() {
                return holds();
            }
        }
    }

    /// Whether there is no end of steps at this moment: then no time passes any more.
    fn spins(&self) -> bool {
        let who = self.simulation.standstill(STEPS_AT_ONCE_MAX);
        let spins = who.is_some();
        if spins {
            *self.spins.borrow_mut() = who;
        }
        spins
    }

    /// Ends all faults and waits for rest: nothing is written for a while, and then nothing for longer.
    ///
    /// # Errors
    /// Somebody goes on writing.
    pub fn settle(&self) -> Result<(), Broken> {
        self.heal();
        let end = self.now() + REST_MAX;
        loop {
            self.pass(LOOK);
            expect(self.spins.borrow().is_none(), || "time stands still".to_owned())?;
            let last = self.past.last_change();
            let since = last.as_ref().map_or(Monotonic::default(), |(at, _)| *at);
            if self.now().since(since) >= STILL {
                break;
            }
            expect(self.now() < end, || format!("no rest: {last:?} was written last"))?;
        }
        let rest = self.now();
        self.pass(QUIET);
        let last = self.past.last_change().filter(|(at, _)| *at > rest);
        expect(last.is_none(), || format!("{last:?} is written at rest"))
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.script.heal();
        self.servers.values().for_each(|(_, link)| link.lag(0));
        let players: Vec<&'static str> = self.players.borrow().keys().copied().collect();
        for player in players {
            self.simulation.thaw(player);
        }
    }

    /// A way to the API servers for somebody whose requests are the scenario's own.
    pub fn transport(&self, name: &'static str) -> Arc<dyn Transport> {
        let route = Route::new("api1", self.servers.iter().map(|(name, (it, _))| (*name, it)));
        let world = self.simulation.world(name);
        Arc::new(Wire { world, by: name, route, script: self.script.clone() })
    }

    /// Begins a future as somebody's task; it goes on while time passes.
    pub fn begin<T: Send + 'static>(
        &self,
        name: &str,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Begun<T> {
        self.simulation.begin(name, "scenario", future)
    }

    /// Runs a future as somebody's task; `None` if it takes longer than `most`.
    pub fn complete<T: Send + 'static>(
        &self,
        name: &str,
        most: Duration,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let begun = self.begin(name, future);
        self.until(most, || begun.is_over());
        begun.take()
    }

    /// The API server of a component.
    fn server_of(&self, name: &str) -> &'static str {
        self.players.borrow().get(name).map_or("", |player| player.server)
    }

    fn carry_out(&self) {
        while let Some((name, what)) = self.script.next_due() {
            let players = self.players.borrow();
            let Some((name, _)) = players.get_key_value(&*name) else { continue };
            let back = match what {
                After::Crash => {
                    self.simulation.crash(name);
                    DOWN
                }
                After::Hold(how, duration) => {
                    self.script.hold(name, ALL, how);
                    duration
                }
                After::Lag(revisions, duration) => {
                    self.lag(self.server_of(name), revisions);
                    duration
                }
            };
            self.returns.borrow_mut().push((self.now() + back, name, what));
        }
        let now = self.now();
        let mut returns = self.returns.borrow_mut();
        let back: Vec<_> = returns.extract_if(.., |(at, ..)| *at <= now).collect();
        drop(returns);
        for (_, name, what) in back {
            match what {
                After::Crash => self.start(name),
                After::Hold(..) => self.script.release(name, ALL),
                After::Lag(..) => self.lag(self.server_of(name), 0),
            }
        }
    }
}
