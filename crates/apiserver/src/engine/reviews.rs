//! Reviews: questions about identity and rights that are answered and not stored.

use std::collections::BTreeMap;

use api::{
    json,
    rbac::PolicyRule,
    validation::{FieldError, Path},
};
use serde_json::{Value, json};

use super::{Inner, body, failure, virtual_kinds::text};
use crate::{
    Content, Operation, Outcome, ResourcePath, Status, User,
    authentication::{Proven, authenticated},
    authorization::{Attributes, Decision, Held, Target},
};

impl Inner {
    pub(super) async fn review(
        &self,
        operation: &Operation,
        content: Content,
    ) -> Result<Outcome, Status> {
        let body = body::object(operation, content)?;
        let mut review = body.value;
        let now = self.world.clock.wall();
        review["status"] = match &*operation.resource.resource.kind {
            "SelfSubjectReview" => {
                review["metadata"]["creationTimestamp"] = now.to_string().into();
                json!({"userInfo": user_info(&operation.user)})
            }
            "SelfSubjectAccessReview" => {
                check_attributes(operation, &review)?;
                self.access(&operation.user, &review["spec"]).await
            }
            "SubjectAccessReview" | "LocalSubjectAccessReview" => {
                check_attributes(operation, &review)?;
                check_subject(operation, &review)?;
                self.access(&subject(&review["spec"]), &review["spec"]).await
            }
            "SelfSubjectRulesReview" => {
                let namespace = text(&review["spec"], "namespace");
                if namespace.is_empty() {
                    return Err(failure::bad_request("no namespace on request"));
                }
                rules(self.authorizer.rules(&operation.user, namespace).await)
            }
            "TokenReview" => self.review_token(&review["spec"]).await?,
            _ => return Err(failure::method_not_allowed()),
        };
        Ok(Outcome::Value { value: review, code: 201, warnings: body.warnings })
    }

    /// What is known of a token, for those who cannot tell themselves.
    async fn review_token(&self, spec: &Value) -> Result<Value, Status> {
        let token = text(spec, "token");
        if token.is_empty() {
            return Err(failure::bad_request(
                "token is required for TokenReview in authentication",
            ));
        }
        let named = api::json::list(spec, "audiences").iter().filter_map(Value::as_str);
        let named: Vec<_> = named.map(str::to_owned).collect();
        let wanted = if named.is_empty() { self.options.bearers.audiences() } else { &named };
        let wanted = Some(wanted).filter(|wanted| !wanted.is_empty());
        Ok(match self.authenticate(token, wanted).await {
            Ok(Proven { user, audiences }) => {
                let user = user_info(&authenticated(user));
                let mut status = json!({"authenticated": true, "user": user});
                if !audiences.is_empty() {
                    status["audiences"] = audiences.into();
                }
                status
            }
            Err(unproven) => json!({"user": {}, "error": unproven.to_string()}),
        })
    }

    async fn access(&self, user: &User, spec: &Value) -> Value {
        let (verb, selector, path);
        let attributes = if spec["resourceAttributes"].is_object() {
            let asked = &spec["resourceAttributes"];
            verb = text(asked, "verb");
            selector = field_selector(&asked["fieldSelector"]);
            path = resource_path(asked);
            Attributes { user, verb, target: Target::Resource(&path), field_selector: &selector }
        } else {
            let asked = &spec["nonResourceAttributes"];
            verb = text(asked, "verb");
            Attributes { user, verb, target: Target::Path(text(asked, "path")), field_selector: "" }
        };
        let (allowed, reason) = match self.authorizer.decide(&attributes).await {
            Decision::Allow { reason, .. } => (true, reason),
            Decision::Deny { reason } => (false, reason),
        };
        let mut status = json!({"allowed": allowed});
        if !reason.is_empty() {
            status["reason"] = reason.into();
        }
        status
    }
}

fn user_info(user: &User) -> Value {
    let mut info = json!({"username": user.name});
    if !user.uid.is_empty() {
        info["uid"] = user.uid.as_str().into();
    }
    if !user.groups.is_empty() {
        info["groups"] = user.groups.clone().into();
    }
    if !user.extra.is_empty() {
        info["extra"] = json!(user.extra);
    }
    info
}

/// Of whom a review asks.
fn subject(spec: &Value) -> User {
    let list = |values: &Value| -> Vec<String> {
        let values = values.as_array().into_iter().flatten();
        values.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let extra: BTreeMap<String, Vec<String>> =
        json::entries(spec, "extra").map(|(key, values)| (key.to_owned(), list(values))).collect();
    User {
        name: text(spec, "user").to_owned(),
        uid: text(spec, "uid").to_owned(),
        groups: list(&spec["groups"]),
        extra,
    }
}

fn resource_path(asked: &Value) -> ResourcePath {
    let field = |name: &str| text(asked, name).to_owned();
    ResourcePath {
        group: field("group"),
        version: field("version"),
        namespace: field("namespace"),
        resource: field("resource"),
        subresource: field("subresource"),
        name: field("name"),
        ..ResourcePath::default()
    }
}

/// The selector as a request would have it; requirements that no field selector can say are left out,
/// which asks for more.
fn field_selector(asked: &Value) -> String {
    let raw = text(asked, "rawSelector");
    if !raw.is_empty() {
        return raw.to_owned();
    }
    let requirements = json::list(asked, "requirements").iter();
    let terms = requirements.filter_map(|requirement| {
        let [value] = json::list(requirement, "values") else { return None };
        let operator = match text(requirement, "operator") {
            "In" => "=",
            "NotIn" => "!=",
            _ => return None,
        };
        Some(format!("{}{operator}{}", text(requirement, "key"), value.as_str()?))
    });
    terms.collect::<Vec<_>>().join(",")
}

fn rules(held: Held) -> Value {
    let on_resources = held.rules.iter().filter(|rule| !rule.resources.is_empty());
    let on_resources =
        on_resources.map(|rule| json!(PolicyRule { paths: Vec::new(), ..rule.clone() }));
    let on_paths = held.rules.iter().filter(|rule| !rule.paths.is_empty());
    let on_paths = on_paths.map(|rule| json!({"verbs": rule.verbs, "nonResourceURLs": rule.paths}));
    let mut status = json!({
        "resourceRules": on_resources.collect::<Vec<_>>(),
        "nonResourceRules": on_paths.collect::<Vec<_>>(),
        "incomplete": held.is_incomplete,
    });
    let problem = held.problem();
    if !problem.is_empty() {
        status["evaluationError"] = problem.into();
    }
    status
}

/// A question is about a resource or about a path.
fn check_attributes(operation: &Operation, review: &Value) -> Result<(), Status> {
    let spec = &review["spec"];
    let is_unclear =
        spec["resourceAttributes"].is_object() == spec["nonResourceAttributes"].is_object();
    if is_unclear {
        let rule = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        let error = FieldError::invalid(&Path::new("spec"), &Value::Null, rule);
        return Err(refusal(operation, error));
    }
    let resource = &operation.resource.resource;
    let asked = text(&spec["resourceAttributes"], "namespace");
    if resource.kind == "LocalSubjectAccessReview" && asked != operation.namespace {
        let path = Path::new("spec.resourceAttributes.namespace");
        let error = FieldError::invalid(&path, asked, "must match metadata.namespace");
        return Err(refusal(operation, error));
    }
    Ok(())
}

/// A question is about somebody.
fn check_subject(operation: &Operation, review: &Value) -> Result<(), Status> {
    let spec = &review["spec"];
    if !text(spec, "user").is_empty() || !json::list(spec, "groups").is_empty() {
        return Ok(());
    }
    let rule = "at least one of user or group must be specified";
    Err(refusal(operation, FieldError::invalid(&Path::new("spec.user"), "", rule)))
}

fn refusal(operation: &Operation, error: FieldError) -> Status {
    let resource = &operation.resource.resource;
    failure::invalid_kind(&resource.kind, &resource.group, "", &[error])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_read_as_a_selector() {
        let asked = json!({"requirements": [
            {"key": "spec.nodeName", "operator": "In", "values": ["n1"]},
            {"key": "status.phase", "operator": "NotIn", "values": ["Failed"]},
            {"key": "metadata.name", "operator": "Exists"},
        ]});
        assert_eq!(field_selector(&asked), "spec.nodeName=n1,status.phase!=Failed");
        assert_eq!(field_selector(&json!({"rawSelector": "a=b"})), "a=b");
    }
}
