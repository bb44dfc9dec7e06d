//! The vocabulary of what can go wrong.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Component, text::milliseconds};

/// Of a thousand requests or events, how many.
pub type PerThousand = u64;

/// What happens to the requests and watches of controllers, scheduler and nodes now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rates {
    /// Writes answered 409 that never reached the server.
    pub conflicts: PerThousand,
    /// Requests answered 429, 500 or 503.
    pub refusals: PerThousand,
    /// Requests whose answer is lost after the server has done what they ask.
    pub lost: PerThousand,
    /// Writes without an answer that the server sees only later.
    pub late: PerThousand,
    /// Messages that take a while to arrive, up to two seconds.
    pub delays: PerThousand,
    /// Events from which on a watch delivers nothing for a while, up to 15 seconds.
    pub holds: PerThousand,
    /// Holds at whose end only the last state of each object is delivered.
    pub coalesces: PerThousand,
    /// Events after which a watch ends.
    pub drops: PerThousand,
}

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    pub when: When,
    pub what: What,
}

/// When it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// So long after the start.
    At {
        #[serde(rename = "milliseconds", with = "milliseconds")]
        time: Duration,
    },
    /// Right after the store has applied a component's so many-th write, counted from 1.
    AfterWrite { of: Component, write: u64 },
}

/// Which requests; an empty resource or subresource means any.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    /// Who asks; `None` is everybody but the user.
    pub of: Option<Component>,
    pub verb: RequestVerb,
    /// Plural, such as `pods`.
    pub resource: String,
    /// Such as `status` or `binding`.
    pub subresource: String,
}

/// What requests ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestVerb {
    #[default]
    Any,
    /// Gets, lists and watches.
    Read,
    Watch,
    /// Creates, updates, patches and deletes.
    Write,
    Create,
    Update,
    Patch,
    Delete,
}

/// Which messages are stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ways {
    /// From the first to the second alone.
    One,
    Both,
}

/// What goes wrong. What has a `length` ends by itself; what has `times` ends after so many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A component's watches of a resource (plural; all if empty) stop delivering.
    Hold { component: Component, resource: String },
    /// They deliver everything that was held, in order.
    Release { component: Component, resource: String },
    /// They deliver the last state of each object that was held, in order.
    Coalesce { component: Component, resource: String },
    /// The watch cache of an API server stays so many revisions behind; zero releases it.
    Lag { api: Component, revisions: u64 },
    /// A machine ends and starts with empty memory; its disk keeps what was synced.
    Crash {
        component: Component,
        #[serde(rename = "milliseconds", with = "milliseconds")]
        down: Duration,
    },
    /// Such requests are carried out, and their callers hear nothing.
    LoseReply { request: Request, times: u32 },
    /// Such requests are refused with a code, and nothing is done.
    Refuse { request: Request, code: u16, times: u32 },
    /// All such requests are refused for a while: everybody comes again, and again.
    Storm {
        request: Request,
        code: u16,
        #[serde(rename = "milliseconds", with = "milliseconds")]
        length: Duration,
    },
    /// A machine stops while its clocks go on.
    Freeze {
        component: Component,
        #[serde(rename = "milliseconds", with = "milliseconds")]
        length: Duration,
    },
    /// A wall clock jumps; what measures durations does not.
    ClockJump { component: Component, milliseconds: i64 },
    /// Messages do not arrive, and connections hang, until it ends: then they go on.
    Cut {
        from: Component,
        to: Component,
        ways: Ways,
        #[serde(rename = "milliseconds", with = "milliseconds")]
        length: Duration,
    },
    /// A component's connections break, and it connects to that API server.
    Redirect { component: Component, api: Component },
    /// A watch of a resource reads one event in so long.
    SlowReader {
        component: Component,
        resource: String,
        #[serde(rename = "each_milliseconds", with = "milliseconds")]
        each: Duration,
        #[serde(rename = "milliseconds", with = "milliseconds")]
        length: Duration,
    },
    /// The store forgets all history, under whoever still wants it.
    Compact,
    /// An object stands in the store that no API server would have let in; `null` takes it away.
    Poison { key: String, value: Value },
    /// A field of the first stored object whose key begins so changes behind the API servers' back;
    /// `pointer` as in RFC 6901.
    Edit { key: String, pointer: String, value: Value },
    /// The first stored object whose key begins so stands there once more, under another name and UID.
    Copy { key: String, name: String },
    /// Somebody breaks a promise: what a checker must notice.
    Sabotage { how: Sabotage },
    /// Each sync of the store's disk takes so long.
    SlowDisk {
        #[serde(rename = "each_milliseconds", with = "milliseconds")]
        each: Duration,
        #[serde(rename = "milliseconds", with = "milliseconds")]
        length: Duration,
    },
    /// The store's disk takes nothing more.
    FullDisk {
        #[serde(rename = "milliseconds", with = "milliseconds")]
        length: Duration,
    },
    /// The next sync of the store's disk fails, and what it was to keep is lost at a crash.
    FailedSync,
}

/// How a promise is broken, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sabotage {
    /// A change is missing from a watch.
    SkipEvent,
    /// A change comes twice.
    RepeatEvent,
    /// An object is missing from a list.
    HideObject,
    /// A write is acknowledged and never done.
    ForgetWrite,
    /// A consistent list is of long ago.
    StaleList,
    /// A delete does not say of which object.
    BareDelete,
    /// A write is accepted under a term that is not the lease's.
    ForgeEpoch,
    /// A line of level error is logged.
    LogError,
    /// A task panics.
    Panic,
    /// A task never waits.
    Spin,
    /// From now on the store's disk keeps nothing that it says it has synced.
    LyingDisk,
    /// A run has in its trace what no seed decides.
    Unsteady,
}

impl What {
    /// What a report counts it as.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Hold { .. } => "hold",
            Self::Release { .. } => "release",
            Self::Coalesce { .. } => "coalesce",
            Self::Lag { .. } => "lag",
            Self::Crash { .. } => "crash",
            Self::LoseReply { .. } => "lost reply",
            Self::Refuse { .. } => "refusal",
            Self::Storm { .. } => "storm",
            Self::Freeze { .. } => "freeze",
            Self::ClockJump { .. } => "clock jump",
            Self::Cut { ways: Ways::Both, .. } => "cut",
            Self::Cut { ways: Ways::One, .. } => "cut one way",
            Self::Redirect { .. } => "redirect",
            Self::SlowReader { .. } => "slow reader",
            Self::Compact => "compaction",
            Self::Poison { .. } => "poison",
            Self::Edit { .. } => "edit",
            Self::Copy { .. } => "copy",
            Self::Sabotage { .. } => "sabotage",
            Self::SlowDisk { .. } => "slow disk",
            Self::FullDisk { .. } => "full disk",
            Self::FailedSync => "failed sync",
        }
    }

    /// Whether it makes things better; such things happen though the faults are over.
    pub const fn heals(&self) -> bool {
        match self {
            Self::Release { .. } | Self::Coalesce { .. } | Self::Lag { revisions: 0, .. } => true,
            Self::Hold { .. }
            | Self::Lag { .. }
            | Self::Crash { .. }
            | Self::LoseReply { .. }
            | Self::Refuse { .. }
            | Self::Storm { .. }
            | Self::Freeze { .. }
            | Self::ClockJump { .. }
            | Self::Cut { .. }
            | Self::Redirect { .. }
            | Self::SlowReader { .. }
            | Self::Compact
            | Self::Poison { .. }
            | Self::Edit { .. }
            | Self::Copy { .. }
            | Self::Sabotage { .. }
            | Self::SlowDisk { .. }
            | Self::FullDisk { .. }
            | Self::FailedSync => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.when {
            When::At { time } => write!(f, "{time:.1?}: {}", self.what),
            When::AfterWrite { of, write } => {
                write!(f, "after write {write} of {of}: {}", self.what)
            }
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind();
        match self {
            Self::Hold { component, resource }
            | Self::Release { component, resource }
            | Self::Coalesce { component, resource } => {
                let resource = if resource.is_empty() { "everything" } else { resource };
                write!(f, "{kind} {resource} of {component}")
            }
            Self::Lag { api, revisions } => write!(f, "{api} lags {revisions} revisions behind"),
            Self::Crash { component, down } => write!(f, "crash of {component} for {down:.1?}"),
            Self::LoseReply { request, times } => write!(f, "{kind} to {request}, {times} times"),
            Self::Refuse { request, code, times } => {
                write!(f, "{code} to {request}, {times} times")
            }
            Self::Storm { request, code, length } => {
                write!(f, "{code} to {request} for {length:.1?}")
            }
            Self::Freeze { component, length } => write!(f, "{component} frozen for {length:.1?}"),
            Self::ClockJump { component, milliseconds } => {
                write!(f, "the clock of {component} jumps by {milliseconds} ms")
            }
            Self::Cut { from, to, length, .. } => {
                write!(f, "{kind} from {from} to {to} for {length:.1?}")
            }
            Self::Redirect { component, api } => write!(f, "{component} is sent to {api}"),
            Self::SlowReader { component, resource, each, length } => {
                write!(f, "{component} reads {resource} one in {each:.1?} for {length:.1?}")
            }
            Self::Compact => f.write_str("the store is compacted"),
            Self::Poison { key, .. } => write!(f, "poison at {key}"),
            Self::Edit { key, pointer, value } => write!(f, "{pointer} of {key} becomes {value}"),
            Self::Copy { key, name } => write!(f, "{key} is copied to {name}"),
            Self::Sabotage { how } => write!(f, "sabotage: {how:?}"),
            Self::SlowDisk { each, length } => {
                write!(f, "the disk takes {each:.1?} a sync for {length:.1?}")
            }
            Self::FullDisk { length } => write!(f, "the disk is full for {length:.1?}"),
            Self::FailedSync => f.write_str("a sync of the disk fails"),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {}", self.verb, self.resource)?;
        if !self.subresource.is_empty() {
            write!(f, "/{}", self.subresource)?;
        }
        match self.of {
            Some(component) => write!(f, " by {component}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rates = [
            ("conflicts", self.conflicts),
            ("refusals", self.refusals),
            ("lost answers", self.lost),
            ("late writes", self.late),
            ("delays", self.delays),
            ("held watches", self.holds),
            ("coalesced watches", self.coalesces),
            ("dropped watches", self.drops),
        ];
        let mut rates = rates.iter().filter(|(_, rate)| *rate > 0);
        rates.try_for_each(|(name, rate)| write!(f, ", {name} {rate}‰"))
    }
}
