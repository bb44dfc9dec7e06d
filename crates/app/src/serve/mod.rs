//! The port of a component: pages for those who watch over it, over HTTPS, behind the reference's
//! rules of who may see them.

mod access;
mod connection;
mod health;

use std::{collections::BTreeMap, sync::Arc};

use http::{Method, StatusCode};
use rustls::ServerConfig;
use world::{Listener, Task, World};

pub use access::{Access, Judge, Memory, Person, Shown, Verdict};
pub use health::{Checks, IsWell};

/// What is asked of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub method: Method,
    /// Without the query.
    pub path: String,
    /// Without the `?`.
    pub query: String,
    /// The `Accept` header.
    pub accept: String,
}

/// The answer of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: StatusCode,
    pub content_type: String,
    pub body: String,
}

/// Answers what is asked of a path.
pub type Page = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

/// Everything that is served, and to whom.
pub struct Site {
    /// By path; one that ends in a slash answers for everything below it.
    pub pages: BTreeMap<&'static str, Page>,
    pub access: Access,
}

/// A port that answers until it is dropped.
pub struct Port {
    acceptor: Box<dyn Task>,
}

impl Port {
    /// Serves every connection of `listener`.
    pub fn start(
        world: &World,
        listener: Box<dyn Listener>,
        tls: Arc<ServerConfig>,
        site: Site,
    ) -> Self {
        let serving = connection::accept(world.clone(), listener, tls, Arc::new(site));
        Self { acceptor: world.tasks.spawn("port", Box::pin(serving)) }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

impl Site {
    /// The answer to somebody.
    pub(crate) async fn answer(&self, shown: &Shown, asked: &Asked) -> Reply {
        if let Some(refusal) = self.access.refuse(shown, asked).await {
            return refusal;
        }
        let below = || {
            let mut pages = self.pages.iter();
            pages.find(|(path, _)| path.ends_with('/') && asked.path.starts_with(**path))
        };
        match self.pages.get_key_value(asked.path.as_str()).or_else(below) {
            Some((_, page)) => page(asked),
            None => Reply::text(StatusCode::NOT_FOUND, "404 page not found\n"),
        }
    }
}

impl Reply {
    /// Plain text.
    pub fn text(status: StatusCode, body: impl Into<String>) -> Self {
        let content_type = "text/plain; charset=utf-8".to_owned();
        Self { status, content_type, body: body.into() }
    }
    /// JSON that is there already.
    pub fn json(body: impl Into<String>) -> Self {
        let content_type = "application/json".to_owned();
        Self { status: StatusCode::OK, content_type, body: body.into() }
    }
}

impl Asked {
    /// Whether the query has a parameter, with a value or without.
    pub fn has(&self, name: &str) -> bool {
        self.parameters().any(|(known, _)| known == name)
    }
    /// Every value of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.parameters().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }
    fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }
}
