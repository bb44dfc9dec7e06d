//! What the controller manager's port shows: metrics under the reference's names, with its labels,
//! types and buckets, and pages for people and machines.

use std::{collections::BTreeMap, time::Duration};

use conformance::{background::Background, lab::Lab, patience::eventually, tools::Kubectl};
use expect_test::expect;

const START_TIME_MAX: Duration = Duration::from_secs(30);
const WORK_TIME_MAX: Duration = Duration::from_mins(1);
/// Name, type, labels, bounds and stability of each metric of the reference.
const REFERENCE: &str = include_str!("../data/kube-controller-manager-metrics.tsv");
/// What only we have, and what the reference takes from its language's library.
const OURS: [&str; 4] = [
    "pilothouse_",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_virtual_memory_bytes",
];
/// Must be there after some work.
const EXPECTED: [&str; 24] = [
    "cronjob_controller_job_creation_skew_duration_seconds",
    "endpoint_slice_controller_changes",
    "endpoint_slice_controller_num_endpoint_slices",
    "endpoint_slice_controller_syncs",
    "garbagecollector_controller_resources_sync_error_total",
    "informer_processing_latency_seconds",
    "informer_store_resource_version",
    "job_controller_job_pods_creation_total",
    "job_controller_job_pods_finished_total",
    "job_controller_job_sync_duration_seconds",
    "job_controller_job_syncs_total",
    "job_controller_jobs_finished_total",
    "job_controller_terminated_pods_tracking_finalizer_total",
    "kubernetes_build_info",
    "kubernetes_feature_enabled",
    "leader_election_master_status",
    "registered_metrics_total",
    "replicaset_controller_sorting_deletion_age_ratio",
    "rest_client_rate_limiter_duration_seconds",
    "rest_client_request_duration_seconds",
    "rest_client_requests_total",
    "statefulset_controller_statefulset_unavailable_replicas",
    "ttl_after_finished_controller_job_deletion_duration_seconds",
    "workqueue_queue_duration_seconds",
];
const WORK: &str = "
kubectl create deployment web --image=nginx --replicas=3
kubectl expose deployment web --port=80
kubectl create job once --image=busybox -- sh -c 'exit 0'
kubectl create -f set.yaml
kubectl rollout status deployment/web --timeout=50s
kubectl wait job/once --for=condition=Complete --timeout=50s
kubectl scale deployment/web --replicas=1
";
const SET: &str = "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 1
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: postgres}]}
";

/// A whole plane, its manager a process whose port shows everything to everybody.
fn plane(lab: &Lab) -> [Background; 4] {
    let server = lab.background("pilothouse apiserver --memory --port $PORT", "apiserver.out");
    eventually("the API server is ready", START_TIME_MAX, || {
        lab.folder().read("apiserver.out").contains("Ready").then_some(())
    });
    let manager = "pilothouse controller-manager --kubeconfig=$KUBECONFIG --bind-address=127.0.0.1 \
                   --secure-port=$((PORT + 8000)) --authorization-always-allow-paths='/*' -v2";
    let manager = lab.background(&format!("bash -c \"exec {manager} 2> kcm.log\""), "kcm.out");
    let nodes = lab.background("pilothouse nodes --nodes 2", "nodes.out");
    let scheduler = lab.background("pilothouse scheduler", "scheduler.out");
    eventually("the manager leads", START_TIME_MAX, || {
        lab.folder().read("kcm.log").contains("\"leading\"").then_some(())
    });
    [manager, nodes, scheduler, server]
}

fn page(lab: &Lab, path: &str) -> String {
    lab.must(&format!("curl -sk https://127.0.0.1:$((PORT + 8000)){path}"))
}

/// A family of a scrape: its type, the names of its labels, and its bounds.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    labels: Vec<String>,
    bounds: Vec<f64>,
}

fn families(scrape: &str) -> BTreeMap<String, Family> {
    let mut families = BTreeMap::<String, Family>::new();
    for line in scrape.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|l| l.split_once(' ')) {
            kind.clone_into(&mut families.entry(name.to_owned()).or_default().kind);
            continue;
        }
        let Some((series, _)) = line.rsplit_once(' ').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let suffixes = ["_bucket", "_sum", "_count"];
        let of = |suffix: &&str| name.strip_suffix(*suffix).filter(|n| families.contains_key(*n));
        let name = suffixes.iter().find_map(of).unwrap_or(name).to_owned();
        let family = families.get_mut(&name).expect("a series follows its type");
        let pairs: Vec<(&str, &str)> = labels
            .trim_end_matches('}')
            .split("\",")
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name, value.trim_matches('"')))
            .collect();
        let bound = pairs.iter().find(|(name, _)| *name == "le").map(|(_, bound)| *bound);
        let bound = bound.and_then(|bound| bound.parse::<f64>().ok()).filter(|b| b.is_finite());
        if let Some(bound) = bound.filter(|bound| !family.bounds.contains(bound)) {
            family.bounds.push(bound);
        }
        family.labels =
            pairs.iter().map(|(name, _)| (*name).to_owned()).filter(|name| name != "le").collect();
    }
    families
}

/// What differs from the reference, one line each.
fn differences(scrape: &str) -> Vec<String> {
    let known: BTreeMap<&str, Vec<&str>> = REFERENCE
        .lines()
        .filter_map(|line| Some((line.split('\t').next()?, line.split('\t').collect())))
        .collect();
    let mut differences = Vec::new();
    for (name, family) in families(scrape) {
        if OURS.iter().any(|ours| name.starts_with(ours)) {
            continue;
        }
        let Some(reference) = known.get(&*name) else {
            differences.push(format!("{name}: the reference has no such metric"));
            continue;
        };
        let mut labels: Vec<&str> = reference[2].split(',').filter(|l| !l.is_empty()).collect();
        labels.sort_unstable();
        let bounds: Vec<f64> = reference[3].split(',').filter_map(|b| b.parse().ok()).collect();
        let mut found = family.labels;
        found.sort_unstable();
        if family.kind != reference[1] || found != labels || !are_same(&family.bounds, &bounds) {
            let (kind, bounds) = (family.kind, family.bounds);
            differences.push(format!("{name}: {kind} {found:?} {bounds:?}, not {reference:?}"));
        }
    }
    differences
}

/// The facts are rounded, the bounds are as Go's repeated multiplication makes them.
fn are_same(found: &[f64], wanted: &[f64]) -> bool {
    let is_same = |(found, wanted): (&f64, &f64)| (found / wanted - 1.0).abs() < 1e-9;
    found.len() == wanted.len() && found.iter().zip(wanted).all(is_same)
}

#[test]
fn a_scrape_agrees_with_the_reference_in_names_types_labels_and_bounds() {
    let lab = Lab::unstarted(Kubectl::Current);
    let _plane = plane(&lab);
    lab.folder().write("set.yaml", SET);
    lab.must(&format!("set -e{WORK}"));
    let scrape = eventually("everything that is expected is there", WORK_TIME_MAX, || {
        let scrape = page(&lab, "/metrics");
        let there = |name: &str| scrape.contains(&format!("# TYPE {name} "));
        EXPECTED.iter().all(|name| there(name)).then_some(scrape)
    });
    let differences = differences(&scrape);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    lab.folder().write("scrape.txt", &scrape);
    lab.show_prometheus();
    // The reference's own names.
    lab.check(expect![[r#"
        $ promtool check metrics < scrape.txt
        ! endpoint_slice_controller_changes counter metrics should have "_total" suffix
        ! endpoint_slice_controller_syncs counter metrics should have "_total" suffix
        exit code 3
    "#]]);
}

#[test]
fn pages_tell_of_flags_health_and_configuration() {
    let lab = Lab::unstarted(Kubectl::Current);
    let _plane = plane(&lab);
    let configz: serde_json::Value = page(&lab, "/configz").parse().expect("JSON");
    let configuration = &configz["kubecontrollermanager.config.k8s.io"];
    assert_eq!(configuration["Generic"]["LeaderElection"]["leaseDuration"], "15s");
    assert_eq!(configuration["DeploymentController"]["ConcurrentDeploymentSyncs"], 5);
    assert!(page(&lab, "/flagz").contains("\nbind-address=127.0.0.1\n"));
    assert!(page(&lab, "/healthz?verbose").contains("[+]deployment-controller ok"));
    assert!(page(&lab, "/metrics/slis").contains("kubernetes_healthchecks_total"));
    assert!(page(&lab, "/statusz").contains("Paths= /configz /flagz /healthz /metrics"));
    let as_object = "/statusz -H 'Accept: application/json;v=v1beta1;g=config.k8s.io;as=Statusz'";
    let statusz: serde_json::Value = page(&lab, as_object).parse().expect("JSON");
    assert_eq!(statusz["kind"], "Statusz");
}
