//! Tokens of service accounts, bound to what they are for.

use std::time::Duration;

use api::{
    catalog, json,
    validation::{FieldError, Path},
};
use meta::time::Time;
use serde_json::{Value, json};

use super::{Inner, body, failure, virtual_kinds::text};
use crate::{Content, Operation, Outcome, Reason, Status};

const SECONDS_DEFAULT: i64 = 3600;
const SECONDS_MIN: i64 = 600;
/// What kubelets ask for; such tokens live a year and warn after the time asked for.
const SECONDS_EXTENDED: i64 = 3607;
const SECONDS_OF_A_YEAR: i64 = 365 * 24 * 60 * 60;

impl Inner {
    pub(super) async fn issue_token(
        &self,
        operation: &Operation,
        content: Content,
    ) -> Result<Outcome, Status> {
        let facts = operation.resource;
        let account = self.load(facts, &operation.namespace, &operation.name).await?;
        let account = account.ok_or_else(|| failure::not_found(facts, &operation.name))?;
        let signer = self.options.tokens.as_ref();
        let signer = signer.ok_or_else(|| failure::not_found(facts, &operation.name))?;
        let mut request = content.value;
        let seconds =
            json::number(&request["spec"], "expirationSeconds").unwrap_or(SECONDS_DEFAULT);
        check_seconds(seconds)?;
        let bound = self.bound_object(operation, &request["spec"]["boundObjectRef"]).await?;
        let now = self.world.clock.wall();
        if json::list(&request["spec"], "audiences").is_empty() {
            request["spec"]["audiences"] = json!([signer.issuer()]);
        }
        let claims = Claims {
            issuer: signer.issuer(),
            audiences: &request["spec"]["audiences"],
            account: &account.value,
            bound: &bound,
            seconds,
            id: self.world.dice.uuid(),
        };
        let token = signer.sign(&claims.at(now)).map_err(|reason| failure::internal(&reason))?;
        request["apiVersion"] = "authentication.k8s.io/v1".into();
        request["kind"] = "TokenRequest".into();
        request["metadata"] = json!({"name": operation.name, "namespace": operation.namespace,
            "creationTimestamp": now.to_string()});
        request["spec"]["expirationSeconds"] = seconds.into();
        if bound.is_null() {
            request["spec"]["boundObjectRef"] = Value::Null;
        }
        let until = now + Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        request["status"] = json!({"token": token, "expirationTimestamp": until.to_string()});
        Ok(Outcome::Value { value: request, code: 201, warnings: Vec::new() })
    }

    /// The object that the token dies with; null if it stands alone.
    async fn bound_object(&self, operation: &Operation, wanted: &Value) -> Result<Value, Status> {
        if !wanted.is_object() {
            return Ok(Value::Null);
        }
        let (kind, name) = (text(wanted, "kind"), text(wanted, "name"));
        let plural = match kind {
            "Pod" => "pods",
            "Secret" => "secrets",
            "Node" => "nodes",
            _ => {
                let (group, version) = text(wanted, "apiVersion")
                    .rsplit_once('/')
                    .unwrap_or(("", text(wanted, "apiVersion")));
                return Err(failure::bad_request(format!(
                    "cannot bind token to object of type {group}/{version}, Kind={kind}"
                )));
            }
        };
        let facts = catalog::builtin().resource("", "v1", plural);
        let facts = facts.ok_or_else(failure::method_not_allowed)?;
        let namespace = if kind == "Node" { "" } else { operation.namespace.as_str() };
        let found = self.load(facts, namespace, name).await?;
        let found = found.ok_or_else(|| failure::not_found(facts, name))?.value;
        let (uid, known) = (text(wanted, "uid"), body::text(&found, "uid"));
        if !uid.is_empty() && uid != known {
            let text = format!(
                "Operation cannot be fulfilled on {kind} {name:?}: the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated"
            );
            return Err(Status::new(409, Reason::Conflict, text).about("", kind, name));
        }
        let account = text(&found["spec"], "serviceAccountName");
        if kind == "Pod" && account != operation.name {
            return Err(failure::bad_request(format!(
                "cannot bind token for serviceaccount {:?} to pod running with different serviceaccount name.",
                operation.name
            )));
        }
        Ok(json!({"kind": kind.to_lowercase(), "name": name, "uid": known,
            "node": text(&found["spec"], "nodeName")}))
    }
}

fn check_seconds(seconds: i64) -> Result<(), Status> {
    if seconds >= SECONDS_MIN {
        return Ok(());
    }
    let path = Path::new("spec.expirationSeconds");
    let rule = "may not specify a duration less than 10 minutes";
    let error = FieldError::invalid(&path, seconds, rule);
    Err(failure::invalid_kind("TokenRequest", "authentication.k8s.io", "", &[error]))
}

/// What a token says.
struct Claims<'a> {
    issuer: String,
    audiences: &'a Value,
    account: &'a Value,
    bound: &'a Value,
    seconds: i64,
    id: String,
}

impl Claims<'_> {
    fn at(&self, now: Time) -> Value {
        let (namespace, name) =
            (body::text(self.account, "namespace"), body::text(self.account, "name"));
        let begun = now.seconds();
        let mut about = json!({"namespace": namespace,
            "serviceaccount": {"name": name, "uid": body::text(self.account, "uid")}});
        if let Some(kind) = self.bound["kind"].as_str() {
            about[kind] = json!({"name": self.bound["name"], "uid": self.bound["uid"]});
        }
        let mut lasts = self.seconds;
        if self.seconds == SECONDS_EXTENDED {
            about["warnafter"] = (begun + self.seconds).into();
            lasts = SECONDS_OF_A_YEAR;
        }
        json!({"iss": self.issuer, "aud": self.audiences, "iat": begun, "nbf": begun,
            "exp": begun + lasts, "jti": self.id, "kubernetes.io": about,
            "sub": format!("system:serviceaccount:{namespace}:{name}")})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(seconds: i64) -> Value {
        let account = json!({"metadata": {"namespace": "ns", "name": "sa", "uid": "u"}});
        let claims = Claims {
            issuer: "https://here".to_owned(),
            audiences: &json!(["a"]),
            account: &account,
            bound: &json!({"kind": "pod", "name": "p", "uid": "v", "node": ""}),
            seconds,
            id: "j".to_owned(),
        };
        claims.at(Time::from_seconds(100))
    }

    #[test]
    fn a_token_names_its_account_and_what_it_is_bound_to() {
        let claims = claims(600);
        assert_eq!(claims["sub"], "system:serviceaccount:ns:sa");
        assert_eq!(claims["exp"], 700);
        let about = json!({"namespace": "ns", "serviceaccount": {"name": "sa", "uid": "u"},
            "pod": {"name": "p", "uid": "v"}});
        assert_eq!(claims["kubernetes.io"], about);
    }

    #[test]
    fn a_kubelets_token_lives_a_year_and_warns() {
        let claims = claims(3607);
        assert_eq!(claims["exp"], 100 + SECONDS_OF_A_YEAR);
        assert_eq!(claims["kubernetes.io"]["warnafter"], 3707);
    }

    #[test]
    fn ten_minutes_is_the_least() {
        let status = check_seconds(10).expect_err("refused");
        assert_eq!(
            status.message,
            r#"TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes"#
        );
    }
}
