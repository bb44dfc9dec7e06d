//! Reading collections: from the cache, from its history, or from the store's past.

use std::sync::Arc;

use meta::object::ResourceVersion;
use store::{Range, Revision};

use super::{
    Inner, convert, failure,
    versions::{self, ListAt, Token},
    virtual_kinds,
};
use crate::{
    ListQuery, Listed, Object, Operation, Outcome, Reason, Status,
    cache::{Cache, Page, PageRequest, Select},
};

const CONTINUE_EXPIRED: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

impl Inner {
    pub(super) async fn list(
        &self,
        operation: &Operation,
        query: &ListQuery,
    ) -> Result<Outcome, Status> {
        if !super::is_stored(&operation.resource) {
            return virtual_kinds::list(operation);
        }
        self.list_page(operation, query).await.map(Outcome::List)
    }

    pub(crate) async fn list_page(
        &self,
        operation: &Operation,
        query: &ListQuery,
    ) -> Result<Listed, Status> {
        let facts = &operation.resource;
        let at = versions::list(query)?;
        let select = Select::parse(
            facts,
            &operation.namespace,
            &query.label_selector,
            &query.field_selector,
        )?;
        let cache = self.caches.of(facts).await?;
        let limit = usize::try_from(query.limit).ok().filter(|limit| *limit > 0);
        let mut page = self.page(&cache, &select, &at, limit).await?;
        let continue_token = page.last.take().map(|last| {
            let last = last.strip_prefix(select.namespace_prefix()).unwrap_or(&last);
            Token::after(Some(page.version.0), last).encode()
        });
        Ok(Listed {
            items: page.items.into_iter().map(|item| convert::object(item, facts)).collect(),
            version: page.version,
            continue_token: continue_token.unwrap_or_default(),
            remaining: page.remaining,
        })
    }

    async fn page(
        &self,
        cache: &Cache,
        select: &Select,
        at: &ListAt,
        limit: Option<usize>,
    ) -> Result<Page, Status> {
        let whole = PageRequest { select, from: "", limit };
        match at {
            ListAt::Newest => {
                self.caches.reach_newest().await?;
                self.present(cache, &whole)
            }
            ListAt::Any => self.present(cache, &PageRequest { limit: None, ..whole }),
            ListAt::AtLeast(version) => {
                self.caches.reach(*version).await?;
                self.present(cache, &whole)
            }
            ListAt::Exactly(version) => {
                self.caches.reach(*version).await?;
                self.past(cache, *version, &whole).await
            }
            ListAt::Continued(token) => {
                let from = format!("{}{}", select.namespace_prefix(), token.from);
                let rest = PageRequest { select, from: &from, limit };
                let Some(version) = token.version else {
                    self.caches.reach_newest().await?;
                    return self.present(cache, &rest);
                };
                self.caches.reach(version).await?;
                let page = self.past(cache, version, &rest).await;
                page.map_err(|status| continue_anyway(status, token))
            }
        }
    }

    fn present(&self, cache: &Cache, request: &PageRequest<'_>) -> Result<Page, Status> {
        self.caches.list(cache, request).ok_or_else(read_again)
    }

    /// An exact version, from the cache's history or from what the store still keeps.
    async fn past(
        &self,
        cache: &Cache,
        version: u64,
        request: &PageRequest<'_>,
    ) -> Result<Page, Status> {
        if let Some(page) = cache.list_at(version, request) {
            return Ok(page);
        }
        let prefix = cache.prefix();
        let whole = Range::prefix(format!("{prefix}{}", request.select.first_key()));
        let start = format!("{prefix}{}", request.from).into_bytes().max(whole.start.clone());
        let at = Some(Revision(version));
        let answer = self.store.range(Range { start, at, ..whole }).await;
        let answer = answer.map_err(|error| failure::of_store(&error))?;
        let mut objects = Vec::new();
        for pair in &answer.pairs {
            let key = String::from_utf8_lossy(&pair.key);
            let key = key.strip_prefix(prefix).unwrap_or(&key).to_owned();
            let object = cache.read(&pair.value, pair.modified)?;
            if request.select.covers(&key) && request.select.matches(&object) {
                objects.push((key, Arc::new(object)));
            }
        }
        Ok(cut(objects, version, request))
    }
}

/// The part of an ordered list that a page shows.
fn cut(objects: Vec<(String, Arc<Object>)>, version: u64, request: &PageRequest<'_>) -> Page {
    let limit = request.limit.unwrap_or(objects.len());
    let more = objects.len().saturating_sub(limit);
    let mut page = Page { version: ResourceVersion(version), ..Page::default() };
    if more > 0 {
        page.last = objects.get(limit - 1).map(|(key, _)| key.clone());
        let told = request.select.is_everything();
        page.remaining = told.then(|| u64::try_from(more).unwrap_or(0));
    }
    page.items = objects.into_iter().take(limit).map(|(_, object)| object).collect();
    page
}

fn continue_anyway(mut status: Status, token: &Token) -> Status {
    if status.reason == Reason::Expired {
        CONTINUE_EXPIRED.clone_into(&mut status.message);
        status.continue_token = Token { version: None, from: token.from.clone() }.encode();
    }
    status
}

fn read_again() -> Status {
    let message = "Timeout: the watch cache is being filled anew";
    let mut status = Status::new(504, Reason::Timeout, message);
    status.has_details = true;
    status.retry_after_seconds = 1;
    status
}
