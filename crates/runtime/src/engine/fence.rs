//! Waiting until caches show what is known to have happened.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use api::resources::NAMESPACES;
use client::{ListOptions, Request, Transport};
use meta::{
    mutants::mutant,
    object::{ObjectKey, ResourceVersion, Uid},
    resource::Resource,
};
use tracing::warn;
use world::World;

use super::{actor::Actor, gather::within};
use crate::{
    Dynamic,
    feed::{Feed, Progress},
    informers::metadata_key,
    reflector::Page,
};

/// Something a cache must show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The state of a resource at this revision.
    Reached { resource: Resource, version: ResourceVersion },
    /// The end of an object, or that it is being deleted.
    Going { resource: Resource, key: ObjectKey, uid: Uid },
}

/// A cache that does not show a write by then is listed anew, and waited for once more, and so on.
const WRITE_WAIT: Duration = Duration::from_secs(5);
/// So often: for as long as the reference believes in what it expects, five minutes. To plan on a
/// cache without the own writes is to write them twice; to wait for ever is to lose the key.
const WRITE_WAITS_MAX: u32 = 60;
/// Between two attempts to learn the server's newest revision.
const NEWEST_RETRY: Duration = Duration::from_millis(500);

/// The caches that one component reads.
#[derive(Clone, Default)]
pub(crate) struct Sources {
    feeds: BTreeMap<Resource, Arc<dyn Feed>>,
    dynamic: Option<Dynamic>,
}

impl Sources {
    pub(crate) const fn new(
        feeds: BTreeMap<Resource, Arc<dyn Feed>>,
        dynamic: Option<Dynamic>,
    ) -> Self {
        Self { feeds, dynamic }
    }
    /// What feeds the component's caches that are known from the start.
    pub(crate) fn feeds(&self) -> impl Iterator<Item = &Arc<dyn Feed>> {
        self.feeds.values()
    }
    /// Waits until all caches are synced and have reached `floor`.
    pub(crate) async fn start(&self, floor: ResourceVersion) {
        for feed in self.feeds.values() {
            feed.signal().want(floor);
        }
        for feed in self.feeds.values() {
            let is_there = |progress: &Progress| progress.synced && progress.version >= floor;
            // An error would mean that the feed is gone, which holds the sender.
            let _ = feed.signal().follow().wait_for(is_there).await;
        }
    }
    /// Waits until the caches show all marks; gives up after a while so that no key is stuck.
    pub(crate) async fn reach(&self, world: &World, marks: &[Mark]) {
        for _ in 0..WRITE_WAITS_MAX {
            if within(world, WRITE_WAIT, self.reached(marks)).await.is_some() {
                return;
            }
            let behind = marks.iter().filter(|mark| !self.is_shown(mark));
            for feed in behind.flat_map(|mark| self.feeds_of(mark.resource())) {
                feed.signal().freshen.notify_one();
            }
        }
        warn!(?marks, "going on although a cache does not show a write");
    }

    fn is_shown(&self, mark: &Mark) -> bool {
        let shown = |feed: &Arc<dyn Feed>| mark.is_shown(&**feed, feed.signal().progress().version);
        self.feeds_of(mark.resource()).iter().all(shown)
    }

    async fn reached(&self, marks: &[Mark]) {
        for mark in marks {
            for feed in self.feeds_of(mark.resource()) {
                let mut progress = feed.signal().follow();
                let _ = progress.wait_for(|progress| mark.is_shown(&*feed, progress.version)).await;
            }
        }
    }
    /// A resource may be cached in full and as metadata.
    fn feeds_of(&self, resource: &Resource) -> Vec<Arc<dyn Feed>> {
        let full = self.feeds.get(resource).cloned();
        let metadata = self.feeds.get(&metadata_key(resource)).cloned();
        let dynamic = self.dynamic.as_ref().and_then(|dynamic| dynamic.feed(resource));
        full.into_iter().chain(metadata).chain(dynamic).collect()
    }
}

impl Mark {
    const fn resource(&self) -> &Resource {
        match self {
            Self::Reached { resource, .. } | Self::Going { resource, .. } => resource,
        }
    }
    fn is_shown(&self, feed: &dyn Feed, reached: ResourceVersion) -> bool {
        match self {
            Self::Reached { version, .. } => reached >= *version,
            Self::Going { key, uid, .. } => feed.is_going(key, uid),
        }
    }
}

/// Asks until there is an answer: without it nothing may be planned.
pub(crate) async fn newest_for_certain(world: &World, reader: &Actor) -> ResourceVersion {
    loop {
        if mutant("hb_01") {
            return ResourceVersion(0);
        }
        match newest(&*reader.transport, &NAMESPACES).await {
            Ok(version) => return version,
            Err(error) => warn!(%error, "cannot learn the newest revision yet"),
        }
        world.clock.sleep(NEWEST_RETRY).await;
    }
}

/// The newest revision of the server, by a read that no cache may answer.
pub(crate) async fn newest(
    transport: &dyn Transport,
    resource: &Resource,
) -> Result<ResourceVersion, client::ClientError> {
    let options = ListOptions { limit: 1, ..ListOptions::default() };
    let request = Request::list(resource, "", &options).accept(client::ACCEPT_METADATA_LIST);
    let response = transport.send(request).await?;
    Ok(Page::parse(&response.body)?.version())
}

#[cfg(test)]
mod tests {
    use api::{resources::PODS, views::PartialObject};

    use super::*;
    use crate::feed::Typed;

    #[test]
    fn a_delete_is_shown_by_a_deletion_time_or_by_absence() {
        let feed = Typed::<PartialObject>::new(PODS);
        let mark = Mark::Going { resource: PODS, key: ObjectKey::new("", "a"), uid: "1".into() };
        let shown = || mark.is_shown(&feed, ResourceVersion(0));
        let insert = |json: &str| feed.insert(json.as_bytes());
        assert!(shown());
        insert(r#"{"metadata":{"name":"a","uid":"1","resourceVersion":"1"}}"#);
        assert!(!shown());
        insert(
            r#"{"metadata":{"name":"a","uid":"1","resourceVersion":"2","deletionTimestamp":"2026-11-24T08:00:00Z"}}"#,
        );
        assert!(shown());
        insert(r#"{"metadata":{"name":"a","uid":"2","resourceVersion":"3"}}"#);
        assert!(shown());
    }
}
