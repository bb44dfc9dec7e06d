//! Requests to an API server of the same process: no socket, no copy of an object.

use apiserver::{
    Body, EventKind, Request as ServerRequest, Response as ServerResponse, Service, User,
};
use client::{
    ApiError, ClientError, EPOCH_HEADER, EventType, Method, Request, Response, Transport,
    WatchEvent, WatchStream,
};
use http::{HeaderName, HeaderValue, header};
use tokio::sync::mpsc;
use world::{BoxFuture, World};

/// Events a reader may be behind before the server is told to wait for it.
const EVENTS_WAITING_MAX: usize = 128;

/// Sends to a service under one identity. Cheap to clone.
#[derive(Clone)]
pub struct InProcess {
    world: World,
    service: Service,
    user: User,
    user_agent: &'static str,
}

impl InProcess {
    /// A transport for `user`; tasks that pass watches on live in `world`.
    pub const fn new(world: World, service: Service, user: User, user_agent: &'static str) -> Self {
        Self { world, service, user, user_agent }
    }

    fn translate(&self, request: Request) -> ServerRequest {
        let method = match request.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Patch => http::Method::PATCH,
            Method::Delete => http::Method::DELETE,
        };
        let headers: [(HeaderName, &'static str); 3] = [
            (header::ACCEPT, request.accept),
            (header::CONTENT_TYPE, request.content_type),
            (header::USER_AGENT, self.user_agent),
        ];
        let mut translated = ServerRequest::new(method, request.path).by(self.user.clone());
        for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
            translated = translated.with_header(name, value);
        }
        let epoch = request.epoch.and_then(|epoch| HeaderValue::from_str(&epoch.to_string()).ok());
        if let Some(epoch) = epoch {
            translated.headers.insert(EPOCH_HEADER, epoch);
        }
        translated.body = request.body;
        translated
    }
}

impl Transport for InProcess {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, ClientError>> {
        let answer = self.service.call(self.translate(request));
        Box::pin(async move {
            let answer = refuse(answer.await)?;
            let (code, body) = (answer.status.as_u16(), answer.bytes());
            Ok(Response { code, body, warnings: answer.warnings })
        })
    }

    fn watch(&self, request: Request) -> BoxFuture<Result<WatchStream, ClientError>> {
        let (world, answer) = (self.world.clone(), self.service.call(self.translate(request)));
        Box::pin(async move {
            let answer = refuse(answer.await)?;
            let (sender, events) = mpsc::channel(EVENTS_WAITING_MAX);
            world.tasks.spawn("watch in process", Box::pin(pass_on(answer.body, sender)));
            Ok(events)
        })
    }
}

/// Codes of 400 and above are errors.
fn refuse(answer: ServerResponse) -> Result<ServerResponse, ClientError> {
    if matches!(answer.body, Body::Cut) {
        return Err(ClientError::NoAnswer { reason: "cut off by an injected fault".to_owned() });
    }
    if answer.status.as_u16() < 400 {
        return Ok(answer);
    }
    Err(ApiError::from_status(answer.status.as_u16(), &answer.bytes()).into())
}

async fn pass_on(body: Body, sender: mpsc::Sender<Result<WatchEvent, ClientError>>) {
    let Body::Watch(mut watch) = body else {
        let reason = "the answer to a watch is no watch".to_owned();
        // Nobody left to tell is as good as told.
        let _ = sender.send(Err(ClientError::Unreadable { reason })).await;
        return;
    };
    loop {
        let event = tokio::select! {
            biased;
            event = watch.next() => event,
            () = sender.closed() => return,
        };
        let Some(event) = event else {
            return;
        };
        let kind = match event.kind {
            EventKind::Added => EventType::Added,
            EventKind::Modified => EventType::Modified,
            EventKind::Deleted => EventType::Deleted,
            EventKind::Bookmark => EventType::Bookmark,
            EventKind::Error => EventType::Error,
        };
        if sender.send(Ok(WatchEvent { kind, object: event.object })).await.is_err() {
            return;
        }
    }
}
