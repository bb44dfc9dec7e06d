//! Audit events on their way: a shipper that is killed again and again while the log is rotated, a collector
//! in trouble, and questions to the archive of a real cluster.

use std::{
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    time::Duration,
};

use conformance::{
    audit_events,
    collector::{Collector, Manner},
    lab::Lab,
    page,
    patience::{eventually, let_run},
    process::Process,
    tools::{self, Kubectl},
};
use serde_json::Value;

const TIME_MAX: Duration = Duration::from_mins(1);
const KILLS: u64 = 10;
const EVENTS_PER_KILL: u64 = 3_000;
const EVENTS: u64 = KILLS * EVENTS_PER_KILL;

/// A log that grows as the API server's does.
struct Log(PathBuf);

impl Log {
    fn new(lab: &Lab) -> Self {
        let folder = lab.folder().path().join("log");
        fs::create_dir(&folder).expect("a folder can be made");
        Self(folder)
    }

    fn append(&self, numbers: std::ops::Range<u64>) {
        let file = File::options().create(true).append(true).open(self.0.join("audit.log"));
        let text: String = numbers.map(audit_events::event).collect();
        file.and_then(|mut file| file.write_all(text.as_bytes())).expect("the log can be written");
    }

    fn rotate(&self, number: u64) {
        let aside = self.0.join(format!("audit-2026-11-24T08-30-00.{number:03}.log"));
        fs::rename(self.0.join("audit.log"), &aside).expect("a log can be put aside");
        if number.is_multiple_of(2) {
            let packed = std::process::Command::new("gzip").arg(&aside).status();
            assert!(packed.is_ok_and(|status| status.success()), "gzip works");
        }
    }
}

fn answer(lab: &Lab, question: &str) -> Vec<Value> {
    let asked = format!("pilothouse audit query --archive=archive --format=json {question}");
    let answer = lab.must(&asked);
    serde_json::from_str(&answer).expect("a list")
}

#[test]
fn every_event_arrives_though_the_shipper_is_killed_and_the_log_rotates() {
    let lab = Lab::unstarted(Kubectl::Current);
    let log = Log::new(&lab);
    let ship = "audit ship --log=log/audit.log --archive=archive --flush-every=50ms";
    let mut shipper = Process::start(&lab, "shipper", ship);
    for kill in 0..KILLS {
        let first = kill * EVENTS_PER_KILL;
        for step in 0..4 {
            let from = first + step * EVENTS_PER_KILL / 4;
            log.append(from..from + EVENTS_PER_KILL / 4);
            let_run(Duration::from_millis(40));
        }
        if kill % 2 == 0 {
            log.rotate(kill);
        }
        shipper.kill();
        shipper.restart(&lab);
    }
    eventually("a part is closed", TIME_MAX, || {
        let parts = lab.run("ls archive/day=*/part-*").stdout;
        (!parts.is_empty()).then_some(())
    });
    shipper.kill();
    let told = lab.must(&format!("pilothouse {ship} --once"));
    assert!(told.contains("lost nothing"), "{told}");
    let ids = lab.must(
        "zcat archive/day=*/part-*.jsonl.gz | grep -o '\"auditID\":\"[^\"]*' | sort -u | wc -l",
    );
    assert_eq!(ids.trim(), EVENTS.to_string());
    let counted = answer(
        &lab,
        "'SELECT count(*) AS events, count(DISTINCT audit_id || stage) AS ids FROM events'",
    );
    assert_eq!(counted[0]["events"], EVENTS);
    assert_eq!(counted[0]["ids"], EVENTS);
    log.append(EVENTS..EVENTS + 1);
    let busy = Process::start(&lab, "holder", &format!("{ship} -v"));
    busy.expect(&lab, "archived");
    let refused = lab.run(&format!("pilothouse {ship} --once"));
    assert!(refused.stderr.contains("ships into archive/shipper-apiserver"), "{}", refused.stderr);
}

#[test]
fn what_rotation_takes_away_before_it_was_shipped_is_told() {
    let lab = Lab::unstarted(Kubectl::Current);
    let log = Log::new(&lab);
    let ship = "pilothouse audit ship --log=log/audit.log --archive=archive --once";
    log.append(0..10);
    assert_eq!(lab.must(ship), "archived 10 events, lost nothing\n");
    log.append(10..20);
    log.rotate(1);
    lab.must("rm log/audit-2026*");
    log.append(20..30);
    let told = lab.must(ship);
    assert!(told.starts_with("archived 10 events; lost since the first run: 1 files "), "{told}");
}

#[test]
fn a_collector_in_trouble_gets_every_event_later() {
    let lab = Lab::unstarted(Kubectl::Current);
    let log = Log::new(&lab);
    log.append(0..500);
    let collector = Collector::start(Manner::InTrouble);
    let arguments = format!(
        "audit ship -v --log=log/audit.log --archive=archive --flush-every=100ms --sink-url={}/in",
        collector.url()
    );
    let mut shipper = Process::start(&lab, "shipper", &arguments);
    shipper.expect(&lab, "the collector does not take events");
    // The archive does not wait for the collector.
    shipper.expect(&lab, "archived");
    shipper.kill();
    collector.behave(Manner::Takes);
    shipper.restart(&lab);
    let count = || collector.bodies().iter().map(|body| body.lines().count()).sum::<usize>();
    eventually("all events are there", TIME_MAX, || (count() >= 500).then_some(()));
    shipper.kill();
    let second = Collector::start(Manner::Takes);
    lab.must(&format!(
        "pilothouse audit ship --log=log/audit.log --archive=other --once --sink-format=otlp \
         --sink-url={}/v1/logs",
        second.url()
    ));
    let records: usize =
        second.bodies().iter().map(|body| body.matches("timeUnixNano").count()).sum();
    assert_eq!(records, 500);
}

/// Asks one of the questions that we give away.
fn sample(lab: &Lab, name: &str, set: &str) -> String {
    let file = tools::project().join("control-plane/audit-pipeline/queries").join(name);
    lab.must(&format!(
        "pilothouse audit query --archive=archive --format=csv --file={} {set}",
        file.display()
    ))
}

#[test]
fn the_questions_find_what_happened_in_a_cluster() {
    let policy = tools::project().join("control-plane/audit-pipeline/policies/recommended.yaml");
    let policy = format!("--audit-policy-file={}", policy.display());
    let flags = ["--memory", &policy, "--audit-log-path=log/audit.log"];
    let lab = Lab::with(Kubectl::Current, &flags);
    lab.must(
        "kubectl create deployment web --image=nginx && kubectl rollout status deployment/web && \
         kubectl create secret generic door --from-literal=key=x && kubectl get secret door && \
         kubectl create serviceaccount robot && kubectl create token robot && \
         kubectl create rolebinding robot --clusterrole=edit --serviceaccount=default:robot && \
         kubectl --as=system:serviceaccount:default:robot get pods && \
         kubectl create token robot > token && kubectl --token=$(cat token) --kubeconfig=/dev/null \
         --server=https://127.0.0.1:$PORT --insecure-skip-tls-verify create configmap made && \
         kubectl scale deployment/web --replicas=2 && kubectl delete deployment web",
    );
    assert_ne!(lab.run("kubectl --as=eve get secrets").code, 0);
    lab.must("pilothouse audit ship --log=log/audit.log --archive=archive --once");
    let check = |name: &str, set: &str, wanted: &[&str]| {
        let answer = sample(&lab, name, set);
        for text in wanted {
            assert!(answer.contains(text), "{name}: {text} is not in\n{answer}");
        }
    };
    let object = "--set resource=deployments --set namespace=default --set name=web";
    check("who-deleted.sql", object, &[",pilothouse-admin,,delete,deployments,default,web,200,"]);
    check("secret-reads.sql", "--set name=door", &["pilothouse-admin,,get,default,door,1,"]);
    check("denied.sql", "", &["pilothouse-admin,eve,list,,secrets,,default,1,"]);
    check("slowest.sql", "--set limit=3", &["ms,time,user,"]);
    check("rbac-changes.sql", "", &[",create,rolebindings,default,robot,201,"]);
    check("exec-and-tokens.sql", "", &[",create,serviceaccounts,token,default,robot,201,"]);
    check("top-writers.sql", "", &["system:serviceaccount:kube-system:replicaset-controller,"]);
    let robot = "--set namespace=default --set account=robot";
    check("service-account.sql", robot, &["create,,configmaps,,default,allow,1,"]);
    check(
        "timeline.sql",
        object,
        &[",create,,pilothouse-admin,201,", ",patch,scale,", ",delete,,"],
    );
    assert_eq!(sample(&lab, "slowest.sql", "--set limit=3").lines().count(), 4);
    let refused = lab.run("pilothouse audit query --archive=archive 'DELETE FROM day0.events'");
    assert!(refused.stderr.contains("readonly"), "{}", refused.stderr);
}

#[test]
fn the_page_of_the_pipeline_is_true() {
    let page = tools::project().join("control-plane/audit-pipeline/README.md");
    let text = fs::read_to_string(page).expect("the page can be read");
    let commands = page::run_in(&text, "control-plane/audit-pipeline", &["policies", "queries"]);
    assert!(commands >= 12, "the page has {commands} commands");
}
