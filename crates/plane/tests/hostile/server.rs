//! A server in process, and what it must keep to whatever it is asked.

use std::{sync::Arc, time::Duration};

use apiserver::{
    Body, Request, Service,
    authentication::{AccountSettings, Authentication, Bearers, ServiceAccounts},
    jwt::SigningKey,
    tls::{Pki, ServingNames},
};
use http::{HeaderName, HeaderValue, Method, header};
use plane::ServerSettings;
use serde_json::Value;
use store::Local;
use tokio::runtime::Handle;
use world::World;

/// No request may take longer, in the slowest of builds on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(10);
/// No answer to a hostile request is larger.
const ANSWER_BYTES_MAX: usize = 8 << 20;
/// A server on an empty store in memory.
pub(crate) struct Server {
    world: World,
    service: Service,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) body: Vec<u8>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let world = world::real::world(&Handle::current());
        let store = Arc::new(Local::memory(&world));
        let pki = Pki::in_memory(world.clock.wall(), &ServingNames::new([])).expect("a PKI");
        let key = SigningKey::from_pem(pki.account_key.as_bytes()).expect("a key");
        let accounts = Some(ServiceAccounts::new(AccountSettings::new(key)));
        let bearers = Bearers { accounts, bootstrap: true, ..Bearers::default() };
        let settings = ServerSettings {
            engine: apiserver::EngineOptions::default(),
            authentication: Authentication {
                bearers: Arc::new(bearers),
                ..Authentication::default()
            },
            address: "127.0.0.1:1".to_owned(),
            extensions: Vec::new(),
            faults: None,
            auditor: None,
        };
        let service = plane::serve(world.clone(), store, settings).await.expect("a server");
        let server = Self { world, service };
        let account = r#"{"metadata":{"name":"default"}}"#;
        server.post("/api/v1/namespaces/default/serviceaccounts", account).await;
        server
    }

    pub(crate) async fn post(&self, path: &str, json: impl Into<Vec<u8>>) -> Answer {
        self.send(Method::POST, path, "application/json", json.into()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "", Vec::new()).await
    }

    /// Asks as an administrator.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Answer {
        let groups = vec!["system:masters".to_owned(), "system:authenticated".to_owned()];
        let user = apiserver::User { name: "admin".to_owned(), groups, ..Default::default() };
        self.ask(Request::new(method, path).with_body(content_type, body).by(user)).await
    }

    /// Asks as nobody known, with one header.
    pub(crate) async fn as_stranger(&self, name: HeaderName, value: &[u8]) -> Answer {
        let mut request = Request::new(Method::GET, "/api/v1/namespaces/default/pods");
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request.headers.insert(name, value);
        }
        self.ask(request).await
    }

    /// The object at a path as protobuf.
    pub(crate) async fn protobuf(&self, path: &str) -> Vec<u8> {
        let groups = vec!["system:masters".to_owned()];
        let user = apiserver::User { name: "admin".to_owned(), groups, ..Default::default() };
        let request = Request::new(Method::GET, path)
            .with_header(header::ACCEPT, "application/vnd.kubernetes.protobuf")
            .by(user);
        self.ask(request).await.body
    }

    async fn ask(&self, request: Request) -> Answer {
        let shown = format!(
            "{} {} {:?}",
            request.method,
            request.target,
            String::from_utf8_lossy(&request.body[..request.body.len().min(2000)])
        );
        let began = self.world.clock.monotonic();
        let response = self.service.call(request).await;
        let took = self.world.clock.monotonic().since(began);
        let body = match response.body {
            Body::Full(bytes) => bytes.to_vec(),
            Body::Watch(_) | Body::Cut => Vec::new(),
        };
        let code = response.status.as_u16();
        assert!(took < TIME_MAX, "{took:?} for {shown}");
        assert!(body.len() < ANSWER_BYTES_MAX, "{} bytes for {shown}", body.len());
        let told = String::from_utf8_lossy(&body[..body.len().min(2000)]).into_owned();
        assert!(code < 500 || is_excused(&body), "{code} {told} for {shown}");
        Answer { code, body }
    }
}

/// Whether the reference answers so, too: some refusals are 500 there, without a reason.
fn is_excused(body: &[u8]) -> bool {
    let status: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = status["message"].as_str().unwrap_or_default();
    status["code"] == 500 && status["reason"].is_null()
        || message.starts_with("Timeout: Too large resource version")
}
