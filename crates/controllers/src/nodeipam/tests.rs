//! Which node has which share.

use std::sync::Arc;

use api::views::Node;
use expect_test::{Expect, expect};
use meta::object::ResourceVersion;
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::{now, show};

use super::{AllNodes, Memory, NetworkFlags, NodeIpamController, PodNetworks, View, node_changed};

fn flags(cluster: &str) -> NetworkFlags<'_> {
    NetworkFlags { cluster, allocator: "RangeAllocator", ..NetworkFlags::default() }
}

/// Nodes parted by blanks, each `name[=share,share]` or `name!` for one that goes.
fn view(flags: &NetworkFlags<'_>, nodes: &str) -> View {
    let mut informers = Informers::default();
    informers.provide(PodNetworks::read(flags).expect("sound flags"));
    let view = NodeIpamController::view(&mut informers);
    let nodes = nodes.split_whitespace().map(|text| Node::deserialize(node(text)).expect("sound"));
    informers.cache::<Node>().replace(nodes.collect(), ResourceVersion(1));
    view
}

fn node(text: &str) -> Value {
    let (name, shares) = text.split_once('=').unwrap_or((text, ""));
    let shares: Vec<&str> = shares.split(',').filter(|share| !share.is_empty()).collect();
    json!({
        "metadata": {
            "name": name.trim_end_matches('!'), "uid": name, "resourceVersion": "1",
            "deletionTimestamp": name.ends_with('!').then(now),
        },
        "spec": {"podCIDR": shares.first().unwrap_or(&""), "podCIDRs": shares},
    })
}

/// What is given, as `name=share,share`; `?` says that nothing is left.
fn look(memory: &mut Memory, flags: &NetworkFlags<'_>, nodes: &str) -> String {
    let observed = NodeIpamController::observe(&view(flags, nodes), &AllNodes, &Answers::default());
    let Observation::Ready(shares) = observed else { panic!("networks are set") };
    let plan = NodeIpamController::plan(memory, &shares, now());
    let given = plan.steps().map(|step| {
        let runtime::Action::Patch { target, patch, .. } = &step.action else {
            return "?".to_owned();
        };
        let shares = patch["spec"]["podCIDRs"].as_array().into_iter().flatten();
        let shares: Vec<&str> = shares.filter_map(Value::as_str).collect();
        format!("{}={}", target.key.name, shares.join(","))
    });
    given.collect::<Vec<_>>().join(" ")
}

fn check(flags: &NetworkFlags<'_>, looks: &[&str], expected: Expect) {
    let mut memory = Memory::default();
    let rows = looks.iter().map(|nodes| look(&mut memory, flags, nodes) + "\n");
    expected.assert_eq(&rows.collect::<String>());
}

#[test]
fn each_node_gets_a_share_until_none_is_left_and_one_when_one_is_given_back() {
    check(
        &flags("10.0.0.0/22"),
        &[
            "a b c d e",
            "a=10.0.0.0/24 b=10.0.1.0/24 c=10.0.2.0/24 d=10.0.3.0/24 e",
            "a=10.0.0.0/24 c=10.0.2.0/24 d=10.0.3.0/24 e",
        ],
        expect![[r#"
            a=10.0.0.0/24 b=10.0.1.0/24 c=10.0.2.0/24 d=10.0.3.0/24 ?

            e=10.0.1.0/24
        "#]],
    );
}
#[test]
fn a_share_given_back_rests_while_there_are_others() {
    check(
        &flags("10.0.0.0/22"),
        &["a", "b=10.0.1.0/24 c"],
        expect![[r#"
            a=10.0.0.0/24
            c=10.0.2.0/24
        "#]],
    );
}
#[test]
fn shares_that_nodes_have_are_taken_whoever_gave_them() {
    check(
        &flags("10.0.0.0/22"),
        &["a=10.0.0.0/24 b=10.0.2.0/24 c d e"],
        expect![[r#"
        c=10.0.1.0/24 d=10.0.3.0/24 ?
    "#]],
    );
}
#[test]
fn a_share_of_elsewhere_or_nonsense_is_left_alone() {
    check(
        &flags("10.0.0.0/22"),
        &["a=192.168.0.0/24 b=nonsense c"],
        expect![[r#"
        c=10.0.0.0/24
    "#]],
    );
}
#[test]
fn addresses_of_services_are_nobodys_share() {
    let flags = NetworkFlags { services: "10.0.0.0/23", ..flags("10.0.0.0/22") };
    check(
        &flags,
        &["a b c"],
        expect![[r#"
        a=10.0.2.0/24 b=10.0.3.0/24 ?
    "#]],
    );
}
#[test]
fn a_node_gets_a_share_of_both_families_or_of_none() {
    let flags = NetworkFlags { mask_v6: 64, ..flags("10.0.0.0/16,fd00::/63") };
    check(
        &flags,
        &["a b c"],
        expect![[r#"
        a=10.0.0.0/24,fd00::/64 b=10.0.1.0/24,fd00:0:0:1::/64 ?
    "#]],
    );
}
#[test]
fn a_node_that_goes_gets_none() {
    check(
        &flags("10.0.0.0/22"),
        &["a! b"],
        expect![[r#"
        b=10.0.0.0/24
    "#]],
    );
}
#[test]
fn a_write_says_both_fields_and_a_failure_is_told() {
    let view = view(&flags("10.0.0.0/22"), "a");
    let Observation::Ready(shares) =
        NodeIpamController::observe(&view, &AllNodes, &Answers::default())
    else {
        panic!("networks are set")
    };
    let plan = NodeIpamController::plan(&mut Memory::default(), &shares, now());
    expect![[r#"
        all: patch nodes a {"spec":{"podCIDR":"10.0.0.0/24","podCIDRs":["10.0.0.0/24"]}} # the node has no share of the pods' network
          if refused: Normal CIDRAssignmentFailed: Node a status is now: CIDRAssignmentFailed
    "#]].assert_eq(&show(&plan));
}
#[test]
fn without_networks_nothing_happens() {
    let mut informers = Informers::default();
    let view = NodeIpamController::view(&mut informers);
    let seen = NodeIpamController::observe(&view, &AllNodes, &Answers::default());
    assert!(matches!(seen, Observation::Gone));
}
#[test]
fn only_shares_that_come_or_go_wake_it() {
    let parse = |text: &str| Some(Arc::new(Node::deserialize(node(text)).expect("sound")));
    let view = view(&flags("10.0.0.0/22"), "a");
    let woken = |old, new| {
        let mut enqueue = Enqueue::default();
        node_changed(&view, &Change { old, new }, &mut enqueue);
        enqueue.keys().len()
    };
    assert_eq!(woken(None, parse("a")), 1);
    assert_eq!(woken(parse("a"), None), 1);
    assert_eq!(woken(parse("a"), parse("a=10.0.0.0/24")), 1);
    assert_eq!(woken(parse("a"), parse("a")), 0);
}
#[test]
fn flags_that_do_not_fit_together_are_refused() {
    let refused = |flags: NetworkFlags<'_>| match PodNetworks::read(&flags) {
        Ok(networks) => format!("{networks:?}"),
        Err(error) => error.to_string(),
    };
    let with = |cluster: &'static str, mask, mask_v4, mask_v6| {
        refused(NetworkFlags { mask, mask_v4, mask_v6, ..flags(cluster) })
    };
    let allocator = |allocator| refused(NetworkFlags { allocator, ..flags("10.0.0.0/8") });
    let shown = [
        with("", 0, 0, 0),
        with("10.0.0.0", 0, 0, 0),
        with("10.0.0.0/8,11.0.0.0/8", 0, 0, 0),
        with("10.0.0.0/8,fd00::/48,12.0.0.0/8", 0, 0, 0),
        with("10.0.0.0/8,fd00::/48", 24, 0, 0),
        with("10.0.0.0/8", 24, 25, 0),
        with("10.0.0.0/8", 0, 0, 64),
        with("fd00::/48", 0, 24, 0),
        with("10.0.0.0/25", 0, 0, 0),
        with("fd00::/40", 0, 0, 0),
        allocator("CloudAllocator"),
        allocator("Dice"),
    ];
    expect![[r#"
        Controller: Must specify --cluster-cidr if --allocate-node-cidrs is set
        invalid CIDR address: 10.0.0.0
        len of ClusterCIDRs==2 and they are not configured as dual stack (at least one from each IPFamily)
        length of clusterCIDRs is:3 more than max allowed of 2
        usage of --node-cidr-mask-size is not allowed with dual-stack clusters
        usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 is not allowed if --node-cidr-mask-size is set. For dual-stack clusters, please unset it and use IPFamily specific flags
        usage of --node-cidr-mask-size-ipv6 is not allowed for a single-stack IPv4 cluster
        usage of --node-cidr-mask-size-ipv4 is not allowed for a single-stack IPv6 cluster
        Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size configured for CIDR family
        New CIDR set failed; the node CIDR size is too big
        --cidr-allocator-type is set to 'CloudAllocator' but cloud provider is not configured
        invalid CIDR allocator type: Dice"#]].assert_eq(&shown.join("\n"));
}

#[test]
fn a_node_that_gets_nothing_is_told_of() {
    let view = view(&flags("10.0.0.0/24"), "a=10.0.0.0/24 b");
    let observed = NodeIpamController::observe(&view, &AllNodes, &Answers::default());
    let Observation::Ready(shares) = observed else { panic!("networks are set") };
    let told = show(&NodeIpamController::plan(&mut Memory::default(), &shares, now()));
    expect![[r#"
        all: announce # no share of the pods' network is left
          Normal CIDRNotAvailable: Node b status is now: CIDRNotAvailable
    "#]]
    .assert_eq(&told);
}
