//! Tokens of service accounts, bound to what they are for.

use std::{sync::Arc, time::Duration};

use api::{
    catalog::{self, ResourceFacts, TypeId},
    json,
    validation::{FieldError, Path},
};
use meta::time::Time;
use serde_json::{Value, json};

use super::{
    Inner,
    body::{self, Body},
    failure,
    virtual_kinds::text,
};
use crate::{Content, Operation, Outcome, Reason, Status, authentication::ServiceAccounts};

const SECONDS_DEFAULT: i64 = 3600;
const SECONDS_MIN: i64 = 600;
const SECONDS_MAX: i64 = 1 << 32;
/// What kubelets ask for; such tokens may live a year and warn after the time asked for.
const SECONDS_EXTENDED: i64 = 3607;
const GROUP: &str = "authentication.k8s.io";
const VERSION: &str = "authentication.k8s.io/v1";
const KIND: &str = "TokenRequest";

/// What a token says of the objects it is bound to.
#[derive(Debug, Clone, PartialEq, Default)]
struct Bound {
    /// By the claim that names it: `pod`, `secret`, `node`.
    claims: Vec<(&'static str, Value)>,
}

impl Inner {
    pub(super) async fn issue_token(
        &self,
        operation: &Operation,
        content: Content,
    ) -> Result<Outcome, Status> {
        let facts = &operation.resource;
        let accounts = self.options.bearers.accounts.as_ref();
        let accounts = accounts.ok_or_else(|| failure::not_found(facts, &operation.name))?;
        let Body { value: mut request, mut warnings } =
            body::of_type(operation, token_request()?, KIND, content)?;
        check_place(operation, &request)?;
        let account = self.load(facts, &operation.namespace, &operation.name).await?;
        let account = account.ok_or_else(|| failure::not_found(facts, &operation.name))?.value;
        let now = self.world.clock.wall();
        complete(&mut request, &account, accounts, now)?;
        self.node_gets_token(operation, &request["spec"]["boundObjectRef"]).await?;
        let bound = self.bound(operation, &request["spec"]["boundObjectRef"]).await?;
        warnings.extend(shorten(&mut request["spec"], accounts.seconds_max()));
        let claims = claims(&request["spec"], &account, &bound, accounts.extended());
        let claims = claims.at(now, self.world.dice.uuid(), accounts.audiences());
        let token = accounts.sign(claims);
        let token = token.ok_or_else(|| failure::not_found(facts, &operation.name))?;
        let token = token.map_err(|error| failure::internal(&error))?;
        let seconds = json::number(&request["spec"], "expirationSeconds").unwrap_or_default();
        let until = now + Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        request["status"] = json!({"token": token, "expirationTimestamp": until.to_string()});
        Ok(Outcome::Value { value: request, code: 201, warnings })
    }

    /// The object that the token dies with, and the node of a pod.
    async fn bound(&self, operation: &Operation, wanted: &Value) -> Result<Bound, Status> {
        if !wanted.is_object() {
            return Ok(Bound::default());
        }
        let (api_version, kind, name) =
            (text(wanted, "apiVersion"), text(wanted, "kind"), text(wanted, "name"));
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let (claim, plural) = match (group, kind) {
            ("", "Pod") => ("pod", "pods"),
            ("", "Secret") => ("secret", "secrets"),
            ("", "Node") => ("node", "nodes"),
            _ => {
                let text =
                    format!("cannot bind token to object of type {group}/{version}, Kind={kind}");
                return Err(failure::bad_request(text));
            }
        };
        let facts = core(plural)?;
        let namespace = if claim == "node" { "" } else { operation.namespace.as_str() };
        let found = self.load(facts, namespace, name).await?;
        let found = found.ok_or_else(|| failure::not_found(facts, name))?.value;
        let mut claims = vec![(claim, reference(name, &found))];
        if claim == "pod" {
            check_account(operation, &found)?;
            claims.extend(self.node_of(&found).await?);
        }
        let uid = text(wanted, "uid");
        if uid.is_empty() || uid == body::text(&found, "uid") {
            return Ok(Bound { claims });
        }
        let text = format!(
            "Operation cannot be fulfilled on {kind} {name:?}: the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated"
        );
        Err(Status::new(409, Reason::Conflict, text).about("", kind, name))
    }

    /// The node that a pod runs on, which may be gone.
    async fn node_of(&self, pod: &Value) -> Result<Option<(&'static str, Value)>, Status> {
        let name = text(&pod["spec"], "nodeName");
        if name.is_empty() {
            return Ok(None);
        }
        let node = self.load(core("nodes")?, "", name).await?;
        let node = node.map_or(json!({"name": name}), |node| reference(name, &node.value));
        Ok(Some(("node", node)))
    }
}

fn core(plural: &str) -> Result<&'static Arc<ResourceFacts>, Status> {
    catalog::builtin().resource("", "v1", plural).ok_or_else(failure::method_not_allowed)
}

fn token_request() -> Result<TypeId, Status> {
    let found = catalog::builtin().type_of_kind(GROUP, "v1", KIND);
    found.ok_or_else(failure::method_not_allowed)
}

fn reference(name: &str, object: &Value) -> Value {
    json!({"name": name, "uid": body::text(object, "uid")})
}

/// The body is about the account of the URL.
fn check_place(operation: &Operation, request: &Value) -> Result<(), Status> {
    let places = [("name", &operation.name), ("namespace", &operation.namespace)];
    for (field, wanted) in places {
        let given = body::text(request, field);
        if !given.is_empty() && given != wanted {
            let rule = format!("must match the service account {field} if specified");
            let error = FieldError::invalid(&Path::new("metadata").child(field), given, rule);
            return Err(failure::invalid_kind(KIND, GROUP, &operation.name, &[error]));
        }
    }
    Ok(())
}

/// Fills in what the client leaves out, and checks what it says.
fn complete(
    request: &mut Value,
    account: &Value,
    accounts: &ServiceAccounts,
    now: Time,
) -> Result<(), Status> {
    let (name, known) = (body::text(account, "name"), body::text(account, "uid"));
    let uid = body::text(request, "uid");
    if !uid.is_empty() && uid != known {
        let text = format!(
            "Operation cannot be fulfilled on {KIND}.{GROUP} {name:?}: the UID in the token request ({uid}) does not match the UID of the service account ({known})"
        );
        return Err(Status::new(409, Reason::Conflict, text).about(GROUP, KIND, name));
    }
    request["apiVersion"] = VERSION.into();
    request["kind"] = KIND.into();
    request["metadata"] = json!({"name": name, "namespace": body::text(account, "namespace"),
        "uid": known, "creationTimestamp": now.to_string()});
    let spec = json::object_mut(request, "spec");
    if json::list(spec, "audiences").is_empty() {
        spec["audiences"] = json!(accounts.audiences());
    }
    if spec["boundObjectRef"].is_null() {
        spec["boundObjectRef"] = Value::Null;
    }
    let seconds = json::number(spec, "expirationSeconds").unwrap_or(SECONDS_DEFAULT);
    spec["expirationSeconds"] = seconds.into();
    check_seconds(seconds)
}

fn check_seconds(seconds: i64) -> Result<(), Status> {
    let rule = match seconds {
        ..SECONDS_MIN => "may not specify a duration less than 10 minutes",
        SECONDS_MIN..=SECONDS_MAX => return Ok(()),
        _ => "may not specify a duration larger than 2^32 seconds",
    };
    let error = FieldError::invalid(&Path::new("spec.expirationSeconds"), seconds, rule);
    Err(failure::invalid_kind(KIND, GROUP, "", &[error]))
}

/// A token runs as the account it is asked of.
fn check_account(operation: &Operation, pod: &Value) -> Result<(), Status> {
    if text(&pod["spec"], "serviceAccountName") == operation.name {
        return Ok(());
    }
    Err(failure::bad_request(format!(
        "cannot bind token for serviceaccount {:?} to pod running with different serviceaccount name.",
        operation.name
    )))
}

/// Cuts the lifetime to what the server allows, and says so.
fn shorten(spec: &mut Value, seconds_max: Option<i64>) -> Option<String> {
    let (asked, most) = (json::number(spec, "expirationSeconds")?, seconds_max?);
    if asked <= most {
        return None;
    }
    spec["expirationSeconds"] = most.into();
    Some(format!("requested expiration of {asked} seconds shortened to {most} seconds"))
}

fn claims<'a>(
    spec: &'a Value,
    account: &'a Value,
    bound: &'a Bound,
    extended: Option<i64>,
) -> Claims<'a> {
    Claims { spec, account, bound, extended }
}

/// What a token is made of.
struct Claims<'a> {
    spec: &'a Value,
    account: &'a Value,
    bound: &'a Bound,
    /// How long the token of a pod lives that is asked for as kubelets do; `None` as long as asked.
    extended: Option<i64>,
}

impl Claims<'_> {
    fn at(&self, now: Time, id: String, own_audiences: &[String]) -> Value {
        let (namespace, name) =
            (body::text(self.account, "namespace"), body::text(self.account, "name"));
        let (begun, audiences) = (now.seconds(), &self.spec["audiences"]);
        let mut about = json!({"namespace": namespace,
            "serviceaccount": reference(name, self.account)});
        for (claim, object) in &self.bound.claims {
            about[*claim] = object.clone();
        }
        let asked = json::number(self.spec, "expirationSeconds").unwrap_or(SECONDS_DEFAULT);
        let mut lasts = asked;
        let is_own = |name: &Value| own_audiences.iter().any(|own| name == own);
        let is_for_us = json::list(self.spec, "audiences").iter().all(is_own);
        let is_of_pod = self.bound.claims.iter().any(|(claim, _)| *claim == "pod");
        if let Some(extended) = self.extended
            && asked == SECONDS_EXTENDED
            && is_for_us
            && is_of_pod
        {
            about["warnafter"] = (begun + asked).into();
            lasts = extended;
        }
        json!({"aud": audiences, "iat": begun, "nbf": begun, "exp": begun + lasts, "jti": id,
            "kubernetes.io": about, "sub": format!("system:serviceaccount:{namespace}:{name}")})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(seconds: i64, audience: &str) -> Value {
        let account = json!({"metadata": {"namespace": "ns", "name": "sa", "uid": "u"}});
        let spec = json!({"audiences": [audience], "expirationSeconds": seconds});
        let bound = Bound {
            claims: vec![("pod", json!({"name": "p", "uid": "v"})), ("node", json!({"name": "n"}))],
        };
        let claims = super::claims(&spec, &account, &bound, Some(1_000_000));
        claims.at(Time::from_seconds(100), "j".to_owned(), &["us".to_owned()])
    }

    #[test]
    fn a_token_names_its_account_and_what_it_is_bound_to() {
        let claims = claims(600, "us");
        assert_eq!(claims["sub"], "system:serviceaccount:ns:sa");
        assert_eq!((&claims["exp"], &claims["nbf"]), (&700.into(), &100.into()));
        let about = json!({"namespace": "ns", "serviceaccount": {"name": "sa", "uid": "u"},
            "pod": {"name": "p", "uid": "v"}, "node": {"name": "n"}});
        assert_eq!(claims["kubernetes.io"], about);
    }

    #[test]
    fn a_kubelets_token_lives_longer_and_warns() {
        let ours = claims(3607, "us");
        assert_eq!(
            (&ours["exp"], &ours["kubernetes.io"]["warnafter"]),
            (&1_000_100.into(), &3707.into())
        );
        let others = claims(3607, "them");
        assert_eq!(
            (&others["exp"], &others["kubernetes.io"]["warnafter"]),
            (&3707.into(), &Value::Null)
        );
    }

    #[test]
    fn a_lifetime_has_limits() {
        let rule = |seconds: i64| check_seconds(seconds).expect_err("refused").message;
        assert_eq!(
            rule(10),
            r#"TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes"#
        );
        assert!(
            rule((1 << 32) + 1).ends_with("may not specify a duration larger than 2^32 seconds")
        );
        let mut spec = json!({"expirationSeconds": 7200});
        assert_eq!(shorten(&mut spec, None), None);
        let warning = "requested expiration of 7200 seconds shortened to 3600 seconds";
        assert_eq!(shorten(&mut spec, Some(3600)).as_deref(), Some(warning));
        assert_eq!(spec["expirationSeconds"], 3600);
    }
}
