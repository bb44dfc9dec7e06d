//! Roles in force: what they allow the moment they are there, and what nobody may give away.

use serde_json::{Value, json};

use super::lab::{Lab, at, refusal, shown};
use crate::{Content, Status, User, Verb, managed_fields::OnConflict};

fn bob() -> User {
    User { name: "bob".to_owned(), groups: vec!["dev".to_owned()], ..User::default() }
}

/// Creates under somebody's name.
async fn create_as(lab: &Lab, user: User, path: &str, object: Value) -> Result<Value, Status> {
    let content = Content { value: object, ..Content::default() };
    let mut operation = at(path, Verb::Create { content });
    operation.user = user;
    shown(lab.run(operation).await)
}

fn role(namespace: &str, rules: Value) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "reader", "namespace": namespace}, "rules": rules})
}

fn binding(role_kind: &str, role: &str) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "b", "namespace": "default"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": role},
        "subjects": [{"kind": "User", "name": "bob", "apiGroup": "rbac.authorization.k8s.io"}]})
}

fn pods(verbs: &[&str]) -> Value {
    json!([{"apiGroups": [""], "resources": ["pods"], "verbs": verbs}])
}

async fn may(lab: &Lab, user: &str, verb: &str, resource: &str) -> Value {
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": {"user": user, "groups": ["dev"], "resourceAttributes":
            {"verb": verb, "resource": resource, "namespace": "default"}}});
    let path = "subjectaccessreviews.authorization.k8s.io";
    lab.post(path, review).await.unwrap()["status"].clone()
}

#[tokio::test]
async fn check_198_a_right_is_there_as_soon_as_its_binding_is() {
    let lab = Lab::start().await;
    assert_eq!(may(&lab, "bob", "get", "pods").await, json!({"allowed": false}));
    lab.create(role("default", pods(&["get"]))).await;
    lab.create(binding("Role", "reader")).await;
    assert_eq!(
        may(&lab, "bob", "get", "pods").await,
        json!({"allowed": true, "reason":
            r#"RBAC: allowed by RoleBinding "b/default" of Role "reader" to User "bob""#})
    );
    assert_eq!(may(&lab, "bob", "list", "pods").await, json!({"allowed": false}));
    lab.delete("roles.rbac.authorization.k8s.io/default/reader").await.unwrap();
    assert_eq!(
        may(&lab, "bob", "list", "pods").await,
        json!({"allowed": false,
            "reason": r#"RBAC: role.rbac.authorization.k8s.io "reader" not found"#})
    );
}

#[tokio::test]
async fn check_196_nobody_grants_what_they_do_not_hold() {
    let lab = Lab::start().await;
    lab.create(role("default", pods(&["get"]))).await;
    lab.create(binding("Role", "reader")).await;
    let path = "roles.rbac.authorization.k8s.io/default";
    let mut more = role("default", pods(&["get", "list"]));
    more["metadata"]["name"] = "more".into();
    assert_eq!(
        refusal(create_as(&lab, bob(), path, more.clone()).await),
        "403 Forbidden roles.rbac.authorization.k8s.io \"more\" is forbidden: user \"bob\" (groups=[\"dev\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"list\"]}"
    );
    more["rules"] = pods(&["get"]);
    create_as(&lab, bob(), path, more).await.unwrap();
}

#[tokio::test]
async fn check_196_nobody_binds_what_they_may_neither_bind_nor_do() {
    let lab = Lab::start().await;
    let path = "rolebindings.rbac.authorization.k8s.io/default";
    let missing = create_as(&lab, bob(), path, binding("Role", "none")).await;
    assert_eq!(
        refusal(missing),
        r#"404 NotFound rolebindings.rbac.authorization.k8s.io "none" not found"#
    );
    let kube_dns = binding("ClusterRole", "system:kube-dns");
    let refused = refusal(create_as(&lab, bob(), path, kube_dns.clone()).await);
    assert!(
        refused.contains("attempting to grant RBAC permissions not currently held"),
        "{refused}"
    );
    let mut binder = role(
        "default",
        json!([{"apiGroups": ["rbac.authorization.k8s.io"],
        "resources": ["clusterroles"], "resourceNames": ["system:kube-dns"], "verbs": ["bind"]}]),
    );
    binder["metadata"]["name"] = "binder".into();
    lab.create(binder).await;
    let mut bound = binding("Role", "binder");
    bound["metadata"]["name"] = "bound".into();
    lab.create(bound).await;
    create_as(&lab, bob(), path, kube_dns).await.unwrap();
}

#[tokio::test]
async fn check_196_gathering_roles_is_for_those_who_hold_all() {
    let lab = Lab::start().await;
    let object = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "sum"},
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}});
    let path = "clusterroles.rbac.authorization.k8s.io";
    assert_eq!(
        refusal(create_as(&lab, bob(), path, object).await),
        r#"403 Forbidden clusterroles.rbac.authorization.k8s.io "sum" is forbidden: must have cluster-admin privileges to use the aggregationRule"#
    );
}

#[tokio::test]
async fn check_36_who_applies_needs_to_be_allowed_to_create() {
    let lab = Lab::start().await;
    let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let applied = Content { value, ..Content::default() };
    let on_conflict = OnConflict::Refuse;
    let mut operation = at("configmaps/default/a", Verb::Apply { applied, on_conflict });
    operation.user = bob();
    assert_eq!(
        refusal(shown(lab.run(operation.clone()).await)),
        r#"403 Forbidden configmaps "a" is forbidden: "#
    );
    operation.user = User { groups: vec!["system:masters".to_owned()], ..bob() };
    shown(lab.run(operation).await).unwrap();
}

#[tokio::test]
async fn check_198_rights_are_listed_by_namespace() {
    let lab = Lab::start().await;
    lab.create(role("default", pods(&["get"]))).await;
    lab.create(binding("Role", "reader")).await;
    let review = json!({"apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview", "spec": {"namespace": "default"}});
    let path = "selfsubjectrulesreviews.authorization.k8s.io";
    let status = create_as(&lab, bob(), path, review).await.unwrap()["status"].clone();
    assert_eq!(
        status,
        json!({"incomplete": false, "nonResourceRules": [], "resourceRules":
            [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]})
    );
}
