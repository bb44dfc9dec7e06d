//! Lists from the cache: of now, or of a version that the history still reaches.

use std::{collections::BTreeMap, sync::Arc};

use meta::object::ResourceVersion;

use super::{
    Cache, Caches, Select,
    state::{State, from_key},
};
use crate::Object;

/// Which part of a list is wanted.
#[derive(Debug)]
pub(crate) struct PageRequest<'a> {
    pub select: &'a Select,
    /// Relative key to begin at; empty means the beginning.
    pub from: &'a str,
    /// `None` means all.
    pub limit: Option<usize>,
}

/// A part of a list.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub items: Vec<Arc<Object>>,
    pub version: ResourceVersion,
    /// Relative key of the last item, if more follow.
    pub last: Option<String>,
    /// How many follow; told only without selector.
    pub remaining: Option<u64>,
}

/// Objects that replace the present ones when the past is looked at.
type Overlay = BTreeMap<Box<str>, Option<Arc<Object>>>;

impl Caches {
    /// The present state. `None` if the cache was retired meanwhile.
    pub(crate) fn list(&self, cache: &Cache, request: &PageRequest<'_>) -> Option<Page> {
        let progress = self.progress();
        let state = cache.state.read();
        if state.retired {
            return None;
        }
        let mut page = state.page(&Overlay::new(), request);
        page.version = ResourceVersion(progress.max(state.applied));
        Some(page)
    }
}

impl Cache {
    /// The state at an exact version, if the history reaches it.
    pub(crate) fn list_at(&self, version: u64, request: &PageRequest<'_>) -> Option<Page> {
        let state = self.state.read();
        if state.retired {
            return None;
        }
        let changes = state.history.after(version)?;
        let past = changes.rev().map(|change| (change.key.clone(), change.before.clone()));
        let mut page = state.page(&past.collect(), request);
        page.version = ResourceVersion(version);
        Some(page)
    }
}

impl State {
    fn page(&self, past: &Overlay, request: &PageRequest<'_>) -> Page {
        let select = request.select;
        let begin = select.first_key().max(request.from);
        let mut items = self.objects_at(past, begin, select);
        let mut page = Page::default();
        let Some(limit) = request.limit else {
            page.items = items.map(|(_, object)| object).collect();
            return page;
        };
        let mut last = "";
        for (key, object) in items.by_ref().take(limit) {
            last = key;
            page.items.push(object);
        }
        let more = items.count();
        if more > 0 {
            page.last = Some(last.to_owned());
            page.remaining = select.is_everything().then(|| u64::try_from(more).unwrap_or(0));
        }
        page
    }

    /// Matching objects in the order of their keys, with the overlay in place of the present.
    fn objects_at<'s>(
        &'s self,
        past: &'s Overlay,
        begin: &str,
        select: &'s Select,
    ) -> impl Iterator<Item = (&'s str, Arc<Object>)> {
        let mut present = from_key(&self.objects, begin).peekable();
        let mut past = from_key(past, begin).peekable();
        let merged = std::iter::from_fn(move || {
            let replaced = match (present.peek(), past.peek()) {
                (None, None) => return None,
                (Some(_), None) => false,
                (None, Some(_)) => true,
                (Some((now, _)), Some((then, _))) => then <= now,
            };
            if replaced {
                let then = past.peek().map(|(key, _)| *key);
                present.next_if(|(now, _)| Some(*now) == then);
                return past.next().map(|(key, object)| (&**key, object.as_ref()));
            }
            present.next().map(|(key, object)| (&**key, Some(object)))
        });
        merged
            .take_while(|(key, _)| select.covers(key))
            .filter_map(|(key, object)| object.map(|object| (key, object)))
            .filter(|(_, object)| select.matches(object))
            .map(|(key, object)| (key, Arc::clone(object)))
    }
}
