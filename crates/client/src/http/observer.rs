//! For those who count what is asked of a server.

use std::time::Duration;

use crate::{ClientError, Method, Response, WatchStream};

/// One request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange<'a> {
    /// How it was sent.
    pub method: Method,
    /// `host:port` of the server.
    pub host: &'a str,
    /// HTTP code of the answer; `None` if none came.
    pub code: Option<u16>,
    /// From sending to the whole answer; `None` for watches, which have no whole answer.
    pub took: Option<Duration>,
    /// Length of the body that was sent.
    pub sent_bytes: usize,
    /// Length of the body of a good answer.
    pub received_bytes: Option<usize>,
}

/// Is told of every request of a transport.
pub trait Observer: Send + Sync {
    /// Called once for each request, when its fate is known.
    fn observe(&self, exchange: &Exchange<'_>);
    /// Called once for each run of a credential plug-in.
    fn ran_plugin(&self, _run: PluginRun) {}
}

/// What became of a credential plug-in that was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginRun {
    /// There is no such program.
    Missing,
    /// It could not be run.
    Broken,
    /// It ended with a code; `None` if it was killed.
    Ended(Option<i32>),
}

pub(super) fn code(answer: &Result<Response, ClientError>) -> Option<u16> {
    match answer {
        Ok(answer) => Some(answer.code),
        Err(error) => error.api().map(|error| error.code),
    }
}

pub(super) fn code_of_watch(answer: &Result<WatchStream, ClientError>) -> Option<u16> {
    match answer {
        Ok(_) => Some(200),
        Err(error) => error.api().map(|error| error.code),
    }
}
