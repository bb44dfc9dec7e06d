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
fn built(program: &str, command: &str) -> PathBuf {
    let binary = conformance::tools::binary();
    let target = binary.ancestors().nth(2).expect("a binary lies in a target folder");
    let places = ["release", "debug"].map(|profile| target.join(profile).join(program));
    let found = places.into_iter().find(|path| path.exists());
    assert!(found.is_some(), "run `{command}` first");
    found.unwrap_or_default()
}

#[test]
fn an_own_kind_gets_its_deployments_from_a_controller_of_one_page() {
    let example = built("examples/website", "cargo build --package runtime --example website");
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

#[test]
fn a_controller_over_types_of_k8s_openapi_works() {
    let example = built(
        "latest-images",
        "cargo build --manifest-path examples/k8s-openapi/Cargo.toml --target-dir target",
    );
    let lab = Lab::start();
    let _running = lab.background(&format!("{} $KUBECONFIG", example.display()), "images.out");
    lab.must("kubectl create deployment floats --image=registry.example:5000/web");
    lab.must("kubectl create deployment stays --image=web:1.27");
    let warned = eventually("the floating image is told of", WORK_TIME_MAX, || {
        let events = lab.must("kubectl get events --field-selector reason=FloatingImage");
        events.contains("FloatingImage").then_some(events)
    });
    let message = "images without a version: registry.example:5000/web";
    assert!(warned.contains("deployment/floats") && warned.contains(message), "{warned}");
    assert!(!warned.contains("stays"), "{warned}");
    lab.must("kubectl set image deployment/floats web=web:latest");
    eventually("so is the next", WORK_TIME_MAX, || {
        let events = lab.must("kubectl get events --field-selector reason=FloatingImage");
        events.contains("images without a version: web:latest").then_some(())
    });
}
