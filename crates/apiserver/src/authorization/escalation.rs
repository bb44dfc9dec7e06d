//! Nobody gives a right away that they do not hold.

use std::{collections::BTreeSet, sync::LazyLock};

use api::rbac::{PolicyRule, compact, missing};

use super::Held;
use crate::User;

/// The rules of those who may do everything.
pub(crate) static FULL_AUTHORITY: LazyLock<Vec<PolicyRule>> = LazyLock::new(|| {
    let all = || vec!["*".into()];
    let resources =
        PolicyRule { api_groups: all(), resources: all(), verbs: all(), ..PolicyRule::default() };
    vec![resources, PolicyRule { paths: all(), verbs: all(), ..PolicyRule::default() }]
});

/// An attempt to grant what one does not hold, in the reference's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Escalation(String);

impl Held {
    /// Whether a user who holds these rules may grant others.
    ///
    /// # Errors
    /// Names what is granted and not held.
    pub(crate) fn may_grant(self, user: &User, granted: &[PolicyRule]) -> Result<(), Escalation> {
        let missing = missing(&self.rules, granted);
        if missing.is_empty() {
            return Ok(());
        }
        let lines: BTreeSet<String> = compact(missing).iter().map(ToString::to_string).collect();
        let lines: Vec<String> = lines.into_iter().collect();
        let groups: Vec<_> = user.groups.iter().map(|group| format!("{group:?}")).collect();
        let problem = if self.problems.is_empty() {
            String::new()
        } else {
            format!("; resolution errors: [{}]", self.problem())
        };
        let message = format!(
            "user {:?} (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}{problem}",
            user.name,
            groups.join(" "),
            lines.join("\n")
        );
        Err(Escalation(message))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_granted_and_not_held_is_named() {
        let rule = |resources: &[&str], verbs: &[&str]| -> PolicyRule {
            let rule = json!({"apiGroups": [""], "resources": resources, "verbs": verbs});
            serde_json::from_value(rule).unwrap()
        };
        let user =
            User { name: "bob".into(), groups: vec!["g".into(), "h".into()], ..User::default() };
        let granted = [rule(&["secrets", "pods"], &["get", "list"])];
        let held = |problems| Held {
            rules: vec![rule(&["pods"], &["list"])],
            problems,
            ..Held::default()
        };
        assert_eq!(held(Vec::new()).may_grant(&user, &[rule(&["pods"], &["list"])]), Ok(()));
        let refused = held(vec!["x not found".to_owned()]).may_grant(&user, &granted);
        assert_eq!(
            refused.unwrap_err().to_string(),
            "user \"bob\" (groups=[\"g\" \"h\"]) is attempting to grant RBAC permissions not currently held:\n\
             {APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\"]}\n\
             {APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"list\"]}; resolution errors: [x not found]"
        );
    }
}
