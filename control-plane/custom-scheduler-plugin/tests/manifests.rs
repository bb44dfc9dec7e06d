//! The files that an operator applies fit together, and their profile can be made.

use std::fs;

use scheduler::{Configuration, Settings};

fn manifest(name: &str) -> String {
    let path = format!("{}/manifests/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).expect("the manifest can be read")
}

/// A block of the `ConfigMap`, without its indentation.
fn block(name: &str) -> String {
    let text = manifest("configmap");
    let after = text.split_once(&format!("  {name}: |\n")).expect("the block").1;
    let lines = after.lines().take_while(|line| line.starts_with("    "));
    lines.map(|line| format!("{}\n", &line[4..])).collect()
}

#[test]
fn the_profile_can_be_made() {
    let configuration = Configuration::parse(&block("config.yaml")).expect("a configuration");
    let settings = Settings::new(configuration, rack_scheduler::registry()).expect("profiles");
    assert_eq!(
        settings.profiles().map(|name| name.to_string()).collect::<Vec<_>>(),
        ["rack-scheduler"]
    );
    let lease = &settings.leader_election().resource_name;
    assert_eq!(lease, "rack-scheduler");
    assert!(manifest("rbac").contains(&format!("resourceNames: [{lease}]")));
}

#[test]
fn the_deployment_names_files_that_the_config_map_has() {
    let deployment = manifest("deployment");
    for file in ["config.yaml", "kubeconfig"] {
        assert!(deployment.contains(&format!("/etc/rack-scheduler/{file}")), "{file}");
        assert!(!block(file).is_empty(), "{file}");
    }
}
