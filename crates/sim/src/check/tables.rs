//! How much may be kept of keys when nothing goes on any more.

use runtime::KeysKept;

use super::{Promise, Verdict, expect};
use crate::plan::Component;

/// For each key that lives, of all that something is kept of.
const TABLE_SHARE_MAX: usize = 2;

/// Each controller is judged by its own keys: what lives of others says nothing of what it leaks.
pub(crate) fn check(kept: &[(Component, &str, KeysKept)]) -> Verdict {
    for (component, name, KeysKept { all, gone }) in kept {
        let live = all - gone;
        expect(Promise::Tables, *all <= live * TABLE_SHARE_MAX, || {
            format!("{name} of {component} keeps something of {all} keys, and {live} live")
        })
        .map_err(|violation| violation.of(name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_grows_beyond_the_keys_that_live_is_noticed() {
        let rows = [(0, 0, true), (4, 2, true), (5, 3, false), (1, 1, false)];
        for (all, gone, wanted) in rows {
            let kept = KeysKept { all, gone };
            let judged = check(&[(Component::Controllers1, "deployment-controller", kept)]);
            assert_eq!(judged.is_ok(), wanted, "{all} {gone}");
        }
    }
}
