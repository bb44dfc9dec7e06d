//! The members of a cluster: one connection at a time, left for the next member when it fails, and who
//! asks.

use std::time::Duration;

use http::{HeaderValue, Request};
use prost::Message;
use tokio::sync::Mutex;
use world::World;

use super::{
    answers::Answers,
    body::{Sent, Then},
    connect::{Connector, Sender},
    failure::Failure,
    frame::framed,
    messages::{AuthenticateRequest, AuthenticateResponse},
    options::{Endpoint, EtcdOptions, Login, Security},
};
use crate::StoreError;

/// All that is needed to ask a cluster.
pub(crate) struct Members {
    pub(crate) world: World,
    connector: Connector,
    endpoints: Vec<Endpoint>,
    login: Option<Login>,
    line: Mutex<Line>,
    token: Mutex<Option<HeaderValue>>,
}

/// The connection in use.
#[derive(Default)]
struct Line {
    /// Which endpoint it leads to.
    at: usize,
    /// Connections made so far.
    made: u64,
    sender: Option<Sender>,
}

/// A connection as it was when a call began.
struct Taken {
    made: u64,
    sender: Sender,
    base: String,
}

/// An answer that takes longer comes from a member in trouble; the next one is asked.
pub(crate) const CALL_TIME_MAX: Duration = Duration::from_secs(2);
/// As etcd's own clients name them.
const TOKEN: &str = "token";
const REQUIRES_LEADER: &str = "hasleader";

impl Members {
    /// Nothing is connected yet.
    pub(crate) fn new(world: &World, options: &EtcdOptions) -> Result<Self, StoreError> {
        let endpoints = options.endpoints.iter().map(|url| Endpoint::parse(url));
        Ok(Self {
            world: world.clone(),
            connector: Connector::new(world, options)?,
            endpoints: endpoints.collect::<Result<_, _>>()?,
            login: options.login.clone(),
            line: Mutex::default(),
            token: Mutex::default(),
        })
    }

    /// One request, one answer.
    pub(crate) async fn call<A: Message + Default>(
        &self,
        path: &str,
        request: &impl Message,
    ) -> Result<A, Failure> {
        self.call_within(path, request, CALL_TIME_MAX).await
    }

    /// The same for what takes its time.
    pub(crate) async fn call_within<A: Message + Default>(
        &self,
        path: &str,
        request: &impl Message,
        limit: Duration,
    ) -> Result<A, Failure> {
        let token = self.token().await?;
        let answer = self.exchange(path, request, token, limit).await;
        if matches!(answer, Err(Failure::Token)) {
            *self.token.lock().await = None;
        }
        answer
    }

    /// One request, many answers. A stream that stays open ends when its member has no leader.
    pub(crate) async fn stream(
        &self,
        path: &str,
        request: &impl Message,
        then: Then,
    ) -> Result<Answers, Failure> {
        let token = self.token().await?;
        let line = self.connection().await?;
        let made = line.made;
        let opened = tokio::select! {
            biased;
            opened = open(line, path, token, Sent::new(framed(request), then)) => opened,
            () = self.world.clock.sleep(CALL_TIME_MAX) => Err(Failure::elsewhere("no answer in time")),
        };
        match &opened {
            Err(Failure::Token) => *self.token.lock().await = None,
            Err(failure) if failure.blames_the_member() => self.leave(made).await,
            Ok(_) | Err(_) => {}
        }
        opened
    }

    /// Asks the next member from now on.
    pub(crate) async fn turn_away(&self) {
        let made = self.line.lock().await.made;
        self.leave(made).await;
    }

    async fn exchange<A: Message + Default>(
        &self,
        path: &str,
        request: &impl Message,
        token: Option<HeaderValue>,
        limit: Duration,
    ) -> Result<A, Failure> {
        let line = self.connection().await?;
        let made = line.made;
        let sent = Sent::new(framed(request), Then::End);
        let asked = async move { open(line, path, token, sent).await?.only().await };
        let answer = tokio::select! {
            biased;
            answer = asked => answer,
            () = self.world.clock.sleep(limit) => Err(Failure::lost("no answer in time")),
        };
        if answer.as_ref().is_err_and(Failure::blames_the_member) {
            self.leave(made).await;
        }
        answer
    }

    async fn connection(&self) -> Result<Taken, Failure> {
        let mut line = self.line.lock().await;
        if let Some(sender) = &mut line.sender
            && sender.ready().await.is_ok()
        {
            let sender = sender.clone();
            return Ok(self.taken(&line, sender));
        }
        let mut failure = Failure::elsewhere("no endpoint of etcd is given");
        for _ in &self.endpoints {
            match self.connector.connect(&self.endpoints[line.at]).await {
                Ok(sender) => {
                    line.made += 1;
                    line.sender = Some(sender.clone());
                    return Ok(self.taken(&line, sender));
                }
                Err(reason) => {
                    failure = reason;
                    line.at = (line.at + 1) % self.endpoints.len();
                }
            }
        }
        Err(failure)
    }

    fn taken(&self, line: &Line, sender: Sender) -> Taken {
        let endpoint = &self.endpoints[line.at];
        let scheme = match endpoint.security {
            Security::Tls => "https",
            Security::Plain => "http",
        };
        Taken { made: line.made, sender, base: format!("{scheme}://{}", endpoint.address) }
    }

    /// Leaves a connection, unless that was done; what is under way on it may still be answered.
    async fn leave(&self, made: u64) {
        let mut line = self.line.lock().await;
        if line.made == made && line.sender.take().is_some() {
            line.at = (line.at + 1) % self.endpoints.len();
        }
    }

    async fn token(&self) -> Result<Option<HeaderValue>, Failure> {
        let Some(Login { user, password }) = &self.login else { return Ok(None) };
        let mut token = self.token.lock().await;
        if token.is_none() {
            let request = AuthenticateRequest { name: user.clone(), password: password.clone() };
            let answer = self.exchange(AUTHENTICATE, &request, None, CALL_TIME_MAX).await;
            // Asking for a token changes nothing.
            let answer: AuthenticateResponse = answer.map_err(Failure::harmless)?;
            let value = HeaderValue::from_str(&answer.token);
            *token = Some(value.map_err(|_| Failure::elsewhere("etcd's token is none"))?);
        }
        Ok(token.clone())
    }
}

const AUTHENTICATE: &str = "/etcdserverpb.Auth/Authenticate";

async fn open(
    line: Taken,
    path: &str,
    token: Option<HeaderValue>,
    sent: Sent,
) -> Result<Answers, Failure> {
    let Taken { mut sender, base, .. } = line;
    let mut request = Request::post(format!("{base}{path}"))
        .header(http::header::CONTENT_TYPE, "application/grpc")
        .header(http::header::TE, "trailers")
        .header(REQUIRES_LEADER, "true");
    if let Some(token) = token {
        request = request.header(TOKEN, token);
    }
    let request = request.body(sent).map_err(Failure::elsewhere)?;
    let answer = sender.send_request(request).await.map_err(|error| {
        // Canceled means that it never left.
        if error.is_canceled() { Failure::elsewhere(error) } else { Failure::lost(error) }
    })?;
    Answers::new(answer)
}
