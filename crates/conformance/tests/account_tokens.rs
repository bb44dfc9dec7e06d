//! Secrets that prove who somebody is: tokens of service accounts, and tokens by which nodes join.

use std::time::Duration;

use conformance::{background::Background, lab::Lab, patience::eventually, tools::Kubectl};
use serde_json::Value;

const START_TIME_MAX: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(20);

const TOKENS: &str = r#"
{apiVersion: v1, kind: ServiceAccount, metadata: {name: bob}, secrets: [{name: old}, {name: other}]}
---
{apiVersion: v1, kind: Secret, metadata: {name: new, annotations: {kubernetes.io/service-account.name: bob}}, type: kubernetes.io/service-account-token}
---
{apiVersion: v1, kind: Secret, metadata: {name: old, annotations: {kubernetes.io/service-account.name: bob}}, type: kubernetes.io/service-account-token}
"#;
/// Nobody is called so.
const ORPHAN: &str = r#"
{apiVersion: v1, kind: Secret, metadata: {name: orphan, annotations: {kubernetes.io/service-account.name: nobody}}, type: kubernetes.io/service-account-token}
"#;
/// One that ends in the year 2100, and one that ended long ago.
const BOOTSTRAP: &str = r#"
{apiVersion: v1, kind: ConfigMap, metadata: {name: cluster-info, namespace: kube-public}, data: {kubeconfig: "a kubeconfig", jws-kubeconfig-fedcba: "left over"}}
---
{apiVersion: v1, kind: Secret, metadata: {name: bootstrap-token-abcdef, namespace: kube-system}, type: bootstrap.kubernetes.io/token, stringData: {token-id: abcdef, token-secret: "0123456789abcdef", usage-bootstrap-signing: "true", expiration: "2100-01-01T00:00:00Z"}}
---
{apiVersion: v1, kind: Secret, metadata: {name: bootstrap-token-fedcba, namespace: kube-system}, type: bootstrap.kubernetes.io/token, stringData: {token-id: fedcba, token-secret: "0123456789abcdef", usage-bootstrap-signing: "true", expiration: "2000-01-01T00:00:00Z"}}
"#;
/// Made by another program.
const SIGNATURE: &str =
    "eyJhbGciOiJIUzI1NiIsImtpZCI6ImFiY2RlZiJ9..h11vMpYI__PvxknzU4bSSYBkrVbHQESsMnLkpo3ZokU";

fn is_gone(lab: &Lab, secret: &str) -> Option<()> {
    lab.run(&format!("kubectl get secret {secret}")).stderr.contains("NotFound").then_some(())
}

/// Whom the API server takes the holder of the token in a secret for.
fn holder(lab: &Lab, secret: &str) -> String {
    let get = format!("kubectl get secret {secret} -o jsonpath={{.data.token}} | base64 -d");
    lab.must(&format!(
        "kubectl --kubeconfig=/dev/null --server=https://127.0.0.1:$PORT \
         --insecure-skip-tls-verify --token=$({get}) auth whoami -o jsonpath={{.status.userInfo.username}}"
    ))
}

#[test]
fn a_secret_holds_a_token_as_long_as_its_account_is_there() {
    let lab = Lab::start();
    lab.apply(TOKENS);
    let filled = eventually("the secret is filled", PATIENCE, || {
        let secret = lab.get("secret/new");
        secret["data"]["token"].is_string().then_some(secret)
    });
    assert_eq!(filled["data"]["namespace"], "ZGVmYXVsdA==");
    let published = lab.get("configmap/kube-root-ca.crt")["data"]["ca.crt"].clone();
    let own = lab.must("kubectl get secret new -o jsonpath='{.data.ca\\.crt}' | base64 -d");
    assert_eq!(Value::from(own), published);
    assert_eq!(holder(&lab, "new"), "system:serviceaccount:default:bob");

    lab.must("kubectl patch secret new -p '{\"data\":{\"ca.crt\":\"eA==\"}}'");
    eventually("the CA is put right", PATIENCE, || {
        (lab.get("secret/new")["data"]["ca.crt"] == filled["data"]["ca.crt"]).then_some(())
    });
    lab.must("kubectl delete secret old");
    eventually("the account forgets the secret", PATIENCE, || {
        let listed = lab.must("kubectl get sa bob -o jsonpath={.secrets[*].name}");
        (listed == "other").then_some(())
    });
    lab.must("kubectl delete serviceaccount bob");
    eventually("the secret goes with its account", PATIENCE, || is_gone(&lab, "new"));
    lab.apply(ORPHAN);
    eventually("a secret for nobody goes", PATIENCE, || is_gone(&lab, "orphan"));
}

/// An API server, and a manager with every controller of this suite, each under its own account.
fn plane(lab: &Lab) -> [Background; 2] {
    let server = lab.background("pilothouse apiserver --data-dir data --port $PORT", "server.out");
    eventually("the API server is ready", START_TIME_MAX, || {
        lab.folder().read("server.out").contains("Ready").then_some(())
    });
    let manager = "pilothouse controller-manager --kubeconfig=$KUBECONFIG --secure-port=0 \
        --controllers=*,bootstrapsigner,tokencleaner --use-service-account-credentials \
        --service-account-private-key-file=data/pki/sa.key --root-ca-file=data/pki/ca.crt";
    [lab.background(&format!("bash -c \"exec {manager} 2> kcm.log\""), "kcm.out"), server]
}

#[test]
fn tokens_by_which_nodes_join_sign_and_end() {
    let lab = Lab::unstarted(Kubectl::Current);
    let _plane = plane(&lab);
    lab.apply(BOOTSTRAP);
    let expired = "bootstrap-token-fedcba --namespace kube-system";
    eventually("what has ended goes", PATIENCE, || is_gone(&lab, expired));
    eventually("the other one signs", PATIENCE, || {
        let signed = lab.get("configmap/cluster-info --namespace kube-public")["data"].clone();
        let is_alone = signed["jws-kubeconfig-fedcba"].is_null();
        (signed["jws-kubeconfig-abcdef"] == SIGNATURE && is_alone).then_some(())
    });
    lab.must("kubectl delete secret bootstrap-token-abcdef --namespace kube-system");
    eventually("its signature goes with it", PATIENCE, || {
        let signed = lab.get("configmap/cluster-info --namespace kube-public")["data"].clone();
        signed["jws-kubeconfig-abcdef"].is_null().then_some(())
    });
    lab.apply(TOKENS);
    eventually("the secret is filled", PATIENCE, || {
        lab.get("secret/new")["data"]["token"].is_string().then_some(())
    });
    assert_eq!(holder(&lab, "new"), "system:serviceaccount:default:bob");
    let rights = lab.must("kubectl get --raw /pilothouse/rights");
    let rights: Value = serde_json::from_str(&rights).expect("JSON");
    assert_eq!(rights["denied"], Value::Array(Vec::new()));
}
