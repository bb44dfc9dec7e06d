//! Kubeconfigs whose user is a program: what it answers is believed for as long as it says, and it is run
//! again when a server does not believe it any more.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use conformance::{background::Background, lab::Lab, patience::eventually, tools::Kubectl};
use expect_test::expect;

const PATIENCE: Duration = Duration::from_secs(30);

/// Writes a plug-in of this script, which notes each run and what it was told in `runs`, and a kubeconfig
/// whose user it is.
fn plugin(lab: &Lab, script: &str, more: &str) {
    let head = "#!/bin/sh\ncd \"$(dirname \"$0\")\"\necho \"$KUBERNETES_EXEC_INFO\" >> runs\n";
    lab.folder().write("plugin", &format!("{head}{script}\n"));
    let path = lab.folder().path().join("plugin");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a file of our own");
    let exec = format!(
        "{{apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [one], \
         interactiveMode: Never, provideClusterInfo: true, {more}}}"
    );
    lab.must(&format!(
        "rm -f runs; sed '/^users:/,$d' $KUBECONFIG > exec.kubeconfig && \
         U=$(kubectl config view -o jsonpath='{{.users[0].name}}') && \
         printf 'users:\\n- name: %s\\n  user: {{exec: %s}}\\n' \"$U\" '{exec}' >> exec.kubeconfig"
    ));
}

fn runs(lab: &Lab) -> usize {
    lab.folder().read("runs").lines().count()
}

const ANSWER: &str = r#"printf '%s\n' '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":'"$STATUS"'}'"#;

#[test]
fn a_certificate_of_a_plug_in_opens_the_server() {
    let lab = Lab::start();
    lab.must("kubectl create deployment web --image=nginx");
    for field in ["certificate", "key"] {
        lab.must(&format!(
            "kubectl config view --raw -o jsonpath={{.users[0].user.client-{field}-data}} | \
             base64 -d | awk '{{printf \"%s\\\\n\", $0}}' > {field}.line"
        ));
    }
    let status = r#"STATUS='{"clientCertificateData":"'"$(cat certificate.line)"'","clientKeyData":"'"$(cat key.line)"'"}'"#;
    plugin(&lab, &format!("{status}\n{ANSWER}"), "");
    let explained = lab.must("pilothouse explain deployment/web --kubeconfig exec.kubeconfig");
    assert!(explained.contains("deployment-controller"), "{explained}");
    let told = lab.folder().read("runs");
    assert!(told.contains(r#""certificate-authority-data":"#), "{told}");
    assert!(told.contains(r#""interactive":false"#), "{told}");
}

#[test]
fn a_plug_in_that_gives_nothing_is_told_of() {
    let lab = Lab::start();
    plugin(&lab, "exit 3", "installHint: ask the platform team");
    lab.must("sed 's/.\\/plugin/nosuchprogram/' exec.kubeconfig > missing.kubeconfig");
    lab.must("sed 's/interactiveMode: Never,//' exec.kubeconfig > incomplete.kubeconfig");
    lab.check(expect![[r#"
        $ pilothouse explain deployment/web --kubeconfig exec.kubeconfig
        ! pilothouse: cannot explain deployment/web: cannot reach the API server: the credential plug-in ./plugin: it ended with code 3
        exit code 1
        $ pilothouse explain deployment/web --kubeconfig missing.kubeconfig
        ! pilothouse: cannot explain deployment/web: cannot reach the API server: the credential plug-in nosuchprogram: there is no such program; the kubeconfig says: ask the platform team
        exit code 1
        $ pilothouse explain deployment/web --kubeconfig incomplete.kubeconfig
        ! pilothouse: cannot use the kubeconfig; start `pilothouse up`, or name one by --kubeconfig: exec of the kubeconfig is invalid: interactiveMode is missing
        exit code 1
    "#]]);
}

/// An API server alone, and the token of an administrator in the file `token`.
fn server() -> (Lab, Background) {
    let lab = Lab::unstarted(Kubectl::Current);
    let server = lab.background("pilothouse apiserver --memory --port $PORT", "server.out");
    eventually("the API server is ready", PATIENCE, || {
        lab.folder().read("server.out").contains("Ready").then_some(())
    });
    lab.must(
        "kubectl create sa admin && kubectl create clusterrolebinding admin \
         --clusterrole=cluster-admin --serviceaccount=default:admin && \
         kubectl create token admin > token",
    );
    (lab, server)
}

/// A manager that asks as the plug-in says.
fn manager(lab: &Lab) -> Background {
    let manager = "pilothouse controller-manager --kubeconfig=exec.kubeconfig --leader-elect=false \
                   --bind-address=127.0.0.1 --secure-port=$((PORT + 8000)) \
                   --authorization-always-allow-paths='/*' --controllers=serviceaccount";
    lab.background(&format!("bash -c \"exec {manager} 2> kcm.log\""), "kcm.out")
}

fn count(lab: &Lab) -> Option<u32> {
    let page = lab.run("curl -sk https://127.0.0.1:$((PORT + 8000))/metrics").stdout;
    let name = "rest_client_exec_plugin_call_total{call_status=\"no_error\",code=\"0\"} ";
    page.lines().find_map(|line| line.strip_prefix(name))?.parse().ok()
}

/// Makes accounts and sees that the controller works.
fn works(lab: &Lab, namespace: &str) {
    lab.must(&format!("kubectl create namespace {namespace}"));
    let get = format!("kubectl get serviceaccount default --namespace {namespace}");
    eventually("the account is made", PATIENCE, || (lab.run(&get).code == 0).then_some(()));
}

#[test]
fn a_token_is_kept_until_it_ends_or_is_refused() {
    let (lab, _server) = server();
    let script = format!("STATUS='{{\"token\":\"'$(cat token)'\"}}'\n{ANSWER}");
    plugin(&lab, &script, "");
    let _manager = manager(&lab);
    eventually("the plug-in is run", PATIENCE, || (runs(&lab) == 1).then_some(()));
    works(&lab, "one");
    assert_eq!((runs(&lab), eventually("it is counted", PATIENCE, || count(&lab))), (1, 1));
    // The account of the token is another one now: the server does not believe the token any more.
    lab.must(
        "kubectl delete sa admin && kubectl create sa admin && kubectl create token admin > new",
    );
    lab.must("mv new token");
    works(&lab, "two");
    assert!(runs(&lab) > 1, "{}", lab.folder().read("runs"));
}

#[test]
fn a_token_is_renewed_when_it_ends() {
    let (lab, _server) = server();
    let end = "$(date -u -d '+2 seconds' +%Y-%m-%dT%H:%M:%SZ)";
    let status = r#"STATUS='{"token":"'$(cat token)'","expirationTimestamp":"'END'"}'"#;
    plugin(&lab, &format!("{}\n{ANSWER}", status.replace("END", end)), "");
    let _manager = manager(&lab);
    eventually("the plug-in is run", PATIENCE, || (runs(&lab) == 1).then_some(()));
    eventually("it is run again for new requests", PATIENCE, || {
        lab.run("kubectl create namespace ending-$RANDOM");
        lab.run(
            "kubectl delete sa default --all-namespaces --field-selector metadata.name=default",
        );
        (runs(&lab) > 2).then_some(())
    });
}
