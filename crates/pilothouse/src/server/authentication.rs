//! How those are told apart who ask an API server of ours, by the reference's flags.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use apiserver::{
    authentication::{
        AccountSettings, Anonymous, Authentication, AuthenticationConfiguration, Bearers,
        DEFAULT_ISSUER, Documents, FrontProxy, JwtIssuer, ServiceAccounts, StaticTokens,
    },
    jwt::{PublicKey, SigningKey},
    tls::{self, ClientRoots, Pki},
};
use bytes::Bytes;
use clap::{Arg, ArgAction, ArgMatches};
use http::HeaderName;
use world::{BoxFuture, Watched, World};

use super::flags::{named, switch};
use crate::clock;

/// Parsed flags.
#[derive(Debug)]
pub(crate) struct AuthenticationSettings {
    anonymous: bool,
    bootstrap_tokens: bool,
    client_authority: Option<PathBuf>,
    configuration: Option<PathBuf>,
    token_file: Option<PathBuf>,
    signing_key: Option<PathBuf>,
    keys: Vec<PathBuf>,
    issuers: Vec<String>,
    audiences: Vec<String>,
    key_set_url: Option<String>,
    extends: bool,
    token_time_max: Option<Duration>,
    proxy_authority: Option<PathBuf>,
    proxy_names: Vec<String>,
    user_headers: Vec<String>,
    group_headers: Vec<String>,
    uid_headers: Vec<String>,
    extra_prefixes: Vec<String>,
}

/// Documents of issuers, over HTTPS.
struct Fetched(World);

impl Documents for Fetched {
    fn fetch(&self, url: String, authority: Option<String>) -> BoxFuture<Result<Bytes, String>> {
        let world = self.0.clone();
        Box::pin(async move {
            let fetched = client::http::fetch(&world, &url, authority).await;
            fetched.map_err(|error| error.to_string())
        })
    }
}

/// Flags that name one file or text.
const SINGLE: [(&str, &str, &str); 6] = [
    ("client-ca-file", "FILE", "More authorities whose client certificates are believed"),
    ("token-auth-file", "FILE", "Tokens as lines of token,user,uid,\"group1,group2\""),
    (
        "service-account-signing-key-file",
        "FILE",
        "Signs service-account tokens [default: a key of the data folder]",
    ),
    ("service-account-jwks-uri", "URL", "Where others find the keys of service-account tokens"),
    ("authentication-config", "FILE", "AuthenticationConfiguration: issuers, and strangers"),
    ("requestheader-client-ca-file", "FILE", "Authority of proxies that say in headers who asks"),
];
/// Flags that take lists.
const LISTS: [(&str, &str, &str); 8] = [
    ("service-account-key-file", "FILE", "More keys whose service-account tokens are believed"),
    ("service-account-issuer", "URL", "Issuer of service-account tokens; more ones are believed"),
    ("api-audiences", "NAME", "Whom tokens are for that name nobody [default: the issuers]"),
    ("requestheader-allowed-names", "NAME", "Common names of such proxies [default: any]"),
    (
        "requestheader-username-headers",
        "NAME",
        "Headers that name the user [default: X-Remote-User]",
    ),
    ("requestheader-group-headers", "NAME", "Headers that name groups [default: X-Remote-Group]"),
    ("requestheader-uid-headers", "NAME", "Headers that name the user's UID"),
    (
        "requestheader-extra-headers-prefix",
        "PREFIX",
        "Begin of headers with more [default: X-Remote-Extra-]",
    ),
];
/// Flags that are on or off.
const SWITCHES: [(&str, &str, &str); 3] = [
    ("anonymous-auth", "true", "Let the authorizer say what those may who prove nothing"),
    ("enable-bootstrap-token-auth", "false", "Believe tokens in secrets by which nodes join"),
    ("service-account-extend-token-expiration", "true", "Let pods' tokens live a year, and warn"),
];

/// The flags that [`AuthenticationSettings::read`] reads.
pub(super) fn arguments() -> Vec<Arg> {
    let single = SINGLE.map(|(name, value, help)| named(name, value, help));
    let lists = LISTS.map(|(name, value, help)| {
        named(name, value, help).action(ArgAction::Append).value_delimiter(',')
    });
    let switches = SWITCHES.map(|(name, default, help)| switch(name, default, help));
    let help = "No service-account token lives longer";
    let time_max = named("service-account-max-token-expiration", "DURATION", help)
        .value_parser(|text: &str| clock::parse(text).ok_or("no duration such as 48h"));
    single.into_iter().chain([time_max]).chain(lists).chain(switches).collect()
}

impl AuthenticationSettings {
    pub(super) fn read(matches: &ArgMatches) -> Self {
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let file = |name: &str| text(name).map(PathBuf::from);
        let list = |name: &str| -> Vec<String> {
            matches.get_many::<String>(name).into_iter().flatten().cloned().collect()
        };
        let list_or = |name: &str, default: &str| {
            let given = list(name);
            if given.is_empty() { vec![default.to_owned()] } else { given }
        };
        let is_on = |name: &str| matches.get_one::<bool>(name).copied().unwrap_or_default();
        Self {
            anonymous: is_on("anonymous-auth"),
            bootstrap_tokens: is_on("enable-bootstrap-token-auth"),
            client_authority: file("client-ca-file"),
            configuration: file("authentication-config"),
            token_file: file("token-auth-file"),
            signing_key: file("service-account-signing-key-file"),
            keys: list("service-account-key-file").into_iter().map(PathBuf::from).collect(),
            issuers: list_or("service-account-issuer", DEFAULT_ISSUER),
            audiences: list("api-audiences"),
            key_set_url: text("service-account-jwks-uri"),
            extends: is_on("service-account-extend-token-expiration"),
            token_time_max: matches.get_one("service-account-max-token-expiration").copied(),
            proxy_authority: file("requestheader-client-ca-file"),
            proxy_names: list("requestheader-allowed-names"),
            user_headers: list_or("requestheader-username-headers", "X-Remote-User"),
            group_headers: list_or("requestheader-group-headers", "X-Remote-Group"),
            uid_headers: list("requestheader-uid-headers"),
            extra_prefixes: list_or("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
        }
    }

    /// Everything read and ready. `authority` is where the own authority lies on disk, `address` where
    /// the server is reached.
    pub(super) fn open(
        &self,
        world: &World,
        pki: &Pki,
        authority: Option<PathBuf>,
        address: &str,
    ) -> Result<Authentication> {
        let AuthenticationConfiguration { issuers, anonymous } = self.configuration(world)?;
        let issuer = |configuration| {
            let documents = Arc::new(Fetched(world.clone()));
            JwtIssuer::new(configuration, documents, Arc::clone(&world.clock))
        };
        let by_flag = if self.anonymous { Anonymous::Everywhere } else { Anonymous::Nowhere };
        let bearers = Bearers {
            issuers: issuers.into_iter().map(issuer).collect(),
            fixed: self.fixed(world)?,
            accounts: Some(self.accounts(world, pki, address)?),
            bootstrap: self.bootstrap_tokens,
        };
        Ok(Authentication {
            clients: Some(self.clients(world, pki, authority)?),
            front_proxy: self.front_proxy(world)?,
            bearers: Arc::new(bearers),
            anonymous: anonymous.unwrap_or(by_flag),
        })
    }

    fn configuration(&self, world: &World) -> Result<AuthenticationConfiguration> {
        let Some(path) = &self.configuration else {
            return Ok(AuthenticationConfiguration { issuers: Vec::new(), anonymous: None });
        };
        let bytes = world.disk.read(path).context("cannot read --authentication-config")?;
        let text = String::from_utf8(bytes).context("--authentication-config is no text")?;
        let unusable = || format!("--authentication-config: {}", path.display());
        AuthenticationConfiguration::parse(&text).with_context(unusable)
    }

    fn clients(
        &self,
        world: &World,
        pki: &Pki,
        authority: Option<PathBuf>,
    ) -> Result<Watched<ClientRoots>> {
        let paths: Vec<_> = authority.into_iter().chain(self.client_authority.clone()).collect();
        if paths.is_empty() {
            return Ok(Watched::fixed(world, pki.client_roots()?));
        }
        tls::client_roots_files(world, paths).context("cannot use --client-ca-file")
    }

    fn fixed(&self, world: &World) -> Result<StaticTokens> {
        let Some(path) = &self.token_file else { return Ok(StaticTokens::default()) };
        let bytes = world.disk.read(path).context("cannot read --token-auth-file")?;
        let text = String::from_utf8(bytes).context("--token-auth-file is no text")?;
        StaticTokens::parse(&text).context("cannot use --token-auth-file")
    }

    fn accounts(&self, world: &World, pki: &Pki, address: &str) -> Result<ServiceAccounts> {
        let mut keys = Vec::new();
        for path in &self.keys {
            let unusable = || format!("{} is unusable", path.display());
            keys.extend(PublicKey::from_pem(&world.disk.read(path)?).with_context(unusable)?);
        }
        let key_set_url = || format!("https://{address}/openid/v1/jwks");
        let seconds = self.token_time_max.map(|time| time.as_secs());
        Ok(ServiceAccounts::new(AccountSettings {
            signing: Some(self.account_key(world, pki)?),
            keys,
            issuers: self.issuers.clone(),
            audiences: self.audiences.clone(),
            extends: self.extends,
            seconds_max: seconds.and_then(|seconds| i64::try_from(seconds).ok()),
            key_set_url: self.key_set_url.clone().unwrap_or_else(key_set_url),
        }))
    }

    /// What tokens of service accounts are signed with.
    pub(super) fn account_key(&self, world: &World, pki: &Pki) -> Result<SigningKey> {
        let Some(path) = &self.signing_key else {
            return SigningKey::from_pem(pki.account_key.as_bytes()).context("sa.key is unusable");
        };
        let pem = world.disk.read(path)?;
        SigningKey::from_pem(&pem).with_context(|| format!("{} is unusable", path.display()))
    }

    fn front_proxy(&self, world: &World) -> Result<Option<FrontProxy>> {
        let Some(authority) = self.proxy_authority.clone() else { return Ok(None) };
        let headers = |names: &[String]| -> Result<Vec<HeaderName>> {
            let parse =
                |name: &String| name.parse().with_context(|| format!("{name} is no header"));
            names.iter().map(parse).collect()
        };
        let roots = tls::client_roots_files(world, vec![authority]);
        Ok(Some(FrontProxy {
            roots: roots.context("cannot use --requestheader-client-ca-file")?,
            allowed_names: self.proxy_names.clone(),
            username_headers: headers(&self.user_headers)?,
            group_headers: headers(&self.group_headers)?,
            uid_headers: headers(&self.uid_headers)?,
            extra_prefixes: self.extra_prefixes.iter().map(|name| name.to_lowercase()).collect(),
        }))
    }
}
