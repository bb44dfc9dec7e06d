//! From request to response: authenticate, authorize, find what is meant, answer. HTTP and callers
//! in process take the same way.

mod interference;
mod issuer;
mod known;
mod message;
mod paths;
mod resource;
#[cfg(test)]
mod tests;
mod watch_body;

use std::{sync::Arc, time::Duration};

use api::catalog::ResourceFacts;
use bytes::Bytes;
use http::{HeaderName, Method, StatusCode, header};
use parking_lot::RwLock;
use tokio::sync::watch;
use world::{BoxFuture, World};

use known::Known;
pub use message::{BODY_BYTES_MAX, Body, Request, Response};
pub use watch_body::{EventKind, WatchBody, WatchEvent};

use crate::{
    ApiGroup, Engine, Notes, Operation, Outcome, Reason, Served, Status, User,
    audit::{Auditor, Trail},
    authentication::{Authentication, Proven, Unproven},
    authorization::{self, Attributes, Authorizer, Decision},
    compression, duration, encode,
    faults::Faults,
    health::Health,
    impersonation::Impersonation,
    metrics::{Labels, RequestMetrics},
    negotiation::{self, Media},
    openapi::OpenApi,
    request_info::RequestInfo,
    route::{self, Misroute},
};

/// Runs operations: the engine, or a double in tests.
pub trait Backend: Send + Sync {
    fn run(&self, operation: Operation) -> BoxFuture<Result<Outcome, Status>>;

    /// Which custom resources there are now.
    fn served(&self) -> Arc<Served>;
    /// Waits until every custom resource is known that there is.
    fn catch_up(&self) -> BoxFuture<()>;

    /// The version that a cache of the resource shows which is `age` behind; `None` if nothing has
    /// changed since, or nothing is known.
    fn version_before(&self, facts: &ResourceFacts, age: Duration) -> Option<u64>;
    /// Whom a bearer token names, for those of the wanted audiences it is for; `None` wants the
    /// server's own.
    fn authenticate(
        &self,
        token: String,
        wanted: Option<Vec<String>>,
    ) -> BoxFuture<Result<Proven, Unproven>>;
}

impl Backend for Engine {
    fn run(&self, operation: Operation) -> BoxFuture<Result<Outcome, Status>> {
        Engine::run(self, operation)
    }

    fn served(&self) -> Arc<Served> {
        Engine::served(self)
    }
    fn catch_up(&self) -> BoxFuture<()> {
        Engine::catch_up(self)
    }

    fn version_before(&self, facts: &ResourceFacts, age: Duration) -> Option<u64> {
        Engine::version_before(self, facts, age)
    }
    fn authenticate(
        &self,
        token: String,
        wanted: Option<Vec<String>>,
    ) -> BoxFuture<Result<Proven, Unproven>> {
        Engine::authenticate(self, token, wanted)
    }
}

/// What a service is made with.
pub struct Settings {
    pub world: World,
    pub authorizer: Arc<Authorizer>,
    /// How those who come over HTTP prove who they are.
    pub authentication: Arc<Authentication>,
    pub health: Health,
    /// `host:port` under which discovery tells clients to reach this server.
    pub address: String,
    /// Paths that Kubernetes does not have.
    pub extensions: Vec<Extension>,
    /// What goes wrong on purpose, for the clients that it names.
    pub faults: Option<Faults>,
    /// Who is told of requests.
    pub auditor: Option<Arc<Auditor>>,
}

/// A path of its own, behind the same authentication and authorization.
pub struct Extension {
    /// The whole path, such as `/pilothouse/clock`.
    pub path: &'static str,
    pub answer: ExtensionAnswer,
}

/// Answers the requests to an extension's path.
pub type ExtensionAnswer = Arc<dyn Fn(Request) -> BoxFuture<Response> + Send + Sync>;

/// The whole API as a function from request to response. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Arc<dyn Backend>,
    settings: Settings,
    discovery: RwLock<Known>,
    /// Groups that others answer for.
    groups: RwLock<Vec<ApiGroup>>,
    openapi: OpenApi,
    metrics: RequestMetrics,
    /// True from the beginning of the shutdown on.
    closing: watch::Sender<bool>,
}

/// A request that takes longer is given up, unless it is a watch.
const REQUEST_TIME_MAX: Duration = Duration::from_mins(1);
const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");

impl Service {
    pub fn new(backend: Arc<dyn Backend>, settings: Settings) -> Self {
        let groups = RwLock::default();
        let served = backend.served();
        let discovery = RwLock::new(Known::new(&settings.address, &[], served));
        let openapi = OpenApi::new(settings.world.clock.wall());
        let (closing, _) = watch::channel(false);
        let metrics = RequestMetrics::default();
        let inner = Inner { backend, settings, discovery, groups, openapi, metrics, closing };
        Self { inner: Arc::new(inner) }
    }

    /// Serves a group that somebody else in the process answers for, from now on.
    pub fn add_group(&self, group: ApiGroup) {
        let mut groups = self.inner.groups.write();
        groups.retain(|known| known.name != group.name);
        groups.push(group);
        let served = self.inner.backend.served();
        let known = Known::new(&self.inner.settings.address, &groups, served);
        *self.inner.discovery.write() = known;
    }

    /// Lets a registry gather what is counted of requests.
    ///
    /// # Errors
    /// The registry knows another service already.
    pub fn register_metrics(&self, registry: &prometheus::Registry) -> prometheus::Result<()> {
        if let Some(auditor) = &self.inner.settings.auditor {
            auditor.register_metrics(registry)?;
        }
        self.inner.metrics.register(registry)
    }

    /// Answers one request. A watch is answered at once; its events come with the body.
    pub fn call(&self, request: Request) -> BoxFuture<Response> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move { inner.call(request).await })
    }

    /// Turns `/readyz` red and ends all watches, also those that still come.
    pub fn close(&self) {
        self.inner.closing.send_replace(true);
    }

    /// The world the service lives in.
    pub fn world(&self) -> &World {
        &self.inner.settings.world
    }
}

impl Inner {
    async fn call(&self, request: Request) -> Response {
        let info = RequestInfo::parse(&request.method, &request.target);
        let sent = request.header(AUDIT_ID);
        let audit_id =
            if sent.is_empty() { self.settings.world.dice.uuid() } else { sent.to_owned() };
        let response = self.audited(&request, &info, &audit_id).await;
        finish(&request, response.with(AUDIT_ID, &audit_id))
    }

    async fn audited(&self, request: &Request, info: &RequestInfo, audit_id: &str) -> Response {
        let Settings { world, authentication, auditor, .. } = &self.settings;
        let sender = authentication.identify(world, &*self.backend, request, info).await;
        let sender = match sender {
            Ok(sender) => sender,
            Err(status) => {
                if let Some(auditor) = auditor {
                    auditor.unidentified(request, info, audit_id);
                }
                return refusal(request, &status);
            }
        };
        let begun = match auditor {
            Some(auditor) => auditor.begin(request, info, &sender, audit_id).await,
            None => Ok(None),
        };
        let Ok(mut trail) = begun else {
            let path = &info.path;
            let text = format!("Internal Server Error: {path:?}: failed to store audit event\n");
            return Response::text(StatusCode::INTERNAL_SERVER_ERROR, text);
        };
        let mut response = match self.admit(request, info, sender, trail.as_mut()).await {
            Ok(user) => self.counted(request, info, user).await,
            Err(status) => refusal(request, &status),
        };
        if let Some(mut trail) = trail {
            if resource::is_deprecated(info, &self.backend.served()) {
                trail.is_deprecated();
            }
            trail.answered(&mut response).await;
        }
        response
    }

    async fn counted(&self, request: &Request, info: &RequestInfo, user: User) -> Response {
        let clock = &self.settings.world.clock;
        let began = clock.monotonic();
        let in_flight = self.metrics.begin(info);
        let mut response = self.answer(request, info, user).await;
        drop(in_flight);
        let served = self.backend.served();
        let labels = Labels::of(request, info, response.status, &served);
        let Some(labels) = labels else { return response };
        self.metrics.answered(&labels, &response, clock.monotonic().since(began));
        if let Body::Watch(watch) = &mut response.body {
            watch.keep(self.metrics.begin_watch(&labels, clock.clone()));
        }
        response
    }

    /// As whom the request is made, if it may be.
    async fn admit(
        &self,
        request: &Request,
        info: &RequestInfo,
        sender: User,
        mut trail: Option<&mut Trail>,
    ) -> Result<User, Status> {
        let authorizer = &self.settings.authorizer;
        let user = match Impersonation::read(&request.headers)? {
            None => sender,
            Some(wanted) => {
                let user = wanted.authorize(&**authorizer, &sender, info).await?;
                if let Some(trail) = &mut trail {
                    trail.impersonates(&user);
                }
                user
            }
        };
        let attributes = Attributes::of(&user, info);
        let decision = authorizer.authorize(&attributes).await;
        if let Some(trail) = trail {
            trail.decided(&decision);
        }
        match decision {
            Decision::Allow { .. } => Ok(user),
            Decision::Deny { reason } => Err(authorization::forbidden(&attributes, &reason)),
        }
    }

    async fn answer(&self, request: &Request, info: &RequestInfo, user: User) -> Response {
        let Some(path) = &info.resource else {
            let extension = self.settings.extensions.iter().find(|known| known.path == info.path);
            return match extension {
                Some(extension) => (extension.answer)(request.clone()).await,
                None => self.path(request, info),
            };
        };
        let other = self.groups.read().iter().find(|group| group.name == path.group).cloned();
        if let Some(other) = other {
            return paths::read_only(request, other.respond(&request.method, info, path));
        }
        let target = match self.resolve(info, path).await {
            Ok(_) if request.method == Method::HEAD => Err(route::method_not_allowed()),
            Ok(target) => Ok(target),
            Err(Misroute::PathUnknown) => return paths::page_not_found(),
            Err(Misroute::Status(status)) => Err(status),
        };
        let deprecation = target.as_ref().ok().and_then(resource::deprecation);
        let notes = Notes::default();
        let answered = match target {
            Ok(target) => {
                let notes = notes.clone();
                let call = resource::Call { request, info, path, target, user, notes };
                self.within_time(info, self.resource(call)).await
            }
            Err(status) => Err(status),
        };
        let mut response =
            answered.unwrap_or_else(|status| failure(request, &status, Indent::ForPeople));
        response.warnings.splice(0..0, deprecation);
        response.notes = notes;
        response
    }

    /// Gives an answer up that takes too long; a watch is answered at once.
    async fn within_time(
        &self,
        info: &RequestInfo,
        answer: impl Future<Output = Result<Response, Status>> + Send,
    ) -> Result<Response, Status> {
        let timeout = duration::request_timeout(info.query.get("timeout"))?;
        let time_max = timeout.unwrap_or(REQUEST_TIME_MAX).min(REQUEST_TIME_MAX);
        let expired = self.settings.world.clock.sleep(time_max);
        tokio::select! {
            biased;
            answer = answer => answer,
            () = expired => Err(Status::new(
                504,
                Reason::Timeout,
                "Timeout: request did not complete within requested timeout - context deadline exceeded",
            )),
        }
    }
}

fn finish(request: &Request, mut response: Response) -> Response {
    if !response.headers.contains_key(header::CACHE_CONTROL) {
        response = response.with(header::CACHE_CONTROL, "no-cache, private");
    }
    compression::compress(request, response)
}

/// When a failure is indented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Indent {
    Always,
    ForPeople,
}

/// What those get who may not ask: for people, and so indented whoever asks.
fn refusal(request: &Request, status: &Status) -> Response {
    failure(request, status, Indent::Always).with(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
}

fn failure(request: &Request, status: &Status, indent: Indent) -> Response {
    let accept = request.header(header::ACCEPT);
    let media = negotiation::failure_media(accept);
    let query = RequestInfo::parse(&request.method, &request.target).query;
    let pretty = media == Media::Json
        && (indent == Indent::Always
            || status.reason == Reason::NotAcceptable
            || negotiation::is_pretty(request.header(header::USER_AGENT), &query));
    let json = Bytes::from(status.to_json().to_string());
    let (body, media) = match encode::write(json.clone(), media, pretty) {
        Ok(body) => (body, media),
        Err(_) => (json, Media::Json),
    };
    let code = StatusCode::from_u16(status.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let response = Response::new(code, media.content_type(), body);
    if status.retry_after_seconds == 0 {
        return response;
    }
    response.with(header::RETRY_AFTER, &status.retry_after_seconds.to_string())
}
