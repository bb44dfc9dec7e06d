//! Whose pods are to leave, and how fast.

use std::{fmt::Write as _, time::Duration};

use api::views::{Lease, Node};
use expect_test::{Expect, expect};
use meta::object::ResourceVersion;
use runtime::{Action, Answers, Controller, Informers, Observation};
use serde::Deserialize;
use testkit::now;

use super::notation::Line;
use crate::nodelifecycle::{
    Zones,
    zones::{AllNodes, Memory},
};

/// Looks at nodes, parted by `|`, so many seconds from now; `5x name` are five nodes that are alike.
/// Shows whose pods are told to leave (`+`) or to stay (`-`), and when it looks again.
fn look(memory: &mut Memory, after: u64, nodes: &str) -> String {
    let lines: Vec<String> = nodes.split('|').flat_map(several).collect();
    let mut informers = Informers::default();
    let view = Zones::view(&mut informers);
    let parse = |line: &String| Node::deserialize(Line::new(line).node()).expect("sound");
    informers.cache::<Node>().replace(lines.iter().map(parse).collect(), ResourceVersion(7));
    let leases = lines.iter().filter_map(|line| Line::new(line).lease());
    let leases = leases.map(|lease| Lease::deserialize(lease).expect("sound")).collect();
    informers.cache::<Lease>().replace(leases, ResourceVersion(7));
    let observed = Zones::observe(&view, &AllNodes, &Answers::default());
    let Observation::Ready(observed) = observed else { panic!("there is always a plan") };
    let plan = Zones::plan(memory, &observed, now() + Duration::from_secs(after));
    let mut shown = String::new();
    for step in plan.steps() {
        let Action::Patch { target, patch, .. } = &step.action else { continue };
        let taints = patch["spec"]["taints"].as_array().into_iter().flatten();
        let told = taints.filter(|taint| taint["effect"] == "NoExecute").count();
        let _ = write!(shown, "{}{} ", if told > 0 { '+' } else { '-' }, target.key.name);
    }
    let wake = plan.wake_after.map(|wake| format!("then {}", wake.as_secs()));
    shown + &wake.unwrap_or_default()
}

fn several(part: &str) -> Vec<String> {
    let part = part.trim();
    let Some((count, line)) = part.split_once("x ") else { return vec![part.to_owned()] };
    let count: usize = count.parse().expect("a number");
    let (name, rest) = line.split_once(' ').expect("a name");
    (0..count).map(|at| format!("{name}{at:02} {rest}")).collect()
}

fn check(looks: &[(u64, &str)], expected: Expect) {
    let mut memory = Memory::default();
    let rows = looks
        .iter()
        .map(|(after, nodes)| format!("{after}: {}\n", look(&mut memory, *after, nodes)));
    expected.assert_eq(&rows.collect::<String>());
}

/// A node that fell silent, and one that is well.
const DEAD: &str = "d Unknown for=1 heard=51 lease=51 taint=unreachable:NoSchedule";
const WELL: &str = "w True lease=0";

#[test]
fn a_single_node_is_cleared_at_once() {
    check(
        &[(0, &format!("{DEAD} | 3x {WELL}"))],
        expect![[r#"
        0: +d 
    "#]],
    );
    let sick = "s False taint=not-ready:NoSchedule";
    check(
        &[(0, &format!("{sick} | 3x {WELL}"))],
        expect![[r#"
        0: +s 
    "#]],
    );
}

#[test]
fn the_next_one_comes_ten_seconds_later() {
    let nodes = format!("4x {DEAD} | 6x {WELL}");
    check(
        &[(0, &nodes), (1, &nodes), (10, &nodes), (20, &nodes)],
        expect![[r#"
        0: +d00 then 10
        1: +d00 then 9
        10: +d00 +d01 then 10
        20: +d00 +d01 +d02 then 10
    "#]],
    );
}

#[test]
fn a_node_whose_turn_has_come_needs_no_second_one() {
    // The write met another's and is decided again.
    let nodes = format!("{DEAD} | 6x {WELL}");
    check(
        &[(0, &nodes), (0, &nodes)],
        expect![[r#"
        0: +d 
        0: +d 
    "#]],
    );
}

#[test]
fn new_pods_are_kept_away_first() {
    check(
        &[(0, &format!("d Unknown for=1 | 3x {WELL}"))],
        expect![[r#"
        0: 
    "#]],
    );
}

#[test]
fn nothing_is_cleared_while_much_of_a_small_zone_is_down() {
    check(
        &[(0, &format!("6x {DEAD} | 4x {WELL}"))],
        expect![[r#"
        0: 
    "#]],
    );
    check(
        &[(0, &format!("2x {DEAD} | 1x {WELL}"))],
        expect![[r#"
        0: +d00 then 10
    "#]],
    );
}

#[test]
fn a_large_zone_of_which_much_is_down_is_cleared_slowly() {
    let nodes = format!("60x {DEAD} | 40x {WELL}");
    check(
        &[(0, &nodes), (10, &nodes), (100, &nodes)],
        expect![[r#"
        0: +d00 then 100
        10: +d00 then 90
        100: +d00 +d01 then 100
    "#]],
    );
}

#[test]
fn a_zone_that_is_wholly_down_is_cleared_while_another_is_well() {
    let nodes = format!("3x {DEAD} zone=a | 3x {WELL} zone=b");
    check(
        &[(0, &nodes), (10, &nodes)],
        expect![[r#"
        0: +d00 then 10
        10: +d00 +d01 then 10
    "#]],
    );
}

#[test]
fn when_everything_is_down_everybody_stays() {
    let cleared = format!("{DEAD} taint=unreachable:NoExecute");
    check(
        &[(0, &format!("{cleared} | 3x e Unknown zone=b"))],
        expect![[r#"
        0: -d 
    "#]],
    );
}

#[test]
fn after_that_all_nodes_have_time_to_be_heard_again() {
    let down = format!("3x {DEAD}");
    let back = format!("3x {DEAD} | 9x {WELL}");
    check(
        &[(0, &down), (10, &back), (59, &back), (60, &back)],
        expect![[r#"
        0: 
        10: then 50
        59: then 1
        60: +d00 then 10
    "#]],
    );
}

#[test]
fn nobody_leaves_the_first_that_falls_silent_while_no_other_is_heard() {
    let others = "4x w True heard=45 lease=45";
    check(
        &[(0, &format!("{DEAD} | {others}"))],
        expect![[r#"
        0: then 5
    "#]],
    );
    // They are not heard, and it is not said of them: clocks may be wrong.
    check(
        &[(60, &format!("{DEAD} | {others}"))],
        expect![[r#"
        60: +d 
    "#]],
    );
}

#[test]
fn nodes_that_are_excluded_do_not_count() {
    let excluded = format!("6x {DEAD} excluded");
    check(
        &[(0, &format!("{excluded} | 4x {WELL}"))],
        expect![[r#"
        0: +d00 then 10
    "#]],
    );
}

#[test]
fn a_taint_that_somebody_took_away_comes_back_in_turn() {
    let told = format!("{DEAD} taint=unreachable:NoExecute");
    let looks = [
        (0, format!("{DEAD} | 3x {WELL}")),
        (1, format!("{told} | 3x {WELL}")),
        (2, format!("{DEAD} | 3x {WELL}")),
        (10, format!("{DEAD} | 3x {WELL}")),
    ];
    let looks: Vec<(u64, &str)> = looks.iter().map(|(at, nodes)| (*at, nodes.as_str())).collect();
    check(
        &looks,
        expect![[r#"
        0: +d 
        1: 
        2: then 8
        10: +d 
    "#]],
    );
}
