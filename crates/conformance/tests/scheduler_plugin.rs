//! The scheduler of `control-plane/custom-scheduler-plugin` as a second one beside the default: a thousand
//! pods, of which no two of one owner are ever on one rack, and none is bound twice.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use conformance::{lab::Lab, patience::eventually, tools, tools::Kubectl};

const NODES: usize = 12;
const OWNERS: usize = 100;
const REPLICAS: usize = 10;
/// Pods of the default scheduler meanwhile.
const OTHERS: usize = 30;
const START_TIME_MAX: Duration = Duration::from_secs(20);
const SCHEDULE_TIME_MAX: Duration = Duration::from_mins(3);

const CONFIGURATION: &str = "
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {resourceName: rack-scheduler}
profiles:
- schedulerName: rack-scheduler
  plugins: {multiPoint: {enabled: [{name: RackSpread, weight: 10}]}}
";

/// Each state of each pod: what happened, its UID, its owner's, and its node.
const WATCH: &str = "kubectl get pods --watch --output-watch-events -o jsonpath='{.type} \
                     {.object.metadata.uid} {.object.metadata.ownerReferences[0].uid} \
                     {.object.spec.schedulerName} {.object.spec.nodeName}{\"\\n\"}'";

fn deployment(name: &str, scheduler: &str, replicas: usize) -> String {
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      schedulerName: {scheduler}
      containers: [{{name: web, image: 'registry.example/web:1'}}]
"
    )
}

/// What was seen of the pods, state by state.
#[derive(Default)]
struct Seen {
    /// Owner and node of each pod that is there.
    pods: BTreeMap<String, (String, String)>,
    complaints: Vec<String>,
}

impl Seen {
    /// Takes in a line of the watch. Nodes are racks here: each is one of its own.
    fn take(&mut self, line: &str) {
        let mut words = line.split(' ');
        let mut next = || words.next().unwrap_or_default().to_owned();
        let [kind, uid, owner, scheduler, node] = std::array::from_fn(|_| next());
        if kind == "DELETED" {
            self.pods.remove(&uid);
            return;
        }
        if node.is_empty() {
            return;
        }
        let before = self.pods.insert(uid.clone(), (owner.clone(), node.clone()));
        if before.as_ref().is_some_and(|(_, before)| *before != node) {
            self.complaints.push(format!("{uid} was on {before:?} and is on {node}"));
        }
        let same = |(other, place): &&(String, String)| *other == owner && *place == node;
        if scheduler == "rack-scheduler" && before.is_none() {
            let together = self.pods.values().filter(same).count();
            if together > 1 {
                self.complaints.push(format!("{node} has {together} pods of {owner}"));
            }
        }
    }
}

#[test]
fn a_thousand_pods_keep_to_their_racks_beside_the_default_scheduler() {
    let mut lab = Lab::unstarted(Kubectl::Current);
    lab.show(&tools::rack_scheduler());
    lab.up_with(&["--nodes", &NODES.to_string(), "--memory"]);
    for node in 0..NODES {
        let labels = format!(
            "topology.example.com/rack=r{node} node.example.com/cost-per-hour={}",
            node % 5
        );
        lab.must(&format!("kubectl label node node-{node} {labels}"));
    }
    lab.folder().write("config.yaml", CONFIGURATION);
    let scheduler = "rack-scheduler --config config.yaml -v 2> rack.log";
    let _scheduler = lab.background(&format!("bash -c '{scheduler}'"), "rack.out");
    eventually("the second scheduler leads", START_TIME_MAX, || {
        lab.folder().read("rack.log").contains("driver: leading").then_some(())
    });
    let _watch = lab.background(WATCH, "pods.out");

    let mut manifest = deployment("other", "default-scheduler", OTHERS);
    for owner in 0..OWNERS {
        let _ =
            write!(manifest, "{}", deployment(&format!("web-{owner}"), "rack-scheduler", REPLICAS));
    }
    lab.apply(&manifest);
    let pods = OWNERS * REPLICAS + OTHERS;
    eventually("every pod runs", SCHEDULE_TIME_MAX, || {
        let running =
            lab.must("kubectl get pods --field-selector=status.phase=Running --no-headers | wc -l");
        (running.trim() == pods.to_string()).then_some(())
    });
    lab.must("kubectl rollout restart deployment/web-1 deployment/web-2");
    lab.must("kubectl rollout status deployment/web-1 --timeout=60s");

    let mut seen = Seen::default();
    lab.folder().read("pods.out").lines().for_each(|line| seen.take(line));
    assert!(seen.pods.len() >= pods, "only {} pods were seen", seen.pods.len());
    assert_eq!(seen.complaints, Vec::<String>::new());
    let log = lab.folder().read("rack.log");
    assert!(!log.lines().any(|line| line.contains(" ERROR ")), "{log}");
}
