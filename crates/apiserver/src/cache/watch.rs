//! Watches: where they begin, what each is told, and how a slow reader is let go.

use std::sync::Arc;

use api::catalog::ResourceFacts;
use meta::{mutants::mutant, object::ResourceVersion};
use tokio::sync::mpsc;
use world::Monotonic;

use super::{
    Cache, Caches, FRESHNESS_WAIT, Select,
    history::{After, Change},
    state::{State, from_key},
};
use crate::{Object, ObjectEvent, Reason, Status, engine::convert};

/// A watch to begin.
#[derive(Debug)]
pub(crate) struct WatchRequest {
    pub select: Select,
    pub start: WatchStart,
    pub bookmarks: bool,
    /// When it ends.
    pub deadline: Monotonic,
    /// The version in which objects are shown.
    pub shown_as: Arc<ResourceFacts>,
}

/// Where a watch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WatchStart {
    /// With the present objects, then what changes.
    Initial,
    /// With what changes from now on.
    Now,
    /// With what changed after this version.
    After(u64),
}

/// One reader.
#[derive(Debug)]
pub(super) struct Watcher {
    sender: mpsc::Sender<Result<ObjectEvent, Status>>,
    select: Select,
    /// It is not told of changes up to this version, nor bookmarks.
    told: u64,
    pub(super) bookmarks: bool,
    pub(super) deadline: Monotonic,
    /// By when a version that was still to come when the watch began must have come. A store that was
    /// restored from an old copy may never reach it, and the client would wait for ever.
    pub(super) comes_by: Option<Monotonic>,
    shown_as: Option<Arc<ResourceFacts>>,
}

/// Events a reader may be behind before it is cut off. A client that resumes loses nothing.
const BEHIND_MAX: usize = 4096;

impl Caches {
    /// Begins a watch.
    pub(crate) fn watch(
        &self,
        cache: &Cache,
        request: WatchRequest,
    ) -> mpsc::Receiver<Result<ObjectEvent, Status>> {
        let progress = self.progress();
        let patience = self.world.clock.monotonic() + FRESHNESS_WAIT;
        let mut state = cache.state.write();
        let receiver = state.begin(&cache.facts, request, progress);
        if let Some(watcher) = state.watchers.last_mut() {
            watcher.doubt(progress, patience);
        }
        drop(state);
        self.watchers_changed.notify_one();
        receiver
    }
}

impl State {
    fn begin(
        &mut self,
        stored_as: &ResourceFacts,
        request: WatchRequest,
        progress: u64,
    ) -> mpsc::Receiver<Result<ObjectEvent, Status>> {
        let reached = progress.max(self.applied);
        let backlog = match request.start {
            WatchStart::Initial => self.objects.len(),
            WatchStart::Now => 0,
            WatchStart::After(version) => self.history.after(version).map_or(0, Iterator::count),
        };
        let (sender, receiver) = mpsc::channel(backlog + BEHIND_MAX);
        let start = request.start;
        let mut watcher = Watcher::new(sender, request, stored_as);
        let alive = match start {
            _ if self.retired => {
                return refused(watcher, receiver, expired(reached, reached));
            }
            WatchStart::Now => {
                watcher.told = reached;
                true
            }
            WatchStart::Initial => watcher.show(self.selected(&watcher.select), reached),
            WatchStart::After(version) => {
                watcher.told = version;
                let Some(mut changes) = self.history.after(version) else {
                    let status = expired(version, self.history.start());
                    return refused(watcher, receiver, status);
                };
                // A client that asks where things stand is told at once, also when nothing has changed.
                changes.all(|change| watcher.tell(change)) && watcher.bookmark(reached)
            }
        };
        if alive {
            self.watchers.push(watcher);
        }
        receiver
    }

    fn selected(&self, select: &Select) -> Vec<Arc<Object>> {
        let objects = from_key(&self.objects, select.first_key());
        objects
            .take_while(|(key, _)| select.covers(key))
            .filter(|(_, object)| select.matches(object))
            .map(|(_, object)| Arc::clone(object))
            .collect()
    }
}

impl Watcher {
    fn new(
        sender: mpsc::Sender<Result<ObjectEvent, Status>>,
        request: WatchRequest,
        stored_as: &ResourceFacts,
    ) -> Self {
        let same = request.shown_as.resource == stored_as.resource;
        Self {
            sender,
            select: request.select,
            told: 0,
            bookmarks: request.bookmarks,
            deadline: request.deadline,
            comes_by: None,
            shown_as: (!same).then_some(request.shown_as),
        }
    }

    /// Begins to wait for a version ahead of the cache.
    fn doubt(&mut self, reached: u64, patience: Monotonic) {
        if self.told > reached && self.comes_by.is_none() && !mutant("hb_04") {
            self.comes_by = Some(patience);
        }
    }

    /// Ends the wait for a version ahead of the cache. False if it did not come.
    pub(super) fn has_come(&mut self, now: Monotonic, reached: u64) -> bool {
        if self.comes_by.is_none_or(|at| at > now) {
            return true;
        }
        self.comes_by = None;
        if self.told <= reached {
            return true;
        }
        // The client lists anew.
        let _ = self.sender.try_send(Err(expired(self.told, reached)));
        false
    }

    fn show(&mut self, objects: Vec<Arc<Object>>, reached: u64) -> bool {
        self.told = reached;
        let shown = objects.into_iter().all(|object| self.send(ObjectEvent::Added(object)));
        shown && (!self.bookmarks || self.mark(reached, Initial::Ends))
    }

    /// Tells of a change, if it concerns this reader. False if the reader is gone or was let go.
    pub(super) fn tell(&mut self, change: &Change) -> bool {
        let is_told = change.revision <= self.told && !mutant("hb_45");
        if is_told || !self.select.covers(&change.key) {
            return !self.sender.is_closed();
        }
        let Some(event) = self.select.event(change) else { return !self.sender.is_closed() };
        self.told = change.revision;
        self.send(event)
    }

    /// Tells how far the cache is, if that is news. False if the reader is gone.
    pub(super) fn bookmark(&mut self, reached: u64) -> bool {
        if !self.bookmarks || reached <= self.told {
            return !self.sender.is_closed();
        }
        self.told = reached;
        self.mark(reached, Initial::Past)
    }

    /// Ends the watch with a reason.
    pub(super) fn end(self, reason: Status) {
        // A reader that is gone, or one place short, sees the end without its reason.
        let _ = self.sender.try_send(Err(reason));
    }

    fn mark(&self, reached: u64, initial: Initial) -> bool {
        let version = ResourceVersion(reached);
        self.send(ObjectEvent::Bookmark { version, initial_end: initial == Initial::Ends })
    }

    fn send(&self, event: ObjectEvent) -> bool {
        // The last place is kept for the reason of the end.
        if self.sender.capacity() <= 1 {
            let message = format!("the watch fell behind and was ended after {}", self.told);
            let mut status = Status::new(429, Reason::TooManyRequests, message);
            status.has_details = true;
            status.retry_after_seconds = 1;
            let _ = self.sender.try_send(Err(status));
            return false;
        }
        let event = match &self.shown_as {
            Some(facts) => convert::event(event, facts),
            None => event,
        };
        self.sender.try_send(Ok(event)).is_ok()
    }
}

/// Whether a bookmark ends the initial events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Initial {
    Ends,
    Past,
}

impl Select {
    /// What a change means to somebody who sees only matching objects.
    fn event(&self, change: &Change) -> Option<ObjectEvent> {
        let before = change.before.as_ref().filter(|object| self.matches(object));
        match (before, &change.after) {
            (None, After::Present(now)) if self.matches(now) => {
                Some(ObjectEvent::Added(Arc::clone(now)))
            }
            (Some(_), After::Present(now)) if self.matches(now) => {
                Some(ObjectEvent::Modified(Arc::clone(now)))
            }
            (Some(before), After::Present(now)) => {
                Some(ObjectEvent::Deleted(Arc::new(before.at_version(now.version))))
            }
            (Some(_), After::Gone(last)) => Some(ObjectEvent::Deleted(Arc::clone(last))),
            (None, After::Present(_) | After::Gone(_)) => None,
        }
    }
}

fn refused(
    watcher: Watcher,
    receiver: mpsc::Receiver<Result<ObjectEvent, Status>>,
    reason: Status,
) -> mpsc::Receiver<Result<ObjectEvent, Status>> {
    watcher.end(reason);
    receiver
}

fn expired(version: u64, oldest: u64) -> Status {
    let message = format!("too old resource version: {version} ({oldest})");
    Status::new(410, Reason::Expired, message)
}
