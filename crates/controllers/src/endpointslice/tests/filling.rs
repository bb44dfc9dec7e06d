//! Which slice lists what.

use std::sync::Arc;

use api::views::{Endpoint, EndpointSlice};
use expect_test::{Expect, expect};
use meta::object::Labels;

use crate::endpointslice::{
    desired::{Endpoints, identity},
    filling::fill,
};

fn endpoint(name: &str) -> Endpoint {
    let mut endpoint =
        Endpoint { addresses: vec![name.trim_end_matches('*').into()], ..Endpoint::default() };
    endpoint.conditions.ready = Some(!name.ends_with('*'));
    endpoint
}
fn names(endpoints: &[Endpoint]) -> String {
    let name = |endpoint: &Endpoint| {
        let mark = if endpoint.conditions.ready == Some(false) { "*" } else { "" };
        format!("{}{mark}", endpoint.addresses[0])
    };
    endpoints.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// Slices of at most four, parted by `|`, and what they are to list; `*` marks what is not ready.
fn check(existing: &str, desired: &str, expected: Expect) {
    let slice = |(number, text): (usize, &str)| {
        let mut slice = EndpointSlice::default();
        slice.metadata.name = format!("{number}").into();
        slice.endpoints = text.split_whitespace().map(endpoint).collect();
        Arc::new(slice)
    };
    let existing: Vec<_> =
        existing.split('|').enumerate().filter(|(_, text)| !text.is_empty()).map(slice).collect();
    let desired: Endpoints = desired
        .split_whitespace()
        .map(endpoint)
        .map(|endpoint| (identity(&endpoint), endpoint))
        .collect();
    let filling = fill(&existing, desired, &Labels::new(), 4);
    let mut lines = Vec::new();
    lines.extend(filling.create.iter().map(|endpoints| format!("new: {}", names(endpoints))));
    for (slice, endpoints) in &filling.update {
        lines.push(format!("{}: {}", slice.metadata.name, names(endpoints)));
    }
    lines.extend(filling.delete.iter().map(|slice| format!("{} goes", slice.metadata.name)));
    lines.extend(filling.keep.iter().map(|slice| format!("{} stays", slice.metadata.name)));
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn what_is_right_stays() {
    check("a b", "a b", expect!["0 stays"]);
}
#[test]
fn new_endpoints_fill_new_slices() {
    check("", "a b c d e", expect!["new: a b c d\nnew: e"]);
}
#[test]
fn what_is_written_anyway_is_filled_first_the_fullest_before_others() {
    check("a b | c d e", "a* c* d e f g", expect!["1: c* d e f\n0: a* g"]);
}
#[test]
fn all_that_is_left_goes_into_the_one_slice_that_it_fills_best() {
    check("a | b c", "a b c d", expect!["1: b c d\n0 stays"]);
    check("a | b c d", "a b c d e f", expect!["0: a e f\n1 stays"]);
}
#[test]
fn what_fits_into_no_slice_gets_a_new_one_though_others_have_room() {
    check("a b c | d e f", "a b c d e f g h", expect!["new: g h\n0 stays\n1 stays"]);
}
#[test]
fn a_slice_that_lists_nothing_any_more_goes() {
    check("a b | c", "c", expect!["0 goes\n1 stays"]);
}
#[test]
fn an_endpoint_in_two_slices_stays_in_the_first() {
    check("a b | b c", "a b c", expect!["1: c\n0 stays"]);
}
