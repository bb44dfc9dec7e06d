//! Faults that are aimed at certain requests and watches.

use std::{collections::BTreeMap, time::Duration};

use super::{Fate, Manner};
use crate::{
    net::Asked,
    plan::{Component, Request, What},
};

/// A component's watches of a resource; all of them if that is empty.
type Watched = (Component, String);

/// What is aimed at now.
#[derive(Default)]
pub(super) struct Targets {
    /// Requests with the times that are left.
    requests: Vec<(Request, Fate, u32)>,
    storms: Vec<(Request, u16)>,
    holds: BTreeMap<Watched, Hold>,
    readers: BTreeMap<Watched, Duration>,
}

/// A watch is held, or was and goes on in a certain manner.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    Held,
    Released(Manner),
}

impl Targets {
    pub(super) fn clear(&mut self) {
        let released = |hold: &mut Hold| {
            if *hold == Hold::Held {
                *hold = Hold::Released(Manner::Held);
            }
        };
        self.holds.values_mut().for_each(released);
        self.requests.clear();
        self.storms.clear();
        self.readers.clear();
    }

    /// Takes up what is of the kind.
    pub(super) fn carry_out(&mut self, what: &What) {
        match what {
            What::Hold { component, resource } => {
                self.holds.insert((*component, resource.clone()), Hold::Held);
            }
            What::Release { component, resource } => {
                self.release(*component, resource, Manner::Held);
            }
            What::Coalesce { component, resource } => {
                self.release(*component, resource, Manner::LastStates);
            }
            What::LoseReply { request, times } => {
                self.requests.push((request.clone(), Fate::Unanswered, *times));
            }
            What::Refuse { request, code, times } => {
                self.requests.push((request.clone(), Fate::Refused(*code), *times));
            }
            What::Storm { request, code, .. } => self.storms.push((request.clone(), *code)),
            What::SlowReader { component, resource, each, .. } => {
                self.readers.insert((*component, resource.clone()), *each);
            }
            What::Lag { .. }
            | What::Crash { .. }
            | What::Freeze { .. }
            | What::ClockJump { .. }
            | What::Cut { .. }
            | What::Redirect { .. }
            | What::Compact
            | What::Poison { .. }
            | What::Edit { .. }
            | What::Copy { .. }
            | What::Sabotage { .. }
            | What::SlowDisk { .. }
            | What::FullDisk { .. }
            | What::FailedSync => {}
        }
    }

    /// Ends what lasts for a while.
    pub(super) fn end(&mut self, what: &What) {
        if let What::Storm { request, code, .. } = what {
            self.storms.retain(|storm| (&storm.0, &storm.1) != (request, code));
        }
        if let What::SlowReader { component, resource, .. } = what {
            self.readers.remove(&(*component, resource.clone()));
        }
    }

    /// A hold of everything ends those of single resources as well.
    fn release(&mut self, component: Component, resource: &str, manner: Manner) {
        for ((held, of), hold) in &mut self.holds {
            if *held == component && (resource.is_empty() || of == resource) {
                *hold = Hold::Released(manner);
            }
        }
    }

    /// How a watch goes on after the hold that it was in, or is in; `None` if there was none.
    pub(super) fn manner(&self, component: Component, resource: &str) -> Option<Manner> {
        let holds = self.holds_of(component, resource);
        let manners = holds.map(|hold| match hold {
            Hold::Held => Manner::Held,
            Hold::Released(manner) => manner,
        });
        manners.max()
    }

    pub(super) fn is_held(&self, component: Component, resource: &str) -> bool {
        self.holds_of(component, resource).any(|hold| hold == Hold::Held)
    }

    fn holds_of(&self, component: Component, resource: &str) -> impl Iterator<Item = Hold> {
        let keys = [(component, resource.to_owned()), (component, String::new())];
        keys.into_iter().filter_map(|key| self.holds.get(&key).copied())
    }

    pub(super) fn reading_pause(&self, component: Component, resource: &str) -> Option<Duration> {
        let one = self.readers.get(&(component, resource.to_owned()));
        one.or_else(|| self.readers.get(&(component, String::new()))).copied()
    }

    pub(super) fn fate(&mut self, caller: Component, asked: &Asked) -> Option<Fate> {
        let concerns = |request: &Request| {
            let asks = match request.of {
                Some(component) => component == caller,
                None => caller != Component::User,
            };
            asks && asked.is(request)
        };
        if let Some((_, code)) = self.storms.iter().find(|(request, _)| concerns(request)) {
            return Some(Fate::Refused(*code));
        }
        let (_, fate, times) = self.requests.iter_mut().find(|(request, ..)| concerns(request))?;
        let fate = *fate;
        *times = times.saturating_sub(1);
        self.requests.retain(|(_, _, times)| *times > 0);
        Some(fate)
    }
}
