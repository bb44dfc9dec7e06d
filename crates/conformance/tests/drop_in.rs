//! Our manager in a cluster of the reference: against its API server, and in the place of its manager.
//!
//! `cargo xtask drop-in` builds the reference's programs and runs this suite. Where they or etcd are
//! missing, it says so and does nothing: they take a quarter of an hour to build.

use std::{process::Command, time::Duration};

use conformance::{
    background::Background,
    lab::Lab,
    patience::{Since, eventually, let_run},
    tools::{self, Kubectl},
};
use serde_json::Value;

const START_TIME_MAX: Duration = Duration::from_secs(90);
const LEAD_TIME_MAX: Duration = Duration::from_mins(1);
/// Long enough for every controller to have looked at everything, and for the short timers.
const QUIET: Duration = Duration::from_secs(45);
/// Of each kind in the cluster that is taken over.
const WORKLOADS: u32 = 50;
/// Minutes of mixed work, when `PILOTHOUSE_DROP_IN_MINUTES` says nothing else.
const MINUTES: u64 = 10;
/// What must not change when nothing is to be done.
const AT_REST: &str = "deployments,statefulsets,daemonsets,jobs,replicasets,pods,controllerrevisions,services,\
                       endpointslices,serviceaccounts,configmaps,namespaces,persistentvolumeclaims";

const WORK: &str = include_str!("../reference/work.yaml");
const MANY: &str = include_str!("../reference/many.yaml");

/// The reference's API server with our scheduler and nodes.
struct Cluster {
    lab: Lab,
    _processes: [Background; 3],
}

impl Cluster {
    /// `None`, with the reason printed, where the reference's programs are missing.
    fn start() -> Option<Self> {
        let binaries = tools::reference();
        let etcd = Command::new("etcd").arg("--version").output();
        if !binaries.join("kube-apiserver").exists() || etcd.is_err() {
            skip();
            return None;
        }
        let lab = Lab::unstarted(Kubectl::Current);
        let script = tools::project().join("crates/conformance/reference/serve.sh");
        let serve = format!("{} {} $PORT", script.display(), binaries.display());
        let server = lab.background(&serve, "serve.out");
        eventually("the reference's API server is ready", START_TIME_MAX, || {
            let ready = "kubectl --kubeconfig admin.kubeconfig get --raw /readyz";
            lab.run(ready).stdout.contains("ok").then_some(())
        });
        lab.must("mkdir -p .pilothouse && cp admin.kubeconfig .pilothouse/kubeconfig");
        let scheduler = lab
            .background("pilothouse scheduler --kubeconfig scheduler.kubeconfig", "scheduler.out");
        let nodes = lab.background("pilothouse nodes --nodes 3", "nodes.out");
        Some(Self { lab, _processes: [nodes, scheduler, server] })
    }

    /// A manager that leads, with its log in `NAME.log`.
    fn manager(&self, name: &str, program: &str) -> Background {
        let flags = "--kubeconfig=manager.kubeconfig --use-service-account-credentials \
                     --root-ca-file=ca.crt --service-account-private-key-file=accounts.key \
                     --secure-port=0 -v=2 --leader-elect-lease-duration=6s \
                     --leader-elect-renew-deadline=4s --leader-elect-retry-period=1s";
        let line = format!("exec {program} {flags} 2> {name}.log");
        let manager = self.lab.background(&format!("bash -c '{line}'"), &format!("{name}.out"));
        eventually("the manager leads", LEAD_TIME_MAX, || {
            let log = self.lab.folder().read(&format!("{name}.log"));
            (log.contains("\"leading\"") || log.contains("Successfully acquired lease"))
                .then_some(())
        });
        manager
    }

    /// Each object and its version, a line each.
    fn versions(&self) -> String {
        let columns = "KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name,UID:.metadata.uid,VERSION:.metadata.resourceVersion";
        self.lab.must(&format!("kubectl get {AT_REST} -A -o custom-columns={columns}"))
    }

    /// Requests of managers that the server refused for want of a permission.
    fn denied(&self) -> Vec<String> {
        let log = self.lab.folder().read("audit.log");
        let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        // A namespace that is going away refuses as well; that is no want of a permission.
        let decision =
            |event: &Value| event["annotations"]["authorization.k8s.io/decision"] == "forbid";
        let denied = events.filter(decision);
        denied
            .map(|event| {
                format!("{} {} {}", event["user"]["username"], event["verb"], event["requestURI"])
            })
            .collect()
    }
}

impl Drop for Cluster {
    /// A failure is explained by what the managers said last.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.lab.run("tail --lines=20 first.log ours.log last.log apiserver.log");
            tools::tell(&log.stdout);
        }
    }
}

fn skip() {
    tools::tell(
        "skipped: etcd or the reference's programs are missing; `cargo xtask drop-in` builds and runs them",
    );
}

/// A day of a cluster in a minute: everything is made, changed, broken, mended and taken away.
fn mixed_work(lab: &Lab, round: u64) {
    let namespace = format!("work-{round}");
    lab.folder().write("work.yaml", WORK);
    let kubectl = format!("kubectl --namespace={namespace}");
    lab.must(&format!("kubectl create namespace {namespace}"));
    for step in [
        "apply -f work.yaml",
        "rollout status deployment/web --timeout=60s",
        "rollout status statefulset/db --timeout=60s",
        "rollout status daemonset/agent --timeout=60s",
        "wait job/batch --for=condition=Complete --timeout=60s",
        "set image deployment/web web=registry.example/web:2",
        "rollout status deployment/web --timeout=60s",
        "set image statefulset/db db=registry.example/db:2",
        "set image daemonset/agent agent=registry.example/agent:2",
        "scale deployment/web --replicas=12",
        // It may be between two revisions and not there.
        "delete pod db-0 --wait=false --ignore-not-found",
        "rollout status statefulset/db --timeout=90s",
        "rollout status daemonset/agent --timeout=60s",
        "rollout undo deployment/web",
        "rollout status deployment/web --timeout=60s",
        "create job more --from=cronjob/tick",
        "wait job/more --for=condition=Complete --timeout=60s",
        "delete deployment/web --cascade=foreground --timeout=60s",
        "delete statefulset/db --cascade=orphan",
    ] {
        lab.must(&format!("{kubectl} {step}"));
    }
    lab.must(&format!("kubectl delete namespace {namespace} --timeout=90s"));
}

#[test]
fn our_manager_works_against_the_references_server_without_a_refusal_or_an_error() {
    let Some(cluster) = Cluster::start() else { return };
    let whole = Duration::from_mins(tools::number("PILOTHOUSE_DROP_IN_MINUTES").unwrap_or(MINUTES));
    let ours = cluster.manager("ours", "pilothouse controller-manager");
    let since = Since::now();
    let mut round = 0;
    while since.passed() < whole {
        mixed_work(&cluster.lab, round);
        round += 1;
    }
    drop(ours);
    let log = cluster.lab.folder().read("ours.log");
    let errors: Vec<&str> = log.lines().filter(|line| line.starts_with('E')).collect();
    assert!(errors.is_empty(), "{round} rounds:\n{}", errors.join("\n"));
    assert_eq!(cluster.denied(), Vec::<String>::new());
}

#[test]
fn a_cluster_at_rest_does_not_notice_that_its_manager_changes() {
    let Some(cluster) = Cluster::start() else { return };
    let theirs = format!("{}/kube-controller-manager", tools::reference().display());
    let first = cluster.manager("first", &theirs);
    for number in 0..WORKLOADS {
        cluster.lab.folder().write("many.yaml", &MANY.replace("NUMBER", &number.to_string()));
        cluster.lab.must("kubectl apply -f many.yaml");
    }
    for number in 0..WORKLOADS {
        for what in ["deployment/web", "statefulset/db", "daemonset/agent"] {
            cluster.lab.must(&format!("kubectl rollout status {what}-{number} --timeout=110s"));
        }
        cluster.lab.must(&format!(
            "kubectl wait job/batch-{number} --for=condition=Complete --timeout=110s"
        ));
    }
    let_run(QUIET);
    let before = cluster.versions();
    drop(first);
    let ours = cluster.manager("ours", "pilothouse controller-manager");
    let_run(QUIET);
    pretty_same(&before, &cluster.versions(), "ours took over");
    drop(ours);
    let _last = cluster.manager("last", &theirs);
    let_run(QUIET);
    pretty_same(&before, &cluster.versions(), "the reference took over again");
}

/// Fails with the lines that changed.
fn pretty_same(before: &str, after: &str, when: &str) {
    let changed = after.lines().filter(|line| !before.lines().any(|known| known == *line));
    let lost = before.lines().filter(|line| !after.lines().any(|known| known == *line));
    let changed: Vec<String> = lost
        .map(|line| format!("- {line}"))
        .chain(changed.map(|line| format!("+ {line}")))
        .collect();
    assert!(changed.is_empty(), "{when}:\n{}", changed.join("\n"));
}
