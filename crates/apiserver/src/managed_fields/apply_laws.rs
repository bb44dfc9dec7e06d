//! The laws that applies keep, whatever is applied.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    desk::{Desk, data},
    *,
};

/// Keys and values of one manager.
type Wish = BTreeMap<String, u8>;

fn wish() -> impl Strategy<Value = Wish> {
    prop::collection::btree_map("[a-d]", 0..2_u8, 0..4)
}

fn wished(wish: &Wish) -> Value {
    data(wish.iter().map(|(key, value)| (key.clone(), Value::from(value.to_string()))).collect())
}

/// The managers who own a key.
fn owners(desk: &Desk, key: &str) -> Vec<String> {
    let entries = desk.part("/metadata/managedFields").as_array();
    let owning = entries
        .into_iter()
        .flatten()
        .filter(|entry| entry["fieldsV1"]["f:data"].get(format!("f:{key}")).is_some());
    owning.filter_map(|entry| entry["manager"].as_str().map(str::to_owned)).collect()
}

proptest! {
    #[test]
    fn applying_again_changes_nothing(first in wish(), second in wish()) {
        let mut desk = Desk::config_map();
        desk.put("U", wished(&first));
        desk.force("A", wished(&second));
        let once = desk.live.clone();
        desk.apply("A", wished(&second));
        prop_assert_eq!(desk.live, once);
    }

    #[test]
    fn managers_of_different_keys_may_come_in_any_order(a in wish(), b in wish()) {
        let b: Wish = b.into_iter().map(|(key, value)| (format!("{key}{key}"), value)).collect();
        let after = |first: (&str, &Wish), second: (&str, &Wish)| {
            let mut desk = Desk::config_map();
            desk.put("U", data(json!({"u": "1"})));
            desk.apply(first.0, wished(first.1));
            desk.apply(second.0, wished(second.1));
            let mut lines: Vec<String> = desk.entries().lines().map(|line| {
                line.split(' ').enumerate().filter(|(i, _)| *i != 2).map(|(_, word)| word).collect()
            }).collect();
            lines.sort();
            (desk.data().clone(), lines)
        };
        prop_assert_eq!(after(("A", &a), ("B", &b)), after(("B", &b), ("A", &a)));
    }

    #[test]
    fn dropping_removes_exactly_what_nobody_else_owns(a in wish(), b in wish(), kept in wish()) {
        let mut desk = Desk::config_map();
        desk.force("A", wished(&a));
        desk.force("B", wished(&b));
        let owned_by_b: Vec<String> =
            "abcd".chars().map(String::from).filter(|key| owners(&desk, key).contains(&"B".to_owned())).collect();
        let kept: Wish = a.into_iter().filter(|(key, _)| kept.contains_key(key)).collect();
        desk.force("A", wished(&kept));
        for key in "abcd".chars().map(String::from) {
            let is_there = desk.data().get(&key).is_some();
            prop_assert_eq!(is_there, owned_by_b.contains(&key) || kept.contains_key(&key), "{}", key);
        }
    }

    #[test]
    fn entries_own_only_what_is_there_and_can_be_read_back(
        writes in prop::collection::vec((0..3_u8, 0..3_u8, wish()), 1..12),
    ) {
        let mut desk = Desk::config_map();
        for (kind, manager, wish) in &writes {
            let manager = format!("m{manager}");
            match kind {
                0 => desk.put(&manager, wished(wish)),
                1 => desk.force(&manager, wished(wish)),
                _ => { let _ = desk.apply_with(&manager, wished(wish), OnConflict::Refuse); }
            }
            let Some(live) = &desk.live else { continue };
            let stored = live.pointer("/metadata/managedFields").cloned().unwrap_or_default();
            let read: Value = entries::of(live).into_iter().map(entries::Entry::into_value).collect();
            prop_assert_eq!(read.as_array().map_or(0, Vec::len), stored.as_array().map_or(0, Vec::len));
            for entry in stored.as_array().into_iter().flatten() {
                let keys = entry["fieldsV1"]["f:data"].as_object().into_iter().flatten();
                for name in keys.filter_map(|(key, _)| key.strip_prefix("f:")) {
                    prop_assert!(desk.data().get(name).is_some(), "{} is not there", name);
                }
            }
        }
    }
}
