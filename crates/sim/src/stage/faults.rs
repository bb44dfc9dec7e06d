//! The vocabulary of what goes wrong on a stage.

use std::time::Duration;

use super::{After, Broken, Fate, Held, Requests, START_MAX, Stage, expect};

impl Stage {
    /// Keeps what `server` shows in lists and watches so many revisions behind; zero ends it.
    pub fn lag(&self, server: &str, revisions: u64) {
        if let Some((_, link)) = self.servers.get(server) {
            link.lag(revisions);
        }
    }

    /// Every request of `server` to the store takes up to so long, there and back.
    pub fn stretch(&self, server: &str, distance: Duration) {
        if let Some((_, link)) = self.servers.get(server) {
            link.stretch(distance);
        }
    }

    /// The store has forgotten what `server` was still to hear: its watch caches begin anew.
    pub fn forget(&self, server: &str) {
        if let Some((_, link)) = self.servers.get(server) {
            link.forget();
        }
    }

    /// The store tells `server` all again that it has told, on the same watch.
    pub fn repeat(&self, server: &str) {
        if let Some((_, link)) = self.servers.get(server) {
            link.repeat();
        }
    }

    /// Ends a component right after its next so many writes were applied (leases and events do not
    /// count); it comes back after two seconds.
    pub fn crash_after(&self, name: &str, writes: u64) {
        self.after_write(name, writes, After::Crash);
    }

    /// Something happens to a component right after its next so many writes were applied.
    pub fn after_write(&self, name: &str, writes: u64, what: After) {
        self.script.after_write(name, writes, what);
    }

    /// Lets nodes join that kubelets may play.
    ///
    /// # Errors
    /// They are refused.
    pub fn register_nodes(&self, count: u32) -> Result<(), Broken> {
        let (world, transport) = (self.simulation.world("user"), self.transport("user"));
        let join = async move { plane::register_nodes(&world, &*transport, count).await };
        let joined = self.complete("user", START_MAX, join);
        expect(matches!(joined, Some(Ok(()))), || format!("no nodes: {joined:?}"))
    }

    /// Stops a component while its clocks go on.
    pub fn freeze(&self, name: &str) {
        self.simulation.freeze(name);
    }

    /// Lets a frozen component go on.
    pub fn thaw(&self, name: &str) {
        self.simulation.thaw(name);
    }

    /// Sets a component's wall clock wrong by so many seconds more.
    pub fn shift_clock(&self, name: &str, seconds: i64) {
        self.simulation.shift_wall(name, seconds.saturating_mul(1_000_000));
    }

    /// A component's watches of a kind deliver nothing until released.
    pub fn hold(&self, name: &str, plural: &str) {
        self.script.hold(name, plural, Held::InOrder);
    }

    /// The same, and then the last state of each object alone is told.
    pub fn coalesce(&self, name: &str, plural: &str) {
        self.script.hold(name, plural, Held::Merged);
    }

    /// A component does not hear of the state that the event at this place in what it is
    /// [told](Self::told) shows, if another follows soon: it sees the states before and after.
    pub fn hide(&self, name: &str, place: usize) {
        self.script.hide(name, place);
    }

    /// Delivers what was held.
    pub fn release(&self, name: &str, plural: &str) {
        self.script.release(name, plural);
    }

    /// Ends a component's watches of a kind; what they held is lost.
    pub fn end_watches(&self, name: &str, plural: &str) {
        self.script.end_watches(name, plural);
    }

    /// Nothing of `from` reaches `to` any more; its connections hang.
    pub fn cut(&self, from: &str, to: &str) {
        self.script.cut(from, to);
    }

    /// Ends all cuts; what was under way stays lost.
    pub fn mend(&self) {
        self.script.mend();
    }

    /// Something happens to the next such requests.
    pub fn fault(&self, requests: Requests, fate: Fate) {
        self.script.plan(requests, fate);
    }

    /// Components that read a path which contains this are answered so from now on: what another
    /// server would say, of metrics for one.
    pub fn answer(&self, path: &'static str, body: &serde_json::Value) {
        self.script.answer(path, body.to_string().into());
    }
}
