//! Reads: asked of one member after the other until one answers; lists in pages at one revision.

use std::time::Duration;

use prost::Message;

use super::{
    Shared,
    body::Then,
    failure::Failure,
    messages::{Asked, RangeRequest, RangeResponse, WatchCreate, WatchRequest, WatchResponse},
    number, revision, revision_of, transaction,
    watch::{Start, WATCH},
    write::PAUSE,
};
use crate::{Range, RangeAnswer, Revision, StoreError};

/// An election takes a second or two; who asks has then waited long enough.
const READ_TIME_MAX: Duration = Duration::from_secs(10);
/// Keys of one page: some megabytes of API objects.
const PAGE_KEYS: usize = 1000;
/// A watch that starts in the past hears of it within a tenth of a second.
const PROBE_TIME_MAX: Duration = Duration::from_secs(1);
const RANGE: &str = "/etcdserverpb.KV/Range";

impl Shared {
    /// Asks until somebody answers or time is up. Only for what may be asked twice.
    pub(crate) async fn ask<A: Message + Default>(
        &self,
        path: &str,
        request: &impl Message,
    ) -> Result<A, Failure> {
        let clock = &self.members.world.clock;
        let deadline = clock.monotonic() + READ_TIME_MAX;
        loop {
            let failure = match self.members.call(path, request).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let again = failure.blames_the_member() || failure == Failure::Token;
            if !again || clock.monotonic() >= deadline {
                return Err(failure);
            }
            clock.sleep(PAUSE).await;
        }
    }

    /// The newest revision of all.
    pub(crate) async fn newest(&self) -> Result<Revision, StoreError> {
        // A key outside of the prefix might be forbidden.
        let key = self.keys.to_etcd(b"/registry");
        let request = RangeRequest { key, count_only: true, ..RangeRequest::default() };
        let answer: Result<RangeResponse, Failure> = self.ask(RANGE, &request).await;
        answer.map(|answer| revision(answer.header)).map_err(|failure| unreadable(&failure))
    }

    pub(crate) async fn range(&self, range: Range) -> Result<RangeAnswer, StoreError> {
        let mut request = self.first_page(&range);
        let mut read: RangeResponse = self.page(&request, &range).await?;
        let revision = revision(read.header);
        let count = usize::try_from(read.count).unwrap_or_default();
        let wanted = range.limit.unwrap_or(usize::MAX).min(count);
        let mut pairs = Vec::with_capacity(wanted);
        loop {
            let (last, more) = (read.pairs.last().map(|pair| pair.key.clone()), read.more);
            let found = read.pairs.into_iter();
            pairs.extend(found.map(|pair| transaction::key_value(&self.keys, pair)));
            let Some(last) = last.filter(|_| more && pairs.len() < wanted) else { break };
            request.key = [&last[..], &[0]].concat();
            request.revision = number(range.at.unwrap_or(revision));
            request.limit = limit(wanted - pairs.len());
            read = self.page(&request, &range).await?;
        }
        Ok(RangeAnswer { pairs, revision, count })
    }

    fn first_page(&self, range: &Range) -> RangeRequest {
        let end = range.end.as_deref();
        RangeRequest {
            key: self.keys.start(&range.start),
            range_end: end.map(|end| self.keys.end(&range.start, end)).unwrap_or_default(),
            limit: range.end.as_ref().map_or(0, |_| limit(range.limit.unwrap_or(usize::MAX))),
            revision: range.at.map(number).unwrap_or_default(),
            ..RangeRequest::default()
        }
    }

    async fn page(&self, page: &RangeRequest, range: &Range) -> Result<RangeResponse, StoreError> {
        let failure = match self.ask(RANGE, page).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let requested = range.at.unwrap_or(revision_of(page.revision));
        match failure {
            Failure::Compacted => {
                let oldest = self.oldest_kept().await.unwrap_or(Revision(requested.0 + 1));
                Err(StoreError::Compacted { requested, oldest })
            }
            Failure::Future => Err(StoreError::Future { requested, current: self.newest().await? }),
            Failure::Elsewhere(_)
            | Failure::Lost(_)
            | Failure::Token
            | Failure::LeaseGone
            | Failure::Refused(_) => Err(unreadable(&failure)),
        }
    }

    /// Whether a watch may start at `from`: what came before is known, and the next change is not missed.
    pub(crate) async fn watchable(&self, from: Revision) -> Result<Start, StoreError> {
        let at = Revision(from.0.saturating_sub(1).max(1));
        let key = self.keys.to_etcd(b"/registry");
        let page =
            RangeRequest { key, revision: number(at), count_only: true, ..RangeRequest::default() };
        match self.ask::<RangeResponse>(RANGE, &page).await {
            Ok(answer) if revision(answer.header) < from => Ok(Start::Live),
            Ok(_) => Ok(Start::Known),
            Err(Failure::Compacted) => Err(self.unwatchable(from).await),
            Err(Failure::Future) => {
                Err(StoreError::Future { requested: from, current: self.newest().await? })
            }
            Err(failure) => Err(unreadable(&failure)),
        }
    }

    /// The error of who watches from a revision that is gone: the changes of the oldest one are not known.
    pub(crate) async fn unwatchable(&self, requested: Revision) -> StoreError {
        let oldest = self.oldest_kept().await.unwrap_or(requested);
        StoreError::Compacted { requested, oldest: Revision(oldest.0 + 1) }
    }

    /// The oldest revision that can be read, if etcd tells it.
    pub(crate) async fn oldest_kept(&self) -> Option<Revision> {
        tokio::select! {
            biased;
            oldest = self.oldest() => oldest.ok(),
            () = self.members.world.clock.sleep(PROBE_TIME_MAX) => None,
        }
    }

    /// What a watch from the beginning is told of it.
    async fn oldest(&self) -> Result<Revision, Failure> {
        let key = self.keys.to_etcd(b"/registry");
        let create = WatchCreate { key, start_revision: 1, ..WatchCreate::default() };
        let request = WatchRequest { asked: Some(Asked::Create(create)) };
        let mut answers = self.members.stream(WATCH, &request, Then::Open).await?;
        while let Some(answer) = answers.next::<WatchResponse>().await? {
            if answer.canceled {
                return Ok(revision_of(answer.compact_revision));
            }
        }
        Ok(Revision(0))
    }
}

fn limit(keys: usize) -> i64 {
    i64::try_from(keys.min(PAGE_KEYS)).unwrap_or(i64::MAX)
}

pub(crate) fn unreadable(failure: &Failure) -> StoreError {
    StoreError::Unavailable { action: "read from etcd", reason: failure.to_string() }
}
