//! Rows of Endpoints kept by hand, and what becomes of their copies.

use std::{fmt::Write, sync::Arc};

use api::views::{EndpointSlice, Endpoints, Service};
use expect_test::{Expect, expect};
use meta::object::ObjectKey;
use runtime::{Action, Answers, Cache, Controller as _, Observation, Plan};
use serde_json::{Value, json};
use testkit::{measures, show};

use super::{
    EndpointSliceMirroringController, Memory, Why,
    observe::{Mirror, View},
};

const MARKS: [char; 2] = ['!', ':'];

/// Subsets parted by `|`: addresses, `!` before one that is not ready, `:` before a port.
fn endpoints(text: &str) -> Value {
    let subset = |text: &str| {
        let words = |is_meant: fn(&str) -> bool| -> Vec<String> {
            let words = text.split_whitespace().filter(|word| is_meant(word));
            words.map(|word| word.trim_start_matches(['!', ':']).to_owned()).collect()
        };
        let addresses = |words: Vec<String>| -> Vec<Value> {
            words.into_iter().map(|ip| json!({"ip": ip})).collect()
        };
        let port =
            |port: String| json!({"port": port.parse::<i32>().expect("a port"), "protocol": "TCP"});
        json!({
            "addresses": addresses(words(|word| !word.starts_with(MARKS))),
            "notReadyAddresses": addresses(words(|word| word.starts_with('!'))),
            "ports": words(|word| word.starts_with(':')).into_iter().map(port).collect::<Vec<_>>(),
        })
    };
    json!({
        "metadata": {"name": "web", "namespace": "shop", "uid": "e-uid", "resourceVersion": "3",
            "labels": {"l": "1"},
            "annotations": {"note": "n", "kubectl.kubernetes.io/last-applied-configuration": "{}"}},
        "subsets": text.split('|').map(subset).collect::<Vec<_>>(),
    })
}

fn plan(endpoints: Option<&Value>, slices: &[Value]) -> Plan<Why> {
    let decode = |slice: &Value| -> Arc<EndpointSlice> {
        Arc::new(serde_json::from_value(slice.clone()).expect("a slice"))
    };
    let mirror = Mirror {
        endpoints: endpoints.map(|e| Arc::new(serde_json::from_value(e.clone()).expect("sound"))),
        slices: slices.iter().map(decode).collect(),
    };
    EndpointSliceMirroringController::plan(&mut Memory::default(), &mirror, testkit::now())
}

/// The slices that are made of Endpoints, as they would be stored.
fn copies(endpoints: &Value) -> Vec<Value> {
    let plan = plan(Some(endpoints), &[]);
    let creations = plan.steps().filter_map(|step| match &step.action {
        Action::Create { object, .. } => Some(object.clone()),
        Action::Patch { .. }
        | Action::CreateSubresource { .. }
        | Action::Replace { .. }
        | Action::Delete { .. }
        | Action::DeleteCollection { .. }
        | Action::Announce => None,
    });
    let stored = creations.enumerate().map(|(number, mut object)| {
        object["metadata"]["name"] = format!("web-{number}").into();
        object["metadata"]["uid"] = format!("web-{number}").into();
        object
    });
    stored.collect()
}

/// A line for each slice: type, endpoints, ports.
fn check(text: &str, expected: Expect) {
    let mut lines = String::new();
    for slice in copies(&endpoints(text)) {
        let items = |field: &str| slice[field].as_array().cloned().unwrap_or_default();
        let _ = write!(lines, "{}", slice["addressType"].as_str().unwrap_or_default());
        for endpoint in items("endpoints") {
            let mark = if endpoint["conditions"] == json!({"ready": true}) { "" } else { "!" };
            let _ =
                write!(lines, " {mark}{}", endpoint["addresses"][0].as_str().unwrap_or_default());
        }
        for port in items("ports") {
            let _ = write!(lines, " :{}", port["port"]);
        }
        lines.push('\n');
    }
    expected.assert_eq(lines.trim_end());
}

#[test]
fn each_family_has_a_slice() {
    check(
        "10.0.0.1 fd00::1 !10.0.0.2 :80",
        expect!["IPv4 10.0.0.1 !10.0.0.2 :80\nIPv6 fd00::1 :80"],
    );
}
#[test]
fn subsets_with_the_same_ports_share_a_slice() {
    check(
        "10.0.0.1 :80 | 10.0.0.2 :80 | 10.0.0.1 :81",
        expect!["IPv4 10.0.0.1 10.0.0.2 :80\nIPv4 10.0.0.1 :81"],
    );
}
#[test]
fn without_addresses_there_is_no_slice() {
    check(":80", expect![""]);
}
#[test]
fn what_is_no_address_is_left_out() {
    check("10.0.0.1 nowhere :80", expect!["IPv4 10.0.0.1 :80"]);
}

#[test]
fn a_copy_carries_labels_and_annotations_and_its_owner() {
    let copy = &copies(&endpoints("10.0.0.1 :80"))[0];
    expect![[r#"{"annotations":{"note":"n"},"generateName":"web-","labels":{"endpointslice.kubernetes.io/managed-by":"endpointslicemirroring-controller.k8s.io","kubernetes.io/service-name":"web","l":"1"},"name":"web-0","namespace":"shop","ownerReferences":[{"apiVersion":"v1","blockOwnerDeletion":true,"controller":true,"kind":"Endpoints","name":"web","uid":"e-uid"}],"uid":"web-0"}"#]]
        .assert_eq(&copy["metadata"].to_string());
}

/// Copies `before`, then plans for `after`.
fn check_change(before: &str, change: fn(&mut Value), after: Option<&str>, expected: Expect) {
    let mut slices = copies(&endpoints(before));
    slices.iter_mut().for_each(change);
    let after = after.map(endpoints);
    expected.assert_eq(&show(&plan(after.as_ref(), &slices)));
}
const fn unchanged(_: &mut Value) {}

#[test]
fn a_good_copy_is_left_alone() {
    check_change("10.0.0.1 10.0.0.2 :80", unchanged, Some("10.0.0.2 10.0.0.1 :80"), expect![""]);
}
#[test]
fn a_change_rewrites_the_copy() {
    check_change(
        "10.0.0.1 :80",
        unchanged,
        Some("!10.0.0.1 :80"),
        expect![[r#"
        all: patch endpointslices web-0 {"endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":false}}]} # the copy is not like the endpoints
    "#]],
    );
}
#[test]
fn what_others_write_on_a_copy_goes() {
    let note = |slice: &mut Value| slice["metadata"]["annotations"]["foreign"] = "x".into();
    check_change(
        "10.0.0.1 :80",
        note,
        Some("10.0.0.1 :80"),
        expect![[r#"
        all: patch endpointslices web-0 {"metadata":{"annotations":{"foreign":null}}} # the copy is not like the endpoints
    "#]],
    );
}
#[test]
fn a_copy_with_other_ports_is_used_again() {
    check_change(
        "10.0.0.1 :80",
        unchanged,
        Some("10.0.0.1 :81"),
        expect![[r#"
        all: patch endpointslices web-0 {"ports":[{"name":"","port":81,"protocol":"TCP"}]} # the copy is not like the endpoints
    "#]],
    );
}
#[test]
fn copies_go_with_the_original() {
    check_change(
        "10.0.0.1 :80",
        unchanged,
        None,
        expect![[r#"
        all: delete endpointslices web-0 # there is nothing to copy into it
    "#]],
    );
}
#[test]
fn what_is_left_out_is_told_of_once() {
    let many: Vec<String> = (0..1002).map(|n| format!("10.0.{}.{}", n / 200, n % 200)).collect();
    let endpoints = endpoints(&format!("{} nowhere :80", many.join(" ")));
    let mirror = || Mirror {
        endpoints: Some(Arc::new(serde_json::from_value(endpoints.clone()).expect("sound"))),
        slices: Vec::new(),
    };
    let mut memory = Memory::default();
    let plan = EndpointSliceMirroringController::plan(&mut memory, &mirror(), testkit::now());
    expect![[r#"
        announce # some addresses cannot be copied
          Warning TooManyAddressesToMirror: A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 3 addresses were skipped
        all: create endpointslices web- # the endpoints have no copy yet
    "#]].assert_eq(&show(&plan));
    let again = EndpointSliceMirroringController::plan(&mut memory, &mirror(), testkit::now());
    assert_eq!(again.steps().count(), 1);
}

/// Whether Endpoints with this metadata, beside a service with this selector, are to be copied.
fn check_mirrored(labels: &Value, annotations: &Value, selector: &Value, expected: bool) {
    let view = View {
        services: Arc::<Cache<Service>>::default(),
        endpoints: Arc::<Cache<Endpoints>>::default(),
        slices: Arc::default(),
    };
    let metadata =
        json!({"name": "web", "namespace": "shop", "labels": labels, "annotations": annotations});
    let original = json!({"metadata": metadata});
    view.endpoints.insert(serde_json::from_value(original).expect("sound"));
    let spec = if selector.is_null() { json!({}) } else { json!({"selector": selector}) };
    let service = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec});
    view.services.insert(serde_json::from_value(service).expect("sound"));
    let key = ObjectKey::new("shop", "web");
    let observed = EndpointSliceMirroringController::observe(&view, &key, &Answers::default());
    assert_eq!(matches!(observed, Observation::Ready(_)), expected);
}
#[test]
fn only_endpoints_of_a_service_without_selector_are_copied_and_only_if_nobody_minds() {
    let none = json!({});
    check_mirrored(&none, &none, &Value::Null, true);
    check_mirrored(&none, &none, &none, true);
    check_mirrored(&none, &none, &json!({"app": "web"}), false);
    check_mirrored(
        &json!({"endpointslice.kubernetes.io/skip-mirror": "true"}),
        &none,
        &none,
        false,
    );
    check_mirrored(&json!({"endpointslice.kubernetes.io/skip-mirror": "yes"}), &none, &none, true);
    check_mirrored(&none, &json!({"control-plane.alpha.kubernetes.io/leader": ""}), &none, false);
}

#[test]
fn what_a_look_copies_and_leaves_out_is_measured() {
    let slices = copies(&endpoints("10.0.0.1 10.0.0.2 :80"));
    let plan = plan(Some(&endpoints("10.0.0.2 !10.0.0.3 nonsense :80")), &slices);
    expect![[r#"
        always endpoint_slice_mirroring_controller_endpoints_sync_duration{} seconds taken
        success endpoint_slice_mirroring_controller_addresses_skipped_per_sync{} 1
        success endpoint_slice_mirroring_controller_endpoints_added_per_sync{} 1
        success endpoint_slice_mirroring_controller_endpoints_updated_per_sync{} 0
        success endpoint_slice_mirroring_controller_endpoints_removed_per_sync{} 1
        always endpoint_slice_mirroring_controller_endpoints_desired{} =2
        always endpoint_slice_mirroring_controller_num_endpoint_slices{} =1
        always endpoint_slice_mirroring_controller_desired_endpoint_slices{} =1
        success endpoint_slice_mirroring_controller_changes{update} +1
    "#]]
    .assert_eq(&measures(&plan));
}

#[test]
fn a_person_is_told_of_the_original_and_its_copies() {
    let original = endpoints("10.0.0.2 !10.0.0.3 nonsense :80");
    let slice = copies(&endpoints("10.0.0.1 :80")).remove(0);
    let mirror = Mirror {
        endpoints: Some(Arc::new(serde_json::from_value(original).expect("sound"))),
        slices: vec![Arc::new(serde_json::from_value(slice).expect("a slice"))],
    };
    let told = EndpointSliceMirroringController::describe(&mirror, testkit::now());
    expect![[r#"
        wanted: 2 endpoints in 1 slices, 1 left out
        slice web-0: Ipv4 with 1 endpoints"#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn addresses_that_are_none_are_told_of() {
    let told = show(&plan(Some(&endpoints("10.0.0.1 nowhere :80")), &[]));
    let told: Vec<&str> = told.lines().filter(|line| line.contains("Warning")).collect();
    expect!["  Warning InvalidIPAddress: Skipped 1 invalid IP addresses when mirroring to EndpointSlices"].assert_eq(&told.join("\n"));
}
