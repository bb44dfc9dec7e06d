//! Makes up what goes wrong.

use std::time::Duration;

use world::Dice;

use super::pick;
use crate::plan::{
    Cluster, Component, Fault, PerThousand, Rates, Request, RequestVerb, Ways, What, When,
};

/// When the faults happen that have a time of their own.
const SCENARIO: Duration = Duration::from_secs(90);
/// Shorter than any restart.
const DOWN_MIN: Duration = Duration::from_secs(1);
const DOWN_MAX: Duration = Duration::from_secs(20);
const FREEZE_MAX: Duration = Duration::from_secs(40);
const CUT_MAX: Duration = Duration::from_mins(1);
const HOLD_MAX: Duration = Duration::from_secs(20);
const STORM_MAX: Duration = Duration::from_secs(15);
const DISK_TROUBLE_MAX: Duration = Duration::from_secs(15);
const SYNC_MAX: Duration = Duration::from_millis(800);
const READING_MAX: Duration = Duration::from_millis(500);
/// Others wait for so long before they take a lease.
const LEASE: Duration = Duration::from_secs(20);
/// A clock is wrong by at most so much.
const JUMP_MILLISECONDS_MAX: u64 = 60_000;
const WRITES_MAX: u64 = 80;
const LAG_MAX: u64 = 60;
/// Kinds whose watches are held.
const RESOURCES: [&str; 6] = ["", "pods", "replicasets", "deployments", "nodes", "endpointslices"];
const CODES: [u16; 5] = [409, 429, 500, 503, 504];

pub(super) fn rates(dice: &dyn Dice) -> Rates {
    let often =
        |most: u64| -> PerThousand { if dice.below(3) == 0 { 1 + dice.below(most) } else { 0 } };
    Rates {
        conflicts: often(150),
        refusals: often(150),
        lost: often(100),
        late: often(60),
        delays: often(200),
        holds: often(60),
        coalesces: often(40),
        drops: often(40),
    }
}

/// Requests that are under way while a lease changes hands.
pub(super) fn slow_messages(dice: &dyn Dice) -> Rates {
    Rates { delays: 100 + dice.below(400), late: 50 + dice.below(200), ..Rates::default() }
}

pub(super) fn faults(dice: &dyn Dice, cluster: Cluster) -> Vec<Fault> {
    let mut author = Author { dice, cluster, faults: Vec::new() };
    let parts = Component::PARTS.into_iter().filter(|part| cluster.has(*part));
    for part in parts {
        author.troubles_of(part);
    }
    for api in Component::APIS.into_iter().filter(|api| cluster.has(*api)) {
        author.troubles_of_api(api);
    }
    author.troubles_of_store();
    author.troubles_of_all();
    author.faults
}

pub(super) fn of_two_leaders(dice: &dyn Dice, cluster: Cluster) -> Vec<Fault> {
    let mut author = Author { dice, cluster, faults: Vec::new() };
    // Now one, now the other: whoever leads has lost the lease when it comes back.
    for turn in 0..3 + dice.below(3) {
        let component = pick(dice, &[Component::Controllers1, Component::Controllers2]);
        let time = LEASE * u32::try_from(turn).unwrap_or(0) + author.up_to(LEASE);
        let length = LEASE * 2 / 3 + author.up_to(LEASE);
        match dice.below(3) {
            0 => author.at(time, What::Freeze { component, length }),
            1 => author.cut_at(component, Ways::Both, time, length),
            _ => author.cut_at(component, Ways::One, time, length),
        }
    }
    author.faults
}

struct Author<'a> {
    dice: &'a dyn Dice,
    cluster: Cluster,
    faults: Vec<Fault>,
}

impl Author<'_> {
    /// With a chance of one in so many.
    fn one_in(&self, share: u64) -> bool {
        self.dice.below(share) == 0
    }

    fn up_to(&self, most: Duration) -> Duration {
        Duration::from_millis(self.dice.below(u64::try_from(most.as_millis()).unwrap_or(u64::MAX)))
    }

    fn at(&mut self, time: Duration, what: What) {
        self.faults.push(Fault { when: When::At { time }, what });
    }

    /// Some time in the scenario.
    fn sometime(&mut self, what: What) {
        let time = self.up_to(SCENARIO);
        self.at(time, what);
    }

    fn down(&self) -> Duration {
        DOWN_MIN + self.up_to(DOWN_MAX)
    }

    fn api(&self) -> Component {
        let apis = Component::APIS;
        pick(self.dice, &apis[..usize::from(self.cluster.api_servers).clamp(1, apis.len())])
    }

    fn troubles_of(&mut self, part: Component) {
        if self.one_in(3) {
            for _ in 0..=self.dice.below(4) {
                let write = 1 + self.dice.below(WRITES_MAX);
                let what = What::Crash { component: part, down: self.down() };
                self.faults.push(Fault { when: When::AfterWrite { of: part, write }, what });
            }
        }
        if self.one_in(5) {
            self.freeze(part);
        }
        if self.one_in(8) {
            self.clock_jump(part);
        }
        if self.one_in(8) {
            self.hold(part);
        }
        if self.one_in(8) {
            let ways = pick(self.dice, &[Ways::One, Ways::Both]);
            self.cut(part, ways);
        }
        if self.one_in(10) {
            let api = self.api();
            self.sometime(What::Redirect { component: part, api });
        }
        if self.one_in(12) {
            let resource = pick(self.dice, &RESOURCES).to_owned();
            let (each, length) = (self.up_to(READING_MAX), self.up_to(CUT_MAX));
            self.sometime(What::SlowReader { component: part, resource, each, length });
        }
    }

    fn freeze(&mut self, component: Component) {
        let length = self.up_to(FREEZE_MAX);
        self.sometime(What::Freeze { component, length });
    }

    fn clock_jump(&mut self, component: Component) {
        let distance = i64::try_from(self.dice.below(JUMP_MILLISECONDS_MAX)).unwrap_or(0);
        let milliseconds = if self.one_in(2) { distance } else { -distance };
        self.sometime(What::ClockJump { component, milliseconds });
    }

    fn hold(&mut self, component: Component) {
        let resource = pick(self.dice, &RESOURCES).to_owned();
        let (begin, length) = (self.up_to(SCENARIO), self.up_to(HOLD_MAX));
        self.at(begin, What::Hold { component, resource: resource.clone() });
        let end = if self.one_in(2) {
            What::Release { component, resource }
        } else {
            What::Coalesce { component, resource }
        };
        self.at(begin + length, end);
    }

    fn cut(&mut self, component: Component, ways: Ways) {
        let (time, length) = (self.up_to(SCENARIO), self.up_to(CUT_MAX));
        self.cut_at(component, ways, time, length);
    }

    /// Off one API server, or all of them.
    fn cut_at(&mut self, component: Component, ways: Ways, time: Duration, length: Duration) {
        let apis = if self.one_in(2) { Component::APIS.to_vec() } else { vec![self.api()] };
        let turned = self.one_in(2);
        for api in apis.into_iter().filter(|api| self.cluster.has(*api)) {
            let (from, to) = if turned { (api, component) } else { (component, api) };
            self.faults.push(Fault {
                when: When::At { time },
                what: What::Cut { from, to, ways, length },
            });
        }
    }

    fn troubles_of_api(&mut self, api: Component) {
        if self.one_in(6) {
            let down = self.down();
            self.sometime(What::Crash { component: api, down });
        }
        if self.one_in(8) {
            self.freeze(api);
        }
        if self.one_in(8) {
            let (begin, length) = (self.up_to(SCENARIO), self.up_to(HOLD_MAX));
            let revisions = 1 + self.dice.below(LAG_MAX);
            self.at(begin, What::Lag { api, revisions });
            self.at(begin + length, What::Lag { api, revisions: 0 });
        }
        if self.one_in(10) {
            let length = self.up_to(DISK_TROUBLE_MAX);
            let to = Component::Store;
            self.sometime(What::Cut { from: api, to, ways: Ways::Both, length });
        }
        if self.one_in(12) {
            self.clock_jump(api);
        }
    }

    fn troubles_of_store(&mut self) {
        if self.one_in(6) {
            for _ in 0..=self.dice.below(2) {
                self.sometime(What::Compact);
            }
        }
        if !self.cluster.disk {
            return;
        }
        if self.one_in(2) {
            for _ in 0..=self.dice.below(2) {
                let down = self.down();
                self.sometime(What::Crash { component: Component::Store, down });
            }
        }
        if self.one_in(4) {
            let (each, length) = (self.up_to(SYNC_MAX), self.up_to(DISK_TROUBLE_MAX));
            self.sometime(What::SlowDisk { each, length });
        }
        if self.one_in(6) {
            let length = self.up_to(DISK_TROUBLE_MAX);
            self.sometime(What::FullDisk { length });
        }
        if self.one_in(6) {
            self.sometime(What::FailedSync);
        }
    }

    fn troubles_of_all(&mut self) {
        if self.one_in(8) {
            let verb = pick(self.dice, &[RequestVerb::Any, RequestVerb::Write, RequestVerb::Watch]);
            let request = Request { verb, ..Request::default() };
            let (code, length) = (pick(self.dice, &[429, 503]), self.up_to(STORM_MAX));
            self.sometime(What::Storm { request, code, length });
        }
        if self.one_in(8) {
            let resource = pick(self.dice, &RESOURCES).to_owned();
            let request = Request { verb: RequestVerb::Write, resource, ..Request::default() };
            let times = 1 + u32::try_from(self.dice.below(5)).unwrap_or(0);
            let what = if self.one_in(2) {
                What::LoseReply { request, times }
            } else {
                What::Refuse { request, code: pick(self.dice, &CODES), times }
            };
            self.sometime(what);
        }
    }
}
