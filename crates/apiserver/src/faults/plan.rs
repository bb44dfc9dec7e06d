//! The rules of a plan: which requests and events they fit, when they strike, and what happens then.

use std::time::Duration;

use meta::object::ObjectKey;

/// Rules in the order of their file. Of those that strike, the first counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    pub(super) rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) select: Select,
    pub(super) when: When,
    pub(super) fault: Fault,
}

/// What a rule fits. An empty list fits all; without `users` and `agents`, all but [`SPARED`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Select {
    /// Names; a last `*` stands for any end.
    pub(super) users: Vec<String>,
    /// How the user agent begins.
    pub(super) agents: Vec<String>,
    /// `pods`, `deployments.apps`, `pods/status`.
    pub(super) resources: Vec<String>,
    /// Of an event, the namespace of its object.
    pub(super) namespaces: Vec<String>,
    pub(super) verbs: Vec<String>,
    pub(super) events: Vec<EventType>,
}

/// When a rule strikes, of the requests or events that it fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct When {
    /// Of a hundred, how many, by chance.
    pub(super) percent: u64,
    /// These alone, counted from 1; empty means all.
    pub(super) nth: Vec<u64>,
    /// At most so often.
    pub(super) limit: u64,
    /// Since the start of the server. What comes before is not counted.
    pub(super) from: Duration,
    pub(super) until: Duration,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Request(RequestFault),
    Event(EventFault),
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestFault {
    /// A list that may be stale shows the past.
    StaleList { age: Duration },
    /// The answer takes longer.
    SlowAnswer { delay: Duration },
    /// Nothing is done.
    Refuse { code: u16, retry_after_seconds: u32 },
    /// Nothing is done, and there is no answer.
    LoseRequest,
    /// What was asked is done, and there is no answer.
    LoseReply,
}

/// What happens to an event of a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventFault {
    /// It comes later, and what follows it comes after it.
    Delay { delay: Duration },
    /// It never comes.
    Drop,
    /// It waits, and of all that comes meanwhile only the last state of each object is shown.
    Coalesce { delay: Duration },
    /// The watch ends before it; a client that resumes sees it.
    End,
    /// The watch ends before it with code 410: the client must list anew.
    Expire,
}

/// What an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventType {
    Added,
    Modified,
    Deleted,
}

/// A request, as far as rules look at it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Asked {
    pub(crate) user: String,
    pub(crate) agent: String,
    pub(crate) verb: &'static str,
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) subresource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// A list that the reference may answer from the past.
    pub(crate) may_be_stale: bool,
    /// The version after which a watch begins; `None` for other requests and for a watch that begins
    /// with the present.
    pub(crate) resumes_after: Option<u64>,
}

/// User agents that no rule fits which names neither users nor agents: the control plane's own parts,
/// and what people look at it with.
const SPARED: [&str; 5] =
    ["kube-controller-manager", "kube-scheduler", "kubelet", "kubectl", "pilothouse"];
const WRITES: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];
const READS: [&str; 3] = ["get", "list", "watch"];

impl Plan {
    /// Whether the events of a watch need to be looked at.
    pub(super) fn may_strike_events_of(&self, watch: &Asked) -> bool {
        self.rules.iter().any(|rule| {
            matches!(rule.fault, Fault::Event(_)) && rule.select.fits_except_place(watch)
        })
    }
}

impl Rule {
    /// Whether the rule is for this request.
    pub(super) fn fits_request(&self, asked: &Asked) -> bool {
        let Fault::Request(fault) = self.fault else { return false };
        fault.can_befall(asked)
            && self.select.fits_except_place(asked)
            && self.select.fits_namespace(&asked.namespace)
    }

    /// Whether the rule is for this event.
    pub(super) fn fits_event(&self, watch: &Asked, kind: EventType, key: &ObjectKey) -> bool {
        matches!(self.fault, Fault::Event(_))
            && self.select.fits_except_place(watch)
            && self.select.fits_namespace(&key.namespace)
            && (self.select.events.is_empty() || self.select.events.contains(&kind))
    }
}

impl Select {
    fn fits_except_place(&self, asked: &Asked) -> bool {
        self.fits_client(asked)
            && fits(&self.resources, |wanted| is_resource(asked, wanted))
            && fits(&self.verbs, |wanted| is_verb(asked.verb, wanted))
    }

    fn fits_client(&self, asked: &Asked) -> bool {
        if self.users.is_empty() && self.agents.is_empty() {
            return !SPARED.iter().any(|spared| asked.agent.starts_with(spared));
        }
        let is_user = |wanted: &String| match wanted.strip_suffix('*') {
            Some(beginning) => asked.user.starts_with(beginning),
            None => asked.user == *wanted,
        };
        fits(&self.users, is_user) && fits(&self.agents, |wanted| asked.agent.starts_with(wanted))
    }

    fn fits_namespace(&self, namespace: &str) -> bool {
        fits(&self.namespaces, |wanted| wanted == namespace)
    }
}

impl RequestFault {
    /// Whether it can happen to such a request on a real server.
    fn can_befall(self, asked: &Asked) -> bool {
        match self {
            Self::StaleList { .. } => asked.may_be_stale,
            Self::Refuse { code: 409, .. } => matches!(asked.verb, "update" | "patch" | "delete"),
            Self::Refuse { code: 410, .. } => matches!(asked.verb, "list" | "watch"),
            Self::LoseReply => WRITES.contains(&asked.verb),
            Self::SlowAnswer { .. } | Self::Refuse { .. } | Self::LoseRequest => true,
        }
    }
}

impl Fault {
    /// As it stands in files.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Request(RequestFault::StaleList { .. }) => "staleList",
            Self::Request(RequestFault::SlowAnswer { .. }) => "slowAnswer",
            Self::Request(RequestFault::Refuse { .. }) => "refuse",
            Self::Request(RequestFault::LoseRequest) => "loseRequest",
            Self::Request(RequestFault::LoseReply) => "loseReply",
            Self::Event(EventFault::Delay { .. }) => "delayEvents",
            Self::Event(EventFault::Drop) => "dropEvents",
            Self::Event(EventFault::Coalesce { .. }) => "coalesceEvents",
            Self::Event(EventFault::End) => "endWatch",
            Self::Event(EventFault::Expire) => "expireWatch",
        }
    }
}

impl EventType {
    /// As it stands in files and in the journal.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Modified => "modified",
            Self::Deleted => "deleted",
        }
    }
}

/// Whether a rule may ask for this verb: one of the API's, or `read` or `write`.
pub(super) fn is_known_verb(verb: &str) -> bool {
    READS.contains(&verb) || WRITES.contains(&verb) || matches!(verb, "read" | "write")
}

fn fits(wanted: &[String], matches: impl Fn(&String) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(matches)
}

fn is_verb(verb: &str, wanted: &str) -> bool {
    match wanted {
        "read" => READS.contains(&verb),
        "write" => WRITES.contains(&verb),
        wanted => verb == wanted,
    }
}

/// `pods` fits also its subresources, `pods/status` that one alone.
fn is_resource(asked: &Asked, wanted: &str) -> bool {
    let (wanted, subresource) = wanted.split_once('/').unwrap_or((wanted, ""));
    let (plural, group) = wanted.split_once('.').unwrap_or((wanted, &asked.group));
    plural == asked.resource
        && group == asked.group
        && (subresource.is_empty() || subresource == asked.subresource)
}
