//! Who may see a page: a pure decision. Tokens are not asked about at the API server yet, so that only
//! client certificates prove an identity.

use http::StatusCode;
use serde_json::json;

use super::{Asked, Reply};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Identity {
    /// No credentials were shown.
    #[default]
    Anonymous,
    /// A certificate that the client authority has signed.
    Certificate { name: String, groups: Vec<String> },
    /// Something that proves nothing here.
    Unproven,
}

/// The rules of a port.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// Paths that everybody may see; `/*` at the end means everything below.
    pub always_allowed: Vec<String>,
}

/// May see everything.
const MASTERS: &str = "system:masters";
/// May see health and metrics, by the role of that name.
const MONITORING: &str = "system:monitoring";
const MONITORED: [&str; 4] = ["/healthz", "/livez", "/readyz", "/metrics"];

impl Access {
    /// The refusal, if there is one.
    pub(super) fn refuse(&self, who: &Identity, asked: &Asked) -> Option<Reply> {
        // A wrong proof is refused even where none is needed.
        let (name, groups) = match who {
            Identity::Unproven => return Some(unauthorized()),
            Identity::Anonymous => ("system:anonymous", &[][..]),
            Identity::Certificate { name, groups } => (name.as_str(), groups.as_slice()),
        };
        let belongs = |wanted: &str| groups.iter().any(|group| group == wanted);
        let is_allowed = self.is_always_allowed(&asked.path)
            || belongs(MASTERS)
            || (belongs(MONITORING) && is_monitored(&asked.path));
        (!is_allowed).then(|| forbidden(name, asked))
    }

    fn is_always_allowed(&self, path: &str) -> bool {
        self.always_allowed.iter().any(|allowed| match allowed.strip_suffix("/*") {
            Some(above) => is_at_or_below(path, above),
            None => path == allowed,
        })
    }
}

fn is_monitored(path: &str) -> bool {
    MONITORED.iter().any(|above| is_at_or_below(path, above))
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn unauthorized() -> Reply {
    let status = StatusCode::UNAUTHORIZED;
    refusal(status, "Unauthorized", "Unauthorized")
}

fn forbidden(name: &str, asked: &Asked) -> Reply {
    let (verb, path) = (asked.method.as_str().to_lowercase(), &asked.path);
    let message = format!("forbidden: User \"{name}\" cannot {verb} path \"{path}\"");
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
mod tests {
    use http::Method;

    use super::*;

    /// The code that `who` gets for a path; 200 if nothing refuses it.
    fn check(who: &Identity, path: &str, wanted: u16) {
        let access = Access { always_allowed: vec!["/healthz".to_owned(), "/open/*".to_owned()] };
        let asked = Asked {
            method: Method::GET,
            path: path.to_owned(),
            query: String::new(),
            accept: String::new(),
        };
        let code = access.refuse(who, &asked).map_or(200, |reply| reply.status.as_u16());
        assert_eq!(code, wanted, "{path} by {who:?}");
    }

    fn member(group: &str) -> Identity {
        Identity::Certificate { name: "someone".to_owned(), groups: vec![group.to_owned()] }
    }

    #[test]
    fn everybody_sees_what_is_always_allowed_and_nothing_more() {
        check(&Identity::Anonymous, "/healthz", 200);
        check(&Identity::Anonymous, "/open/door", 200);
        check(&Identity::Anonymous, "/opened", 403);
        check(&Identity::Anonymous, "/healthz/ping", 403);
        check(&Identity::Anonymous, "/metrics", 403);
    }

    #[test]
    fn masters_see_everything_and_monitors_health_and_metrics() {
        check(&member("system:masters"), "/configz", 200);
        check(&member("system:monitoring"), "/metrics/slis", 200);
        check(&member("system:monitoring"), "/configz", 403);
        check(&member("system:nodes"), "/metrics", 403);
    }

    #[test]
    fn a_proof_that_proves_nothing_is_refused_everywhere() {
        check(&Identity::Unproven, "/healthz", 401);
    }

    #[test]
    fn a_refusal_names_who_asked_for_what() {
        let asked = Asked {
            method: Method::GET,
            path: "/metrics".to_owned(),
            query: String::new(),
            accept: String::new(),
        };
        let reply = Access::default().refuse(&Identity::Anonymous, &asked).unwrap();
        let text = r#"forbidden: User \"system:anonymous\" cannot get path \"/metrics\""#;
        assert!(reply.body.contains(text), "{}", reply.body);
    }
}
