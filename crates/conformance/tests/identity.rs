//! Who is it: tokens of accounts and of files, tokens that nobody can mean honestly, and a manager whose
//! controllers each act under an account of their own.

use std::time::Duration;

use conformance::{lab::Lab, patience::eventually, tools::Kubectl};

const START_TIME_MAX: Duration = Duration::from_secs(20);

/// What the API server says of the token in the file `token`.
fn review(lab: &Lab) -> String {
    let answer = lab.must(
        "printf 'apiVersion: authentication.k8s.io/v1\nkind: TokenReview\nspec: {token: \"%s\"}\n' \
         \"$(cat token)\" | kubectl create -o jsonpath='{.status.user.username} {.status.error}' -f -",
    );
    answer.trim().to_owned()
}

#[test]
fn a_token_names_its_account_as_long_as_its_pod_is_there() {
    let lab = Lab::start();
    lab.must("kubectl run web --image=nginx && kubectl wait pod/web --for=condition=Ready");
    lab.must(
        "kubectl create token default --bound-object-kind=Pod --bound-object-name=web > token",
    );
    assert_eq!(review(&lab), "system:serviceaccount:default:default");
    let claims = lab.must("cut -d. -f2 token | tr '_-' '/+' | base64 -d 2> /dev/null || true");
    for part in [r#""pod":{"name":"web","#, r#""node":{"name":"node-"#, r#""jti":""#] {
        assert!(claims.contains(part), "{claims}");
    }
    lab.must("kubectl delete pod web --now");
    let gone = "[invalid bearer token, service account token has been invalidated]";
    eventually("the token dies", START_TIME_MAX, || (review(&lab) == gone).then_some(()));
    lab.must("kubectl create token default --audience=elsewhere > token");
    assert!(review(&lab).contains(r#"token audiences ["elsewhere"] is invalid"#));
    let refused = lab.run("kubectl create token default --duration=1m");
    assert!(refused.stderr.contains("may not specify a duration less than 10 minutes"));
}

#[test]
fn the_issuer_publishes_the_key_that_signs() {
    let lab = Lab::start();
    let key = lab.must("kubectl get --raw /openid/v1/jwks");
    lab.must("kubectl create token default > token");
    let head = lab.must("cut -d. -f1 token | tr '_-' '/+' | base64 -d 2> /dev/null || true");
    let id = head.split("\"kid\":\"").nth(1).and_then(|rest| rest.split('"').next());
    assert!(id.is_some_and(|id| key.contains(id)), "{head} {key}");
    let issuer = lab.must("kubectl get --raw /.well-known/openid-configuration");
    assert!(issuer.contains(r#""issuer":"https://kubernetes.default.svc"#), "{issuer}");
}

#[test]
fn other_servers_are_told_of_a_new_authority() {
    let mut lab = Lab::unstarted(Kubectl::Current);
    lab.up_with(&["--data-dir=first"]);
    lab.must("cp first/pki/ca.crt more.pem");
    let virtual_time = "--clock=virtual";
    lab.up_with(&["--data-dir=second", "--client-ca-file=more.pem", virtual_time]);
    let count = || {
        let map = lab.get("configmap/extension-apiserver-authentication --namespace kube-system");
        let pem = map["data"]["client-ca-file"].as_str().unwrap_or_default().to_owned();
        pem.matches("BEGIN CERTIFICATE").count()
    };
    assert_eq!(count(), 2);
    lab.must("cat first/pki/ca.crt >> more.pem && pilothouse clock advance 2m");
    eventually("it is published", START_TIME_MAX, || (count() == 3).then_some(()));
    lab.must("kubectl delete configmap extension-apiserver-authentication --namespace kube-system");
    lab.must("pilothouse clock advance 2m");
    eventually("it is back", START_TIME_MAX, || {
        let get = "kubectl get configmap extension-apiserver-authentication -n kube-system";
        (lab.run(get).code == 0).then_some(())
    });
}

#[test]
fn no_hostile_token_is_more_than_refused() {
    let lab = Lab::unstarted(Kubectl::Current);
    lab.folder().write("tokens.csv", "secret,ann,u1,\"system:masters\"\n");
    let mut lab = lab;
    lab.up_with(&["--token-auth-file=tokens.csv"]);
    let ask = |token: &str| {
        lab.run(&format!(
            "kubectl --kubeconfig=/dev/null --server=https://127.0.0.1:$PORT \
             --insecure-skip-tls-verify --token=\"{token}\" get namespace default -o name"
        ))
    };
    assert_eq!(ask("secret").stdout.trim(), "namespace/default");
    for token in [
        "x",
        "...",
        "$(head -c 60000 /dev/zero | tr '\\0' a)",
        "$(kubectl create token default | head -c 200)",
        "$(kubectl create token default | cut -d. -f1,2).AAAA",
        "$(printf '{\"alg\":\"none\"}' | base64 -w0 | tr -d =).$(kubectl create token default | cut -d. -f2).",
    ] {
        let answer = ask(token);
        assert!(answer.stderr.contains("Unauthorized"), "{token}: {}", answer.stderr);
    }
}

#[test]
fn each_controller_acts_under_an_account_of_its_own() {
    let lab = Lab::unstarted(Kubectl::Current);
    let _server = lab.background("pilothouse apiserver --memory --port $PORT", "apiserver.out");
    eventually("the API server is ready", START_TIME_MAX, || {
        lab.folder().read("apiserver.out").contains("Ready").then_some(())
    });
    let _nodes = lab.background("pilothouse nodes --nodes 2", "nodes.out");
    let _scheduler = lab.background("pilothouse scheduler", "scheduler.out");
    let _manager = lab.background(
        "pilothouse controller-manager --kubeconfig=$KUBECONFIG --secure-port=0 \
         --use-service-account-credentials 2> manager.log",
        "manager.out",
    );
    lab.must("kubectl create deployment web --image=nginx --replicas=3");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    let accounts = lab.must("kubectl get serviceaccounts -n kube-system -o name");
    for account in ["deployment-controller", "replicaset-controller"] {
        assert!(accounts.contains(&format!("serviceaccount/{account}\n")), "{accounts}");
    }
    let log = lab.folder().read("manager.log");
    assert!(!log.contains("forbidden") && !log.contains("\nE"), "{log}");
}
