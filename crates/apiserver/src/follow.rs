//! How a journal of the server is followed: `GET ?after=N` gives what came after record N; with `&wait=true`
//! it waits a while for the next one.

use std::time::Duration;

use http::StatusCode;

use crate::{Query, Request, Response};

/// What one asks who follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follow {
    /// The last record that is known; zero if none is.
    pub after: u64,
    /// Whether to wait for more, for at most [`Self::WAIT_MAX`].
    pub wait: bool,
}

impl Follow {
    /// Short, so that a server that stops need not wait for those who wait.
    pub const WAIT_MAX: Duration = Duration::from_secs(3);

    /// What the query says.
    ///
    /// # Errors
    /// `after` is no number: the answer that says so.
    pub fn of(request: &Request) -> Result<Self, Response> {
        let query = request.target.split_once('?').map_or("", |(_, query)| query);
        let query = Query::parse(query);
        let after = match query.get("after") {
            "" => 0,
            text => text
                .parse()
                .map_err(|_| Response::text(StatusCode::BAD_REQUEST, "`after` is no number\n"))?,
        };
        Ok(Self { after, wait: query.flag("wait") })
    }
}
