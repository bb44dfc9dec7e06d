//! The same over a socket.

use std::sync::Arc;

use crate::{
    authentication::Authentication,
    http::Server,
    tls::{Pki, ServingNames, Signed},
};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use world::{Watched, World};

use super::double;

async fn start(world: &World) -> (Server, Pki) {
    let names = ServingNames::new(["example.internal".to_owned()]);
    let pki = Pki::in_memory(world.clock.wall(), &names).unwrap();
    let listener = world.network.listen("127.0.0.1:0").await.unwrap();
    let tls = pki.server_config(world).unwrap();
    let roots = Watched::fixed(world, pki.client_roots().unwrap());
    let authentication = Authentication { clients: Some(roots), ..Authentication::default() };
    (Server::start(double::service_with(world, authentication), listener, tls), pki)
}

async fn connect(
    world: &World,
    server: &Server,
    pki: &Pki,
    client: Option<&Signed>,
) -> SendRequest<Empty<Bytes>> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(pki.authority.certificate.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let chain =
                vec![CertificateDer::from_pem_slice(client.certificate.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(client.key.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let socket = world.network.connect(server.address()).await.unwrap();
    let name = ServerName::try_from("kubernetes.default.svc").unwrap();
    let stream =
        tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
    let (sender, connection) =
        http2::Builder::new(TokioExecutor::new()).handshake(TokioIo::new(stream)).await.unwrap();
    world.tasks.spawn("test connection", Box::pin(async move { drop(connection.await) }));
    sender
}

async fn get(
    server: &Server,
    sender: &mut SendRequest<Empty<Bytes>>,
    target: &str,
) -> http::Response<hyper::body::Incoming> {
    let uri = format!("https://{}{target}", server.address());
    let request = http::Request::builder().uri(uri).body(Empty::new()).unwrap();
    sender.send_request(request).await.unwrap()
}

#[test]
fn a_client_certificate_says_who_asks() {
    double::run(|world| async move {
        let (server, pki) = start(&world).await;
        let mut admin = connect(&world, &server, &pki, Some(&pki.admin)).await;
        let answer = get(&server, &mut admin, "/api/v1/namespaces/shop/pods/web").await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["warning"], "299 - \"careful\"");
        assert_eq!(answer.headers()["cache-control"], "no-cache, private");
        assert!(answer.headers().contains_key("audit-id"));
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.strip_suffix(b"\n"), Some(&double::pod().json[..]));

        let mut stranger = connect(&world, &server, &pki, None).await;
        assert_eq!(get(&server, &mut stranger, "/api").await.status(), 403);
        assert_eq!(get(&server, &mut stranger, "/livez").await.status(), 200);
        let bob = pki.authority.sign_client("bob", "dev:team", world.clock.wall()).unwrap();
        let mut bob = connect(&world, &server, &pki, Some(&bob)).await;
        let answer = get(&server, &mut bob, "/api/v1/nodes").await;
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(
            String::from_utf8_lossy(&body)
                .contains(r#"User \"bob\" cannot list resource \"nodes\""#)
        );
        let others = Pki::in_memory(world.clock.wall(), &ServingNames::new([])).unwrap();
        let mut forged = connect(&world, &server, &pki, Some(&others.admin)).await;
        assert_eq!(get(&server, &mut forged, "/livez").await.status(), 401);
        server.shut_down().await;
    });
}

#[test]
fn a_watch_streams_lines_and_ends_with_the_server() {
    double::run(|world| async move {
        let (server, pki) = start(&world).await;
        let mut admin = connect(&world, &server, &pki, Some(&pki.admin)).await;
        let answer = get(&server, &mut admin, "/api/v1/namespaces/shop/pods?watch=1").await;
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&body);
        let kinds: Vec<_> = text.lines().map(|line| &line[..16]).collect();
        assert_eq!(kinds, [r#"{"type":"ADDED","#, r#"{"type":"BOOKMAR"#, r#"{"type":"ERROR","#]);

        let open = get(&server, &mut admin, "/api/v1/namespaces/quiet/pods?watch=1").await;
        server.shut_down().await;
        assert!(open.into_body().collect().await.unwrap().to_bytes().is_empty());
    });
}
