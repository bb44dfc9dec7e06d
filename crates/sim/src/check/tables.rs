//! How much may be kept of keys when nothing goes on any more.

use super::{Promise, Verdict, expect, model::Model};
use crate::plan::Component;

/// For each key that lives.
const TABLE_SHARE_MAX: usize = 2;

pub(super) fn check(model: &Model, kept: &[(Component, &str, usize)]) -> Verdict {
    // A controller may have keys of every kind of object.
    let live = model.keys.len();
    for (component, name, keys) in kept {
        expect(Promise::Tables, *keys <= live * TABLE_SHARE_MAX, || {
            format!("{name} of {component} keeps something of {keys} keys, and {live} live")
        })
        .map_err(|violation| violation.of(name))?;
    }
    Ok(())
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
            ("deployment-controller", 8, true),
            ("deployment-controller", 9, false),
            ("kubelet", 0, true),
        ];
        for (name, keys, wanted) in rows {
            let judged = check(&model, &[(Component::Controllers1, name, keys)]);
            assert_eq!(judged.is_ok(), wanted, "{name} {keys}");
        }
    }
}
