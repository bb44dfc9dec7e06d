//! Follows one resource of a server into a cache: list, watch, list again when the thread is lost.

mod forward;
mod rules;
mod wire;

use std::{sync::Arc, time::Duration};

use client::{
    ACCEPT_METADATA, ACCEPT_METADATA_LIST, ClientError, EventType, ListOptions, Request, Transport,
    WatchEvent, WatchOptions, WatchStream,
};
use meta::{mutants::mutant, object::ResourceVersion, resource::Resource};
use tracing::{debug, warn};
use world::World;

pub(crate) use self::wire::Page;
use self::{
    forward::{Ask, Forward},
    rules::{Lost, Trouble},
};
use crate::{feed::Feed, limit::Backoff, metrics::InformerMetrics, recent::Recent};

/// A server ends a watch after this long, plus up to as much again, so that watches spread out.
const WATCH_TIMEOUT: Duration = Duration::from_mins(5);
/// A watch that the server has not ended so long after its time is dead.
const WATCH_GRACE: Duration = Duration::from_secs(30);
/// A watch that ends sooner, without an event, is a failure.
const WATCH_SHORTEST: Duration = Duration::from_secs(1);
/// The least wait after a failure, even for somebody who waits for the cache.
const RETRY_SOONEST: Duration = Duration::from_secs(1);
/// Objects a page of a list.
const PAGE: u32 = 500;
/// Pages of a list; more than this many means that the server repeats itself.
const PAGES_MAX: u32 = 100_000;

/// What is followed, and into which cache.
pub(crate) struct Reflector {
    pub(crate) world: World,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) resource: Resource,
    pub(crate) metadata_only: bool,
    pub(crate) feed: Arc<dyn Feed>,
    pub(crate) metrics: Option<InformerMetrics>,
    /// Where the JSON of what changes is kept, if somebody may need it.
    pub(crate) recent: Option<Arc<Recent>>,
}

/// Where a reflector stands between two requests.
struct Thread {
    /// Ask for the newest, not for what a server's cache may hold: the server no longer has the
    /// history after our version, or somebody waits for a revision that the cache does not show.
    newest: bool,
    backoff: Backoff,
    forward: Forward,
}

impl Reflector {
    /// Follows for ever.
    pub(crate) async fn run(self) {
        let backoff = Backoff::new(self.world.clock.monotonic());
        let forward = Forward::new(&self.world, self.feed.signal());
        let mut thread = Thread { newest: false, backoff, forward };
        loop {
            match self.list_and_watch(&mut thread).await {
                Lost::Refresh => {
                    thread.newest = true;
                    continue;
                }
                Lost::Ended => debug!(resource = %self.resource, "listing again"),
                Lost::Failed(error) => {
                    warn!(resource = %self.resource, %error, "failed to list or watch");
                }
            }
            self.wait(&mut thread).await;
        }
    }

    async fn list_and_watch(&self, thread: &mut Thread) -> Lost {
        let stream = match self.streaming_list(thread).await {
            Ok(stream) => Some(stream),
            Err(error) => {
                debug!(resource = %self.resource, %error, "no streaming list; listing by pages");
                if let Err(error) = self.list(thread).await {
                    return Lost::Failed(error);
                }
                None
            }
        };
        self.follow(thread, stream).await
    }

    /// Lists and opens a watch in one: present objects as events, ended by a bookmark.
    async fn streaming_list(&self, thread: &mut Thread) -> Result<WatchStream, ClientError> {
        loop {
            let opened = self.world.clock.monotonic();
            let mut events = 0_u64;
            let error = match self.list_from_stream(thread, &mut events).await {
                Ok(stream) => return Ok(stream),
                Err(error) => error,
            };
            let lasted = self.world.clock.monotonic().since(opened);
            match rules::trouble(&error) {
                Trouble::Busy => self.wait(thread).await,
                Trouble::HistoryGone if !thread.newest => thread.newest = true,
                Trouble::StreamEnded if events > 0 || lasted >= WATCH_SHORTEST => {}
                Trouble::StreamEnded | Trouble::HistoryGone | Trouble::Other => return Err(error),
            }
        }
    }

    async fn list_from_stream(
        &self,
        thread: &mut Thread,
        events: &mut u64,
    ) -> Result<WatchStream, ClientError> {
        let mut stream = self.open(thread, SendInitialEvents::Yes).await?;
        let version = self.receive_list(&mut stream, events).await?;
        self.finish(version);
        thread.newest = false;
        Ok(stream)
    }

    /// Receives up to the bookmark that ends the list; answers its version.
    async fn receive_list(
        &self,
        stream: &mut WatchStream,
        events: &mut u64,
    ) -> Result<ResourceVersion, ClientError> {
        self.feed.begin();
        loop {
            let event = stream.recv().await.unwrap_or_else(|| Err(rules::ended()))?;
            *events += 1;
            let bookmark = match event.kind {
                EventType::Bookmark => wire::Bookmark::parse(&event.object)?,
                EventType::Added | EventType::Modified | EventType::Deleted | EventType::Error => {
                    self.take(&event)?;
                    continue;
                }
            };
            if bookmark.ends_initial_events() {
                return Ok(bookmark.version());
            }
        }
    }

    async fn list(&self, thread: &mut Thread) -> Result<(), ClientError> {
        match self.list_pages(thread).await {
            Err(error) if !thread.newest && rules::trouble(&error) == Trouble::HistoryGone => {
                thread.newest = true;
                self.list_pages(thread).await
            }
            listed => listed,
        }
    }

    async fn list_pages(&self, thread: &mut Thread) -> Result<(), ClientError> {
        let known = self.feed.signal().progress().version;
        let resource_version = match (thread.newest, known) {
            (true, _) => String::new(),
            (false, ResourceVersion(0)) => "0".to_owned(),
            (false, known) => known.to_string(),
        };
        // With a version the server's cache can answer, and that knows no pages.
        let limit = if thread.newest || known == ResourceVersion(0) { PAGE } else { 0 };
        let mut options = ListOptions { resource_version, limit, ..ListOptions::default() };
        self.feed.begin();
        for _ in 0..PAGES_MAX {
            let mut request = Request::list(&self.resource, "", &options);
            if self.metadata_only {
                request = request.accept(ACCEPT_METADATA_LIST);
            }
            let response = self.transport.send(request).await?;
            let page = wire::Page::parse(&response.body)?;
            page.items().for_each(|object| drop(self.feed.insert(object.as_bytes())));
            if page.next().is_empty() {
                self.finish(page.version());
                thread.newest = false;
                return Ok(());
            }
            // A token carries its own version.
            options.resource_version.clear();
            page.next().clone_into(&mut options.continue_token);
        }
        Err(rules::endless())
    }

    /// Watches from where the cache is, again and again, until a new list is needed.
    async fn follow(&self, thread: &mut Thread, mut stream: Option<WatchStream>) -> Lost {
        loop {
            let mut opened = match stream.take() {
                Some(stream) => stream,
                None => match self.open(thread, SendInitialEvents::No).await {
                    Ok(stream) => stream,
                    Err(error) if rules::trouble(&error) == Trouble::Busy => {
                        self.wait(thread).await;
                        continue;
                    }
                    Err(error) => return Lost::Failed(error),
                },
            };
            match self.receive(thread, &mut opened).await {
                None => {}
                Some(Lost::Failed(error)) if rules::trouble(&error) == Trouble::Busy => {
                    self.wait(thread).await;
                }
                Some(Lost::Failed(error)) if rules::trouble(&error) == Trouble::HistoryGone => {
                    return Lost::Ended;
                }
                Some(lost) => return lost,
            }
        }
    }

    /// Takes events in until the stream ends; `None` if it may simply be opened again.
    async fn receive(&self, thread: &mut Thread, stream: &mut WatchStream) -> Option<Lost> {
        let opened = self.world.clock.monotonic();
        let dead = self.world.clock.sleep_until(opened + WATCH_TIMEOUT * 2 + WATCH_GRACE);
        let mut dead = std::pin::pin!(dead);
        let mut events = 0_u64;
        loop {
            let event = tokio::select! {
                biased;
                event = stream.recv() => event,
                () = self.feed.signal().freshen.notified() => return Some(Lost::Refresh),
                ask = thread.forward.due(self.feed.signal()) => match ask {
                    Ask::Watch => return None,
                    Ask::List => return Some(Lost::Refresh),
                },
                () = &mut dead => None,
            };
            let Some(Ok(event)) = event else {
                let lasted = self.world.clock.monotonic().since(opened);
                let short = events == 0 && lasted < WATCH_SHORTEST;
                return short.then(|| Lost::Failed(rules::too_short()));
            };
            events += 1;
            if let Err(error) = self.take(&event) {
                return Some(Lost::Failed(error));
            }
        }
    }

    /// The list is complete.
    fn finish(&self, version: ResourceVersion) {
        self.feed.finish(version);
        if let Some(metrics) = &self.metrics {
            metrics.reached(version);
        }
    }

    fn take(&self, event: &WatchEvent) -> Result<(), ClientError> {
        let began = self.world.clock.monotonic();
        let taken = self.apply(event);
        if let Some(metrics) = &self.metrics {
            metrics.took(self.world.clock.monotonic().since(began));
            metrics.reached(self.feed.signal().progress().version);
        }
        taken
    }

    fn apply(&self, event: &WatchEvent) -> Result<(), ClientError> {
        match event.kind {
            EventType::Added | EventType::Modified => {
                let key = self.feed.insert(&event.object);
                if let (Some(recent), Some(key)) = (&self.recent, key) {
                    recent.saw(&self.resource, key, &event.object);
                }
            }
            EventType::Deleted => {
                let key = self.feed.remove(&event.object);
                if let (Some(recent), Some(key)) = (&self.recent, key) {
                    recent.lost(&self.resource, key);
                }
            }
            EventType::Bookmark => {
                self.feed.advance(wire::Bookmark::parse(&event.object)?.version());
            }
            EventType::Error => return Err(rules::refused(&event.object)),
        }
        Ok(())
    }

    async fn open(
        &self,
        thread: &Thread,
        initial: SendInitialEvents,
    ) -> Result<WatchStream, ClientError> {
        let known = self.feed.signal().progress().version;
        let newest = thread.newest || known == ResourceVersion(0);
        let timeout = self.world.dice.jitter(WATCH_TIMEOUT, 100).as_secs();
        let options = WatchOptions {
            resource_version: if newest { newest_version() } else { known.to_string() },
            send_initial_events: initial == SendInitialEvents::Yes,
            timeout_seconds: u32::try_from(timeout).unwrap_or(u32::MAX),
            ..WatchOptions::default()
        };
        let mut request = Request::watch(&self.resource, "", &options);
        if self.metadata_only {
            request = request.accept(ACCEPT_METADATA);
        }
        self.transport.watch(request).await
    }

    async fn wait(&self, thread: &mut Thread) {
        let delay = thread.backoff.delay(self.world.clock.monotonic());
        let delay = self.world.dice.jitter(delay, 100);
        self.world.clock.sleep(delay.min(RETRY_SOONEST)).await;
        // Whoever waits for this cache writes, or has begun to lead, so the server is back.
        tokio::select! {
            biased;
            () = self.world.clock.sleep(delay.saturating_sub(RETRY_SOONEST)) => {}
            () = self.feed.signal().freshen.notified() => {}
            () = thread.forward.is_behind(self.feed.signal()) => {}
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SendInitialEvents {
    Yes,
    No,
}

/// What asks for the newest version that the store has, not the newest that a server has heard of.
fn newest_version() -> String {
    if mutant("hb_01") { "0".to_owned() } else { String::new() }
}
