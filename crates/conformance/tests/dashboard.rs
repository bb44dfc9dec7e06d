//! The reference's dashboard finds its series here: a real Prometheus scrapes the manager over HTTPS with a
//! token, and every question of the dashboard has an answer.

use std::time::Duration;

use conformance::{background::Background, lab::Lab, patience::eventually, tools::Kubectl};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_mins(1);
const QUESTIONS: &str = include_str!("../data/controller-manager-dashboard.txt");
/// Who scrapes, with what monitors are given.
const SCRAPER: &str = r#"
{apiVersion: v1, kind: ServiceAccount, metadata: {name: prometheus}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: prometheus}, rules: [{nonResourceURLs: [/metrics], verbs: [get]}]}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: prometheus}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: prometheus}, subjects: [{kind: ServiceAccount, name: prometheus, namespace: default}]}
"#;

/// An API server, and a manager that asks it whose a token is and who may see what.
fn plane(lab: &Lab) -> [Background; 2] {
    let server = lab.background("pilothouse apiserver --memory --port $PORT", "server.out");
    eventually("the API server is ready", PATIENCE, || {
        lab.folder().read("server.out").contains("Ready").then_some(())
    });
    let manager = "pilothouse controller-manager --kubeconfig=$KUBECONFIG --bind-address=127.0.0.1 \
        --secure-port=$((PORT + 8000)) --authentication-kubeconfig=$KUBECONFIG \
        --authorization-kubeconfig=$KUBECONFIG";
    [lab.background(&format!("bash -c \"exec {manager} 2> kcm.log\""), "kcm.out"), server]
}

/// Scrapes as an operator has it scrape, every second.
fn prometheus(lab: &Lab) -> Background {
    lab.must("kubectl create token prometheus > token");
    lab.folder().write(
        "prometheus.yml",
        &format!(
            "global: {{scrape_interval: 1s}}\n\
             scrape_configs:\n\
             - job_name: kube-controller-manager\n\
             \x20 scheme: https\n\
             \x20 authorization: {{credentials_file: token}}\n\
             \x20 tls_config: {{insecure_skip_verify: true}}\n\
             \x20 static_configs: [{{targets: ['127.0.0.1:{}']}}]\n",
            u32::from(lab.port()) + 8000
        ),
    );
    lab.background(
        "prometheus --config.file=prometheus.yml --storage.tsdb.path=series \
         --web.listen-address=127.0.0.1:$((PORT + 16000))",
        "prometheus.out",
    )
}

/// How many series answer a question; what Prometheus says if it is none.
fn answers(lab: &Lab, question: &str) -> Result<usize, String> {
    lab.folder().write("question", question);
    let ask =
        "curl -s --data-urlencode query@question http://127.0.0.1:$((PORT + 16000))/api/v1/query";
    let answer: Value = serde_json::from_str(&lab.run(ask).stdout).unwrap_or_default();
    if let Some(error) = answer["error"].as_str() {
        return Err(error.to_owned());
    }
    Ok(answer["data"]["result"].as_array().map_or(0, Vec::len))
}

#[test]
fn every_question_of_the_references_dashboard_has_an_answer() {
    let lab = Lab::unstarted(Kubectl::Current);
    lab.show_prometheus();
    let _plane = plane(&lab);
    lab.apply(SCRAPER);
    let refused = "curl -sk https://127.0.0.1:$((PORT + 8000))/metrics";
    eventually("strangers see nothing", PATIENCE, || {
        lab.run(refused).stdout.contains("cannot get path").then_some(())
    });
    let _scraping = prometheus(&lab);
    lab.must("kubectl create deployment web --image=nginx --replicas=3");
    for question in QUESTIONS.lines().filter(|line| !line.starts_with('#')) {
        let mut last = Ok(0);
        eventually(&format!("an answer to {question}"), PATIENCE, || {
            last = answers(&lab, question);
            assert!(last.is_ok(), "{question}: {last:?}");
            (last != Ok(0)).then_some(())
        });
    }
}
