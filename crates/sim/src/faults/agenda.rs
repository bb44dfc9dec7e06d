//! What is to happen, and when: faults with a time of their own, and what ends them.

use world::Monotonic;

use crate::plan::{Component, Plan, What, When};

/// What happens at a time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Due {
    Fault(What),
    End(Ending),
}

/// What ends a fault.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ending {
    Start(Component),
    Thaw(Component),
    /// Of a cut, a storm, a slow reader, a slow or full disk.
    Of(What),
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Agenda(Vec<(Monotonic, Due)>);

impl Agenda {
    pub(crate) fn of(plan: &Plan) -> Self {
        let timed = plan.faults.iter().filter_map(|fault| match fault.when {
            When::At { time } => Some((Monotonic(time), Due::Fault(fault.what.clone()))),
            When::AfterWrite { .. } => None,
        });
        Self(timed.collect())
    }

    pub(crate) fn next(&self) -> Option<Monotonic> {
        self.0.iter().map(|(at, _)| *at).min()
    }

    /// In place of the same ending planned for another time.
    pub(crate) fn plan(&mut self, at: Monotonic, ending: Ending) {
        let due = Due::End(ending);
        if !matches!(due, Due::End(Ending::Of(_))) {
            self.0.retain(|(_, other)| *other != due);
        }
        self.0.push((at, due));
    }

    pub(crate) fn take_due(&mut self, now: Monotonic) -> Vec<Due> {
        let (mut due, later): (Vec<_>, Vec<_>) = self.0.drain(..).partition(|(at, _)| *at <= now);
        self.0 = later;
        due.sort_by_key(|(at, _)| *at);
        due.into_iter().map(|(_, due)| due).collect()
    }

    /// When the last fault is planned for.
    pub(crate) fn last_fault(&self) -> Option<Monotonic> {
        let faults = self.0.iter().filter(|(_, due)| matches!(due, Due::Fault(_)));
        faults.map(|(at, _)| *at).max()
    }

    /// Whether a machine is to start again.
    pub(crate) fn starts(&self, component: Component) -> bool {
        self.0.iter().any(|(_, due)| *due == Due::End(Ending::Start(component)))
    }

    /// A machine stays away.
    pub(crate) fn forget(&mut self, component: Component) {
        self.0.retain(|(_, due)| *due != Due::End(Ending::Start(component)));
    }

    /// Nothing gets worse from now on.
    pub(crate) fn heal(&mut self) {
        self.0.retain(|(_, due)| match due {
            Due::Fault(what) => what.heals(),
            Due::End(_) => true,
        });
    }
}
