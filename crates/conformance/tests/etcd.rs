//! The control plane over real etcd: it outlives members and API servers, and every file and command of
//! `control-plane/etcd-cluster` is run.

use std::{fs, time::Duration};

use conformance::{
    background::Background,
    lab::Lab,
    manifests::ROLLING_WEB,
    page,
    patience::{eventually, let_run},
    process::Process,
    tools::{Kubectl, project},
};

const FILES: &str = "control-plane/etcd-cluster";
const TIME_MAX: Duration = Duration::from_mins(1);
/// Creates one object after the other and notes what was acknowledged.
const WRITER: &str = "bash -c '
    for ((number = 1; ; number++)); do
        kubectl create configmap write-$number --from-literal=number=$number >/dev/null &&
            echo write-$number
    done'";

/// A laboratory with a cluster in its folder `etcd`, and its first port.
fn cluster() -> (Lab, Background, u16) {
    let lab = Lab::unstarted(Kubectl::Current);
    lab.show_etcd();
    // Beside the ports of laboratories.
    let port = 12_000 + lab.port() % 7_000;
    let etcd =
        lab.background(&format!("pilothouse etcd up --folder $PWD/etcd --port {port}"), "etcd.out");
    lab.must(&format!("pilothouse etcd status --folder etcd --port {port} --wait"));
    eventually("users are made", TIME_MAX, || {
        lab.folder().read("etcd.out").contains("Ready").then_some(())
    });
    (lab, etcd, port)
}

fn flags(port: u16) -> Vec<String> {
    let servers = [0, 10, 20].map(|step| format!("https://127.0.0.1:{}", port + step));
    vec![
        format!("--etcd-servers={}", servers.join(",")),
        "--etcd-cafile=etcd/pki/ca.crt".to_owned(),
        "--etcd-certfile=etcd/pki/pilothouse.crt".to_owned(),
        "--etcd-keyfile=etcd/pki/pilothouse.key".to_owned(),
    ]
}

/// `kill -9` of the leader, which is started again by its parent.
fn kill_leader(lab: &Lab, port: u16) {
    // In brackets, so that `grep` does not find itself.
    lab.must(&format!(
        "status=$(pilothouse etcd status --folder etcd --port {port}) &&
         leader=$(awk '$2 == \"leader\" {{ print $1 }}' <<< \"$status\") &&
         found=$(grep -lzx -e \"--data-[d]ir=$PWD/etcd/$leader\" /proc/[0-9]*/cmdline 2>/dev/null);
         kill -9 $(cut -d/ -f3 <<< \"$found\")"
    ));
}

#[test]
fn rollouts_go_on_while_members_and_api_servers_are_lost() {
    let (mut lab, etcd, port) = cluster();
    let flags = flags(port);
    lab.up_with(&flags.iter().map(String::as_str).collect::<Vec<_>>());
    let second = format!(
        "apiserver --port {} --data-dir .pilothouse/data --kubeconfig second {}",
        port + 5,
        flags.join(" ")
    );
    let mut second = Process::start(&lab, "second", &second);
    second.expect(&lab, "Ready");
    lab.apply(ROLLING_WEB);
    lab.must("kubectl --kubeconfig second rollout status deployment/web --timeout=60s");
    let writer = lab.background(WRITER, "acknowledged");
    for number in 1..=4 {
        let image = format!("kubectl set image deployment/web web=registry.example/web:{number}");
        lab.must(&image);
        kill_leader(&lab, port);
        if number == 2 {
            lab.kill();
            lab.up();
        }
        if number == 3 {
            second.kill();
            second.restart(&lab);
            second.expect(&lab, "Ready");
        }
        lab.must("kubectl rollout status deployment/web --timeout=60s");
        let_run(Duration::from_secs(1));
    }
    drop(writer);
    let kept = lab.must("kubectl --kubeconfig second get configmaps -o name");
    let acknowledged = lab.folder().read("acknowledged");
    let lost = acknowledged.lines().filter(|name| !kept.contains(&format!("configmap/{name}\n")));
    assert_eq!(lost.collect::<Vec<_>>(), [""; 0]);
    assert!(acknowledged.lines().count() > 20, "the writer wrote:\n{acknowledged}");
    drop(second);
    lab.terminate();
    drop(etcd);
}

#[test]
fn the_page_is_true() {
    let text = fs::read_to_string(project().join(FILES).join("README.md")).expect("is there");
    let commands = page::run(&text);
    assert!(commands > 20, "the page has {commands} commands");
}

#[test]
fn the_schedules_run_a_command_that_works() {
    let (mut lab, etcd, port) = cluster();
    let read = |name: &str| fs::read_to_string(project().join(FILES).join(name)).expect("is there");
    lab.up_with(&["--memory"]);
    lab.apply(&read("backup-cronjob.yaml"));
    lab.must("kubectl create job once --from=cronjob/etcd-backup --namespace kube-system");
    let template = "{.spec.jobTemplate.spec.template.spec.containers[0].command[*]}";
    let job = lab.must(&format!(
        "kubectl get cronjob etcd-backup --namespace kube-system -o jsonpath='{template}'"
    ));
    let service = read("pilothouse-etcd-backup.service");
    let service = service.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/env "));
    let service = service.expect("the service starts something");
    assert_eq!(service, job);
    let here = service.replace("/var/lib/pilothouse/", "").replace("/var/backups/etcd", "copies");
    for copies in 1..=2 {
        lab.must(&format!("{here} --port {port}"));
        let files = lab.must("ls copies/etcd-*.db");
        assert_eq!(files.lines().count(), copies);
        // A copy is named by the second.
        let_run(Duration::from_secs(1));
    }
    lab.must(&format!("{} --port {port}", here.replace("--keep=28", "--keep=1")));
    assert_eq!(lab.must("ls copies").lines().count(), 2, "the newest and its manifest");
    lab.must("printf x >> copies/$(ls copies | head -1)");
    let refused = lab.run("pilothouse etcd verify copies/etcd-*.db");
    assert_ne!(refused.code, 0, "a damaged copy passes");
    lab.terminate();
    drop(etcd);
}
