//! Who may see a page: those of the always-allowed paths everybody, the rest whom a judge lets.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use http::StatusCode;
use parking_lot::Mutex;
use rustls::pki_types::CertificateDer;
use serde_json::json;
use world::{BoxFuture, Clock, Monotonic};

use super::{Asked, Reply};

/// Somebody who has proved an identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Person {
    pub name: String,
    pub uid: String,
    pub groups: Vec<String>,
    pub extra: BTreeMap<String, Vec<String>>,
}

/// What a request shows to prove who sent it.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The client's certificate and its chain; its key was proved to be held.
    pub certificates: Arc<[CertificateDer<'static>]>,
    /// The `Authorization` header.
    pub authorization: String,
}

/// What is said of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// The reason ends the refusal, if there is one.
    Refused(String),
}

/// Knows what a port cannot know itself.
pub trait Judge: Send + Sync {
    /// Whom a certificate names; `None` if it proves nobody.
    fn certified(&self, chain: Arc<[CertificateDer<'static>]>) -> BoxFuture<Option<Person>>;
    /// Whose a bearer token is; `None` if it proves nobody. An error says why that is not known.
    fn bearer(&self, token: String) -> BoxFuture<Result<Option<Person>, String>>;
    /// Whether somebody may see a path. An error says why that is not known.
    fn may(&self, person: Person, verb: String, path: String)
    -> BoxFuture<Result<Verdict, String>>;
}

/// The rules of a port.
pub struct Access {
    /// Paths that everybody may see; `/*` at the end means everything below.
    pub always_allowed: Vec<String>,
    pub judge: Arc<dyn Judge>,
    pub clock: Arc<dyn Clock>,
    pub memory: Memory,
}

/// What judges said lately, for as long as that may be relied on.
pub struct Memory {
    /// How long it is known whose a token is.
    pub token_time: Duration,
    pub allowed_time: Duration,
    pub refused_time: Duration,
    tokens: Mutex<BTreeMap<String, Until<Option<Person>>>>,
    verdicts: Mutex<BTreeMap<Question, Until<Verdict>>>,
}

/// What may be relied on until then.
type Until<T> = (Monotonic, T);
/// Who wants to do what (a verb) where (a path).
type Question = (Person, String, String);

/// May see everything.
const MASTERS: &str = "system:masters";
const ANONYMOUS: &str = "system:anonymous";
const UNAUTHENTICATED: &str = "system:unauthenticated";
/// With more entries everything is forgotten: a port has few visitors.
const MEMORY_MAX: usize = 1_000;

impl Access {
    /// The refusal, if there is one.
    pub(super) async fn refuse(&self, shown: &Shown, asked: &Asked) -> Option<Reply> {
        let person = match self.identify(shown).await {
            Ok(Some(person)) => person,
            // A wrong proof is refused even where none is needed.
            Ok(None) => return Some(unauthorized()),
            Err(reason) => {
                tracing::warn!(reason, "cannot learn who asks");
                return Some(unauthorized());
            }
        };
        let is_master = person.groups.iter().any(|group| group == MASTERS);
        if self.is_always_allowed(&asked.path) || is_master {
            return None;
        }
        match self.judged(&person, asked).await {
            Ok(Verdict::Allowed) => None,
            Ok(Verdict::Refused(reason)) => Some(forbidden(&person.name, asked, &reason)),
            Err(reason) => {
                let text = format!("Internal Server Error: {:?}: {reason}\n", asked.path);
                Some(Reply::text(StatusCode::INTERNAL_SERVER_ERROR, text))
            }
        }
    }

    /// Who asks, strangers included; `None` if a proof proves nobody.
    async fn identify(&self, shown: &Shown) -> Result<Option<Person>, String> {
        if !shown.certificates.is_empty()
            && let Some(person) = self.judge.certified(Arc::clone(&shown.certificates)).await
        {
            return Ok(Some(person));
        }
        match bearer(&shown.authorization) {
            Some(token) => self.owner(token).await,
            None if shown.certificates.is_empty() => Ok(Some(stranger())),
            None => Ok(None),
        }
    }

    async fn owner(&self, token: &str) -> Result<Option<Person>, String> {
        let now = self.clock.monotonic();
        let known = self.memory.tokens.lock().get(token).cloned();
        if let Some((_, person)) = known.filter(|(until, _)| now < *until) {
            return Ok(person);
        }
        let person = self.judge.bearer(token.to_owned()).await?;
        let until = now + self.memory.token_time;
        remember(&self.memory.tokens, token.to_owned(), (until, person.clone()));
        Ok(person)
    }

    async fn judged(&self, person: &Person, asked: &Asked) -> Result<Verdict, String> {
        let now = self.clock.monotonic();
        let (verb, path) = (asked.method.as_str().to_lowercase(), asked.path.clone());
        let key = (person.clone(), verb.clone(), path.clone());
        let known = self.memory.verdicts.lock().get(&key).cloned();
        if let Some((_, verdict)) = known.filter(|(until, _)| now < *until) {
            return Ok(verdict);
        }
        let verdict = self.judge.may(person.clone(), verb, path).await?;
        let time = match verdict {
            Verdict::Allowed => self.memory.allowed_time,
            Verdict::Refused(_) => self.memory.refused_time,
        };
        remember(&self.memory.verdicts, key, (now + time, verdict.clone()));
        Ok(verdict)
    }

    fn is_always_allowed(&self, path: &str) -> bool {
        self.always_allowed.iter().any(|allowed| match allowed.strip_suffix("/*") {
            Some(above) => is_at_or_below(path, above),
            None => path == allowed,
        })
    }
}

impl Memory {
    /// Nothing is known yet.
    pub fn new(token_time: Duration, allowed_time: Duration, refused_time: Duration) -> Self {
        let (tokens, verdicts) = (Mutex::default(), Mutex::default());
        Self { token_time, allowed_time, refused_time, tokens, verdicts }
    }
}

fn remember<K: Ord, V>(memory: &Mutex<BTreeMap<K, V>>, key: K, value: V) {
    let mut memory = memory.lock();
    if memory.len() >= MEMORY_MAX {
        memory.clear();
    }
    memory.insert(key, value);
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn stranger() -> Person {
    let groups = vec![UNAUTHENTICATED.to_owned()];
    Person { name: ANONYMOUS.to_owned(), groups, ..Person::default() }
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn unauthorized() -> Reply {
    refusal(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
}

fn forbidden(name: &str, asked: &Asked, reason: &str) -> Reply {
    let (verb, path) = (asked.method.as_str().to_lowercase(), &asked.path);
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let message = format!("forbidden: User \"{name}\" cannot {verb} path \"{path}\"{reason}");
    refusal(StatusCode::FORBIDDEN, "Forbidden", &message)
}

fn refusal(status: StatusCode, reason: &str, message: &str) -> Reply {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": status.as_u16(),
    });
    Reply { status, ..Reply::json(format!("{body:#}")) }
}

#[cfg(test)]
mod tests;
