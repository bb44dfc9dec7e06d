//! Takes steps: sends, reads back what is unknown, tells of it.

use std::{fmt, sync::Arc, time::Duration};

use client::{ClientError, Response, Transport};
use meta::{
    mutants::mutant,
    object::{ObjectKey, ResourceVersion, Uid},
    resource::Resource,
    text::Text,
};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use tracing::{info, warn};
use world::{BoxFuture, World};

use super::{
    Gate, Term,
    actor::Actor,
    fence::{Mark, newest},
    gather::gather,
    marks::{going, marks},
    report::{Report, Verdict},
    request::{request, summary},
    rewrite::Rights,
};
use crate::{Action, Metrics, Plan, Stage, Step, events::Recorder, recent::Recent, trace::Trace};

/// Writes of one component that may be under way at once: enough to fill the store's batches, few
/// enough for one connection's streams.
const STEPS_IN_FLIGHT_MAX: usize = 128;
/// A write whose answer was lost may still be on its way to the store for about so long.
const SETTLE: Duration = Duration::from_secs(1);

/// Tries, a [`SETTLE`] apart, to learn what a cache must show before a lost create is decided again.
const NEWEST_TRIES_MAX: u32 = 300;

/// What one component acts with.
pub(crate) struct Acting {
    pub(crate) world: World,
    pub(crate) actor: Actor,
    pub(crate) gate: Arc<Gate>,
    pub(crate) recorder: Recorder,
    /// As in logs.
    pub(crate) component: &'static str,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) metrics: Arc<Metrics>,
    /// Reads what the actor may not.
    pub(crate) reader: Arc<dyn Transport>,
    pub(crate) rights: Rights,
    pub(crate) recent: Arc<Recent>,
    pub(crate) trace: Trace,
}

/// What became of a step, and what caches must show of it.
#[derive(Debug)]
pub(crate) struct Performed {
    pub(crate) marks: Vec<Mark>,
    pub(crate) verdict: Verdict,
}

impl Acting {
    pub(crate) fn permits() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(STEPS_IN_FLIGHT_MAX))
    }

    /// Carries a plan out, stage by stage, until one is not all done.
    pub(crate) async fn carry_out<W>(
        self: &Arc<Self>,
        term: Term,
        key: &str,
        plan: Plan<W>,
    ) -> Report<W>
    where
        W: fmt::Display + Send + Sync + 'static,
    {
        let mut report = Report::default();
        for stage in plan.stages {
            let all_done = match stage {
                Stage::One(step) => report.take(self.together(term, key, vec![step]).await),
                Stage::Together(steps) => report.take(self.together(term, key, steps).await),
                Stage::SlowStart(steps) => self.slow_start(term, key, steps, &mut report).await,
            };
            if !all_done {
                break;
            }
        }
        report
    }

    /// 1, 2, 4, … at a time: what is hopeless costs one request.
    async fn slow_start<W>(
        self: &Arc<Self>,
        term: Term,
        key: &str,
        steps: Vec<Step<W>>,
        report: &mut Report<W>,
    ) -> bool
    where
        W: fmt::Display + Send + Sync + 'static,
    {
        let mut steps = steps.into_iter();
        let mut size = 1;
        loop {
            let batch: Vec<Step<W>> = steps.by_ref().take(size).collect();
            if batch.is_empty() {
                return true;
            }
            if !report.take(self.together(term, key, batch).await) {
                return false;
            }
            if report.is_terminating() {
                return true;
            }
            size *= 2;
        }
    }

    async fn together<W>(
        self: &Arc<Self>,
        term: Term,
        key: &str,
        steps: Vec<Step<W>>,
    ) -> Vec<(Step<W>, Performed)>
    where
        W: fmt::Display + Send + Sync + 'static,
    {
        let take = |step: Step<W>| -> BoxFuture<_> {
            let (acting, key) = (Arc::clone(self), key.to_owned());
            Box::pin(async move {
                let performed = acting.take(term, &key, &step).await;
                (step, performed)
            })
        };
        gather(&self.world, "step", steps.into_iter().map(take).collect()).await
    }

    async fn take<W: fmt::Display>(&self, term: Term, key: &str, step: &Step<W>) -> Performed {
        let (component, why) = (self.component, &step.why);
        let action = summary(&step.action);
        info!(controller = component, key, %action, %why, "taking a step");
        let began = self.world.clock.monotonic();
        let Some(sent) = self.send(term, &step.action).await else {
            return Performed { marks: Vec::new(), verdict: Verdict::Stopped };
        };
        let (performed, name) = self.judge(&step.action, sent).await;
        self.measure(step, performed.verdict.refusal(), began);
        self.tell(key, (&step.action, why), (&performed, &name), began);
        match &performed.verdict {
            Verdict::Done => self.recorder.record(step.on_success.as_ref(), &name, ""),
            Verdict::Stopped | Verdict::Terminating => {}
            Verdict::Conflict => {
                info!(controller = component, key, %action, "somebody else wrote first");
            }
            Verdict::Unknown(error) => {
                warn!(controller = component, key, %action, %error, "a step has an unknown outcome");
            }
            Verdict::Refused(error) => {
                warn!(controller = component, key, %action, %error, "a step was refused");
                self.recorder.record(step.on_failure.as_ref(), &name, &error.to_string());
            }
        }
        performed
    }

    /// Sends an action's request; `None` if the term is over. An action without a request is done.
    pub(crate) async fn send(
        &self,
        term: Term,
        action: &Action,
    ) -> Option<Result<Response, ClientError>> {
        let Some(mut request) = request(action, self.actor.field_manager) else {
            return Some(Ok(Response::default()));
        };
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await.ok()?;
        if !self.gate.may_act(term) {
            return None;
        }
        if let Some(rewrite) = self.rewrite(action) {
            return Some(rewrite.carry_out(self).await);
        }
        request.epoch = self.gate.epoch();
        Some(self.actor.transport.send(request).await)
    }

    async fn judge(
        &self,
        action: &Action,
        sent: Result<Response, ClientError>,
    ) -> (Performed, Text) {
        let error = match sent {
            Ok(response) => {
                let written = Written::parse(&response.body);
                let name = written.metadata.name.clone();
                let marks = marks(action, written.metadata.resource_version);
                return (Performed { marks, verdict: Verdict::Done }, name);
            }
            Err(error) => error,
        };
        let read = match judge(action, &error) {
            Judged::Verdict(verdict) => {
                let marks = going(action).into_iter().collect();
                return (Performed { marks, verdict }, Text::default());
            }
            Judged::Refused => {
                let verdict = Verdict::Refused(error);
                return (Performed { marks: Vec::new(), verdict }, Text::default());
            }
            Judged::ReadBack(read) => read,
        };
        let (marks, found) = self.read_back(action, read).await;
        let created = found.is_some_and(|found| found.is_creation_of(action));
        let verdict = match read {
            ReadBack::Conflict => Verdict::Conflict,
            ReadBack::Exists => Verdict::Refused(error),
            ReadBack::Unknown if created => Verdict::Done,
            ReadBack::Unknown => Verdict::Unknown(error),
        };
        let name = place(action).and_then(|(_, key)| key).map(|key| key.name);
        (Performed { marks, verdict }, name.unwrap_or_default())
    }

    /// Looks at what is there now, so that caches can be waited for that show it.
    async fn read_back(&self, action: &Action, read: ReadBack) -> (Vec<Mark>, Option<Written>) {
        let Some((resource, key)) = place(action) else { return (Vec::new(), None) };
        if read == ReadBack::Unknown {
            self.world.clock.sleep(SETTLE).await;
        }
        let reached = |version| vec![Mark::Reached { resource: resource.clone(), version }];
        let Some(key) = key else {
            // A generated name: only a cache that is current knows.
            let newest = self.newest_in_the_end(&resource).await;
            let awaited = if mutant("hb_12") { Some(ResourceVersion(u64::MAX)) } else { newest };
            return (awaited.map(reached).unwrap_or_default(), None);
        };
        match self.live(&resource, &key).await {
            Ok(Some(live)) => {
                let found = Written::deserialize(&live).unwrap_or_default();
                (reached(found.metadata.resource_version), Some(found))
            }
            Ok(None) => (going(action).into_iter().collect(), None),
            Err(_) => (Vec::new(), None),
        }
    }
}

impl Acting {
    /// Asks until there is an answer: without it a create would be done again. `None` if there is none
    /// for minutes.
    async fn newest_in_the_end(&self, resource: &Resource) -> Option<ResourceVersion> {
        for _ in 0..NEWEST_TRIES_MAX {
            match newest(&*self.reader, resource).await {
                Ok(version) => return Some(version),
                Err(error) => warn!(%resource, %error, "cannot learn the newest revision yet"),
            }
            self.world.clock.sleep(SETTLE).await;
        }
        None
    }
}

/// What the server says of an object it wrote.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Written {
    metadata: WrittenMetadata,
}
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct WrittenMetadata {
    name: Text,
    resource_version: ResourceVersion,
    owner_references: Vec<WrittenOwner>,
}
#[derive(Deserialize, Default)]
#[serde(default)]
struct WrittenOwner {
    uid: Uid,
    controller: bool,
}

impl Written {
    /// An answer without metadata (a `Status`) tells nothing.
    fn parse(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
    /// Whether this can only be what `action` wanted to create: its owner has made it.
    fn is_creation_of(&self, action: &Action) -> bool {
        let Action::Create { object, .. } = action else { return false };
        let wanted = Self::deserialize(object).unwrap_or_default();
        let owner = wanted.controller();
        owner.is_some() && owner == self.controller()
    }
    fn controller(&self) -> Option<&Uid> {
        let owners = &self.metadata.owner_references;
        owners.iter().find(|owner| owner.controller).map(|owner| &owner.uid)
    }
}

/// What an error means for an action.
#[derive(Debug, PartialEq, Eq)]
enum Judged {
    Verdict(Verdict),
    Refused,
    ReadBack(ReadBack),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadBack {
    /// The target is not as it was seen.
    Conflict,
    /// The name is taken.
    Exists,
    /// It may have happened.
    Unknown,
}

fn judge(action: &Action, error: &ClientError) -> Judged {
    if error.is_namespace_terminating() {
        return Judged::Verdict(Verdict::Terminating);
    }
    if error.is_not_found() {
        return match action {
            Action::Delete { .. } => Judged::Verdict(Verdict::Done),
            Action::Patch { .. } | Action::CreateSubresource { .. } | Action::Replace { .. } => {
                Judged::Verdict(Verdict::Conflict)
            }
            Action::Create { .. } | Action::DeleteCollection { .. } | Action::Announce => {
                Judged::Refused
            }
        };
    }
    if error.is_conflict() {
        return Judged::ReadBack(ReadBack::Conflict);
    }
    if error.is_already_exists() {
        return Judged::ReadBack(ReadBack::Exists);
    }
    if error.is_unknown_outcome() {
        return Judged::ReadBack(ReadBack::Unknown);
    }
    Judged::Refused
}

/// Resource and key that an action writes to; no key if the server makes the name.
fn place(action: &Action) -> Option<(Resource, Option<ObjectKey>)> {
    match action {
        // Who may scale an object may not be one who may read it; it is read live before each decision.
        Action::Replace { subresource: "scale", .. }
        | Action::DeleteCollection { .. }
        | Action::Announce => None,
        Action::Create { resource, namespace, object } => {
            let name = object.pointer("/metadata/name").and_then(Value::as_str);
            let key = name.map(|name| ObjectKey::new(namespace.clone(), name));
            Some((resource.clone(), key))
        }
        Action::Patch { target, .. }
        | Action::CreateSubresource { target, .. }
        | Action::Replace { target, .. }
        | Action::Delete { target, .. } => {
            Some((target.resource.clone(), Some(target.key.clone())))
        }
    }
}
