//! The example of the library runs against a control plane: its controller works, and a second one
//! takes over when the first leaves.

use std::{path::PathBuf, time::Duration};

use conformance::{lab::Lab, patience::eventually};

const WORK_TIME_MAX: Duration = Duration::from_secs(30);
const WEBSITE: &str = "
apiVersion: v1
kind: ConfigMap
metadata: {name: shop, labels: {library.example/kind: website}}
data: {image: 'nginx:1', replicas: '2'}
";

/// Beside the newest binary, or beside the other.
fn example() -> PathBuf {
    let binary = conformance::tools::binary();
    let target = binary.ancestors().nth(2).expect("a binary lies in a target folder");
    let built = ["release", "debug"].map(|profile| target.join(profile).join("examples/website"));
    let found = built.into_iter().find(|path| path.exists());
    found.expect("run `cargo build --package runtime --example website` first")
}

#[test]
fn an_own_kind_gets_its_deployments_from_a_controller_of_one_page() {
    let example = example();
    let lab = Lab::start();
    let run = |seconds: u32, file: &str| {
        lab.background(&format!("{} $KUBECONFIG {seconds}", example.display()), file)
    };
    let first = run(8, "first.out");
    lab.apply(WEBSITE);
    lab.must("kubectl wait --for=create deployment/shop --timeout=20s");
    lab.must("kubectl rollout status deployment/shop --timeout=30s");
    let second = run(600, "second.out");
    assert_eq!(first.wait(), 0);
    let told = lab.folder().read("first.out");
    for metric in ["website_replicas", "workqueue_adds_total", "leader_election_master_status"] {
        assert!(told.lines().any(|line| line == metric), "{metric} is missing:\n{told}");
    }
    lab.must("kubectl patch configmap/shop -p '{\"data\":{\"replicas\":\"3\"}}'");
    eventually("the second works", WORK_TIME_MAX, || {
        let deployment = lab.get("deployment/shop");
        (deployment["spec"]["replicas"] == 3).then_some(())
    });
    assert!(lab.must("kubectl get events").contains("Created deployment shop"));
    drop(second);
}
