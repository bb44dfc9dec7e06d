//! Reviews: questions about identity and rights that are answered and not stored.

use serde_json::{Value, json};

use super::{Inner, body, failure, virtual_kinds::text};
use crate::{
    Content, Operation, Outcome, Status, User,
    authentication::{Proven, authenticated},
};

/// Members may do everything; until roles are served, nobody else may do anything.
const MASTERS: &str = "system:masters";

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
                access(is_master(&operation.user.groups))
            }
            "SubjectAccessReview" | "LocalSubjectAccessReview" => {
                check_attributes(operation, &review)?;
                let groups = api::json::list(&review["spec"], "groups").iter();
                let groups: Vec<_> = groups.filter_map(Value::as_str).map(str::to_owned).collect();
                access(is_master(&groups))
            }
            "SelfSubjectRulesReview" => rules(is_master(&operation.user.groups)),
            "TokenReview" => self.review_token(&review["spec"]).await?,
            _ => return Err(failure::method_not_allowed()),
        };
        Ok(Outcome::Value { value: review, code: 201, warnings: body.warnings })
    }
}

impl Inner {
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
}

fn is_master(groups: &[String]) -> bool {
    groups.iter().any(|group| group == MASTERS)
}

fn access(allowed: bool) -> Value {
    json!({"allowed": allowed})
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

fn rules(all: bool) -> Value {
    if !all {
        return json!({"resourceRules": [], "nonResourceRules": [], "incomplete": false});
    }
    json!({
        "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
        "incomplete": false,
    })
}

/// A question is about a resource or about a path.
fn check_attributes(operation: &Operation, review: &Value) -> Result<(), Status> {
    use api::validation::{FieldError, Path};
    let spec = &review["spec"];
    let asks_both =
        spec["resourceAttributes"].is_object() == spec["nonResourceAttributes"].is_object();
    let resource = &operation.resource.resource;
    let refuse = |error| Err(failure::invalid_kind(&resource.kind, &resource.group, "", &[error]));
    if asks_both {
        let rule = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        return refuse(FieldError::invalid(&Path::new("spec"), &Value::Null, rule));
    }
    let asked = text(&spec["resourceAttributes"], "namespace");
    if resource.kind == "LocalSubjectAccessReview" && asked != operation.namespace {
        let path = Path::new("spec.resourceAttributes.namespace");
        return refuse(FieldError::invalid(&path, asked, "must match metadata.namespace"));
    }
    Ok(())
}
