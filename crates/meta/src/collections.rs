//! Hash maps whose layout does not depend on the process: for O(1) look-ups, never for iteration.

/// A hash map with a fixed hasher. Do not let a decision depend on its order; iterate a `BTreeMap`.
#[expect(clippy::disallowed_types, reason = "this is the one place that fixes the hasher")]
pub type HashMap<K, V> = std::collections::HashMap<K, V, rustc_hash::FxBuildHasher>;

/// A hash set with a fixed hasher, with the same rule.
#[expect(clippy::disallowed_types, reason = "this is the one place that fixes the hasher")]
pub type HashSet<K> = std::collections::HashSet<K, rustc_hash::FxBuildHasher>;
