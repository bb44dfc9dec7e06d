//! Programs on client-go, in Go: informers of each sort, leader election, what programs write, and whether
//! the reference's types read what we send in protobuf.

use std::{collections::BTreeSet, fs, path::PathBuf, sync::Arc};

use api::{
    catalog::{self, ResourceFacts},
    proto,
};
use conformance::{
    folder::Folder,
    lab::Lab,
    tools::{self, GoClient, Kubectl},
};
use expect_test::expect;
use serde_json::Value;

/// A laboratory that knows our programs; `None` where they cannot be built.
fn lab() -> Option<Lab> {
    let drive = tools::go_client(GoClient::Drive)?;
    let lab = Lab::start();
    lab.show(&drive);
    Some(lab)
}

#[test]
fn informers_of_each_sort_follow_built_in_and_custom_objects() {
    let Some(lab) = lab() else { return };
    lab.check(expect![[r#"
        $ drive informers
        mapper: widgets are found
        typed configmaps: added, updated, deleted
        dynamic configmaps: added, updated, deleted
        metadata configmaps: added, updated, deleted
        dynamic widgets: added, updated, deleted
        metadata widgets: added, updated, deleted
        $ drive elect 2>/dev/null
        first leads
        second leads
    "#]]);
}

#[test]
fn programs_write_as_they_are_used_to() {
    let Some(lab) = lab() else { return };
    lab.check(expect![[r#"
        $ drive writes
        mapper: widgets are found
        apply: as expected
        scale: as expected
        custom resources: as expected
        pages: as expected
        reviews and tokens: as expected
        evictions: as expected
        $ kubectl create deployment web --image=nginx --replicas=3 && kubectl rollout status deployment/web | tail -1
        deployment.apps/web created
        deployment "web" successfully rolled out
        $ drive objects 2>/dev/null
        objects: the same in JSON and protobuf
    "#]]);
}

/// Both ways: objects of the reference in protobuf become JSON of ours, those in JSON become protobuf of ours.
#[test]
fn the_references_types_read_what_we_send_of_every_kind() {
    let Some(drive) = tools::go_client(GoClient::Drive) else { return };
    let lab = Lab::unstarted(Kubectl::Current);
    lab.show(&drive);
    let resources = catalog::builtin().resources().iter();
    let kinds = resources.filter(|facts| facts.resource.group != "metrics.k8s.io");
    let line = |facts: &Arc<ResourceFacts>| {
        format!("{} {}\n", facts.resource.api_version(), facts.resource.kind)
    };
    let lines: BTreeSet<String> = kinds.map(line).collect();
    assert!(lines.len() > 70, "{} kinds", lines.len());
    lab.folder().write("kinds", &String::from_iter(lines));
    lab.must("mkdir objects && drive fuzz objects kinds");
    transcode(lab.folder());
    let told = lab.must("drive compare objects");
    assert!(told.ends_with("objects are the same\n"), "{told}");
}

fn transcode(folder: &Folder) {
    let objects = fs::read_dir(folder.path().join("objects")).expect("the folder is there");
    let files: BTreeSet<PathBuf> = objects.map(|entry| entry.expect("it stays").path()).collect();
    for file in files {
        let bytes = fs::read(&file).expect("the file was just written");
        let name = file.display().to_string();
        let (ours, transcoded) = if let Some(stem) = name.strip_suffix(".protobuf") {
            let object = proto::decode_object(catalog::builtin(), &bytes);
            let object = object.map_err(|error| format!("{name}: {error}")).expect("it is read");
            (format!("{stem}.json.ours"), object.to_string().into_bytes())
        } else {
            let object: Value = serde_json::from_slice(&bytes).expect("the reference writes JSON");
            let encoded = proto::encode_object(catalog::builtin(), &object);
            let encoded =
                encoded.map_err(|error| format!("{name}: {error}")).expect("it is written");
            (name.replace(".json", ".protobuf.ours"), encoded)
        };
        fs::write(ours, transcoded).expect("the folder can be written");
    }
}
