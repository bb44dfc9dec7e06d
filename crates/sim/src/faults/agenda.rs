//! Faults that have a time of their own, and what ends them.

use std::{fmt, time::Duration};

use plane::Part;
use world::Monotonic;

use super::Plan;

/// What happens at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// For so long.
    CrashServer(Duration),
    StartServer,
    Start(Part),
    /// For so long.
    Freeze(Part, Duration),
    Thaw(Part),
    /// By so many microseconds.
    ShiftWall(Part, i64),
}

impl Due {
    /// Whether it makes things worse; the others heal.
    const fn hurts(self) -> bool {
        match self {
            Self::CrashServer(_) | Self::Freeze(..) | Self::ShiftWall(..) => true,
            Self::StartServer | Self::Start(_) | Self::Thaw(_) => false,
        }
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CrashServer(_) => f.write_str("the API server crashes"),
            Self::StartServer => f.write_str("the API server starts again"),
            Self::Start(part) => write!(f, "{part:?} starts again"),
            Self::Freeze(part, _) => write!(f, "{part:?} freezes"),
            Self::Thaw(part) => write!(f, "{part:?} thaws"),
            Self::ShiftWall(part, by) => write!(f, "the clock of {part:?} jumps by {by} µs"),
        }
    }
}

/// What is to happen, and when.
#[derive(Debug, Default)]
pub(crate) struct Agenda(Vec<(Monotonic, Due)>);

impl Agenda {
    pub(crate) fn of(plan: &Plan) -> Self {
        let crashes = plan.server_crashes.iter();
        let crashes = crashes.map(|it| (Monotonic(it.at), Due::CrashServer(it.down)));
        let freezes = plan.freezes.iter();
        let freezes = freezes.map(|it| (Monotonic(it.at), Due::Freeze(it.part, it.length)));
        let jumps = plan.jumps.iter();
        let jumps = jumps.map(|it| (Monotonic(it.at), Due::ShiftWall(it.part, it.microseconds)));
        Self(crashes.chain(freezes).chain(jumps).collect())
    }

    pub(crate) fn next(&self) -> Option<Monotonic> {
        self.0.iter().map(|(at, _)| *at).min()
    }

    /// In place of the same thing planned for another time.
    pub(crate) fn plan(&mut self, at: Monotonic, due: Due) {
        self.0.retain(|(_, other)| *other != due);
        self.0.push((at, due));
    }

    pub(crate) fn take_due(&mut self, now: Monotonic) -> Vec<Due> {
        let (due, later): (Vec<_>, Vec<_>) = self.0.drain(..).partition(|(at, _)| *at <= now);
        self.0 = later;
        due.into_iter().map(|(_, due)| due).collect()
    }

    /// Nothing gets worse from now on.
    pub(crate) fn heal(&mut self) {
        self.0.retain(|(_, due)| !due.hurts());
    }
}
