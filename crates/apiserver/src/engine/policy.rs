//! The roles and bindings that every cluster has: made when they are missing, and given back what they
//! lack, unless somebody has said that they are not to be touched. What others added to them stays.

use api::{
    json,
    rbac::{PolicyRule, bootstrap_policy, missing},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Inner, bootstrap::operation};
use crate::{Content, DeleteOptions, Operation, Reason, Status};

const AUTO_UPDATE: &str = "rbac.authorization.kubernetes.io/autoupdate";

/// What an object needs to be as it should.
#[derive(Debug, PartialEq)]
enum Repair {
    Nothing,
    Update(Value),
    /// A binding whose role cannot be changed.
    Anew,
}

impl Inner {
    /// Brings roles and bindings into order.
    pub(super) async fn reconcile_policy(&self) -> Result<(), Status> {
        // Those of the namespaces come after the roles they give, and all after their namespace.
        let mut missing = Vec::new();
        for expected in bootstrap_policy().into_iter().chain(self.options.policy.iter().cloned()) {
            match self.policy_now(&expected).await? {
                None => missing.push(expected),
                Some(present) => match repair(&present, &expected) {
                    Repair::Nothing => {}
                    Repair::Update(value) => self.repaired(value).await?,
                    Repair::Anew => {
                        self.remove_binding(&expected).await?;
                        missing.push(expected);
                    }
                },
            }
        }
        self.ensure(missing).await
    }

    async fn policy_now(&self, expected: &Value) -> Result<Option<Value>, Status> {
        let facts = operation(expected)?.resource;
        let cache = self.caches.of(&facts).await?;
        let metadata = &expected["metadata"];
        let found = cache.get(json::text(metadata, "namespace"), json::text(metadata, "name"));
        Ok(found.map(|object| object.value()))
    }

    /// Another API server may have been first, which is as well.
    async fn repaired(&self, value: Value) -> Result<(), Status> {
        let name = json::text(&value["metadata"], "name").to_owned();
        let operation = Operation { name, ..operation(&value)? };
        let updated = self.update(&operation, Content { value, ..Content::default() }).await;
        match updated {
            Err(status) if !matches!(status.reason, Reason::Conflict | Reason::NotFound) => {
                Err(status)
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn remove_binding(&self, binding: &Value) -> Result<(), Status> {
        let name = json::text(&binding["metadata"], "name").to_owned();
        let operation = Operation { name, ..operation(binding)? };
        match self.delete_one(&operation, &DeleteOptions::default()).await {
            Err(status) if status.reason != Reason::NotFound => Err(status),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

fn repair(present: &Value, expected: &Value) -> Repair {
    if present["metadata"]["annotations"][AUTO_UPDATE] == "false" {
        return Repair::Nothing;
    }
    if expected["roleRef"] != present["roleRef"] {
        return Repair::Anew;
    }
    let mut repaired = present.clone();
    for field in ["labels", "annotations"] {
        for (key, value) in json::entries(&expected["metadata"], field) {
            let known = json::object_mut(&mut repaired["metadata"], field);
            if known.get(key).is_none() {
                known[key] = value.clone();
            }
        }
    }
    add_rules(&mut repaired, expected);
    add_selectors(&mut repaired, expected);
    add_subjects(&mut repaired, expected);
    if repaired == *present { Repair::Nothing } else { Repair::Update(repaired) }
}

fn add_rules(role: &mut Value, expected: &Value) {
    let rules = |role: &Value| -> Vec<PolicyRule> {
        Option::deserialize(&role["rules"]).unwrap_or_default().unwrap_or_default()
    };
    for rule in missing(&rules(role), &rules(expected)) {
        json::push(&mut role["rules"], json!(rule));
    }
}

fn add_selectors(role: &mut Value, expected: &Value) {
    let wanted = &expected["aggregationRule"];
    if wanted.is_null() {
        if let Some(role) = role.as_object_mut() {
            role.remove("aggregationRule");
        }
        return;
    }
    for selector in json::list(wanted, "clusterRoleSelectors") {
        let known = &mut role["aggregationRule"]["clusterRoleSelectors"];
        if known.as_array().is_none_or(|known| !known.contains(selector)) {
            json::push(known, selector.clone());
        }
    }
}

fn add_subjects(binding: &mut Value, expected: &Value) {
    let who = |subject: &Value| {
        ["kind", "name", "namespace"].map(|field| json::text(subject, field).to_owned())
    };
    for subject in json::list(expected, "subjects") {
        let known = json::list(binding, "subjects").iter().any(|known| who(known) == who(subject));
        if !known {
            json::push(&mut binding["subjects"], subject.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(rules: Value) -> Value {
        json!({"metadata": {"name": "r", "annotations": {AUTO_UPDATE: "true"}}, "rules": rules})
    }

    fn pods(verbs: &[&str]) -> Value {
        json!({"apiGroups": [""], "resources": ["pods"], "verbs": verbs})
    }

    #[test]
    fn what_is_complete_is_left_alone_with_all_that_others_added() {
        let mut present = role(json!([pods(&["get", "list", "watch"])]));
        present["metadata"]["labels"] = json!({"team": "a"});
        assert_eq!(repair(&present, &role(json!([pods(&["get"])]))), Repair::Nothing);
    }

    #[test]
    fn missing_rules_labels_and_selectors_are_added() {
        let mut expected = role(json!([pods(&["get", "list"])]));
        expected["metadata"]["labels"] = json!({"a": "b"});
        expected["aggregationRule"] =
            json!({"clusterRoleSelectors": [{"matchLabels": {"x": "y"}}]});
        let Repair::Update(repaired) = repair(&role(json!([pods(&["get"])])), &expected) else {
            unreachable!("it lacks something")
        };
        assert_eq!(repaired["rules"], json!([pods(&["get"]), pods(&["list"])]));
        assert_eq!(repaired["metadata"]["labels"]["a"], "b");
        assert_eq!(repaired["aggregationRule"], expected["aggregationRule"]);
    }

    #[test]
    fn what_is_protected_stays_as_it_is() {
        let mut present = role(Value::Null);
        present["metadata"]["annotations"][AUTO_UPDATE] = "false".into();
        assert_eq!(repair(&present, &role(json!([pods(&["get"])]))), Repair::Nothing);
    }

    #[test]
    fn a_binding_gets_its_subjects_back_or_is_made_anew() {
        let binding = |role: &str, subjects: Value| {
            json!({"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": role},
                "subjects": subjects})
        };
        let masters = json!({"kind": "Group", "name": "system:masters"});
        let bob = json!({"kind": "User", "name": "bob"});
        let expected = binding("admin", json!([masters]));
        assert_eq!(repair(&binding("other", json!([masters])), &expected), Repair::Anew);
        let repaired = binding("admin", json!([bob, masters]));
        assert_eq!(
            repair(&binding("admin", json!([bob])), &expected),
            Repair::Update(repaired.clone())
        );
        assert_eq!(repair(&repaired, &expected), Repair::Nothing);
    }
}
