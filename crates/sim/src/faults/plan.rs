//! What goes wrong in a run: values that follow from the seed.

use std::{fmt, time::Duration};

use plane::Part;
use world::Dice;

/// Of a thousand requests or events, how many.
type PerThousand = u64;

/// Everything that goes wrong. Each seed has a few kinds of faults and lacks the others, so that a
/// failure points at few.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// The store is on a disk that forgets what was not synced.
    pub(crate) disk: bool,
    /// Writes answered 409 that never reached the server.
    pub(crate) conflicts: PerThousand,
    /// Requests answered 429, 500 or 503.
    pub(crate) refusals: PerThousand,
    /// Requests whose answer is lost after the server has done what they ask.
    pub(crate) lost: PerThousand,
    /// Writes without an answer that the server sees only later.
    pub(crate) late: PerThousand,
    /// Requests that take a while to arrive.
    pub(crate) delays: PerThousand,
    /// Events from which on a watch delivers nothing for a while.
    pub(crate) holds: PerThousand,
    /// Events after which a watch ends.
    pub(crate) drops: PerThousand,
    pub(crate) crashes: Vec<Crash>,
    pub(crate) server_crashes: Vec<ServerCrash>,
    pub(crate) freezes: Vec<Freeze>,
    pub(crate) jumps: Vec<ClockJump>,
}

/// A part ends right after one of its writes, and starts again with nothing in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crash {
    pub(crate) part: Part,
    /// Counted over all lives of the part.
    pub(crate) after_writes: u64,
    pub(crate) down: Duration,
}

/// The API server ends, its machine loses power, and it comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerCrash {
    pub(crate) at: Duration,
    pub(crate) down: Duration,
}

/// A part stops where it is while its clocks go on, and then goes on with what it knew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Freeze {
    pub(crate) part: Part,
    pub(crate) at: Duration,
    pub(crate) length: Duration,
}

/// A part's wall clock goes wrong; what measures durations does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClockJump {
    pub(crate) part: Part,
    pub(crate) at: Duration,
    pub(crate) microseconds: i64,
}

/// The longest that a watch is held or a request is under way.
pub(crate) const HOLD_MAX: Duration = Duration::from_secs(15);
pub(crate) const DELAY_MAX: Duration = Duration::from_secs(2);
/// Shorter than what the engine waits before it reads a lost write back.
pub(crate) const LATE_MAX: Duration = Duration::from_millis(900);
const FREEZE_MAX: Duration = Duration::from_secs(40);
/// A clock is wrong by at most so much.
const JUMP_MAX: Duration = Duration::from_mins(1);
/// When the faults begin that have a time of their own.
const SCENARIO: Duration = Duration::from_secs(90);
/// Shorter than any restart.
const DOWN_MIN: Duration = Duration::from_secs(1);

impl Plan {
    pub(crate) fn of(dice: &dyn Dice) -> Self {
        let often = |most: u64| if dice.below(3) == 0 { 1 + dice.below(most) } else { 0 };
        let mut plan = Self {
            disk: dice.below(4) == 0,
            conflicts: often(150),
            refusals: often(150),
            lost: often(100),
            late: often(60),
            delays: often(200),
            holds: often(60),
            drops: often(40),
            ..Self::default()
        };
        for part in Part::ALL {
            if dice.below(3) == 0 {
                let crash = |_| Crash { part, after_writes: 1 + dice.below(80), down: down(dice) };
                plan.crashes.extend((0..=dice.below(4)).map(crash));
            }
            if dice.below(5) == 0 {
                let (at, length) = (up_to(dice, SCENARIO), up_to(dice, FREEZE_MAX));
                plan.freezes.push(Freeze { part, at, length });
            }
            if dice.below(8) == 0 {
                plan.jumps.push(jump(dice, part));
            }
        }
        if plan.disk && dice.below(2) == 0 {
            let crash = |_| ServerCrash { at: up_to(dice, SCENARIO), down: down(dice) };
            plan.server_crashes.extend((0..=dice.below(2)).map(crash));
        }
        plan
    }

    /// How old what a part decides on may be: holds, and the back-off after lost watches.
    pub(crate) fn staleness(&self) -> Duration {
        let lists = self.drops + self.refusals + self.lost > 0;
        let stops = !self.server_crashes.is_empty() || !self.freezes.is_empty();
        if lists || stops || self.holds > 0 {
            return Duration::from_mins(2);
        }
        Duration::from_secs(10)
    }
}

/// A duration below `most`.
pub(super) fn up_to(dice: &dyn Dice, most: Duration) -> Duration {
    Duration::from_micros(dice.below(u64::try_from(most.as_micros()).unwrap_or(u64::MAX)))
}

fn jump(dice: &dyn Dice, part: Part) -> ClockJump {
    let distance = i64::try_from(up_to(dice, JUMP_MAX).as_micros()).unwrap_or(0);
    let microseconds = if dice.below(2) == 0 { distance } else { -distance };
    ClockJump { part, at: up_to(dice, SCENARIO), microseconds }
}

fn down(dice: &dyn Dice) -> Duration {
    dice.jitter(DOWN_MIN, 1900)
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.disk { "store on disk" } else { "store in memory" })?;
        let rates = [
            ("conflicts", self.conflicts),
            ("refusals", self.refusals),
            ("lost answers", self.lost),
            ("late writes", self.late),
            ("delays", self.delays),
            ("held watches", self.holds),
            ("dropped watches", self.drops),
        ];
        for (name, rate) in rates.iter().filter(|(_, rate)| *rate > 0) {
            write!(f, ", {name} {rate}‰")?;
        }
        for Crash { part, after_writes, down } in &self.crashes {
            write!(f, ", crash of {part:?} after write {after_writes} for {down:.1?}")?;
        }
        for ServerCrash { at, down } in &self.server_crashes {
            write!(f, ", crash of the API server at {at:.1?} for {down:.1?}")?;
        }
        for Freeze { part, at, length } in &self.freezes {
            write!(f, ", {part:?} frozen at {at:.1?} for {length:.1?}")?;
        }
        for ClockJump { part, at, microseconds } in &self.jumps {
            write!(f, ", clock of {part:?} jumps at {at:.1?} by {microseconds} µs")?;
        }
        Ok(())
    }
}
