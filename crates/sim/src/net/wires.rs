//! The wires between machines: a message on a cut one waits until it is whole again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::watch;
use world::World;

use super::SILENCE_MAX;
use crate::plan::{Component, Ways};

/// Clones share the wires.
#[derive(Clone)]
pub(crate) struct Wires(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    /// How many cuts there are of each direction.
    cut: BTreeMap<(Component, Component), u32>,
    /// Who runs no task, and so answers no ping.
    stopped: BTreeSet<Component>,
}

impl Default for Wires {
    fn default() -> Self {
        Self(Arc::new(Shared { state: Mutex::default(), changed: watch::Sender::new(()) }))
    }
}

impl Wires {
    pub(crate) fn cut(&self, from: Component, to: Component, ways: Ways) {
        let mut state = self.0.state.lock();
        for way in directions(from, to, ways) {
            *state.cut.entry(way).or_default() += 1;
        }
        drop(state);
        self.0.changed.send_replace(());
    }

    pub(crate) fn heal(&self, from: Component, to: Component, ways: Ways) {
        let mut state = self.0.state.lock();
        for way in directions(from, to, ways) {
            let cuts = state.cut.entry(way).or_default();
            *cuts = cuts.saturating_sub(1);
        }
        state.cut.retain(|_, cuts| *cuts > 0);
        drop(state);
        self.0.changed.send_replace(());
    }

    /// Notes that a machine stands still, or no longer does.
    pub(crate) fn set_stopped(&self, component: Component, stopped: bool) {
        let mut state = self.0.state.lock();
        if stopped {
            state.stopped.insert(component);
        } else {
            state.stopped.remove(&component);
        }
        drop(state);
        self.0.changed.send_replace(());
    }

    /// Takes a message over.
    pub(crate) async fn pass(&self, from: Component, to: Component) {
        if self.0.state.lock().is_cut(from, to) {
            self.until(|state| !state.is_cut(from, to)).await;
        }
    }

    /// Waits until both have heard nothing of each other for so long that the connection is given up.
    pub(crate) async fn silent(&self, world: &World, one: Component, other: Component) {
        loop {
            self.until(|state| state.is_silent(one, other)).await;
            let end = world.clock.monotonic() + SILENCE_MAX;
            tokio::select! {
                biased;
                () = self.until(|state| !state.is_silent(one, other)) => {}
                () = world.clock.sleep_until(end) => return,
            }
        }
    }

    /// Waits until the wires are so.
    async fn until(&self, so: impl Fn(&State) -> bool) {
        let mut changed = self.0.changed.subscribe();
        while !so(&self.0.state.lock()) {
            // The sender lives as long as the wires do.
            let _ = changed.changed().await;
        }
    }
}

impl State {
    fn is_cut(&self, from: Component, to: Component) -> bool {
        self.cut.contains_key(&(from, to))
    }

    fn is_silent(&self, one: Component, other: Component) -> bool {
        let stopped = self.stopped.contains(&one) || self.stopped.contains(&other);
        stopped || self.is_cut(one, other) || self.is_cut(other, one)
    }
}

fn directions(
    from: Component,
    to: Component,
    ways: Ways,
) -> impl Iterator<Item = (Component, Component)> {
    let back = match ways {
        Ways::One => None,
        Ways::Both => Some((to, from)),
    };
    std::iter::once((from, to)).chain(back)
}
