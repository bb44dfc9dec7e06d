//! Addresses of services: inside the cluster and outside.

use std::collections::BTreeSet;

use serde_json::Value;

use super::HEADLESS;
use crate::{
    json,
    validation::{Errors, FieldError, Path, address, rules},
};

/// Addresses and their families.
pub(super) fn validate(path: &Path<'_>, spec: &Value, kind: &str, errors: &mut Errors) {
    families(path, spec, errors);
    if kind == "ExternalName" {
        return;
    }
    let path = path.child("clusterIPs");
    let listed = &spec["clusterIPs"];
    let addresses: Vec<&str> =
        json::list(spec, "clusterIPs").iter().filter_map(Value::as_str).collect();
    let address = json::text(spec, "clusterIP");
    let invalid = |text: &str| FieldError::invalid(&path, listed, text);
    match (addresses.first(), address) {
        (Some(_), "") => errors.push(invalid("must be empty when `clusterIP` is not specified")),
        (Some(first), address) if *first != address => {
            errors.push(invalid("first value must match `clusterIP`"));
        }
        _ => {}
    }
    if addresses.contains(&HEADLESS) {
        if addresses.len() > 1 {
            errors.push(invalid("'None' must be the first and only value"));
        }
        return;
    }
    if addresses.len() > 2 {
        errors.push(invalid("may only hold up to 2 values"));
    }
    for (index, address) in addresses.iter().enumerate() {
        rules::texts(&path.index(index), address, address::ip(address), errors);
    }
    let families: Vec<bool> =
        addresses.iter().filter_map(|address| address::is_ipv6(address)).collect();
    if families.len() == 2 && families[0] == families[1] {
        errors.push(invalid("may specify no more than one IP for each IP family"));
    }
}

fn families(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    let families_path = path.child("ipFamilies");
    let mut seen = BTreeSet::new();
    for (index, family) in json::list(spec, "ipFamilies").iter().enumerate() {
        let family = family.as_str().unwrap_or_default();
        rules::one_of(&families_path.index(index), family, &["IPv4", "IPv6"], errors);
        if !seen.insert(family) {
            errors.push(FieldError::duplicate(&families_path.index(index), family));
        }
    }
    let policy = json::text(spec, "ipFamilyPolicy");
    let known = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    rules::one_of(&path.child("ipFamilyPolicy"), policy, &known, errors);
    if seen.len() > 1 && !matches!(policy, "RequireDualStack" | "PreferDualStack") {
        let text = "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are \
                    specified";
        errors.push(FieldError::invalid(&path.child("ipFamilyPolicy"), policy, text));
    }
}

/// Addresses that lead to the nodes from outside.
pub(super) fn external(path: &Path<'_>, spec: &Value, errors: &mut Errors) {
    for (index, external) in json::list(spec, "externalIPs").iter().enumerate() {
        let external = external.as_str().unwrap_or_default();
        let path = path.index(index);
        rules::texts(&path, external, address::ip(external), errors);
        rules::texts(&path, external, address::unroutable(external), errors);
    }
}

/// What was given stays.
pub(super) fn same_address(path: &Path<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    let [new_first, old_first] =
        [new, old].map(|spec| json::list(spec, "clusterIPs").first().cloned());
    let (Some(old_first), shown) = (old_first, &new["clusterIPs"]) else { return };
    match new_first {
        Some(new_first) if new_first != old_first => {
            let text = "may not change once set";
            errors.push(FieldError::invalid(&path.index(0), shown, text));
        }
        None => {
            let text = "primary clusterIP can not be unset";
            errors.push(FieldError::invalid(&path.index(0), shown, text));
        }
        Some(_) => {}
    }
}

/// The family of the first address stays.
pub(super) fn same_family(path: &Path<'_>, new: &Value, old: &Value, errors: &mut Errors) {
    let [new_first, old_first] =
        [new, old].map(|spec| json::list(spec, "ipFamilies").first().cloned());
    let headless = |spec: &Value| json::text(spec, "clusterIP") == HEADLESS;
    let (Some(old_first), false) = (old_first, headless(new) && headless(old)) else { return };
    let shown = &new["ipFamilies"];
    match new_first {
        Some(new_first) if new_first != old_first => {
            let text = "may not change once set";
            errors.push(FieldError::invalid(&path.index(0), shown, text));
        }
        None => {
            let text = "primary ipFamily can not be unset";
            errors.push(FieldError::invalid(&path.index(0), shown, text));
        }
        Some(_) => {}
    }
}
