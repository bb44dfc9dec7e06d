//! A rule as it is written.

use serde_json::{Value, json};

use crate::{
    json,
    validation::{Shown, ordered},
};

/// The reasons that a rule may give.
pub(super) const REASONS: [&str; 4] =
    ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];
/// As the reference shows a rule that is wrong.
const FIELDS: [&str; 6] =
    ["Rule", "Message", "MessageExpression", "Reason", "FieldPath", "OptionalOldSelf"];

/// One rule of a schema.
#[derive(Debug)]
pub(super) struct RuleText {
    pub(super) rule: String,
    pub(super) message: String,
    pub(super) message_expression: String,
    pub(super) reason: Option<String>,
    pub(super) field_path: String,
    /// `oldSelf` is optional: the rule is asked of new places too.
    pub(super) optional_old_self: Option<bool>,
}

impl RuleText {
    pub(super) fn parse(written: &Value) -> Self {
        let text = |field: &str| json::text(written, field).to_owned();
        Self {
            rule: text("rule"),
            message: text("message"),
            message_expression: text("messageExpression"),
            reason: written.get("reason").and_then(Value::as_str).map(str::to_owned),
            field_path: text("fieldPath"),
            optional_old_self: written.get("optionalOldSelf").and_then(Value::as_bool),
        }
    }

    /// All rules of a node of a schema.
    pub(super) fn all(schema: &Value) -> Vec<Self> {
        json::list(schema, "x-kubernetes-validations").iter().map(Self::parse).collect()
    }

    /// What names the rule in messages.
    pub(super) fn name(&self) -> &str {
        if self.message.is_empty() { self.rule.trim() } else { self.message.trim() }
    }

    /// What is said if the rule fails.
    pub(super) fn failure(&self) -> String {
        if self.message.is_empty() {
            return format!("failed rule: {}", self.rule.trim());
        }
        self.message.trim().to_owned()
    }

    pub(super) fn shown(&self) -> Shown {
        let fields = json!({
            "Rule": self.rule,
            "Message": self.message,
            "MessageExpression": self.message_expression,
            "Reason": self.reason,
            "FieldPath": self.field_path,
            "OptionalOldSelf": self.optional_old_self,
        });
        Shown::Written(ordered::write(&fields, &FIELDS))
    }
}
