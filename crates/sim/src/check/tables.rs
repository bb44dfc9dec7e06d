//! How much may be kept of keys when nothing goes on any more.

use super::{Promise, Verdict, expect, model::Model};
use crate::plan::Component;

/// For each key that lives.
const TABLE_SHARE_MAX: usize = 2;

pub(super) fn check(model: &Model, kept: &[(Component, &str, usize)]) -> Verdict {
    for (component, name, keys) in kept {
        let live = live(model, name);
        expect(Promise::Tables, *keys <= live * TABLE_SHARE_MAX, || {
            format!("{name} of {component} keeps something of {keys} keys, and {live} live")
        })
        .map_err(|violation| violation.of(name))?;
    }
    Ok(())
}

/// Objects that a controller may have keys of: all of them, where we do not know better.
fn live(model: &Model, controller: &str) -> usize {
    let resources: &[&str] = match controller {
        "deployment-controller" => &["deployments"],
        "replicaset-controller" => &["replicasets"],
        "statefulset-controller" => &["statefulsets"],
        "daemonset-controller" => &["daemonsets"],
        "cronjob-controller" => &["cronjobs"],
        "namespace-controller"
        | "serviceaccount-controller"
        | "root-ca-certificate-publisher-controller" => &["namespaces"],
        _ => &[],
    };
    if resources.is_empty() {
        return model.keys.len();
    }
    resources.iter().map(|resource| model.count(resource)).sum()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_table_that_grows_beyond_the_keys_that_live_is_noticed() {
        let mut model = Model::new(Duration::ZERO);
        for name in ["a", "b", "c"] {
            model.keys.insert(format!("/registry/deployments/shop/{name}"));
        }
        model.keys.insert("/registry/pods/shop/a".to_owned());
        let rows = [
            ("deployment-controller", 6, true),
            ("deployment-controller", 7, false),
            ("replicaset-controller", 1, false),
            ("kubelet", 8, true),
            ("kubelet", 9, false),
        ];
        for (name, keys, wanted) in rows {
            let judged = check(&model, &[(Component::Controllers1, name, keys)]);
            assert_eq!(judged.is_ok(), wanted, "{name} {keys}");
        }
    }
}
